"""Tables among printed lines: a line of names, and below it lines of as many numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from advisor.diagnosis.columns import HELD_OUT, TRAIN, error_role, loss_part, role_of
from advisor.diagnosis.formats.bars import without_bar
from advisor.diagnosis.formats.cells import added_up, cell, is_gap
from advisor.diagnosis.formats.places import PLACES

LEAST_NAMES: Final = 3
"""Cells of a line of names. Judgement: two words are a sentence as often as a table."""

_WIDE_GAP: Final = re.compile(r"\s{2,}+|\t")
_CELL: Final = re.compile(r"\S++(?: \S++)*+")
_PLAIN: Final = frozenset(" 0123456789.eE+-:naNif")
"""Characters of a line of numbers."""

_WITH_VALUE: Final = re.compile(r"[:=\s]['\"]?[-+(]?\d|[=:]$")
"""A cell that is a name with its value, or ends where one follows."""

_PAIRS: Final = re.compile(r"[:=]\s*[-+]?\d|\d\.\d")
"""What no line of names has."""


@dataclass(slots=True)
class TableBetween:
    """The names of the last line that named columns, parted in each way that gives names.

    Attributes:
        names: of columns.
        heading: the line.
        above: words of the line above, which may be the upper half of a heading.
        holds: the last line was a row.
    """

    names: list[list[str]] = field(default_factory=list)
    heading: str = ""
    above: list[str] = field(default_factory=list)
    holds: bool = False

    def row(self, line: str) -> dict[str, Any] | None:
        """Return the numbers of a line under the names above it, and the data they are of as ``split``.

        Empty for a line of names, which begin another table; None for a line that is no row.
        """
        self.holds = False
        if not self.names and _PAIRS.search(line):
            self.above = []
            return None
        ways = _ways(line)
        named = [cells for cells in ways if _are_names(cells)]
        if named:
            self.heading = line
            self.names = [*named, *(cells[1:] for cells in named if cells[0] == "#")]
            return {}
        above, self.above = self.above, [] if any(map(str.isdigit, line)) else line.split()
        joined = _joined(above, self.above)
        if joined:
            self.heading, self.names = line, [joined]
            return {}
        for names in self.names:
            for cells in ways:
                if len(cells) == len(names) and _are_values(names, cells):
                    self.holds = True
                    return _row(names, cells)
        return self._below(line) if self.names and set(line) <= _PLAIN else None

    def _below(self, line: str) -> dict[str, Any] | None:
        names, cells = _CELL.findall(self.heading), aligned(self.heading, line)
        return _row(names, cells) if cells and _are_values(names, cells) else None


def aligned(heading: str, line: str) -> list[str] | None:
    """Return the cells of a line, each below the name in the heading that it stands under; empty where none does.

    None where two stand under one name, or in another order.

    >>> aligned("  epoch    loss    cp      lr", "      7    0.50          0.0010")
    ['7', '0.50', '', '0.0010']
    """
    heads, found = list(_CELL.finditer(heading)), list(_CELL.finditer(line))
    under = [min(range(len(heads)), key=lambda at: _apart(heads[at].span(), one.span())) for one in found]
    if not LEAST_NAMES <= len(found) < len(heads) or len(set(under)) < len(under) or under != sorted(under):
        return None
    texts = {at: one.group() for at, one in zip(under, found, strict=True)}
    return [texts.get(at, "") for at in range(len(heads))]


def _apart(one: tuple[int, int], other: tuple[int, int]) -> int:
    """Return how far two stretches of a line are apart; below 0 where they overlap."""
    return max(one[0], other[0]) - min(one[1], other[1])


def _joined(above: list[str], below: list[str]) -> list[str]:
    """Return the names of a heading of two lines, as Vowpal Wabbit's; empty where its upper line needs no second."""
    if len(above) != len(below) or len(below) < LEAST_NAMES or len(set(above)) == len(above):
        return []
    names = [f"{one} {other}" for one, other in zip(above, below, strict=True)]
    return names if len(set(names)) == len(names) and any(map(loss_part, names)) else []


def _row(names: list[str], cells: list[str]) -> dict[str, Any]:
    values = {name: added_up(text) if loss_part(name) else cell(text) for name, text in zip(names, cells, strict=True)}
    row: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    label = next((text.lower() for text in cells if text.lower() in TRAIN | HELD_OUT), None)
    return {**row, "split": label} if label else row


def _ways(line: str) -> list[list[str]]:
    """Return the cells of a line by its separators, and by blanks."""
    inner = without_bar(line).strip().strip("|").strip()
    if not inner:
        return []
    ways = [[text.strip() for text in inner.split(mark)] for mark in "|\t,"] + [_WIDE_GAP.split(inner), inner.split()]
    return [way for way in ways if len(way) >= LEAST_NAMES]


def _are_names(cells: list[str]) -> bool:
    if len(set(cells)) < len(cells) or any(cell(text) is not None or _WITH_VALUE.search(text) for text in cells):
        return False
    losses = [text for text in cells if loss_part(text) is not None or error_role(text) is not None]
    return bool(losses) and sum(role_of(text) is not None or text in losses for text in cells) > 1


def _are_values(names: list[str], cells: list[str]) -> bool:
    """Return whether most cells are numbers, those of places all, and none is a name."""
    placed = [text for name, text in zip(names, cells, strict=True) if role_of(name) in PLACES and name != "#"]
    words = [text for text in cells if added_up(text) is None and not is_gap(text)]
    cells = [text for text in cells if text]
    named = any(role_of(text.strip(":=")) or loss_part(text) for text in words)
    return 2 * len(words) < len(cells) and not named and not set(placed) & set(words)
