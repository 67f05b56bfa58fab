"""Whether the first record of a table names its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

from advisor.profiling.reading.cell_patterns import is_null, is_plain_number, is_typed
from advisor.profiling.reading.records import evenly_spaced

AGREEING = 0.9
"""Share of the records that must have the usual number of fields. Judgement: files have some broken lines."""

NAMED_RECORDS = 500
"""Judgement: enough to see whether a column's cells are all of one type."""
NAMED_COLUMNS = 200
"""Records and columns, evenly spaced, that tell whether the first record holds names. Judgement: further columns would
not change the vote."""

_YEAR = re.compile(r"(?:1[89]|20)\d\d")

LEAST_SPACED = 4
"""Judgement: three numbers rise by equal steps in many rows."""
LEAST_CODES = 5
"""Judgement: fewer cells may be written alike by chance."""


def are_names(head: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether the first record names the columns: words over numbers, or words that never come again below."""
    if not body:
        return not any(is_typed(cell.strip()) for cell in head)
    texts = [cell.strip() for cell in head]
    rows = evenly_spaced(body, NAMED_RECORDS)
    evidence = 0
    for position in evenly_spaced(range(len(texts)), NAMED_COLUMNS):
        cell, column = texts[position], [record[position].strip() for record in rows]
        present = [value for value in column if not is_null(value)]
        typed = sum(map(is_typed, present)) >= AGREEING * max(len(present), 1)
        if is_null(cell) or not present:
            continue
        if typed:
            evidence += 3 if not is_typed(cell) else -3
        elif cell in column or _is_code_among(cell, present):
            evidence -= 2
    if evidence > 0:
        return True
    named = [cell for cell in texts if cell]
    unique = len(set(named)) == len(named) and not any(map(is_typed, named))
    return (
        (evidence == 0 and unique)
        or _are_years(texts, rows)
        or _are_numbered(texts, rows)
        or _are_evenly_spaced(texts, rows)
    )


def _is_code_among(cell: str, column: Sequence[str]) -> bool:
    """Whether a cell is written as nearly all below it are, letters and digits at the same places, as in ``A-017``."""
    shape = _shape(cell)
    if "0" not in shape or len(column) < LEAST_CODES:
        return False
    return sum(len(one) == len(shape) and _shape(one) == shape for one in column) >= AGREEING * len(column)


def _shape(cell: str) -> str:
    return re.sub(r"\d", "0", re.sub(r"[^\W\d_]", "a", cell))


def _are_numbered(head: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether names count the columns from 0 or 1, over values of which most are no whole numbers."""
    counted = head[1:] if len(head) > 1 and not head[0] else head
    if len(counted) < 3 or not any(
        list(counted) == [str(start + at) for at in range(len(counted))] for start in (0, 1)
    ):
        return False
    whole = [all(row[-1 - at].strip().isdigit() for row in rows if row[-1 - at].strip()) for at in range(len(counted))]
    return sum(whole) <= 0.5 * len(whole)


def _are_evenly_spaced(head: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether words stand before numbers that rise by equal steps, as hours or wavelengths do, and rows do not."""
    words = next((at for at, cell in enumerate(head) if is_typed(cell)), len(head))
    named = words and all(
        cell and cell not in {row[at].strip() for row in rows} for at, cell in enumerate(head[:words])
    )
    return bool(named) and _rise_evenly(head[words:]) and not any(_rise_evenly(row[words:]) for row in rows)


def _rise_evenly(cells: Sequence[str]) -> bool:
    numbers = [float(cell) for cell in cells if is_plain_number(cell)]
    if len(numbers) < max(LEAST_SPACED, len(cells)) or not all(isfinite(number) for number in numbers):
        return False
    step = numbers[1] - numbers[0]
    return step > 0 and all(abs(b - a - step) <= 1e-6 * max(abs(b), step) for a, b in pairwise(numbers))


def _are_years(head: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether names are consecutive years, as in a table with one column for each; two are, over no other years."""
    places = [place for place, cell in enumerate(head) if _YEAR.fullmatch(cell)]
    numbers = [int(head[place]) for place in places]
    if len(numbers) < 2 or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return False
    return len(numbers) > 2 or not any(_YEAR.fullmatch(row[place].strip()) for row in rows for place in places)
