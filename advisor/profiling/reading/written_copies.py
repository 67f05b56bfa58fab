"""Copies of text files in which lines are written as DuckDB reads them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from advisor.errors import DataError
from advisor.profiling.reading.aligned import Aligned
from advisor.profiling.reading.candidates import ALIGNED, without_border
from advisor.profiling.reading.dialect import Dialect
from advisor.profiling.reading.duck import Duck
from advisor.profiling.reading.encodings import Encoding
from advisor.profiling.reading.group_labels import filled_down
from advisor.profiling.reading.plain_text import HEAD_BYTES, Head, text_chunks, write_utf8
from advisor.profiling.reading.records import NO_QUOTE, Record, parse, split_at_blanks


@dataclass(frozen=True, slots=True)
class Readable:
    """What DuckDB reads: the file itself or a copy.

    Attributes:
        path: of it.
        packing: "none" for a copy.
        dialect: of its records.
        text: its first records.
    """

    path: Path
    packing: str
    dialect: Dialect
    text: str


def readable(
    path: Path,
    head: Head,
    encoding: Encoding,
    split: Aligned | Dialect,
    as_it_stands: Readable,
    duck: Duck,
    odd_ends: bool,
) -> Readable:
    """Return the file as it stands, or a copy where DuckDB could not read it."""
    dialect, packing = as_it_stands.dialect, head.packing
    if dialect.delimiter in {ALIGNED, " "}:
        copied = duck.new_file(path.name)
        _write_tabs(path, head, encoding, split, copied)
        records = parse(copied.read_text(encoding="utf-8")[:HEAD_BYTES], "\t", "")
        text = "\n".join("\t".join(record.fields) for record in records)
        return Readable(copied, "none", replace(dialect, delimiter="\t", quote="", escape=""), text)
    if dialect.uneven or dialect.bordered:
        copied = duck.new_file(path.name)
        _write_even(path, head, encoding, dialect, copied)
        with copied.open(encoding="utf-8", newline="") as written:
            text = written.read(HEAD_BYTES)
        text = text if head.complete else text[: text.rfind("\n") + 1]
        return Readable(copied, "none", replace(dialect, escape=dialect.quote), text)
    if not encoding.is_utf8 or packing in {"xz", "bzip2", "zip"} or b"\x00" in head.data or odd_ends:
        copied = duck.new_file(path.name)
        write_utf8(path, packing, encoding, copied)
        return replace(as_it_stands, path=copied, packing="none")
    return as_it_stands


def filled(written: Readable, groups: int, target: Path) -> Readable:
    """Return a copy in which the first columns, as many as given, hold the label of their group in each row."""
    whole = written.path.read_text(encoding="utf-8-sig") if written.packing == "none" else written.text
    _write_filled(whole, written.dialect, groups, target)
    dialect = replace(written.dialect, escape=written.dialect.quote)
    return Readable(target, "none", dialect, target.read_text(encoding="utf-8"))


def _write_tabs(path: Path, head: Head, encoding: Encoding, split: Aligned | Dialect, target: Path) -> None:
    """Write lines that blanks part as lines that tabs part; the lines keep their numbers.

    Args:
        path: of the file.
        head: its first bytes.
        encoding: of them.
        split: places where columns are cut, or the dialect of lines that any run of blanks parts.
        target: that is written.
    """
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
        lines = (line.removesuffix("\n") for line in lines_of(path, head, encoding))
        if isinstance(split, Aligned):
            writer.writerows(split.rows(lines))
        else:
            writer.writerows(split_at_blanks(line.replace("\t", " "), split.quote) for line in lines)


def _write_even(path: Path, head: Head, encoding: Encoding, dialect: Dialect, target: Path) -> None:
    """Write records without blanks before quotes and without separators too many at their ends.

    Args:
        path: of the file.
        head: its first bytes.
        encoding: of them.
        dialect: of its records.
        target: that is written.

    Raises:
        DataError: a quote that nothing closes.
    """
    quote = dialect.quote or NO_QUOTE
    reader = csv.reader(
        lines_of(path, head, encoding),
        delimiter=dialect.delimiter,
        quotechar=quote,
        escapechar=dialect.escape if dialect.escape not in {"", dialect.quote} else None,
        skipinitialspace=True,
    )
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=dialect.delimiter, quotechar=quote, lineterminator="\n")
        try:
            writer.writerows(_even(fields, dialect) for fields in reader)
        except csv.Error as error:
            raise DataError(
                f"{path.name}: line {reader.line_num}: {error}; close its quote, or read quotes as letters with "
                "--quote none"
            ) from error


def _even(fields: Sequence[str], dialect: Dialect) -> Sequence[str]:
    if dialect.bordered and any(fields) and Record(tuple(fields), 0).blank:
        return []  # a rule between rows
    kept = without_border(fields, dialect.width) if dialect.bordered else fields
    return kept if any(field.strip() for field in kept[dialect.width :]) else kept[: dialect.width]


def _write_filled(text: str, dialect: Dialect, columns: int, target: Path) -> None:
    """Write records in which the first columns hold the label of their group in each row.

    Args:
        text: all lines of the file, as DuckDB would read them.
        dialect: of its records.
        columns: of labels.
        target: that is written.
    """
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=dialect.delimiter, quotechar=dialect.quote or NO_QUOTE, lineterminator="\n")
        records = (list(one.fields) for one in parse(text, dialect.delimiter, dialect.quote, most=10**9))
        writer.writerows(filled_down(records, dialect.skip, columns))


def lines_of(path: Path, head: Head, encoding: Encoding) -> Iterator[str]:
    """Yield the lines of a file, each with the line end of Unix, but for a last one that has none."""
    rest = ""
    for chunk in text_chunks(path, head.packing, encoding):
        *lines, rest = (rest + chunk).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        yield from (f"{line}\n" for line in lines)
    if rest:
        yield rest
