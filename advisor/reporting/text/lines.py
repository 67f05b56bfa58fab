"""Lines of plain text: headings and wrapped paragraphs."""

from __future__ import annotations

import re

from rich.cells import cell_len

from advisor.reporting.formatting import plain

WIDTH = 88
"""Columns per line; a Korean letter takes two. Judgement: prose that is read well, and fits half a screen."""
_GLUE = "\N{NO-BREAK SPACE}"
_PARTS = re.compile(r"[ \t\n]+|[^ \t\n]+")


def heading(title: str) -> tuple[str, ...]:
    """Return an empty line, the title, and a rule as long."""
    return "", title, "─" * cell_len(title)


def padded(text: str, width: int) -> str:
    """Return a text filled up with blanks to a number of columns.

    >>> padded("rate", 6) + "|", padded("구간", 6) + "|"
    ('rate  |', '구간  |')
    """
    return text + " " * (width - cell_len(text))


def wrapped(text: str, indent: str = "", following: str | None = None) -> list[str]:
    """Wrap one paragraph between words; foreign control characters never reach the terminal.

    Blanks that align the first words stay; a word that is longer than a line has a line of its own.
    """
    following = indent if following is None else following
    lines: list[str] = []
    line, gap = indent, ""
    for part in _PARTS.findall(plain(text).replace(" %", f"{_GLUE}%")):
        if part.isspace():
            gap = part
        elif line.strip() and cell_len(line + gap + part) > WIDTH:
            lines.append(line)
            line, gap = following + part, ""
        else:
            line, gap = line + gap + part, ""
    if line.strip():
        lines.append(line)
    return [line.replace(_GLUE, " ") for line in lines]
