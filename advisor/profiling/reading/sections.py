"""Files of several parts, each below a heading in brackets, as chromatographs and other instruments write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LEAST_SECTIONS: Final = 2
"""Judgement: a line in brackets alone may be a remark."""
LEAST_LINES: Final = 5
"""Lines of the longest part. Judgement: shorter ones are settings."""

MOST_NAMED: Final = 5
"""Judgement: enough to know what was left out."""

_HEADING: Final = re.compile(r"^\s*\[\s*[^\W\d][^\[\]]{0,80}\]\s*[,;\t]*\s*$")


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a file.

    Attributes:
        heading: in brackets.
        start: lines above its first one.
        lines: how many it has.
        others: headings of the other parts, in words.
    """

    heading: str
    start: int
    lines: int
    others: str


def are_sections(text: str) -> bool:
    r"""Whether the first lines of a text begin with a heading in brackets, and hold more of them.

    >>> are_sections("[Header]\nVersion\t1\n[Peaks]\nTime\tArea\n"), are_sections("[Header]\nVersion\t1\n")
    (True, False)
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or _HEADING.match(lines[0]) is None:
        return False
    return sum(_HEADING.match(line) is not None for line in lines) >= LEAST_SECTIONS


def longest_section(lines: Iterable[str]) -> Section | None:
    """Return the longest part of a file; None when none holds enough lines to be a table.

    Args:
        lines: of the file, in order.
    """
    parts: list[tuple[str, int, int]] = []
    for number, line in enumerate(lines):
        if _HEADING.match(line) is not None:
            parts.append((line.strip(" \t,;\r\n"), number + 1, 0))
        elif parts:
            heading, start, count = parts[-1]
            parts[-1] = heading, start, count + 1
    heading, start, count = max(parts, key=lambda part: part[2], default=("", 0, 0))
    others = ", ".join([other for other, *_ in parts if other != heading][:MOST_NAMED])
    return Section(heading, start, count, others) if count >= LEAST_LINES else None
