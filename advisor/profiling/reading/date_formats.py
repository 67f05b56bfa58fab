"""Dates, months and times in the usual notations, told apart by what the cells allow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from advisor.profiling.reading.date_edits import steps_for
from advisor.profiling.reading.duck import literal
from advisor.profiling.reading.rewriting import Step, rewritten, rewritten_sql

FITTING = 0.9
"""Share of the cells that a notation must read. Judgement: some cells of real dates are mistyped."""

_TIMES = (
    "",
    " %H:%M",
    " %H:%M:%S",
    " %H:%M:%S.%f",
    " %H.%M",
    " %H.%M.%S",
    " %I:%M %p",
    " %I:%M:%S %p",
    ", %H:%M",
    ", %H:%M:%S",
    "T%H:%M:%S",
    "T%H:%M",
    " %H:%M:%S %z",
    " %H:%M %z",
    "T%H:%M:%S%z",
)
_DAY_FIRST = ("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d-%m-%y")
_MONTH_FIRST = ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%m-%d-%y")
_CERTAIN = (
    *("%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d.%m.%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y"),
    *(
        "%d %B %Y",
        "%b %d %Y",
        "%B %d %Y",
        "%Y-%m-%d",
        "%d%b%Y",
        "%d/%b/%Y",
        "%d/%b/%y",
        "%Y-%b-%d",
        "%Y %b %d",
        "%G-W%V-%u",
        "%Y-%j",
        "%d:%m:%Y",
        "%Y:%m:%d",
    ),
)
_MONTHS = ("%Y-%m", "%Y/%m", "%m/%Y", "%b %Y", "%B %Y", "%b-%Y", "%Y.%m", "%b-%y", "%b %y", "%b/%Y", "%b/%y")
_CLOCKS = ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M", "%H.%M.%S", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p")
_ISO = re.compile(r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|\s?[+-]\d{2}(?::?\d{2})?)?)?$")
_SHAPE = re.compile(
    r"\d.*[-/.:\s].*\d|^\d{1,2}[a-z]{3}\d{4}|\d\s?[ap]\.?m|"
    r"^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[\s/-](?:\d{2}){1,2}$",
    re.IGNORECASE,
)
"""Digits parted by a sign, a time of half a day, or a month's name before its year."""
_DAY_OF_YEAR = re.compile(r"^\d{4}-\d{3}(?!\d)")
"""``strptime`` also takes ``2005-04`` for the fourth day of 2005."""
_POINTS = re.compile(r"^\d{1,2}\.\d{2}\.\d{2}$|^\d{2}\.\d{2}\.\d{4}|^[^.]*\s\d|^\d{4}\.|:|^\d{1,2}\.\d{1,2}\.\d{4}")
"""Points between two digits each; ``1.3.2`` is a version, not a time."""
_RATIO = re.compile(r"^\d+:\d$")
"""Two numbers of which the second is one digit, as in ``4:3``: minutes have two."""
_FEW = 40
"""Distinct cells on which all notations are tried; those that read them are then held against all. Judgement: a wrong
notation fails within a few."""
_FIRST = 5
"""Cells of which one must be read before the others are tried. Judgement: five mistyped ones in a row are no chance."""
EVENNESS = 10.0
"""Ratio. Judgement: months differ from each other by a tenth, and gaps of a few rows are common."""
_COMPACT = {"%Y%m": 6, "%Y%m%d": 8, "%Y%m%d%H%M%S": 14}
"""By definition of the patterns: how many digits they write."""

