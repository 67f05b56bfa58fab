"""A table that is ready to be read: its columns, and the query that yields them as Arrow batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from advisor.profiling.reading.duck import Duck

Storage = Literal["number", "boolean", "date", "text"]
"""How cells arrive: float64, float64 holding 0 and 1, timestamps in microseconds, or strings."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it will be read.

    Attributes:
        name: unique within the table.
        storage: how its cells arrive.
        note: what was repaired or assumed, in a sentence.
        null_words: strings that mean "missing" in a text column.
    """

    name: str
    storage: Storage
    note: str | None = None
    null_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a table, such as a file.

    Attributes:
        relation: SQL after ``from``.
        cells: SQL of each column's value.
        unreadable: SQL that is true where a cell holds something that could not be read; None where nothing can.
    """

    relation: str
    cells: tuple[str, ...]
    unreadable: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Nested:
    """A column of lists, structures or bytes, which is not read."""

    name: str
    type: str


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
    """

    name: str
    columns: tuple[Column, ...]
    parts: tuple[Part, ...]
    nested: tuple[Nested, ...] = ()
    repeated_names: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    bytes: int | None = None

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
