"""How the cells of one column of text are read, as SQL of its values."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.profiling.reading.cell_patterns import FALSE_WORDS, NULL_WORDS, TRUE_WORDS
from advisor.profiling.reading.date_formats import DateFormat
from advisor.profiling.reading.duck import literal
from advisor.profiling.reading.number_formats import NumberFormat
from advisor.profiling.reading.parts import Storage


@dataclass(frozen=True, slots=True)
class TextColumn:
    """How the cells of one column of text are read.

    Attributes:
        name: of the column.
        storage: how its values arrive.
        number: notation of numbers; None: plain ones, or none at all.
        date: notation of dates; None for other kinds.
        nulls: words that stand for a missing value here.
        direct: plain numbers, which the reader itself turns into floats; a cell that is none stops it.
        note: what was assumed, in a sentence.
        again: typed a second time, with the cells that could not be read the first time.
        seen_nulls: those of ``nulls`` that stand in the rows it was typed by.
    """

    name: str
    storage: Storage
    number: NumberFormat | None = None
    date: DateFormat | None = None
    nulls: tuple[str, ...] = NULL_WORDS
    direct: bool = False
    note: str | None = None
    again: bool = False
    seen_nulls: tuple[str, ...] = ()

    def cell(self, raw: str) -> str:
        """Return SQL of the text in a cell, null where it is missing."""
        words = ", ".join(literal(word) for word in self.nulls)
        return f"(case when trim({raw}) in ({words}) then null else trim({raw}) end)"

    def value(self, raw: str) -> str:
        """Return SQL of the value in a cell."""
        if self.direct:
            return raw
        cell = self.cell(raw)
        match self.storage:
            case "number":
                return self.number.sql(cell) if self.number else f"try_cast({cell} as double)"
            case "date":
                return (self.date or DateFormat(None)).sql(cell)
            case "boolean":
                true, false = (", ".join(map(literal, words)) for words in (TRUE_WORDS, FALSE_WORDS))
                return f"case when lower({cell}) in ({true}) then 1.0 when lower({cell}) in ({false}) then 0.0 end"
            case "text":
                return cell

    def unreadable(self, raw: str) -> str | None:
        """Return SQL that is true where a cell holds something that could not be read; None where nothing can."""
        if self.direct or self.storage == "text":
            return None
        return f"{self.cell(raw)} is not null and {self.value(raw)} is null"
