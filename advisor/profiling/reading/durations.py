"""Durations as people and programs write them: ``1h 20m``, ``PT1H20M``, ``31:05:00``, ``1 day 03:00:00``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from advisor.profiling.reading.number_formats import NumberFormat
from advisor.profiling.reading.rewriting import Step

FITTING: Final = 0.9
"""Share of the cells that must be durations. Judgement: some cells of real ones are mistyped."""

HOURS_OF_A_DAY: Final = 24
"""By definition: clocks go no further, and a column that does holds durations."""

_DAYS: Final = r"(?:(\d+)\s?(?:d|days?|tage?n?)\.?[\s,]*)?"
_HOURS: Final = r"(?:(\d+)\s?(?:h|hrs?|hours?|std|stunden?)\.?[\s,]*)?"
_MINUTES: Final = r"(?:(\d+)\s?(?:m|mins?|minutes?|minuten)\.?[\s,]*)?"
_SECONDS: Final = r"(?:(\d+(?:\.\d+)?)\s?(?:s|secs?|seconds?|sekunden?)\.?)?"
_NAMED: Final[Step] = (rf"(?i)^P?{_DAYS}T?{_HOURS}{_MINUTES}{_SECONDS}$", r"0\1:0\2:0\3:0\4")
_WITH_DAYS: Final[Step] = (r"(?i)^(\d+)\s?days?,?\s+(\d+):([0-5]\d):([0-5]\d(?:\.\d+)?)$", r"\1:\2:\3:\4")
_CLOCK: Final[Step] = (r"^(\d+):([0-5]\d):([0-5]\d(?:\.\d+)?)$", r"0:\1:\2:\3")
_SHORT_CLOCK: Final[Step] = (r"^(\d+):([0-5]\d(?:\.\d+)?)$", r"0:0:\1:\2")
"""Each brings a duration into days, hours, minutes and seconds with colons between them."""


def duration_format(cells: Sequence[str]) -> NumberFormat | None:
    """Return how distinct cells, none of them missing, hold durations; None where they hold none.

    Times below a day with colons are times of the day, and numbers with one unit are numbers.

    >>> duration_format(["1h 20m", "45m"]) is not None, duration_format(["5 min", "7 min"]), duration_format(["10:30"])
    (True, None, None)
    """
    if not cells or not any(map(str.isdigit, cells[0])):
        return None
    named = [match.groups() for cell in cells if (match := re.match(_NAMED[0], cell))]
    if len(named) >= FITTING * len(cells) and any(sum(part is not None for part in parts) > 1 for parts in named):
        return _durations(_NAMED)
    clocks = [match for cell in cells if (match := re.match(_WITH_DAYS[0], cell) or re.match(_CLOCK[0], cell))]
    if len(clocks) >= FITTING * len(cells) and any(_is_no_time_of_day(match) for match in clocks):
        return _durations(_WITH_DAYS, _CLOCK)
    short = [match for cell in cells if (match := re.match(_SHORT_CLOCK[0], cell))]
    with_tenths = any("." in match[2] for match in short)
    beyond_a_day = any(int(match[1]) >= HOURS_OF_A_DAY for match in short)
    with_zeros = any(match[2].startswith("0") for match in short)  # which scores such as 31:28 never have
    if len(short) >= FITTING * len(cells) and (with_tenths or (beyond_a_day and with_zeros)):
        return _durations(_SHORT_CLOCK)
    return None


def _is_no_time_of_day(match: re.Match[str]) -> bool:
    return len(match.groups()) > 3 or int(match[1]) >= HOURS_OF_A_DAY


def _durations(*steps: Step) -> NumberFormat:
    said = "durations" if steps != (_SHORT_CLOCK,) else "durations in minutes and seconds"
    return NumberFormat(said=said, steps=steps, sexagesimal="seconds")
