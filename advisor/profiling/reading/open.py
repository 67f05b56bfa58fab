"""Open any source as a table of typed columns."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from advisor.errors import DataError, shortened
from advisor.files import kind_of, reason
from advisor.profiling.reading.containers import (
    FOREIGN,
    Container,
    container_of,
    foreign_text,
    members_of,
    read_start,
    suffix_of,
)
from advisor.profiling.reading.duck import Duck, path_literal
from advisor.profiling.reading.fetching import fetched, is_elsewhere
from advisor.profiling.reading.folders import Files, files_in, open_together, with_partitions
from advisor.profiling.reading.frames import open_in_memory
from advisor.profiling.reading.options import ReadingOptions, chosen_part
from advisor.profiling.reading.plain_text import Head, write_member, write_unpacked
from advisor.profiling.reading.relations import open_relation
from advisor.profiling.reading.table import Held, Table
from advisor.profiling.reading.text_file import open_text

_TEXT_ONLY = ("delimiter", "quote", "encoding", "header", "skip")
"""Options that mean nothing to a source whose columns have types."""

_WRITTEN = ("delimiter", "quote")
"""Options that mean nothing to cells that no sign parts."""


def open_table(source: Any, duck: Duck, options: ReadingOptions | None = None) -> Table:
    """Return a table that is ready to be streamed.

    Args:
        source: path, folder, glob or address of a file of a kind in ``containers.Container``, or "-" for standard
            input; anything in memory that ``frames.open_in_memory`` takes.
        duck: connection that reads it.
        options: what the user says about a file of text.

    Raises:
        DataError: missing, empty, binary, or not a kind of table that can be read.
    """
    options = options or ReadingOptions()
    if isinstance(source, str | os.PathLike):
        return _open_path(str(source), duck, options)
    _check_options(options, "a table in memory", (*_TEXT_ONLY, "table"))
    return open_in_memory(source, duck, options)


def _open_path(given: str, duck: Duck, options: ReadingOptions) -> Table:
    if is_elsewhere(given):
        path = fetched(given, duck)
        name = "standard input" if given == "-" else path.name.partition("-")[2]
        try:
            return _named(_open_file(path, duck, options), path.name, name)
        except DataError as error:
            raise type(error)(str(error).replace(path.name, name)) from error
    place = located(given)
    if not isinstance(place, Path):
        return _open_files(place, Path(given).name, duck, options)
    if place.is_dir():
        return _open_files(files_in(place), place.resolve().name, duck, options)
    return _open_file(place, duck, options)


def located(given: str) -> Path | Files:
    """Return the file or folder that a path of this machine names, or the files of a pattern.

    Raises:
        DataError: there is none, or it cannot be read as a file.
    """
    path = Path(given)
    try:
        exists = path.exists()
        matches = _matching(given) if not exists and any(sign in given for sign in "*?[") else None
    except (OSError, ValueError) as error:  # a name that is too long, a circle of links, a pattern that is none
        raise DataError(f"{shortened(given)}: cannot be read ({reason(error)}); check the path") from error
    if matches is not None:
        return matches
    if not exists:
        raise DataError(f"{given}: no such file; check the path")
    if not path.is_dir() and not path.is_file():
        raise DataError(f"{given}: is {kind_of(path.stat().st_mode)}; save the table to a file first")
    return path


def _matching(pattern: str) -> Files:
    path = Path(pattern)
    matches = sorted(Path().glob(pattern) if not path.is_absolute() else Path("/").glob(pattern.lstrip("/")))
    files = [file for file in matches if file.is_file()]
    if not files:
        raise DataError(f"{pattern}: no file matches; check folder and pattern")
    fixed = Path(*path.parts[: _first_wild(path)])
    return with_partitions(files, fixed)


def _first_wild(path: Path) -> int:
    return next(place for place, part in enumerate(path.parts) if any(sign in part for sign in "*?["))


def _open_files(files: Files, name: str, duck: Duck, options: ReadingOptions) -> Table:
    def open_one(path: Path, first: Table | None) -> Table:
        if first is not None and first.texts:
            return open_text(path, duck, options, first.texts[0].columns)
        return _open_file(path, duck, options)

    return open_together(files, name, options, open_one)


def _open_file(path: Path, duck: Duck, options: ReadingOptions) -> Table:
    if path.stat().st_size == 0:
        raise DataError(f"{path.name}: is empty; there is nothing to read")
    members = members_of(path)
    if len(members) > 1:
        return _open_member(path, chosen_part(path.name, "file", members, options.table), duck, options)
    head = read_start(path)
    container = container_of(path, head)
    if container == "text":
        foreign = foreign_text(head)
        if foreign is not None and options.delimiter is None:
            raise DataError(f"{path.name}: is {foreign}")
        _check_options(options, path.name, ("table",))
        table = open_text(path, duck, options)
        return table if table.held is not None else replace(table, held=Held("text"))
    _check_options(options, path.name, _WRITTEN if container in {"workbook", "arff"} else _TEXT_ONLY)
    if head.packing != "none" and container not in {"workbook", "npz"}:
        return _open_packed(path, head, duck, options)
    opened = _open_typed(path, container, duck, options)
    return opened if opened.held is not None else replace(opened, held=Held(container))


def _open_typed(path: Path, container: Container, duck: Duck, options: ReadingOptions) -> Table:
    size = path.stat().st_size
    match container:
        case "parquet":
            return open_relation(
                f"read_parquet({path_literal(str(path))}, hive_partitioning=false)", path.name, duck, size, options
            )
        case "json":
            from advisor.profiling.reading.json_file import open_json

            return open_json(path, duck, options)
        case "workbook":
            from advisor.profiling.reading.workbooks import open_workbook

            return open_workbook(path, duck, options)
        case "sqlite":
            from advisor.profiling.reading.databases import open_sqlite

            return open_sqlite(path, duck, options)
        case "duckdb":
            from advisor.profiling.reading.databases import open_duckdb

            return open_duckdb(path, duck, options)
        case "arff":
            from advisor.profiling.reading.arff_file import open_arff

            return open_arff(path, duck, options)
        case "arrow" | "arrow_stream" | "orc":
            from advisor.profiling.reading.arrow_files import load_arrow, load_orc

            source = load_orc(path) if container == "orc" else load_arrow(path)
            return _named(open_in_memory(source, duck, options), None, path.name)
        case "npy" | "npz":
            from advisor.profiling.reading.numpy_files import load_arrays

            source, arrays = load_arrays(path, options.table)
            opened = _named(open_in_memory(source, duck, options), None, path.name)
            return replace(opened, held=Held(container, arrays=arrays))
        case _:
            reader = FOREIGN.get(suffix_of(path), "another package")
            raise DataError(f"{path.name}: is read by {reader}; give the frame or arrays that it returns")


def _open_member(path: Path, member: str, duck: Duck, options: ReadingOptions) -> Table:
    copied = duck.new_file(member)
    write_member(path, member, copied)
    opened = _open_file(copied, duck, options.model_copy(update={"table": None}))
    return replace(_named(opened, copied.name, f"{path.name}, {member}"), held=_inside(opened, member=member))


def _open_packed(path: Path, head: Head, duck: Duck, options: ReadingOptions) -> Table:
    """Open a packed file that is no text from an unpacked copy."""
    copied = duck.new_file(path.stem if path.suffix else path.name)
    write_unpacked(path, head.packing, copied)
    opened = _open_file(copied, duck, options)
    return replace(_named(opened, copied.name, path.name), held=_inside(opened, packing=head.packing))


def _inside(opened: Table, **changes: Any) -> Held | None:
    """Return how an archive holds the table of a file that was unpacked from it."""
    return None if opened.held is None else replace(opened.held, **changes)


def _named(table: Table, copied: str | None, name: str) -> Table:
    """Return a table under the name that the user knows."""
    texts = tuple(replace(text, name=name) if text.name == copied else text for text in table.texts)
    return replace(table, name=name, texts=texts)


def _check_options(options: ReadingOptions, what: str, meaningless: tuple[str, ...]) -> None:
    given = [name for name in options.given if name in meaningless]
    if given:
        raise DataError(f"{what}: has columns with types, so {given[0]!r} says nothing about it; leave it out")
