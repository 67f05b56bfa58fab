"""Copies of text files in which lines are written as DuckDB reads them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from advisor.errors import DataError
from advisor.profiling.reading.aligned import Aligned
from advisor.profiling.reading.candidates import without_border
from advisor.profiling.reading.dialect import Dialect
from advisor.profiling.reading.encodings import Encoding
from advisor.profiling.reading.plain_text import Head, text_chunks
from advisor.profiling.reading.records import NO_QUOTE, Record, split_at_blanks


def write_tabs(path: Path, head: Head, encoding: Encoding, split: Aligned | Dialect, target: Path) -> None:
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


def write_even(path: Path, head: Head, encoding: Encoding, dialect: Dialect, target: Path) -> None:
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


def lines_of(path: Path, head: Head, encoding: Encoding) -> Iterator[str]:
    """Yield the lines of a file, each with the line end of Unix, but for a last one that has none."""
    rest = ""
    for chunk in text_chunks(path, head.packing, encoding):
        *lines, rest = (rest + chunk).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        yield from (f"{line}\n" for line in lines)
    if rest:
        yield rest
