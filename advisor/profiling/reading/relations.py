"""Typed sources (Parquet, JSON, Arrow) as tables: what each SQL type becomes, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from advisor.errors import DataError
from advisor.profiling.accumulators.moments import LARGEST_EXACT
from advisor.profiling.reading.column_names import repair_names
from advisor.profiling.reading.duck import Duck, ReadFailure, identifier, literal
from advisor.profiling.reading.options import ReadingOptions
from advisor.profiling.reading.parts import Column, Nested, Part, Storage
from advisor.profiling.reading.table import Table
from advisor.profiling.reading.text_column import TextColumn
from advisor.profiling.reading.text_columns import type_columns

TYPED_ROWS = 20_000
"""Judgement: as many rows as a text file's types are worked out from at most."""

MOST_LEVELS = 3
"""Of objects within objects. Judgement: deeper ones hold no facts about a row."""
MOST_FLAT = 2_000
"""Columns. Judgement: more names are values, as of an object with a key for each day."""

_WIDE = ("BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT", "DECIMAL")


def open_relation(
    relation: str,
    name: str,
    duck: Duck,
    size: int | None,
    options: ReadingOptions,
    labels: Sequence[str] | None = None,
    known_inexact: frozenset[str] = frozenset(),
) -> Table:
    """Open anything that has typed columns.

    Args:
        relation: SQL after ``from``.
        name: for reports.
        duck: connection that reads it.
        size: in bytes; None: unknown.
        options: what the user said.
        labels: names of the columns; None: those of the relation.
        known_inexact: columns of the relation whose whole numbers floats cannot hold; others are looked for.

    Raises:
        DataError: it cannot be read.
    """
    try:
        described = duck.rows(f"describe select * from {relation}")
        inexact = known_inexact | _inexact(relation, [(row[0], row[1]) for row in described], duck)
    except ReadFailure as failure:
        raise DataError(f"{name}: cannot be read ({failure.detail})") from failure
    names = repair_names(labels or [row[0] for row in described])
    words = {
        raw: label for label, (raw, kind, *_) in zip(names.names, described, strict=True) if _storage(kind) == "text"
    }
    as_text = {raw: _as_text(identifier(raw), kind) for raw, kind, *_ in described}
    typed = _typed_words(relation, words, as_text, name, duck, options)
    columns, cells, flags, nested = [], [], [], []
    for label, (raw, kind, *_) in zip(names.names, described, strict=True):
        storage = _storage(kind)
        cell = identifier(raw)
        if storage is None:
            nested.append(Nested(label, kind))
            continue
        if raw in typed:
            one = typed[raw]
            columns.append(Column(label, one.storage, one.note))
            cells.append(one.value(as_text[raw]))
            flags.append(one.unreadable(as_text[raw]))
            continue
        if raw in inexact:
            note = "Whole numbers beyond 2^53 were read as words, which keeps all digits."
            columns.append(Column(label, "text", note))
            cells.append(f"cast({cell} as varchar)")
        else:
            columns.append(Column(label, storage))
            cells.append(_value(cell, kind, storage))
        flags.append(None)
    return Table(
        name,
        tuple(columns),
        (Part(relation, tuple(cells), tuple(flags)),),
        tuple(nested),
        names.repeated,
        names.notes,
        size,
        expected_rows=_counted(relation, duck),
        words=tuple(typed.values()),
    )


def flattened(relation: str, duck: Duck) -> str:
    """Return a relation in which objects inside the rows are columns, named after both: ``user.id``.

    Args:
        relation: SQL after ``from``.
        duck: connection that reads it.
    """
    for _ in range(MOST_LEVELS):
        try:
            described = [(row[0], row[1]) for row in duck.rows(f"describe select * from {relation}")]
            cells = [cell for name, kind in described for cell in _flat_cells(relation, name, kind, duck)]
        except ReadFailure:
            return relation
        if len(cells) > MOST_FLAT or not any(kind.startswith("STRUCT") and kind.endswith(")") for _, kind in described):
            return relation
        relation = f"(select {', '.join(cells)} from {relation})"
    return relation


