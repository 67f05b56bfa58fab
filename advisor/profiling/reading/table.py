"""A table that is ready to be read: its columns, and the query that yields them as Arrow batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from advisor.profiling.reading.containers import Container
from advisor.profiling.reading.duck import Duck
from advisor.profiling.reading.parts import Column, Nested, Part
from advisor.profiling.reading.plain_text import Packing
from advisor.profiling.reading.text_column import TextColumn
from advisor.profiling.reading.text_relation import TextFile


@dataclass(frozen=True, slots=True)
class Held:
    """How a file holds a table.

    Attributes:
        container: what the file is; None: it was rewritten to be read.
        part: the sheet, table or array of several.
        member: the file of an archive of several.
        packing: of the file, where it is no text.
        arrays: those of a file of several that are columns of the table, in order.
    """

    container: Container | None
    part: str | None = None
    member: str | None = None
    packing: Packing = "none"
    arrays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and where they come from.

    Attributes:
        name: for reports, without a path.
        columns: in order.
        parts: read one after the other.
        nested: columns left out because they hold no single values.
        repeated_names: names that stood over more than one column.
        notes: what was repaired or assumed, in sentences.
        bytes: size of the source; None when unknown.
        texts: the files of text behind the parts; empty for typed sources.
        words: columns of strings of a typed source, as they were read.
        held: how the files hold it; None: it is in memory.
        keys: columns that come from the names of folders.
        expected_rows: about as many rows there are, for showing how far a reading is; None when nothing tells.
    """

    name: str
    columns: tuple[Column, ...]
    parts: tuple[Part, ...]
    nested: tuple[Nested, ...] = ()
    repeated_names: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    bytes: int | None = None
    texts: tuple[TextFile, ...] = ()
    words: tuple[TextColumn, ...] = ()
    held: Held | None = None
    keys: tuple[str, ...] = ()
    expected_rows: int | None = None

    @property
    def checked(self) -> tuple[int, ...]:
        """Positions of the columns that may hold cells which cannot be read."""
        return tuple(i for i in range(len(self.columns)) if any(part.unreadable[i] for part in self.parts))

    def batches(self, duck: Duck, rows: int) -> Iterator[pa.RecordBatch]:
        """Yield batches with a field for every column, then a boolean field for every checked column.

        Raises:
            ReadFailure: the source could not be read to its end.
        """
        checked = self.checked
        for part in self.parts:
            cells = [f"{cell} as c{i}" for i, cell in enumerate(part.cells)]
            flags = [f"coalesce({part.unreadable[i] or 'false'}, false) as b{i}" for i in checked]
            yield from duck.stream(f"select {', '.join(cells + flags)} from {part.relation}", rows)


LEAST_NUMBERS = 3
"""Columns. Judgement: a row may hold words where one or two numbers should stand."""


@dataclass(frozen=True, slots=True)
class EmptyRows:
    """Rows without a value, which are no rows of the table.

    Attributes:
        blank: nothing stands in them.
        unreadable: they hold words where columns of numbers and dates hold something else, as a second line of names
            does.
    """

    blank: int = 0
    unreadable: int = 0

    def __add__(self, other: EmptyRows) -> EmptyRows:
        return EmptyRows(self.blank + other.blank, self.unreadable + other.unreadable)


def without_empty_rows(batch: pa.RecordBatch, table: Table) -> tuple[pa.RecordBatch, EmptyRows]:
    """Return a batch of text without the rows that hold no value, and how many there were."""
    columns = len(table.columns)
    flags = [batch.column(place) for place in range(columns, batch.num_columns)]
    blank = _everywhere([pc.is_null(batch.column(place)) for place in _with_nulls(batch, columns)], columns)
    typed = sum(
        column.storage != "text" and batch.column(place).null_count < batch.num_rows
        for place, column in enumerate(table.columns)
    )
    wordy = (_everywhere(flags, typed) if typed > 1 else None) or _wordy_numbers(batch, flags, table)
    left_out = [rows for rows in (blank, wordy) if rows is not None]
    if not left_out:
        return batch, EmptyRows()
    rows = left_out[0] if len(left_out) == 1 else pc.or_(*left_out)
    unreadable = _count(batch.filter(rows), flags=columns)
    return batch.filter(pc.invert(rows)), EmptyRows(_true(rows) - unreadable, unreadable)


def _wordy_numbers(batch: pa.RecordBatch, flags: list[pa.BooleanArray], table: Table) -> pa.BooleanArray | None:
    """Return the rows with words in every column of numbers, as names that come again beside the time of their page."""
    flag_of = dict(zip(table.checked, flags, strict=True))
    numbers = [
        place
        for place, column in enumerate(table.columns)
        if column.storage == "number" and batch.column(place).null_count < batch.num_rows
    ]
    if len(numbers) < LEAST_NUMBERS or not all(place in flag_of for place in numbers):
        return None
    return _everywhere([flag_of[place] for place in numbers], len(numbers))


def _with_nulls(batch: pa.RecordBatch, columns: int) -> list[int]:
    places = []
    for place in range(columns):
        if not batch.column(place).null_count:
            return []
        places.append(place)
    return places


def _everywhere(masks: list[pa.BooleanArray], wanted: int) -> pa.BooleanArray | None:
    """Return the rows in which as many masks as wanted hold; None when there are fewer masks, or no such row."""
    if len(masks) < wanted or not masks:
        return None
    held = masks[0]
    for mask in masks[1:]:
        held = pc.and_(held, mask)
        if not pc.any(held).as_py():
            return None
    return held if pc.any(held).as_py() else None


def _count(batch: pa.RecordBatch, *, flags: int) -> int:
    """Return how many rows of a batch have a flag, which begin at a column."""
    some = None
    for place in range(flags, batch.num_columns):
        some = batch.column(place) if some is None else pc.or_(some, batch.column(place))
    return 0 if some is None else _true(some)


def _true(mask: pa.BooleanArray) -> int:
    return int(pc.sum(mask.cast(pa.int64())).as_py() or 0)
