"""Columns, and the SQL that yields their values from one piece of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Storage = Literal["number", "boolean", "date", "text"]
"""How cells arrive: float64, float64 holding 0 and 1, timestamps in microseconds, or strings."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it will be read.

    Attributes:
        name: unique within the table.
        storage: how its cells arrive.
        note: what was repaired or assumed, in a sentence.
    """

    name: str
    storage: Storage
    note: str | None = None


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

    @property
    def said(self) -> str:
        """Its type in words."""
        if self.type.endswith("]"):
            return "lists"
        kinds = {"STRUCT": "objects", "MAP": "objects", "BLOB": "bytes", "BIT": "bits", "GEOMETRY": "shapes"}
        return next((said for kind, said in kinds.items() if self.type.startswith(kind)), f"{self.type} values")