def _flat_cells(relation: str, name: str, kind: str, duck: Duck) -> list[str]:
    column = identifier(name)
    if not kind.startswith("STRUCT") or not kind.endswith(")"):
        return [column]
    fields = [row[0] for row in duck.rows(f"describe select unnest({column}) from {relation} limit 0")]
    return [f"struct_extract({column}, {literal(field)}) as {identifier(f'{name}.{field}')}" for field in fields]


def _counted(relation: str, duck: Duck) -> int | None:
    """Return how many rows there are, where that is known without reading them."""
    if not relation.startswith(("read_parquet", "given.")):
        return None
    try:
        return int(duck.rows(f"select count(*) from {relation}")[0][0])
    except ReadFailure:
        return None


def _typed_words(
    relation: str, labels: Mapping[str, str], as_text: Mapping[str, str], name: str, duck: Duck, options: ReadingOptions
) -> dict[str, TextColumn]:
    """Type columns of strings, given with their labels, by their first rows, as those of a text file are."""
    if not labels:
        return {}
    cells = ", ".join(f"{as_text[column]} as c{place}" for place, column in enumerate(labels))
    try:
        batches = list(duck.stream(f"select {cells} from {relation} limit {TYPED_ROWS}", TYPED_ROWS))
    except ReadFailure as failure:
        raise DataError(f"{name}: cannot be read ({failure.detail})") from failure
    names = list(labels.values())
    told = options.model_copy(update={"types": tuple(pair for pair in options.types if pair[0] in names)})
    made = type_columns(pa.Table.from_batches(batches), names, told, ",", name) if batches else ()
    return {raw: _indirect(column) for raw, column in zip(labels, made, strict=False)}


def _indirect(column: TextColumn) -> TextColumn:
    return TextColumn(column.name, column.storage, column.number, column.date, column.nulls, note=column.note)


def _inexact(relation: str, described: list[tuple[str, str]], duck: Duck) -> set[str]:
    """Return the columns of whole numbers that floats cannot hold."""
    wide = [
        raw
        for raw, kind in described
        if kind.startswith(_WIDE) and _storage(kind) == "number" and not _has_decimals(kind)
    ]
    if not wide:
        return set()
    ends = ", ".join(f"max({identifier(raw)}), min({identifier(raw)})" for raw in wide)
    found = duck.rows(f"select {ends} from {relation}")[0]
    return {
        raw
        for place, raw in enumerate(wide)
        if any(end is not None and abs(end) > LARGEST_EXACT for end in found[2 * place : 2 * place + 2])
    }


def _has_decimals(kind: str) -> bool:
    return kind.startswith("DECIMAL") and not kind.endswith(",0)")


def _storage(kind: str) -> Storage | None:
    if kind.startswith(("STRUCT", "MAP", "UNION", "BLOB", "BIT", "GEOMETRY", "INTERVAL")) or kind.endswith("]"):
        return None
    if kind == "BOOLEAN":
        return "boolean"
    if kind.startswith(("DATE", "TIME")):
        return "date"
    if kind.startswith(("VARCHAR", "ENUM", "UUID", "JSON", '"NULL"', "NULL")):
        return "text"
    return "number"


def _as_text(cell: str, kind: str) -> str:
    """Return SQL of a cell as text: of JSON, in which kinds may differ from row to row, without its quotes."""
    return f"({cell} ->> '$')" if kind == "JSON" else f"cast({cell} as varchar)"


def _value(cell: str, kind: str, storage: Storage) -> str:
    match storage:
        case "boolean":
            return f"cast(cast({cell} as tinyint) as double)"
        case "date" if kind in {"TIME", "TIME_NS"}:
            return f"date '1970-01-01' + cast({cell} as time)"
        case "date" if kind.startswith("TIME WITH"):
            return f"date '1970-01-01' + try_cast(cast({cell} as varchar)[:8] as time)"
        case "date" if kind == "TIMESTAMPTZ_NS":
            return f"make_timestamp(epoch_ns({cell}) // 1000)"
        case "date" if "WITH TIME ZONE" in kind:
            return f"make_timestamp(epoch_us({cell}))"
        case "date":
            return f"try_cast({cell} as timestamp)"
        case "text":
            return _as_text(cell, kind)
        case "number":
            return f"cast({cell} as double)"
