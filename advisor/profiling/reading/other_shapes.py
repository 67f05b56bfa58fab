"""Lines that are no rows of one table: two tables, pairs of names and values, a table on its side, quotes of print."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from advisor.errors import DataError
from advisor.profiling.reading.cell_patterns import hold_words, is_typed
from advisor.profiling.reading.first_record import AGREEING
from advisor.profiling.reading.records import Record, evenly_spaced
from advisor.profiling.reading.table_start import follows_a_gap

_PAIR: Final = re.compile(r"^\s*([A-Za-z_]\w*)=")
_OPENED: Final = re.compile(r"^[“„«][^”“»]*$")
"""A cell with a quote of print that is not closed in it."""

MANY_COLUMNS: Final = 5
"""Columns for each row from which on a table may lie on its side. Judgement: tables with few rows are short and not
that wide."""
SEEN_ROWS: Final = 200
"""Rows, evenly spaced. Judgement: what holds for nine tenths or half of these holds for as many of all."""
LEAST_COLUMNS: Final = 10
"""Judgement: a table of fewer columns is read as it stands."""


def refuse_other_shapes(records: Sequence[Record], width: int, name: str) -> None:
    """Refuse records that are no rows of one table.

    Args:
        records: not blank, from the names on.
        width: fields that most of them have.
        name: of the file, for messages.

    Raises:
        DataError: what they are, and what to do.
    """
    rows = [record for record in records if len(record.fields) == width]
    _refuse_second_table(records, width, name)
    some = evenly_spaced(rows, SEEN_ROWS)
    _refuse_pairs(some, name)
    _refuse_printed_quotes(some, name)
    _refuse_on_its_side(rows, width, name)


def _refuse_second_table(records: Sequence[Record], width: int, name: str) -> None:
    """Refuse lines in which other names stand above other columns, after a gap, or the same names in another order."""
    names = records[0].fields
    are_names = hold_words(names) and len(set(names)) == len(names)
    for place in range(2, len(records) - 2):
        head, below = records[place], records[place + 1 : place + 4]
        if len(head.fields) < 2 or head.fields == names or not hold_words(head.fields):
            continue
        exchanged = are_names and set(head.fields) == set(names)
        if not exchanged and not follows_a_gap(records, place):
            continue
        above = [record.fields for record in records[max(1, place - 50) : place]]
        held_numbers = any(all(len(row) > at and is_typed(row[at].strip()) for row in above) for at in range(width))
        if held_numbers and all(len(record.fields) == len(head.fields) for record in below):
            raise DataError(
                f"{name}: a second table seems to begin in line {head.line} ({', '.join(head.fields)[:80]}); put each "
                "table into a file of its own, or leave out the lines before the second one with --skip"
            )


def _refuse_pairs(rows: Sequence[Record], name: str) -> None:
    """Refuse cells that hold their own names, as ``a=1``, the same ones in every row."""
    found = [tuple(match[1] if (match := _PAIR.match(cell)) else None for cell in row.fields) for row in rows]
    whole = [names for names in found if None not in names]
    if len(rows) > 1 and len(whole) >= AGREEING * len(rows) and len(set(whole)) == 1:
        raise DataError(
            f"{name}: its cells hold names beside their values ({rows[0].fields[0].strip()[:40]} …); write the names "
            f"{', '.join(str(one) for one in whole[0])[:80]} once, in the first line, and the values below"
        )


def _refuse_printed_quotes(rows: Sequence[Record], name: str) -> None:
    """Refuse rows that were split inside quotes as print has them, which part no fields."""
    split = [row for row in rows if any(_OPENED.match(cell.strip()) for cell in row.fields)]
    if 2 * len(split) > len(rows):
        raise DataError(
            f"{name}: fields stand between quotes of print, and separators stand inside them (line {split[0].line}: "
            f'{",".join(split[0].fields)[:60]}); write plain quotes instead, " on both sides'
        )


def _refuse_on_its_side(rows: Sequence[Record], width: int, name: str) -> None:
    """Refuse a table whose columns are lines: one line of numbers, another one of words, and many cells in each."""
    if width < LEAST_COLUMNS or width < MANY_COLUMNS * len(rows) or len(rows) < 3:
        return
    labels = [row.fields[0].strip() for row in rows]
    kinds = [{is_typed(cell.strip()) for cell in row.fields[1:] if cell.strip()} for row in rows]
    uniform = all(len(kind) == 1 for kind in kinds) and not any(map(is_typed, labels))
    if uniform and {True} in kinds[1:] and {False} in kinds[1:]:
        raise DataError(
            f"{name}: the table lies on its side: each line holds one column ({', '.join(labels[:4])}); exchange rows "
            "and columns, for example with pandas.read_csv(file, header=None, index_col=0).T"
        )


def side_remark(lines: Sequence[str], delimiter: str) -> str | None:
    """Return a remark on all lines of a table of numbers that may lie on its side; None where it does not."""
    rows = [line.split(delimiter) for line in lines if line.strip()]
    width = len(rows[0]) if rows else 0
    if width < LEAST_COLUMNS or width < MANY_COLUMNS * len(rows) or not all(len(row) == width for row in rows):
        return None
    if not hold_words(row[0] for row in rows) or not all(is_typed(cell.strip()) for row in rows for cell in row[1:]):
        return None
    return "Each line begins with a word and holds numbers alone: if each is a column, exchange lines and columns."
