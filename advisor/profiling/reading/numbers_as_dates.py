"""Plain numbers that are dates: 20240131, 2024.01, seconds since 1970, the days of spreadsheets."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from advisor.profiling.reading.cell_patterns import is_plain_number
from advisor.profiling.reading.date_formats import COUNTED, DateFormat

_MONTH = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])"
_DAY = rf"{_MONTH}(?:0[1-9]|[12]\d|3[01])"
_DATE_NAME = re.compile(r"dat[aeo]|day|datum|fecha|jour|giorno|tarih|дата|날짜|일자|日付|日期|ymd", re.IGNORECASE)
_MONTH_NAME = re.compile(r"date|month|monat|mois|mes$|period|yyyymm|년월|年月|月份", re.IGNORECASE)
_PLAIN_DATES = (
    (_DATE_NAME, rf"^{_DAY}$"),
    (_MONTH_NAME, rf"^{_MONTH}$"),
    (re.compile(""), rf"^{_DAY}(?:[01]\d|2[0-3])[0-5]\d[0-5]\d$"),
    (re.compile(""), r"^(?:19|20)\d\d\.(?:0[1-9]|1[0-2])$"),
)
"""Names, and how their columns write dates that would pass for numbers."""
TRIED_CELLS = 20
"""First cells that tell whether plain numbers might be dates. Judgement: few numbers look so many times like one."""
_COUNTED_DAYS = (7_000.0, 22_000.0)
"""Days since 1970 that counted moments lie between. Judgement: 1989 to 2030 holds most of what is recorded."""
_MOMENT_NAME = re.compile(
    r"(?i:(?:^|[^a-z])(?:date|datum|fecha|日付|日期|날짜|(?:date|unix)?_?time(?:_?stamp)?|ts|epoch|zeit(?:stempel)?)"
    r"(?:$|[^a-z]))|[a-z](?:Time|Date|Timestamp|At)$"
)


def are_plain_dates(present: pa.ChunkedArray, name: str, numbers: int) -> bool:
    """Whether all plain numbers among some cells are days written 20240131, months written 2024.01, or such moments."""
    first = [cell for cell in present.slice(0, TRIED_CELLS).to_pylist() if is_plain_number(cell)]
    return any(
        all(re.match(pattern, cell) for cell in first) and matching(present, pattern) == numbers
        for names, pattern in _PLAIN_DATES
        if names.search(name)
    )


def counted_moments(name: str, cells: pa.ChunkedArray) -> DateFormat | None:
    """Return how plain numbers count moments, in a column whose name says that it holds some; None where they do not.

    >>> counted_moments("timestamp", pa.chunked_array([["1600000000", "1700000000"]])).pattern
    'seconds since 1970'
    """
    if _MOMENT_NAME.search(name) is None:
        return None
    try:
        ends = pc.min_max(cells.cast(pa.float64())).as_py()
    except pa.ArrowInvalid:
        return None
    low, high = ends["min"], ends["max"]
    for pattern, (per_day, epoch) in COUNTED.items():
        if _COUNTED_DAYS[0] <= low / per_day - epoch and high / per_day - epoch <= _COUNTED_DAYS[1]:
            return DateFormat(pattern, said=f"Read as dates counted in {pattern}.")
    return None


def matching(cells: pa.ChunkedArray, pattern: str) -> int:
    """Return how many cells match an expression."""
    return sum(chunk.true_count for chunk in pc.match_substring_regex(cells, pattern).chunks)
