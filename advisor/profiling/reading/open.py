"""Open any source as a table of typed columns."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from advisor.errors import DataError, shortened
from advisor.files import kind_of, reason
from advisor.profiling.reading.column_names import repair_names
from advisor.profiling.reading.duck import Duck, path_literal
from advisor.profiling.reading.frames import as_arrow, pair_as_arrow
from advisor.profiling.reading.options import ReadingOptions
from advisor.profiling.reading.plain_text import PACKED_SUFFIXES
from advisor.profiling.reading.relations import TYPED_ROWS, open_relation
from advisor.profiling.reading.table import Table
from advisor.profiling.reading.text_file import open_text

_TEXT_ONLY = ("delimiter", "quote", "encoding", "header", "skip")
"""Options that mean nothing to a source whose columns have types."""


def open_table(source: Any, duck: Duck, options: ReadingOptions | None = None) -> Table:
    """Return a table that is ready to be streamed.

    Args:
        source: path or glob of CSV, TSV, other text, Parquet or JSON lines (also packed); pandas, polars or Arrow
            table; numpy array of shape (rows, columns); a pair (X, y).
        duck: connection that reads it.
        options: what the user says about a file of text.

    Raises:
        DataError: missing, a folder, empty, binary, or not a kind of table that can be read.
    """
    options = options or ReadingOptions()
    if isinstance(source, str | os.PathLike):
        return _open_path(str(source), duck, options)
    _check_typed(options, "a table in memory")
    if isinstance(source, tuple) and len(source) == 2:
        return _open_arrow(pair_as_arrow(*source), "arrays (X, y)", duck, options)
    return _open_arrow(as_arrow(source), f"{type(source).__module__.split('.')[0]} table", duck, options)


def _open_path(given: str, duck: Duck, options: ReadingOptions) -> Table:
    path = Path(given)
    try:
        exists = path.exists()
        matches = [] if exists or not any(sign in given for sign in "*?[") else _matches(given)
    except (OSError, ValueError) as error:  # a name that is too long, a circle of links, a pattern that is none
        raise DataError(f"{shortened(given)}: cannot be read ({reason(error)}); check the path") from error
    if not exists and any(sign in given for sign in "*?["):
        files = [file for file in matches if file.is_file()]
        if not files:
            raise DataError(f"{given}: no file matches; check folder and pattern")
        return _open_together(files, path.name, duck, options)
    if not exists:
        raise DataError(f"{given}: no such file; check the path")
    if path.is_dir():
        raise DataError(f"{given}: is a folder; name a file in it, or a glob such as {given.rstrip('/')}/*.csv")
    if not path.is_file():
        raise DataError(f"{given}: is {kind_of(path.stat().st_mode)}; save the table to a file first")
    return _open_file(path, duck, options)


def _matches(pattern: str) -> list[Path]:
    return sorted(Path("/").glob(pattern.lstrip("/")) if Path(pattern).is_absolute() else Path().glob(pattern))


def _open_together(files: Sequence[Path], name: str, duck: Duck, options: ReadingOptions) -> Table:
    first = _open_file(files[0], duck, options)
    tables = [first]
    for file in files[1:]:
        like = first.texts[0].columns if first.texts else None
        table = open_text(file, duck, options, like) if like else _open_file(file, duck, options)
        if [(c.name, c.storage) for c in table.columns] != [(c.name, c.storage) for c in first.columns]:
            raise DataError(f"{table.name}: its columns differ from those of {first.name}; profile them one by one")
        tables.append(table)
    return Table(
        name=name,
        columns=first.columns,
        parts=tuple(part for table in tables for part in table.parts),
        nested=first.nested,
        repeated_names=first.repeated_names,
        notes=(f"{len(tables)} files were read one after the other.", *first.notes),
        bytes=sum(table.bytes or 0 for table in tables),
        texts=tuple(text for table in tables for text in table.texts),
    )


def _open_file(path: Path, duck: Duck, options: ReadingOptions) -> Table:
    size = path.stat().st_size
    if size == 0:
        raise DataError(f"{path.name}: is empty; there is nothing to read")
    try:
        with path.open("rb") as file:
            magic = file.read(8)
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read ({error.strerror})") from error
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in PACKED_SUFFIXES]
    suffix = suffixes[-1] if suffixes else ""
    where = path_literal(str(path))
    if magic[:4] == b"PAR1" or suffix in {".parquet", ".pq"}:
        _check_typed(options, path.name)
        return open_relation(f"read_parquet({where})", path.name, duck, size, options)
    if suffix in {".jsonl", ".ndjson", ".json"}:
        _check_typed(options, path.name)
        relation = f"read_json({where}, format='auto', sample_size={TYPED_ROWS})"
        return open_relation(relation, path.name, duck, size, options)
    if suffix in {".xlsx", ".xls", ".ods"} or magic[:4] == b"\xd0\xcf\x11\xe0":
        raise DataError(f"{path.name}: is a spreadsheet; save the sheet as CSV or Parquet, or give a pandas frame")
    return open_text(path, duck, options)


def _open_arrow(table: Any, name: str, duck: Duck, options: ReadingOptions) -> Table:
    repaired = repair_names(table.column_names)
    duck.register("given", table.rename_columns(list(repaired.names)))
    opened = open_relation("given", name, duck, table.nbytes, options)
    return Table(name, opened.columns, opened.parts, opened.nested, repaired.repeated, repaired.notes, opened.bytes)


def _check_typed(options: ReadingOptions, what: str) -> None:
    meaningless = [name for name in options.given if name in _TEXT_ONLY]
    if meaningless:
        raise DataError(f"{what}: has columns with types, so {meaningless[0]!r} says nothing about it; leave it out")
