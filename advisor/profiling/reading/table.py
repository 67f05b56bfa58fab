"""A table that is ready to be read: its columns, and the query that yields them as Arrow batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from advisor.profiling.reading.duck import Duck
from advisor.profiling.reading.parts import Column, Nested, Part
from advisor.profiling.reading.text_relation import TextFile


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


@dataclass(frozen=True, slots=True)
class EmptyRows:
    """Rows without a value, which are no rows of the table.

    Attributes:
        blank: nothing stands in them.
        unreadable: they hold words where all columns hold something else, as a second line of names does.
    """

    blank: int = 0
    unreadable: int = 0

    def __add__(self, other: EmptyRows) -> EmptyRows:
        return EmptyRows(self.blank + other.blank, self.unreadable + other.unreadable)


def without_empty_rows(batch: pa.RecordBatch, columns: int) -> tuple[pa.RecordBatch, EmptyRows]:
    """Return a batch of text without the rows in which all of its first columns are null, and how many there were."""
    empty = None
    for place in range(columns):
        if not batch.column(place).null_count:
            return batch, EmptyRows()
        null = pc.is_null(batch.column(place))
        empty = null if empty is None else pc.and_(empty, null)
        if not pc.any(empty).as_py():
            return batch, EmptyRows()
    if empty is None:
        return batch, EmptyRows()
    left_out = batch.filter(empty)
    unreadable = None
    for place in range(columns, batch.num_columns):
        flags = left_out.column(place)
        unreadable = flags if unreadable is None else pc.or_(unreadable, flags)
    wordy = 0 if unreadable is None else int(pc.sum(unreadable.cast(pa.int64())).as_py() or 0)
    return batch.filter(pc.invert(empty)), EmptyRows(left_out.num_rows - wordy, wordy)
