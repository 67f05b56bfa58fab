"""Tables of SQLite and DuckDB files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from advisor.errors import DataError
from advisor.profiling.reading.duck import Duck, ReadFailure, identifier
from advisor.profiling.reading.options import ReadingOptions, chosen_part
from advisor.profiling.reading.relations import open_relation
from advisor.profiling.reading.table import Held, Table

FETCHED_ROWS = 50_000
"""Judgement: rows of a database that are carried over at a time; small beside any memory."""


def open_duckdb(path: Path, duck: Duck, options: ReadingOptions) -> Table:
    """Open the only table of a DuckDB file, or the one that ``options.table`` names.

    Raises:
        DataError: it cannot be read, or holds several tables.
    """
    try:
        duck.attach(path)
        found = duck.rows(
            "select schema_name, table_name from duckdb_tables() where database_name = 'given' union all select "
            "schema_name, view_name from duckdb_views() where database_name = 'given' and not internal order by all"
        )
    except ReadFailure as failure:
        raise DataError(f"{path.name}: cannot be read ({failure.detail})") from failure
    places = {name if schema == "main" else f"{schema}.{name}": (schema, name) for schema, name in found}
    schema, name = places[chosen_part(path.name, "table", list(places), options.table)]
    relation = f"given.{identifier(schema)}.{identifier(name)}"
    part = name if schema == "main" else f"{schema}.{name}"
    return replace(open_relation(relation, path.name, duck, path.stat().st_size, options), held=Held("duckdb", part))


def open_sqlite(path: Path, duck: Duck, options: ReadingOptions) -> Table:
    """Open the only table of an SQLite file, or the one that ``options.table`` names.

    Raises:
        DataError: it cannot be read, or holds several tables.
    """
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        ) as connection:
            connection.text_factory = _text
            found = connection.execute(
                "select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite_%' order by 1"
            ).fetchall()
            part = chosen_part(path.name, "table", [row[0] for row in found], options.table)
            name = identifier(part)
            columns = [row[1] for row in connection.execute(f"pragma table_info({name})")]
            schema = pa.schema(
                [(column, kind) for column, kind in zip(columns, _kinds(connection, name, columns), strict=True)]
            )
            batches = _batches(connection, name, columns, schema)
            duck.store("given", pa.RecordBatchReader.from_batches(schema, batches))
    except sqlite3.Error as error:
        raise DataError(f"{path.name}: cannot be read as an SQLite database ({error})") from error
    return replace(open_relation("given", path.name, duck, path.stat().st_size, options), held=Held("sqlite", part))


def _kinds(connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> list[pa.DataType]:
    """Return an Arrow type that holds every cell of each column: in SQLite, types belong to cells."""
    kinds = []
    for column in columns:
        held = connection.execute(f"select distinct typeof({identifier(column)}) from {table}")
        match {row[0] for row in held} - {"null"}:
            case kinds_held if kinds_held == {"integer"}:
                kinds.append(pa.int64())
            case kinds_held if kinds_held and kinds_held <= {"integer", "real"}:
                kinds.append(pa.float64())
            case kinds_held if kinds_held == {"blob"}:
                kinds.append(pa.binary())
            case _:
                kinds.append(pa.string())
    return kinds


def _batches(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    cursor = connection.execute(f"select {', '.join(map(identifier, columns))} from {table}")
    while rows := cursor.fetchmany(FETCHED_ROWS):
        cells = zip(*rows, strict=True)
        yield pa.record_batch(
            [_array(list(column), field.type) for column, field in zip(cells, schema, strict=True)], schema
        )


def _array(cells: list[object], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        cells = [cell if cell is None or isinstance(cell, str) else _text(cell) for cell in cells]
    return pa.array(cells, kind)


def _text(cell: object) -> str:
    return cell.decode("utf-8", errors="replace") if isinstance(cell, bytes) else str(cell)
