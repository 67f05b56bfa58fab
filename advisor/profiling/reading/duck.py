"""One adapter for DuckDB 1.5 and 2.x: a quiet connection, Arrow batches, and errors sorted by what can be done."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa

from advisor.errors import DataError

SHOWN_LETTERS = 200
"""Letters kept of a line that was left out. Judgement: a few columns, enough to recognise it."""

FailureKind = Literal["type", "shape", "encoding", "other"]

_SIGNS: tuple[tuple[FailureKind, str], ...] = (
    ("encoding", r"unicode|not utf-8|encoding"),
    ("shape", r"Expected Number of Columns|unterminated quote|Maximum line size|quoted new lines|sniffing|quote"),
    ("type", r"Conversion Error|Could not convert|converting column|JSON transform|Failed to cast"),
)


_LOCKS = (
    "autoinstall_known_extensions=false",
    "autoload_known_extensions=false",
    "allowed_directories=['/', '']",
    "enable_external_access=false",
    "lock_configuration=true",
)
"""Local files are read, and nothing else: no network, no extension; and no later statement can change that."""


class ReadFailure(Exception):  # noqa: N818  # caught inside this room; what leaves it is a DataError
    """DuckDB gave up in the middle of a source.

    Attributes:
        kind: what stopped it: a cell's type, a row's shape, an encoding, or something else.
        detail: DuckDB's own first line.
    """

    def __init__(self, kind: FailureKind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that DuckDB left out of a text file.

    Attributes:
        file: its path.
        line: number of the record, from 1; records with line breaks in quotes count once.
        start: byte at which the line begins.
        column: position of the column that made the trouble.
        kind: DuckDB's name for the trouble, such as "TOO MANY COLUMNS".
        text: the line, cut short.
        detail: DuckDB's words.
    """

    file: str
    line: int
    start: int
    column: int
    kind: str
    text: str
    detail: str


class Duck:
    """A DuckDB connection in memory that downloads nothing and prints nothing."""

    def __init__(self, memory: str | None = None) -> None:
        self._connection = duckdb.connect(":memory:")
        for setting in ("enable_progress_bar=false", "preserve_insertion_order=true"):
            self._connection.execute(f"set {setting}")
        self._folder = Path(tempfile.mkdtemp(prefix="advisor-"))
        self._remove_folder = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._connection.execute(f"set temp_directory={literal(str(self._folder))}")
        if memory is not None:
            self._limit(memory)
        for setting in _LOCKS:
            self._connection.execute(f"set {setting}")

    def _limit(self, memory: str) -> None:
        if not re.fullmatch(r"\s*\d+(\.\d+)?\s*([KMGT]i?B)\s*", str(memory), re.IGNORECASE):
            raise DataError(f"memory={memory!r}: give a number and a unit, such as 500MB or 4GB")
        try:
            self._connection.execute(f"set memory_limit='{memory.strip()}'")
        except duckdb.Error as error:
            raise DataError(f"memory={memory!r}: is more than can be counted; give one such as 500MB or 4GB") from error

    def register(self, name: str, source: Any) -> None:
        """Make an Arrow table or data set known under a name."""
        self._connection.register(name, source)

    def store(self, name: str, source: Any) -> None:
        """Keep what can be read only once as a table, which goes to disk where memory ends.

        Raises:
            ReadFailure: DuckDB could not read it.
        """
        self.register("once", source)
        try:
            self._connection.execute(f"create table {identifier(name)} as select * from once")
        except (duckdb.Error, OSError, pa.ArrowException) as error:
            raise _failure(error) from error
        finally:
            self._connection.unregister("once")

    def attach(self, path: Path) -> None:
        """Make the tables of a DuckDB file known as ``given``.

        Raises:
            ReadFailure: it is no database that this DuckDB can read.
        """
        try:
            self._connection.execute(f"attach {literal(str(path))} as given (read_only)")
        except duckdb.Error as error:
            raise _failure(error) from error

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return all rows of a small query.

        Raises:
            ReadFailure: DuckDB could not read the source.
        """
        try:
            return self._connection.execute(query).fetchall()
        except (duckdb.Error, OSError) as error:
            raise _failure(error) from error

    def stream(self, query: str, rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the result of a query as Arrow batches of at most ``rows`` rows, in order.

        Raises:
            ReadFailure: DuckDB could not read the source; batches may have been yielded before.
        """
        try:
            relation: Any = self._connection.sql(query)
            to_reader = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
            yield from to_reader(rows)
        except (duckdb.Error, OSError, pa.ArrowException) as error:
            raise _failure(error) from error

    def rejects(self) -> list[Reject]:
        """Return the lines of text files that were left out since they were last forgotten, in order."""
        try:
            found = self._connection.execute(
                "select s.file_path, e.line, e.line_byte_position, e.column_idx, e.error_type, "
                f"e.csv_line[:{SHOWN_LETTERS}], e.error_message "
                "from reject_errors e join reject_scans s using (scan_id, file_id) order by all"
            ).fetchall()
        except duckdb.CatalogException:
            return []
        return [
            Reject(
                str(path),
                int(line),
                int(start or 0),
                int(column or 1) - 1,
                str(kind),
                str(text),
                _first_lines(str(detail)),
            )
            for path, line, start, column, kind, text, detail in found
        ]

    def forget_rejects(self) -> None:
        """Forget the lines that were left out."""
        for table in ("reject_errors", "reject_scans"):
            self._connection.execute(f"drop table if exists {table}")

    def new_file(self, name: str) -> Path:
        """Return the path of a file that lasts as long as the connection."""
        return self._folder / f"{len(list(self._folder.iterdir()))}-{Path(name).name}"

    def close(self) -> None:
        """Close the connection and remove the files made for it."""
        self._connection.close()
        self._remove_folder()


def literal(text: str) -> str:
    """Return text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def path_literal(path: str) -> str:
    """Return a path as an SQL string in which no character is a wildcard."""
    return literal(re.sub(r"([*?\[])", r"[\1]", path))


def _failure(error: BaseException) -> ReadFailure:
    text = str(error)
    for kind, sign in _SIGNS:
        if re.search(sign, text.split("Possible", maxsplit=1)[0], re.IGNORECASE):
            return ReadFailure(kind, _first_lines(text))
    return ReadFailure("other", _first_lines(text))


def _first_lines(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    kept = [line for line in lines[:3] if not line.startswith(("Original Line", "Possible", "*", "LINE 1", "^"))]
    return re.sub(r'"[^"]*/([^"/]+)"', r'"\1"', "; ".join(kept))[:300]
