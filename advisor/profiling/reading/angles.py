"""Latitudes, longitudes and other angles in degrees, minutes and seconds: ``45°06'43.5"N``, ``N 45 06 43.5``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from advisor.profiling.reading.number_formats import NumberFormat
from advisor.profiling.reading.rewriting import Step

FITTING: Final = 0.9
"""Share of the cells that must be angles. Judgement: some cells of real ones are mistyped."""

_DEGREES: Final = r"(\d{1,3})\s?(?:°|º|˚|deg\.?|d\s?)\s?"
_MINUTES: Final = r"([0-5]?\d(?:[.,]\d+)?)\s?(?:['’‘′´]|min\.?|m\s?)\s?"
_SECONDS: Final = r"(?:([0-5]?\d(?:[.,]\d+)?)\s?(?:[\"”“″]|''|′′|’’|sec\.?|s)?)?"
_MARKED: Final = rf"{_DEGREES}{_MINUTES}{_SECONDS}"
_PARTED: Final = r"(\d{1,3})[\s:-]([0-5]\d)[\s:-]([0-5]\d(?:[.,]\d+)?)\s?"
_SOUTH_OR_WEST: Final = "[SWsw]"
_NORTH_OR_EAST: Final = "[NEOneo]"


def angle_format(cells: Sequence[str]) -> NumberFormat | None:
    r"""Return how distinct cells, none of them missing, hold angles; None where they hold none.

    Without a sign for degrees, a letter for north, south, east or west has to stand in each cell.

    >>> [angle_format([cell]) is not None for cell in ("45°06'43.5\"N", "45 06 43 S", "45 06 43")]
    [True, True, False]
    """
    if not cells or not any(map(str.isdigit, cells[0])):
        return None
    steps = (*_signed(_MARKED, lettered=False), *_signed(_PARTED, lettered=True), (r"^([+-].*),", r"\1."))
    fitting = sum(any(re.match(pattern, cell) for pattern, _ in steps[:-1]) for cell in cells)
    if fitting < FITTING * len(cells):
        return None
    return NumberFormat(said="degrees, minutes and seconds", steps=steps, sexagesimal="degrees")


def _signed(angle: str, *, lettered: bool) -> tuple[Step, ...]:
    """Return the steps that bring an angle into ``+d:m:s``, with minus in the south and west."""
    plain = () if lettered else ((rf"^\+?\s?{angle}$", r"+\1:0\2:0\3"), (rf"^[-−–]\s?{angle}$", r"-\1:0\2:0\3"))
    return (
        (rf"^{_SOUTH_OR_WEST}\s?{angle}$", r"-\1:0\2:0\3"),
        (rf"^{angle}\s?{_SOUTH_OR_WEST}$", r"-\1:0\2:0\3"),
        (rf"^{_NORTH_OR_EAST}\s?{angle}$", r"+\1:0\2:0\3"),
        (rf"^{angle}\s?{_NORTH_OR_EAST}$", r"+\1:0\2:0\3"),
        *plain,
    )
