"""A file of text as SQL: which settings make DuckDB read it, and nothing else, the way it was understood."""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.profiling.reading.dialect import Dialect
from advisor.profiling.reading.duck import literal, path_literal
from advisor.profiling.reading.options import ReadingOptions
from advisor.profiling.reading.parts import Part
from advisor.profiling.reading.text_column import TextColumn

USUAL_NULLS = ("", "NA", "NaN", "nan", "NULL", "null", "N/A", "n/a", "None", "?", "-", ".")
"""Words that most files write for a missing value."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """How the user's own file is written, whatever copy of it is read.

    Attributes:
        encoding: for Python's codecs.
        delimiter: at most four characters; a blank stands for runs of blanks.
        quote: one character, or nothing.
        bounds: of aligned columns, in letters; empty: a delimiter parts them.
    """

    encoding: str
    delimiter: str
    quote: str
    bounds: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TextFile:
    """One file of text that DuckDB reads, and how.

    Attributes:
        path: of the file, or of its UTF-8 copy.
        name: as the user knows it.
        packing: "gzip", "zstd" or "none".
        dialect: how lines are split.
        columns: how cells are read.
        sums: position and words of cells that mark rows of sums; None: there is none.
        longest_line: in bytes, of the first lines.
        source: the user's own file.
        options: what the user said about it.
    """

    path: str
    name: str
    packing: str
    dialect: Dialect
    columns: tuple[TextColumn, ...]
    sums: tuple[int, tuple[str, ...]] | None = None
    longest_line: int = 0
    source: SourceText | None = None
    options: ReadingOptions = field(default_factory=ReadingOptions)

    def relation(self, *, as_text: bool = False) -> str:
        """Return SQL after ``from``.

        Args:
            as_text: every column as strings; otherwise the reader itself turns plain numbers into floats.
        """
        dialect = self.dialect
        width = dialect.width
        direct = [not as_text and place < len(self.columns) and self.columns[place].direct for place in range(width)]
        kinds = ", ".join(f"'c{place}': '{'DOUBLE' if direct[place] else 'VARCHAR'}'" for place in range(width))
        nulls = [] if as_text else self._nulls()
        signs = {dialect.delimiter, dialect.quote, dialect.escape} - {""}
        nulls = [word for word in nulls if not any(sign in word for sign in signs)]
        quote = dialect.quote
        settings = [
            path_literal(self.path),
            "auto_detect=false",
            "header=false",
            f"skip={dialect.skip}",
            f"columns={{{kinds}}}",
            f"delim={literal(dialect.delimiter)}",
            f"quote={literal(quote)}",
            f"escape={literal(dialect.escape if quote else '')}",
            *([f"nullstr=[{', '.join(map(literal, nulls))}]"] if nulls else []),
            f"compression='{self.packing}'",
            *([f"max_line_size={4 * self.longest_line}"] if self.longest_line > 500_000 else []),
            "ignore_errors=true",
            "store_rejects=true",
            "rejects_limit=100000",
            *(["null_padding=true", "parallel=false"] if dialect.padded else []),
        ]
        rows = f"read_csv({', '.join(settings)})"
        if self.sums is None:
            return rows
        place, words = self.sums
        return f"(select * from {rows} where coalesce(trim(c{place}), '') not in ({', '.join(map(literal, words))}))"

    def _nulls(self) -> list[str]:
        """Return the words that the reader itself takes as missing in every column.

        It compares each cell with each of them, so they are few: usual ones, those that the first rows hold, and what
        the user named. Another one far down in a column of numbers stops the reader there, and the column is then read
        as text, in which all of them count.
        """
        if not self.columns:
            return []
        wanted = {*USUAL_NULLS, *self.options.na, *(word for column in self.columns for word in column.seen_nulls)}
        return [
            word
            for word in self.columns[0].nulls
            if word in wanted and all(word in column.nulls for column in self.columns)
        ]

    @property
    def part(self) -> Part:
        """The file as a piece of a table."""
        return Part(
            self.relation(),
            tuple(column.value(f"c{place}") for place, column in enumerate(self.columns)),
            tuple(column.unreadable(f"c{place}") for place, column in enumerate(self.columns)),
        )
