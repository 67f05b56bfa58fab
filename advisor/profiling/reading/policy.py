"""Open any source as a table of typed columns: the reading policy.

Text files are read as text and typed by their first rows, so that a late word in a column of numbers costs one cell
and not the file. Of three ways to split a CSV file (as DuckDB sniffs it, leniently, and as Python's sniffer says), the
first whose number of columns is the number of fields on most lines wins, and the notes say which.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from advisor.errors import DataError
from advisor.profiling.reading.column_names import repair_names
from advisor.profiling.reading.duck import Duck, ReadFailure, identifier, literal, path_literal
from advisor.profiling.reading.table import Column, Nested, Part, Storage, Table

HEAD_BYTES = 65_536
HEAD_ROWS = 20_000
FITTING = 0.9
NULL_WORDS = ("", "NA", "N/A", "n/a", "#N/A", "null", "NULL", "None", "NaN", "nan", "?", "-")
TEXT_SUFFIXES = {".csv", ".tsv", ".txt", ".tab", ".dat", ".data"}
TRUE_WORDS = ("true", "yes", "t", "y")
FALSE_WORDS = ("false", "no", "f", "n")
_PATTERNS = {
    "": "{}",
    "decimal commas": "replace(replace({}, '.', ''), ',', '.')",
    "thousands separators": "replace({}, ',', '')",
    "percent or currency signs": "regexp_replace({}, '[%$€£,\\s]', '', 'g')",
}


def open_table(source: Any, duck: Duck) -> Table:
    """Return a table that is ready to be streamed.

    Args:
        source: path or glob of CSV, TSV, Parquet or JSON lines (also compressed); pandas, polars or Arrow table; numpy
            array of shape (rows, columns); a pair (X, y).
        duck: connection that reads it.

    Raises:
        DataError: missing, a folder, empty, binary, or not a kind of table that can be read.
    """
    if isinstance(source, str | os.PathLike):
        return _open_path(str(source), duck)
    if isinstance(source, tuple) and len(source) == 2:
        return _open_arrow(_pair(*source), "arrays (X, y)", duck)
    return _open_arrow(_as_arrow(source), f"{type(source).__module__.split('.')[0]} table", duck)


def _open_path(given: str, duck: Duck) -> Table:
    path = Path(given)
    if any(sign in given for sign in "*?[") and not path.exists():
        found = sorted(Path().glob(given) if not path.is_absolute() else Path("/").glob(given.lstrip("/")))
        files = [file for file in found if file.is_file()]
        if not files:
            raise DataError(f"{given}: no file matches; check folder and pattern")
        tables = [_open_file(file, duck) for file in files]
        return _together(tables, Path(given).name)
    if not path.exists():
        raise DataError(f"{given}: no such file; check the path")
    if path.is_dir():
        raise DataError(f"{given}: is a folder; name a file in it, or a glob such as {given.rstrip('/')}/*.csv")
    return _open_file(path, duck)


def _together(tables: Sequence[Table], name: str) -> Table:
    first = tables[0]
    for other in tables[1:]:
        if [c.name for c in other.columns] != [c.name for c in first.columns]:
            raise DataError(f"{other.name}: its columns differ from those of {first.name}; profile them one by one")
    size = sum(table.bytes or 0 for table in tables)
    notes = (f"{len(tables)} files were read one after the other.", *first.notes)
    return Table(name, first.columns, tuple(p for t in tables for p in t.parts), first.nested, notes=notes, bytes=size)


def _open_file(path: Path, duck: Duck) -> Table:
    suffix = Path(path.name.removesuffix(".gz").removesuffix(".zst")).suffix.lower()
    size = path.stat().st_size
    if size == 0:
        raise DataError(f"{path.name}: is empty; there is nothing to read")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read ({error.strerror})") from error
    where = path_literal(str(path))
    if head[:4] == b"PAR1" or suffix in {".parquet", ".pq"}:
        return _open_relation(f"read_parquet({where})", path.name, duck, size)
    if suffix in {".jsonl", ".ndjson", ".json"}:
        return _open_relation(f"read_json({where}, format='auto', sample_size={HEAD_ROWS})", path.name, duck, size)
    return _open_text(path, head, duck, size)


@dataclass(frozen=True, slots=True)
class _Dialect:
    """One way to read a text file."""

    name: str
    options: str


def _open_text(path: Path, head: bytes, duck: Duck, size: int) -> Table:
    packed = head[:2] == b"\x1f\x8b"
    squeezed = head[:4] == b"\x28\xb5\x2f\xfd"
    if packed:
        with gzip.open(path, "rb") as file:
            head = file.read(HEAD_BYTES)
    encoding, note = ("utf-8", None) if squeezed else _encoding(head, path.name)
    common = f"all_varchar=true, encoding={literal(encoding)}, sample_size={HEAD_ROWS}, max_line_size=10000000"
    common += ", compression='gzip'" if packed else ", compression='zstd'" if squeezed else ""
    text = "" if squeezed else _text(head, encoding)
    dialect, names, failures = None, [], []
    width, delimiter = _modal_width(text)
    for candidate in _dialects(delimiter):
        relation = f"read_csv({path_literal(str(path))}, {common}{candidate.options})"
        try:
            described = duck.rows(f"describe select * from {relation}")
        except ReadFailure as failure:
            failures.append(failure.detail)
            continue
        if dialect is None or len(described) == width:
            dialect, names = candidate, [row[0] for row in described]
        if width is None or len(described) == width:
            break
    if dialect is None:
        raise DataError(f"{path.name}: cannot be read as a table of text ({failures[0] if failures else 'no rows'})")
    notes = [note] if note else []
    if dialect.name != "strict":
        notes.append(f"Lines have different numbers of fields; the file was read {dialect.name}.")
    given = _header(text, delimiter) if delimiter and len(_header(text, delimiter)) == len(names) else names
    relation = f"read_csv({path_literal(str(path))}, {common}{dialect.options})"
    return _typed(relation, names, given, path.name, duck, size, notes)


def _dialects(delimiter: str | None) -> list[_Dialect]:
    lenient = ", strict_mode=false, null_padding=true, ignore_errors=true"
    told = f", auto_detect=true, delim={literal(delimiter)}{lenient}, parallel=false" if delimiter else lenient
    return [
        _Dialect("strict", ""),
        _Dialect("leniently", lenient),
        _Dialect("leniently, split as the first lines suggest", told),
    ]


def _encoding(head: bytes, name: str) -> tuple[str, str | None]:
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16", "The file is UTF-16."
    if b"\x00" in head:
        raise DataError(f"{name}: is a binary file; give CSV, TSV, Parquet or JSON lines")
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            printable = sum(byte >= 32 or byte in b"\t\r\n" for byte in head) / len(head)
            if printable < 0.95:
                raise DataError(f"{name}: is a binary file; give CSV, TSV, Parquet or JSON lines") from error
            return "latin-1", "The file is not UTF-8; it was read as Latin-1."
    return "utf-8", None


def _text(head: bytes, encoding: str) -> str:
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff")
    return text if len(head) < HEAD_BYTES else text[: text.rfind("\n") + 1]


def _modal_width(text: str) -> tuple[int | None, str | None]:
    """Return how many fields most lines have, and the delimiter that says so."""
    lines = text.splitlines()[:2_000]
    if not lines:
        return None, None
    best: tuple[float, int, str] | None = None
    for delimiter in ",;\t|":
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        score = count / sum(widths.values())
        if width > 1 and (best is None or (round(score, 2), width) > (round(best[0], 2), best[1])):
            best = (score, width, delimiter)
    return (best[1], best[2]) if best else (1, None)


def _header(text: str, delimiter: str) -> list[str]:
    return next(csv.reader(io.StringIO(text), delimiter=delimiter), [])


def _open_relation(relation: str, name: str, duck: Duck, size: int | None) -> Table:
    try:
        described = duck.rows(f"describe select * from {relation}")
    except ReadFailure as failure:
        raise DataError(f"{name}: cannot be read ({failure.detail})") from failure
    names = repair_names([row[0] for row in described])
    columns, cells, flags, nested = [], [], [], []
    for column, (raw, kind, *_) in zip(names.names, described, strict=True):
        storage = _storage(kind)
        if storage is None:
            nested.append(Nested(column, kind))
            continue
        if storage == "text":
            made, cell, flag = _text_column(column, raw, relation, duck)
        else:
            made, cell, flag = Column(column, storage), _cast(identifier(raw), storage), None
        columns.append(made)
        cells.append(cell)
        flags.append(flag)
    part = Part(relation, tuple(cells), tuple(flags))
    return Table(name, tuple(columns), (part,), tuple(nested), names.repeated, names.notes, size)


def _typed(
    relation: str, names: Sequence[str], given: Sequence[str], name: str, duck: Duck, size: int, notes: list[str]
) -> Table:
    repaired = repair_names([text.strip() if isinstance(text, str) else text for text in given])
    try:
        made = [_text_column(label, raw, relation, duck) for label, raw in zip(repaired.names, names, strict=True)]
    except ReadFailure as failure:
        raise DataError(f"{name}: cannot be read ({failure.detail})") from failure
    part = Part(relation, tuple(cell for _, cell, _ in made), tuple(flag for _, _, flag in made))
    columns = tuple(column for column, _, _ in made)
    return Table(name, columns, (part,), (), repaired.repeated, (*notes, *repaired.notes), size)


def _text_column(label: str, raw: str, relation: str, duck: Duck) -> tuple[Column, str, str | None]:
    """Type a column of text by its first rows; returns the column, its cell and the test for unreadable cells."""
    nulls = ", ".join(literal(word) for word in NULL_WORDS)
    trimmed = f"trim({identifier(raw)})"
    cell = f"(case when {trimmed} in ({nulls}) then null else {trimmed} end)"
    words = ", ".join(literal(word) for word in TRUE_WORDS + FALSE_WORDS)
    counts = [f"count(try_cast({pattern.format(cell)} as double))" for pattern in _PATTERNS.values()]
    query = (
        f"select count({cell}), {', '.join(counts)}, count(try_cast({cell} as timestamp)), "
        f"count(*) filter (lower({cell}) in ({words})), count(*) filter (regexp_matches({cell}, '^0[0-9]+$')) "
        f"from (select {identifier(raw)} from {relation} limit {HEAD_ROWS})"
    )
    present, *fits, dates, flags, zeros = duck.rows(query)[0]
    if not present:
        return Column(label, "number"), f"try_cast({cell} as double)", None
    if flags == present:
        true = ", ".join(literal(word) for word in TRUE_WORDS)
        return (
            Column(label, "boolean"),
            f"case when {cell} is null then null when lower({cell}) in ({true}) then 1.0 else 0.0 end",
            None,
        )
    for (what, pattern), fit in zip(_PATTERNS.items(), fits, strict=True):
        if fit >= FITTING * present and not zeros:
            number = f"try_cast({pattern.format(cell)} as double)"
            note = f"Numbers written with {what} were converted." if what else None
            return Column(label, "number", note), number, f"{cell} is not null and {number} is null"
    if dates >= FITTING * present:
        stamp = f"try_cast({cell} as timestamp)"
        return Column(label, "date"), stamp, f"{cell} is not null and {stamp} is null"
    return Column(label, "text"), cell, None


def _storage(kind: str) -> Storage | None:
    if kind.startswith(("STRUCT", "MAP", "UNION", "BLOB", "BIT")) or kind.endswith("]"):
        return None
    if kind == "BOOLEAN":
        return "boolean"
    if kind.startswith(("DATE", "TIMESTAMP")):
        return "date"
    if kind.startswith(("VARCHAR", "ENUM", "UUID", "JSON", "TIME", "INTERVAL", "NULL")):
        return "text"
    return "number"


def _cast(cell: str, storage: Storage) -> str:
    match storage:
        case "number":
            return f"cast({cell} as double)"
        case "boolean":
            return f"cast(cast({cell} as tinyint) as double)"
        case "date":
            return f"cast({cell} as timestamp)"
        case "text":
            return f"cast({cell} as varchar)"


def _open_arrow(table: pa.Table, name: str, duck: Duck) -> Table:
    repaired = repair_names(table.column_names)
    duck.register("given", table.rename_columns(list(repaired.names)))
    opened = _open_relation("given", name, duck, None)
    return Table(name, opened.columns, opened.parts, opened.nested, repaired.repeated, repaired.notes, table.nbytes)


def _as_arrow(source: Any) -> pa.Table:
    if isinstance(source, pa.Table):
        return source
    if isinstance(source, pa.RecordBatchReader):
        return source.read_all()
    if isinstance(source, pa.RecordBatch):
        return pa.Table.from_batches([source])
    if hasattr(source, "to_arrow"):
        return source.to_arrow()
    if hasattr(source, "columns") and hasattr(source, "to_numpy"):
        return _of_pandas(source)
    if hasattr(source, "ndim") and getattr(source, "ndim", 0) == 2:
        return pa.table({f"x{index}": pa.array(list(source[:, index])) for index in range(source.shape[1])})
    raise DataError(f"a {type(source).__name__} is no table that can be read; give a path, a frame or an Arrow table")


def _of_pandas(frame: Any) -> pa.Table:
    names = repair_names(list(frame.columns)).names
    columns = []
    for position in range(len(names)):
        series = frame.iloc[:, position]
        try:
            columns.append(pa.array(series, from_pandas=True))
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            columns.append(pa.array([None if value is None or value != value else str(value) for value in series]))  # noqa: PLR0124
    return pa.table(columns, names=list(names))


def _pair(x: Any, y: Any) -> pa.Table:
    table = _as_arrow(x)
    values = y.to_numpy() if hasattr(y, "to_numpy") else y
    target = pa.array(list(values.reshape(-1)) if hasattr(values, "reshape") else list(values))
    if len(target) != table.num_rows:
        raise DataError(f"X has {table.num_rows} rows and y has {len(target)}; they need one target per row")
    name = str(getattr(y, "name", None) or "target")
    return table.append_column(name if name not in table.column_names else "target", target)
