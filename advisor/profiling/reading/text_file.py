"""A file of delimited or aligned text as a table: encoding, dialect, names and kinds, each worked out or given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pyarrow as pa

from advisor.errors import DataError
from advisor.profiling.reading.aligned import aligned_columns
from advisor.profiling.reading.candidates import ALIGNED, NAMES
from advisor.profiling.reading.column_names import ColumnNames, difference, repair_names
from advisor.profiling.reading.dialect import Dialect, detect_dialect
from advisor.profiling.reading.duck import Duck, ReadFailure
from advisor.profiling.reading.encodings import Encoding, detect_encoding
from advisor.profiling.reading.escaped_separators import escaped_separator, write_quoted
from advisor.profiling.reading.group_labels import columns_of_groups, may_name_groups
from advisor.profiling.reading.options import ReadingOptions
from advisor.profiling.reading.other_shapes import side_remark
from advisor.profiling.reading.parts import Column
from advisor.profiling.reading.plain_text import Head, read_head
from advisor.profiling.reading.printed import plain_lines
from advisor.profiling.reading.records import (
    SINGLE,
    Record,
    in_quotes_throughout,
    parse,
    without_quotes,
)
from advisor.profiling.reading.sections import are_sections, longest_section
from advisor.profiling.reading.sums import SUMS, headings_among, sums_among
from advisor.profiling.reading.table import Held, Table
from advisor.profiling.reading.text_column import TextColumn
from advisor.profiling.reading.text_columns import type_columns
from advisor.profiling.reading.text_relation import SourceText, TextFile
from advisor.profiling.reading.written_copies import Readable, filled, lines_of, readable

TYPED_CELLS = 150_000
"""Cells that kinds are worked out from; at least 1,000 rows and at most 10,000. Judgement: as much work however
wide the table is; what later rows show is put right by a second reading."""

_UNPARTED = "Nothing parts the lines, which are all of one length: columns without gaps between them were read as one."
MOST_ASIDE = 100
"""Last lines. Judgement: a table on its side has fewer lines, and one that has not is judged by these."""
LEAST_LONG = 10
"""Letters of a line. Judgement: shorter codes are no columns side by side."""
TAIL_BYTES = 16_384
"""Judgement: the end of a file holds its last lines, which may be a sum or a remark."""


def open_text(path: Path, duck: Duck, options: ReadingOptions, like: Sequence[TextColumn] | None = None) -> Table:
    """Open a text file.

    Args:
        path: of the file, packed or not.
        duck: connection that reads it.
        options: what the user said.
        like: columns of another file that is read together with this one, whose kinds hold for this one too.

    Raises:
        DataError: binary, damaged, or not to be split consistently.
    """
    head = read_head(path)
    if not head.data.strip():
        raise DataError(f"{path.name}: is empty; there is nothing to read")
    encoding = detect_encoding(head.data, path.name, options.encoding, complete=head.complete)
    try:
        return _open(path, head, encoding, duck, options, like)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name}: is not {encoding.name} ({error.reason} at byte {error.start}); say which it is (--encoding)"
        ) from error


def open_written(path: Path, name: str, what: str, duck: Duck, options: ReadingOptions) -> Table:
    """Open a file of commas that was written from a source of another kind.

    Args:
        path: of the file written.
        name: of the source.
        what: the source is, in words.
        duck: connection that reads it.
        options: what the user said.

    Raises:
        DataError: it holds no table.
    """
    told = options.model_copy(update={"delimiter": ",", "quote": '"', "encoding": "utf-8"})
    try:
        table = open_text(path, duck, told)
    except DataError as error:
        raise DataError(str(error).replace(path.name, name)) from error
    notes = [note for note in table.notes if not note.startswith("Read as utf-8, ")]
    described = notes[0].removeprefix("Read as UTF-8 text: fields separated by commas; ").removesuffix(".")
    described = re.sub(r"names in line (\d+)", lambda found: f"names in row {found[1]}", described)
    first = f"Read as {what}: {described}."
    texts = tuple(replace(text, name=name) for text in table.texts)
    return replace(table, name=name, notes=(first, *notes[1:]), texts=texts)


def _open_rewritten(
    path: Path, head: Head, encoding: Encoding, text: str, duck: Duck, options: ReadingOptions
) -> Table | None:
    """Open a file that stands for another text, of which DuckDB reads a copy; None for one that is read as it stands.

    Args:
        path: of the file.
        head: its first bytes.
        encoding: of them.
        text: their whole lines.
        duck: connection that reads it.
        options: what the user said.
    """
    if options.quote is not None:
        return None
    copied = duck.new_file(path.name)
    if in_quotes_throughout(text):
        with copied.open("w", encoding="utf-8", newline="") as out:
            out.writelines(f"{without_quotes(line)}\n" for line in lines_of(path, head, encoding))
        return _open_copy(copied, path, "Quotes around whole lines were taken off.", duck, options)
    if options.delimiter is not None:
        return None
    if (sign := escaped_separator(text)) is not None:
        with copied.open("w", encoding="utf-8", newline="") as out:
            write_quoted(lines_of(path, head, encoding), sign, out)
        return _open_copy(copied, path, "Separators behind a backslash were read as part of a field.", duck, options)
    parted = options.skip is None and are_sections(text)
    if parted and (part := longest_section(lines_of(path, head, encoding))) is not None:
        with copied.open("w", encoding="utf-8", newline="") as out:
            out.writelines(islice(lines_of(path, head, encoding), part.start, part.start + part.lines))
        said = (
            f"The part {part.heading}, from line {part.start + 1} on, was read; others ({part.others}) were left out."
        )
        return _open_copy(copied, path, said, duck, options)
    if head.complete and (lines := plain_lines(text)) is not None:
        copied.write_text("\n".join(lines), encoding="utf-8", newline="")
        return _open_copy(
            copied, path, "Frames and breaks among columns of a printed table were left out.", duck, options
        )
    return None


def _open_copy(copied: Path, path: Path, said: str, duck: Duck, options: ReadingOptions) -> Table:
    """Open a UTF-8 copy of a file in which something was changed, which is said."""
    try:
        table = open_text(copied, duck, options.model_copy(update={"encoding": "utf-8"}))
    except DataError as error:
        raise DataError(str(error).replace(copied.name, path.name)) from error
    notes = (*table.notes[:1], said, *table.notes[1:])
    texts = tuple(replace(text, name=path.name) for text in table.texts)
    return replace(table, name=path.name, notes=notes, texts=texts, held=Held(None))


def _open(
    path: Path, head: Head, encoding: Encoding, duck: Duck, options: ReadingOptions, like: Sequence[TextColumn] | None
) -> Table:
    text = _whole_lines(head, encoding)
    notes = [encoding.said] if encoding.said else []
    rewritten = _open_rewritten(path, head, encoding, text, duck, options)
    if rewritten is not None:
        return rewritten
    odd_ends = text.count("\r") != text.count("\r\n") or 0 < text.count("\r\n") < text.count("\n")
    text = text.replace("\r\n", "\n").replace("\r", "\n") if odd_ends else text
    aligned = aligned_columns(text) if options.delimiter is None else None
    if aligned is not None:
        text = "\n".join(map("\t".join, aligned.rows(text.splitlines())))
        told = options.model_copy(update={"delimiter": "\t", "quote": ""})
        dialect = replace(detect_dialect(text, path.name, told), delimiter=ALIGNED, quote="")
    else:
        dialect = detect_dialect(text, path.name, options)
    described = _described(dialect, encoding, options)
    notes += [_UNPARTED] if dialect.delimiter == SINGLE and _are_as_long(text) else []
    aside = side_remark(text.splitlines()[-MOST_ASIDE:], dialect.delimiter) if head.complete else None
    notes += [aside] if aside else []
    source = SourceText(
        encoding.name,
        delimiter=dialect.delimiter if aligned is None else "",
        quote=dialect.quote,
        bounds=aligned.bounds if aligned is not None else (),
    )
    notes += ["NUL bytes were left out."] if b"\x00" in head.data and encoding.is_utf8 else []
    written = readable(
        path, head, encoding, aligned or dialect, Readable(path, head.packing, dialect, text), duck, odd_ends
    )
    rows = _rows(written) if head.complete and len(written.dialect.delimiter) == 1 else []
    groups = columns_of_groups(rows)
    open_groups = not groups and may_name_groups(rows)
    written = filled(written, groups, duck.new_file(path.name)) if groups else written
    dialect, text = written.dialect, written.text
    names, repaired = _names(dialect)
    lines = [len(line) for line in text.splitlines()[:1_000]]
    file = TextFile(
        str(written.path),
        path.name,
        written.packing,
        dialect,
        (),
        longest_line=max(lines, default=0),
        source=source,
        options=options,
    )
    columns = _columns(file, names, duck, options, like)
    file = replace(file, columns=columns)
    notes = [described, *notes, *repaired.notes]
    notes += [_groups_named(names[:groups])] if groups else []
    notes += [f"If {names[0]!r} names the group of the rows below it too, fill it in there."] if open_groups else []
    file, summed = _without_sums(file, text, complete=head.complete)
    notes += [summed] if summed else []
    file, headed = _without_headings(file, text) if head.complete else (file, None)
    notes += [headed] if headed else []
    return Table(
        name=path.name,
        columns=tuple(Column(column.name, column.storage, column.note) for column in columns),
        parts=(file.part,),
        repeated_names=repaired.repeated,
        notes=tuple(notes),
        bytes=path.stat().st_size,
        texts=(file,),
        held=Held(None) if dialect.bordered or groups or (aligned is not None and aligned.page_lines) else None,
        expected_rows=_expected_rows(path, head, dialect),
    )


def _expected_rows(path: Path, head: Head, dialect: Dialect) -> int | None:
    """Return about how many rows there are, by the length of the first lines; None for a packed file."""
    lines = head.data.count(b"\n")
    if head.packing != "none" or not lines:
        return None
    return max(1, round(path.stat().st_size / (len(head.data) / lines)) - dialect.skip)


def _rows(written: Readable) -> list[tuple[str, ...]]:
    dialect = written.dialect
    records = parse(written.text, dialect.delimiter, dialect.quote)
    wanted = (one for one in records if one.line > dialect.line and len(one.fields) == dialect.width)
    return [one.fields for one in wanted if not one.blank]


def _groups_named(names: Sequence[str]) -> str:
    named = " and ".join(map(repr, names))
    return f"{named} stood in the first row of each group alone and was filled in below it."


def _are_as_long(text: str) -> bool:
    """Whether all lines but the first, which may be a name, are long and of one length."""
    lengths = {len(line.rstrip()) for line in text.splitlines()[1:1_000] if line.strip()}
    return len(lengths) == 1 and min(lengths) >= LEAST_LONG


def _errors(head: Head, encoding: Encoding) -> str:
    return encoding.errors if encoding.errors != "strict" or head.complete else "ignore"


def _whole_lines(head: Head, encoding: Encoding) -> str:
    text = head.data.decode(encoding.name, errors=_errors(head, encoding))
    text = text.removeprefix("\ufeff").replace("\x00", "")
    if head.complete:
        return text
    end = max(text.rfind("\n"), text.rfind("\r"))
    return text[: end + 1] if end >= 0 else text


def _names(dialect: Dialect) -> tuple[tuple[str, ...], ColumnNames]:
    if dialect.names is None:
        names = tuple(f"column {place + 1}" for place in range(dialect.width))
        return names, ColumnNames(names, frozenset(), ())
    given = [name.strip() for name in dialect.names]
    if given[0].startswith("#") and not any(name.startswith("#") for name in given[1:]):
        given[0] = given[0].lstrip("# ")  # a comment sign before the line of names
    repaired = repair_names(given)
    return repaired.names, repaired


def _columns(
    file: TextFile, names: Sequence[str], duck: Duck, options: ReadingOptions, like: Sequence[TextColumn] | None
) -> tuple[TextColumn, ...]:
    if like is not None:
        if [column.name for column in like] != list(names):
            how = difference(names, [column.name for column in like])
            raise DataError(
                f"{file.name}: its columns are not those of the first file ({how}); profile them one by one"
            )
        return tuple(like)
    rows = max(1_000, min(10_000, TYPED_CELLS // max(len(names), 1)))
    try:
        batches = list(duck.stream(f"select * from {file.relation(as_text=True)} limit {rows}", rows))
    except ReadFailure as failure:
        raise DataError(f"{file.name}: cannot be read ({failure.detail})") from failure
    finally:
        duck.forget_rejects()
    if not batches:
        raise DataError(f"{file.name}: holds names and no rows; there is nothing to profile")
    sample = pa.Table.from_batches(batches)
    return type_columns(sample, names, options, file.dialect.delimiter, file.name)


def _described(dialect: Dialect, encoding: Encoding, options: ReadingOptions) -> str:
    """Return the sentence on what was assumed, which stands first in every report."""
    parts = ["one column" if dialect.delimiter == SINGLE else f"fields separated by {_separator(dialect, options)}"]
    line = dialect.line - dialect.units
    parts.append(f"names in line {line}" if dialect.names else "no line of names, so columns are numbered")
    if dialect.units:
        parts.append("the line of units below it left out")
    if dialect.preamble:
        parts.append(
            f"{_lines(dialect.preamble)} above it left out" if dialect.names else f"{_lines(dialect.preamble)} left out"
        )
    if dialect.padded:
        parts.append("lines that end early filled up with missing values")
    return f"Read as {'UTF-8' if encoding.is_utf8 else encoding.name.upper()} text: {'; '.join(parts)}."


def _separator(dialect: Dialect, options: ReadingOptions) -> str:
    sign = options.delimiter if options.delimiter is not None else dialect.delimiter
    return NAMES.get(sign, repr(sign))


def _lines(count: int) -> str:
    return "one line" if count == 1 else f"{count} lines"


def _without_sums(file: TextFile, head: str, *, complete: bool) -> tuple[TextFile, str | None]:
    """Leave out rows of sums, and say so in a sentence.

    They are those whose first word says it and whose numbers are sums or means of the rows above, and a last row with
    such a word that stands nowhere else.
    """
    last = _sum_at_the_end(file, head, complete=complete)
    among = sums_among(head, file.dialect, complete=complete)
    if among is not None and (last is None or among[1] != (last[1],)):
        words = among[1] if last is None or last[0] != among[0] else tuple(dict.fromkeys((*among[1], last[1])))
        said = " and ".join(map(repr, words))
        return _leaving_out(file, among[0], words), f"Rows called {said} sum up others and were left out."
    if last is None:
        return file, None
    return _leaving_out(file, last[0], (last[1],)), f"The last row, {last[1]!r}, sums up the others and was left out."


def _without_headings(file: TextFile, text: str) -> tuple[TextFile, str | None]:
    """Leave out rules, and rows with nothing but a heading or a note in one cell; say so in a sentence."""
    found = headings_among(text, file.dialect)
    if found is None or (file.sums is not None and file.sums[0] != found[0]):
        return file, None
    place, words = found
    summed = file.sums[1] if file.sums is not None else ()
    shown = ", ".join(map(repr, words[:3])) + (" …" if len(words) > 3 else "")
    said = f"Rows with nothing but a heading or a rule ({shown}) were left out."
    return _leaving_out(file, place, (*summed, *words)), said


def _leaving_out(file: TextFile, place: int, words: tuple[str, ...]) -> TextFile:
    columns = tuple(replace(one, direct=one.direct and at != place) for at, one in enumerate(file.columns))
    return replace(file, sums=(place, words), columns=columns)


def _sum_at_the_end(file: TextFile, head: str, *, complete: bool) -> tuple[int, str] | None:
    """Return place and word of a last row of sums, when that word stands nowhere else; None without one."""
    dialect = file.dialect
    if complete:
        tail = head
    elif file.packing == "none":
        with Path(file.path).open("rb") as stream:
            stream.seek(-min(TAIL_BYTES, Path(file.path).stat().st_size), 2)
            tail = stream.read().decode("utf-8", errors="replace")
    else:
        return None
    records: list[Record] = [
        record for record in parse(tail, dialect.delimiter, dialect.quote, most=10**9) if not record.blank
    ]
    if not records or len(records[-1].fields) != dialect.width:
        return None
    place = next((at for at, cell in enumerate(records[-1].fields) if cell.strip()), 0)
    word = records[-1].fields[place].strip()
    if SUMS.match(word) is None:
        return None
    held = [record.fields[place].strip() for record in records[:-1] if len(record.fields) > place]
    return None if word in held or (not complete and word in head) else (place, word)
