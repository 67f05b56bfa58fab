"""Whether the first record of a table names its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.profiling.reading.cell_patterns import NULL_WORDS, is_typed
from advisor.profiling.reading.records import evenly_spaced

AGREEING = 0.9
"""Share of the records that must have the usual number of fields. Judgement: files have some broken lines."""

NAMED_RECORDS = 500
"""Judgement: enough to see whether a column's cells are all of one type."""
NAMED_COLUMNS = 200
"""Records and columns, evenly spaced, that tell whether the first record holds names. Judgement: further columns would
not change the vote."""


def are_names(head: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether the first record names the columns: words over numbers, or words that never come again below."""
    if not body:
        return not any(is_typed(cell.strip()) for cell in head)
    texts = [cell.strip() for cell in head]
    rows = evenly_spaced(body, NAMED_RECORDS)
    evidence = 0
    for position in evenly_spaced(range(len(texts)), NAMED_COLUMNS):
        cell, column = texts[position], [record[position].strip() for record in rows]
        present = [value for value in column if value not in NULL_WORDS]
        typed = sum(map(is_typed, present)) >= AGREEING * max(len(present), 1)
        if cell in NULL_WORDS or not present:
            continue
        if typed:
            evidence += 3 if not is_typed(cell) else -3
        elif cell in column:
            evidence -= 2
    if evidence > 0:
        return True
    named = [cell for cell in texts if cell]
    unique = len(set(named)) == len(named) and not any(map(is_typed, named))
    return (evidence == 0 and unique) or _are_years(texts)


def _are_years(head: Sequence[str]) -> bool:
    """Whether names are consecutive years, as in a table with one column for each."""
    numbers = [int(cell) for cell in head if re.fullmatch(r"(1[89]|20)\d\d", cell)]
    return len(numbers) > 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
