"""What reading a text file to its end shows that its first lines did not: it is read again, or losses are named."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from advisor.errors import DataError
from advisor.profiling.reading.duck import SHOWN_LETTERS, Duck, ReadFailure, Reject
from advisor.profiling.reading.encodings import legacy_encoding
from advisor.profiling.reading.parts import Column
from advisor.profiling.reading.plain_text import foreign_lines, write_utf8
from advisor.profiling.reading.records import parse
from advisor.profiling.reading.table import EmptyRows, Table
from advisor.profiling.reading.text_column import TextColumn
from advisor.profiling.reading.text_columns import EXACT_DIGITS, as_long_numbers, as_words, type_columns
from advisor.profiling.reading.text_relation import TextFile

MOST_LOST = 0.1
"""Share of the lines that may be left out, and of a column's cells that may be unreadable. Judgement: a table of which
more does not fit was not understood."""

NAMED_LINES = 5
"""Judgement: enough to find the cause; a reader wants no list."""
ROWS_AGAIN = 4_000
"""First rows that a column is typed by a second time, with half as many that could not be read. Judgement: enough of
both to see a common notation."""
COUNTED_BYTES = 1_048_576
"""Judgement: a mebibyte at a time is full speed and no memory."""


def revised(
    table: Table,
    rejects: Sequence[Reject],
    unreadable: Sequence[float],
    duck: Duck,
    inexact: Collection[int] = (),
) -> Table | None:
    """Return how a table has to be read instead; None when it was read right.

    Args:
        table: as it was read.
        rejects: lines that DuckDB left out.
        unreadable: share of the present cells that could not be read, per column.
        duck: connection that read it.
        inexact: positions of columns with whole numbers that floats cannot tell apart.

    Raises:
        DataError: a quote that is never closed.
    """
    if not table.texts:
        return None
    kinds = {reject.kind for reject in rejects}
    if "INVALID ENCODING" in kinds:
        return _transcoded(table, {reject.file for reject in rejects if reject.kind == "INVALID ENCODING"}, duck)
    if "UNQUOTED VALUE" in kinds and any("\n" in reject.text for reject in rejects if reject.kind == "UNQUOTED VALUE"):
        return _without_quotes(table, next(reject for reject in rejects if reject.kind == "UNQUOTED VALUE"))
    stopped = {reject.column for reject in rejects if reject.kind == "CAST"}
    columns = list(table.texts[0].columns)
    for place, column in enumerate(columns):
        if place in stopped:
            columns[place] = replace(column, direct=False)
        elif unreadable[place] > MOST_LOST and column.storage in {"number", "date", "boolean"}:
            columns[place] = _typed_again(table, place, duck) or as_words(column, unreadable[place])
        elif unreadable[place] > 0.0 and column.storage == "number":
            columns[place] = _in_another_notation(table, place, duck) or column
        elif place in inexact and column.storage == "number" and _holds_long_numbers(table, place, duck):
            columns[place] = as_long_numbers(column)
    if columns == list(table.texts[0].columns):
        return None
    return _rebuilt(table, [replace(file, columns=tuple(columns)) for file in table.texts])


def _typed_again(table: Table, place: int, duck: Duck) -> TextColumn | None:
    """Type a column by its first rows and by those that could not be read; None when these are of no kind."""
    file = table.texts[0]
    column = file.columns[place]
    if column.again or file.options.type_of(column.name) is not None:
        return None
    unread = column.unreadable(f"c{place}") or "false"
    try:
        first = list(duck.stream(f"select * from {file.relation(as_text=True)} limit {ROWS_AGAIN}", ROWS_AGAIN))
        late = [
            batch
            for one in table.texts
            for batch in duck.stream(
                f"select * from {one.relation(as_text=True)} where {unread} limit {ROWS_AGAIN // 2}", ROWS_AGAIN
            )
        ]
        names = [one.name for one in file.columns]
        rows = pa.Table.from_batches([*first, *late])
        found = type_columns(rows, names, file.options, file.dialect.delimiter, file.name)[place]
    except (ReadFailure, DataError):
        return None
    finally:
        duck.forget_rejects()
    return None if found.storage == "text" else replace(found, direct=False, again=True)


def _in_another_notation(table: Table, place: int, duck: Duck) -> TextColumn | None:
    """Return a notation that reads cells of later rows too, such as ``1,250`` among numbers below 1,000."""
    found = _typed_again(table, place, duck)
    return found if found is not None and found.storage == "number" and found.number is not None else None


def _holds_long_numbers(table: Table, place: int, duck: Duck) -> bool:
    """Whether cells hold whole numbers of more digits than floats keep."""
    long = f"regexp_full_match(trim(c{place}), '[+-]?[0-9]{{{EXACT_DIGITS + 1},}}')"
    try:
        counts = [
            duck.rows(f"select count(*) from {one.relation(as_text=True)} where {long}")[0][0] for one in table.texts
        ]
    except ReadFailure:
        return False
    finally:
        duck.forget_rejects()
    return sum(counts) > 0


def name_losses(table: Table, rejects: Sequence[Reject], rows: int, empty: EmptyRows) -> Table:
    """Return the table with notes on lines that were left out.

    Args:
        table: as it was read.
        rejects: lines that DuckDB left out.
        rows: rows that were read.
        empty: records without any value.

    Raises:
        DataError: too many lines were left out for the columns to be believed.
    """
    lost = list({(one.file, one.line): one for one in rejects}.values())
    comments = sum(one.text.lstrip().startswith("#") for one in lost)
    rows_lost = len(lost) - comments - sum(text.dialect.notes for text in table.texts)
    if lost and rows_lost > MOST_LOST * (rows + rows_lost) and rows_lost > 2:
        shown = "; ".join(_loss(one, table) for one in lost[:NAMED_LINES])
        raise DataError(
            f"{table.name}: {len(lost)} of {rows + len(lost)} lines do not fit the columns ({shown} …); say how the "
            "file is split with --delimiter, --quote or --skip"
        )
    notes = [f"{_loss(one, table)}; it was left out." for one in lost[:NAMED_LINES]]
    if len(lost) > NAMED_LINES:
        notes.append(f"{len(lost) - NAMED_LINES} more lines like these were left out.")
    if empty.blank:
        notes.append(f"{empty.blank} blank {'row was' if empty.blank == 1 else 'rows were'} left out.")
    if empty.unreadable:
        rows_hold = "row holds" if empty.unreadable == 1 else "rows hold"
        notes.append(
            f"{empty.unreadable} {rows_hold} words in every column of numbers or dates, like a second line of names; "
            "left out."
        )
    return replace(table, notes=(*table.notes[:1], *notes, *table.notes[1:]))


def _loss(one: Reject, table: Table) -> str:
    line = _line_of(one, table)
    where = f"Line {line}" if len(table.texts) < 2 else f"{_name(one, table)}, line {line}"
    fields = _fields(one, table)
    width = table.texts[0].dialect.width
    match one.kind:
        case "TOO MANY COLUMNS" | "MISSING COLUMNS" if fields is not None:
            return f"{where} has {fields} {'field' if fields == 1 else 'fields'}, the others {width}"
        case "TOO MANY COLUMNS":
            return f"{where} has more than {width} fields"
        case "MISSING COLUMNS":
            return f"{where} has fewer than {width} fields"
        case "UNQUOTED VALUE":
            return f"{where} has letters beside a quoted field"
        case _:
            return f"{where} cannot be read ({one.kind.lower()})"


def _fields(one: Reject, table: Table) -> int | None:
    """Return how many fields a line has; None when it was cut."""
    if len(one.text) >= SHOWN_LETTERS:
        return None
    dialect = table.texts[0].dialect
    records = parse(one.text, dialect.delimiter, dialect.quote)
    return next((len(record.fields) for record in records if not record.blank), None)


def _line_of(one: Reject, table: Table) -> int:
    """Return the number of a line as an editor counts it, where line breaks in quotes count too."""
    if any(file.path == one.file and file.packing != "none" for file in table.texts):
        return one.line
    line, left = 1, one.start
    with Path(one.file).open("rb") as stream:
        while left > 0 and (chunk := stream.read(min(left, COUNTED_BYTES))):
            line += chunk.count(b"\n")
            left -= len(chunk)
    return line


def _name(one: Reject, table: Table) -> str:
    return next((file.name for file in table.texts if file.path == one.file), Path(one.file).name)


def _rebuilt(table: Table, files: Sequence[TextFile], *notes: str) -> Table:
    columns = tuple(Column(column.name, column.storage, column.note) for column in files[0].columns)
    parts = tuple(file.part for file in files)
    return replace(table, columns=columns, parts=parts, texts=tuple(files), notes=(*table.notes, *notes))


def _transcoded(table: Table, paths: set[str], duck: Duck) -> Table:
    files = []
    notes = []
    for file in table.texts:
        if file.path not in paths:
            files.append(file)
            continue
        original, copied = Path(file.path), duck.new_file(file.name)
        packing, foreign = foreign_lines(original)
        encoding = legacy_encoding(file.name, foreign)
        write_utf8(original, packing, encoding, copied)
        source = None if file.source is None else replace(file.source, encoding=encoding.name)
        files.append(replace(file, path=str(copied), packing="none", source=source))
        notes.append(encoding.said or "")
    return _rebuilt(table, files, *notes)


def _without_quotes(table: Table, reject: Reject) -> Table:
    """Take quotes for letters when one is opened and never closed, unless the file needs them elsewhere."""
    file = next(file for file in table.texts if file.path == reject.file)
    quote, delimiter = re.escape(file.dialect.quote), re.escape(file.dialect.delimiter)
    with Path(file.path).open(encoding="utf-8", errors="replace") as stream:
        needed = any(re.search(rf"{quote}[^{quote}]*{delimiter}[^{quote}]*{quote}", line) for line in stream)
    if file.packing != "none" or needed:
        raise DataError(
            f"{file.name}: line {reject.line}: a quote is opened and never closed, which swallows the lines that "
            "follow; close it, or read quotes as letters with --quote none"
        )
    source = None if file.source is None else replace(file.source, quote="")
    plain = replace(file, dialect=replace(file.dialect, quote="", escape=""), source=source)
    files = [plain if one is file else one for one in table.texts]
    note = f"Line {reject.line} opens a quote that is never closed, so quotes were read as letters."
    return _rebuilt(table, files, note)
