"""Tables that were written for LaTeX, as tables of bars."""

from __future__ import annotations

import re
from typing import Final

_ROW_END: Final = re.compile(r"\\\\(?:\s*\[[^\]]*\])?\s*$|\\tabularnewline\s*$")
_RULES: Final = re.compile(r"\\(?:hline|toprule|midrule|bottomrule|cmidrule(?:\([^)]*\))?\{[^}]*\}|addlinespace)\s*")
_AROUND: Final = re.compile(r"\\(?:text\w*|math\w*|emph|underline|num)\s*\{([^{}]*)\}|\\(?:bf|it|tt|bfseries)\s")
_SIGNS: Final = re.compile(r"\\([%_&#$ ])")
LEAST_ROWS: Final = 2
"""Judgement: names and a row; a single line may be a formula."""


def without_latex(text: str) -> str:
    r"""Return the rows of a LaTeX table with ``|`` between their cells; any other text as it is.

    >>> without_latex("Epoch & Val.\\ loss \\\\ \\hline\n1 & \\textbf{0.5} \\\\")
    'Epoch | Val. loss\n1 | 0.5'
    """
    if "&" not in text or "\\" not in text:
        return text
    lines = [_RULES.sub("", line).strip() for line in text.splitlines()]
    rows = [_ROW_END.sub("", line) for line in lines if "&" in line and _ROW_END.search(line)]
    if len(rows) < LEAST_ROWS:
        return text
    return "\n".join(_cells(row) for row in rows)


def _cells(row: str) -> str:
    cells = re.split(r"(?<!\\)&", row)
    return " | ".join(_SIGNS.sub(r"\1", _AROUND.sub(r"\1", cell)).replace("$", "").strip() for cell in cells)