COUNTED = {
    "seconds since 1970": (86_400.0, 0.0),
    "milliseconds since 1970": (86_400_000.0, 0.0),
    "days since 1899-12-30": (1.0, 25_569.0),
}
"""By definition of Unix and of spreadsheets: how many there are in a day, and days from then to 1970."""
DAY = 86_400_000_000
"""By definition: microseconds of a day."""
_YEAR_NAME = re.compile(r"(^|[_\s.-])(year|yr|jahr|ann[ée]e|año|anno|연도|년도)($|[_\s.-])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DateFormat:
    """How the dates of a column are written.

    Attributes:
        pattern: for ``strptime``, or one of ``COUNTED``; None: ISO 8601.
        clock: times without a day; they become the time on 1 January 1970.
        said: what was assumed, in words; None for ISO 8601.
        open: the same cells read with day and month exchanged.
        steps: which rewrite a cell before the pattern reads it.
    """

    pattern: str | None
    clock: bool = False
    said: str | None = None
    open: bool = False
    steps: tuple[Step, ...] = ()

    def sql(self, cell: str) -> str:
        """Return SQL of the moment in a cell of text; null where it is not written like this."""
        cell = rewritten_sql(cell, self.steps)
        if self.pattern in COUNTED:
            per_day, epoch = COUNTED[self.pattern]
            return f"make_timestamp(cast((try_cast({cell} as double) / {per_day} - {epoch}) * {DAY} as bigint))"
        if self.pattern is None:
            return f"coalesce(try_cast({cell} as timestamp), {_with_zone(cell)})"
        if self.clock:
            return f"try_strptime('1970-01-01 ' || {cell}, {literal('%Y-%m-%d ' + self.pattern)})"
        moment = f"try_strptime({cell}, {literal(self.pattern)})"
        return f"make_timestamp(epoch_us({moment}))" if "%z" in self.pattern else moment


def _with_zone(cell: str) -> str:
    return f"make_timestamp(epoch_us(try_cast(regexp_replace({cell}, '\\s([+-]\\d\\d)', '\\1') as timestamptz)))"


def date_format(cells: Sequence[str], *, day_first: bool | None = None) -> DateFormat | None:
    """Return the notation of distinct cells, none of them missing; None when they are no dates.

    Args:
        cells: in the order of the rows.
        day_first: what another column of the file proves about ``d/m/y``.
    """
    for pattern, length in _COMPACT.items():
        digits = [cell for cell in cells if cell.isdigit()]
        whole = len(digits) >= FITTING * len(cells) and all(len(cell) == length for cell in digits)
        if whole and _share(digits, pattern) == 1.0:
            return DateFormat(pattern, said=f"Read as dates written {pattern}.")
    if sum(map(_is_iso, cells)) >= FITTING * len(cells):
        return DateFormat(None)
    steps = steps_for(cells)
    found = _after_steps([rewritten(cell, steps) for cell in cells] if steps else cells, day_first)
    return None if found is None else replace(found, steps=steps)


def _after_steps(cells: Sequence[str], day_first: bool | None) -> DateFormat | None:
    if sum(_SHAPE.search(cell) is not None for cell in cells) < FITTING * len(cells):
        return None
    pointed = sum(_POINTS.search(cell) is not None for cell in cells)
    if all("." in cell for cell in cells) and pointed < FITTING * len(cells):
        return None
    if sum(map(_is_iso, cells)) >= FITTING * len(cells):
        return DateFormat(None)
    if any(_RATIO.match(cell) for cell in cells):
        return None
    few = cells[:: max(1, len(cells) // _FEW)]
    for days, clock in (
        (_CERTAIN, False),
        (_DAY_FIRST, False),
        (_MONTH_FIRST, False),
        (_MONTHS, False),
        (_CLOCKS, True),
    ):
        for day in days:
            if "%j" in day and not all(map(_DAY_OF_YEAR.match, few)):
                continue
            for time in _TIMES if days not in (_MONTHS, _CLOCKS) else ("",):
                pattern = day + time
                if (
                    any(_moment(cell, pattern) for cell in few[:_FIRST])
                    and _share(few, pattern) >= FITTING
                    and _share(cells, pattern) >= FITTING
                ):
                    return _settled(cells, pattern, day, clock, day_first)
    return None


def year_column(name: str, low: float, high: float) -> bool:
    """Return whether a column of whole numbers holds years, by its name and its range."""
    return _YEAR_NAME.search(name) is not None and 1000.0 <= low <= high <= 2200.0


def proves_day_first(found: DateFormat | None) -> bool | None:
    """Return what a column proves about the order of day and month; None for nothing."""
    if found is None or found.pattern is None or found.open or found.clock:
        return None
    return True if found.pattern.startswith(("%d/", "%d-%m")) else False if found.pattern.startswith("%m/%d") else None


def _settled(cells: Sequence[str], pattern: str, day: str, clock: bool, day_first: bool | None) -> DateFormat:
    """Choose between day and month first where the cells allow both: by other columns, then by their order."""
    said = f"Read as {'times' if clock else 'dates'} written {pattern}."
    if day not in _DAY_FIRST:
        return DateFormat(pattern, clock, said)
    swapped = _MONTH_FIRST[_DAY_FIRST.index(day)] + pattern[len(day) :]
    if _share(cells, swapped) < max(FITTING, _share(cells, pattern)):
        return DateFormat(pattern, clock, said)
    if _share(cells, pattern) < _share(cells, swapped):
        return DateFormat(swapped, clock, f"Read as dates written {swapped}.")
    if day_first is None:
        rising = {order: _is_sorted(cells, order) for order in (pattern, swapped)}
        day_first = rising[pattern] if rising[pattern] != rising[swapped] else None
        if rising[pattern] and rising[swapped]:
            day_first = _is_more_even(cells, pattern, swapped)
    if day_first is None:
        note = f"Day and month cannot be told apart; read as dates written {swapped} (--date-format)."
        return DateFormat(swapped, clock, note, open=True)
    chosen = pattern if day_first else swapped
    return DateFormat(chosen, clock, f"Read as dates written {chosen}.")


def _is_iso(cell: str) -> bool:
    if _ISO.match(cell) is None:
        return False
    try:
        datetime.fromisoformat(cell)
    except ValueError:
        return False
    return True


def _moment(cell: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(cell, pattern)  # noqa: DTZ007  # only compared with others of the same column
    except ValueError:
        return None


def _share(cells: Sequence[str], pattern: str) -> float:
    return sum(_moment(cell, pattern) is not None for cell in cells) / max(len(cells), 1)


def _is_more_even(cells: Sequence[str], pattern: str, swapped: str) -> bool | None:
    """Return whether moments follow one another far more evenly by one pattern than by another; None for neither.

    Exchanged, the first days of a month are a day in each of as many months, with a month between any two.
    """
    one, other = (_unevenness(cells, order) for order in (pattern, swapped))
    if one is None or other is None:
        return None
    return True if EVENNESS * one <= other else False if EVENNESS * other <= one else None


def _unevenness(cells: Sequence[str], pattern: str) -> float | None:
    """Return the longest step between moments over the middle one; None where they do not move on."""
    moments = [moment for cell in cells if (moment := _moment(cell, pattern)) is not None]
    steps = sorted(abs((b - a).total_seconds()) for a, b in pairwise(moments) if a != b)
    return steps[-1] / steps[len(steps) // 2] if steps else None


def _is_sorted(cells: Sequence[str], pattern: str) -> bool:
    moments = [moment for cell in cells if (moment := _moment(cell, pattern)) is not None]
    rising = sum(a <= b for a, b in pairwise(moments))
    return len(moments) > 2 and rising in {0, len(moments) - 1}
