"""Cells rewritten by regular expressions, in Python and in SQL alike.

Every step is an expression and what replaces it, in the part of the syntax that Python, pandas and DuckDB share.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.profiling.reading.duck import literal

Step = tuple[str, str]


def rewritten(cell: str, steps: Sequence[Step]) -> str:
    r"""Return what the steps make of a cell.

    >>> rewritten("3rd May", [(r"(\d)rd", r"\1")])
    '3 May'
    """
    for pattern, replacement in steps:
        cell = re.sub(pattern, replacement, cell)
    return cell


def rewritten_sql(cell: str, steps: Sequence[Step]) -> str:
    """Return SQL of what the steps make of a cell."""
    for pattern, replacement in steps:
        cell = f"regexp_replace({cell}, {literal(pattern)}, {literal(replacement)}, 'g')"
    return cell
