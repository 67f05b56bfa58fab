"""Many files that are one table: globs, folders, and folders named ``key=value`` as Hive writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa

from advisor.errors import DataError
from advisor.profiling.reading.column_names import difference
from advisor.profiling.reading.duck import literal
from advisor.profiling.reading.options import ReadingOptions
from advisor.profiling.reading.parts import Column, Part
from advisor.profiling.reading.plain_text import PACKED_SUFFIXES
from advisor.profiling.reading.table import Table
from advisor.profiling.reading.text_column import TextColumn
from advisor.profiling.reading.text_columns import type_columns

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
"""By definition: the folder of the rows that miss the value (apache/hive, ``hive.exec.default.partition.name``)."""


@dataclass(frozen=True, slots=True)
class Files:
    """Files that are read together.

    Attributes:
        paths: in order.
        keys: names of the values that their folders hold.
        values: of each file, one per key; None: missing.
    """

    paths: tuple[Path, ...]
    keys: tuple[str, ...] = ()
    values: tuple[tuple[str | None, ...], ...] = ()


def files_in(folder: Path) -> Files:
    """Return the files of a folder and of those inside it, all of one kind; hidden ones and ``_SUCCESS`` left out.

    Raises:
        DataError: it holds none, files of several kinds, or folders that name other values than their neighbours do.
    """
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
    )
    if not found:
        raise DataError(f"{folder.name}: is a folder without a file; there is nothing to read")
    kinds = {_kind(path) for path in found}
    if len(kinds) > 1:
        listed = ", ".join(sorted(f"*{kind}" if kind else "no suffix" for kind in kinds))
        raise DataError(
            f"{folder.name}: is a folder of files of several kinds ({listed}); name one with a glob, such as "
            f"{folder.name}/**/*{min(kind for kind in kinds if kind)}"
        )
    return with_partitions(found, folder)


def with_partitions(paths: Sequence[Path], folder: Path) -> Files:
    """Return files with what their folders below ``folder`` say.

    Raises:
        DataError: one names other values than the first does.
    """
    said = [_partition(path.relative_to(folder)) if path.is_relative_to(folder) else {} for path in paths]
    keys = tuple(said[0])
    for path, one in zip(paths, said, strict=True):
        if tuple(one) != keys:
            raise DataError(
                f"{path.name}: its folder names {', '.join(one) or 'nothing'}, that of the first file "
                f"{', '.join(keys) or 'nothing'}; give files of one layout"
            )
    return Files(tuple(paths), keys, tuple(tuple(one.values()) for one in said))


def open_together(
    files: Files, name: str, options: ReadingOptions, open_one: Callable[[Path, Table | None], Table]
) -> Table:
    """Open files as one table, with a column for each value that their folders hold.

    Args:
        files: at least one.
        name: of the whole.
        options: what the user said.
        open_one: opens a file, given the table of the first one.

    Raises:
        DataError: they differ in their columns.
    """
    first = open_one(files.paths[0], None)
    tables = [first]
    for path in files.paths[1:]:
        table = open_one(path, first)
        if [(one.name, one.storage) for one in table.columns] != [(one.name, one.storage) for one in first.columns]:
            raise DataError(f"{table.name}: {_difference(table, first)}; profile one by one")
        tables.append(table)
    joined = Table(
        name=name,
        columns=first.columns,
        parts=tuple(part for table in tables for part in table.parts),
        nested=first.nested,
        repeated_names=first.repeated_names,
        notes=(*first.notes[:1], *_counted(len(tables)), *first.notes[1:]),
        bytes=sum(table.bytes or 0 for table in tables),
        texts=tuple(text for table in tables for text in table.texts),
        words=first.words,
        held=first.held,
        expected_rows=_sum(table.expected_rows for table in tables),
    )
    counts = [len(table.parts) for table in tables]
    values = [row for row, count in zip(files.values, counts, strict=True) for _ in range(count)] if files.keys else []
    return _with_keys(joined, files.keys, values, options)


def _sum(counts: Iterable[int | None]) -> int | None:
    known = list(counts)
    return None if None in known else sum(count or 0 for count in known)


def _counted(files: int) -> tuple[str, ...]:
    return (f"{files} files were read one after the other.",) if files > 1 else ()


def _with_keys(
    table: Table, keys: Sequence[str], values: Sequence[tuple[str | None, ...]], options: ReadingOptions
) -> Table:
    """Append a column for each key, whose value is the same throughout a file."""
    present = {column.name for column in table.columns}
    kept = [place for place, key in enumerate(keys) if key not in present]
    if not kept:
        return table
    names = [keys[place] for place in kept]
    cells = pa.table([pa.array([row[place] for row in values], pa.string()) for place in kept], names=names)
    told = options.model_copy(update={"types": tuple(pair for pair in options.types if pair[0] in names)})
    typed = [replace(one, direct=False, nulls=()) for one in type_columns(cells, names, told, ",", table.name)]
    parts = tuple(
        _with_values(part, typed, [row[place] for place in kept]) for part, row in zip(table.parts, values, strict=True)
    )
    columns = tuple(Column(one.name, one.storage, "The column comes from the names of the folders.") for one in typed)
    said = f"{', '.join(map(repr, names))} {'come' if len(names) > 1 else 'comes'} from the names of the folders."
    return replace(
        table,
        columns=(*table.columns, *columns),
        parts=parts,
        notes=(*table.notes[:1], said, *table.notes[1:]),
        keys=tuple(names),
    )


def _with_values(part: Part, typed: Sequence[TextColumn], values: Sequence[str | None]) -> Part:
    cells = [
        f"cast({one.value('null' if value is None else literal(value))} as {_SQL[one.storage]})"
        for one, value in zip(typed, values, strict=True)
    ]
    return Part(part.relation, (*part.cells, *cells), (*part.unreadable, *[None] * len(cells)))


_SQL = {"number": "double", "boolean": "double", "date": "timestamp", "text": "varchar"}
"""By definition of ``Storage``: the SQL type that each kind of cell arrives in."""


def _partition(path: Path) -> dict[str, str | None]:
    pairs = [part.partition("=") for part in path.parts[:-1] if "=" in part]
    return {unquote(key): None if value == HIVE_NULL else unquote(value) for key, _, value in pairs}


def _kind(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in PACKED_SUFFIXES]
    return suffixes[-1] if suffixes else ""


def _difference(table: Table, first: Table) -> str:
    own, others = [one.name for one in table.columns], [one.name for one in first.columns]
    if own == others:
        kinds = next(
            (one.name, one.storage, two.storage)
            for one, two in zip(table.columns, first.columns, strict=True)
            if one.storage != two.storage
        )
        return f"column {kinds[0]!r} holds {kinds[1]}s, in {first.name} {kinds[2]}s"
    return f"its columns are not those of {first.name} ({difference(own, others)})"
