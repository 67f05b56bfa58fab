"""Weka's ARFF: a head that names and types the columns, then lines as in CSV, or sparse ones."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from advisor.errors import DataError
from advisor.profiling.reading.column_names import repair_names
from advisor.profiling.reading.duck import Duck
from advisor.profiling.reading.options import ColumnType, ReadingOptions
from advisor.profiling.reading.plain_text import encoding_of, text_lines
from advisor.profiling.reading.table import Table
from advisor.profiling.reading.text_file import open_written
from advisor.profiling.reading.text_relation import SourceText

_ATTRIBUTE = re.compile(r"@attribute\s+('(?:\\.|[^'])*'|\"(?:\\.|[^\"])*\"|\S+)\s+(.+)$", re.IGNORECASE)
_NUMBERS = ("numeric", "real", "integer")


def open_arff(path: Path, duck: Duck, options: ReadingOptions) -> Table:
    """Open an ARFF file.

    Raises:
        DataError: its head cannot be read, or a line does not fit it.
    """
    lines = text_lines(path, options.encoding)
    names, types, levels = _head(path, lines)
    written = duck.new_file(f"{path.name}.csv")
    with written.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(_rows(lines, levels))
    said = dict(zip(names, types, strict=True)) | dict(options.types)
    told = options.model_copy(
        update={"types": tuple((name, kind) for name, kind in said.items() if kind), "header": True, "encoding": None}
    )
    table = open_written(written, path.name, "ARFF", duck, told)
    source = SourceText(encoding_of(path, options.encoding)[1].name, delimiter=",", quote='"')
    return replace(table, texts=tuple(replace(text, source=source) for text in table.texts))


def _head(path: Path, lines: Iterator[str]) -> tuple[list[str], list[ColumnType | None], list[str]]:
    """Return names, kinds (None: a date) and what a sparse line leaves away, up to the line of ``@data``."""
    names: list[str] = []
    types: list[ColumnType | None] = []
    absent: list[str] = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text.lower().startswith("@data"):
            if not names:
                break
            return list(repair_names(names).names), types, absent
        if not text.lower().startswith("@attribute"):
            continue
        found = _ATTRIBUTE.match(text)
        if found is None:
            raise DataError(f"{path.name}: line {number} names no attribute and kind: {text[:80]}")
        name, kind = found[1], found[2].strip()
        names.append(re.sub(r"\\(.)", r"\1", name[1:-1]) if name[0] in "'\"" else name)
        word = kind.lower().split()[0]
        if word == "relational":
            raise DataError(f"{path.name}: line {number}: relational attributes hold tables; leave {names[-1]!r} out")
        types.append("number" if word in _NUMBERS else None if word == "date" else "text")
        absent.append(_fields(kind.strip("{} "))[0] if kind.startswith("{") else "0" if word in _NUMBERS else "")
    raise DataError(f"{path.name}: no attributes and @data were found; is it ARFF?")


def _rows(lines: Iterator[str], absent: list[str]) -> Iterator[list[str]]:
    for line in lines:
        text = line.strip()
        if not text or text.startswith("%"):
            continue
        if not text.startswith("{"):
            yield _fields(text)
            continue
        row = list(absent)
        for entry in _fields(text.strip("{} ")):
            place, _, cell = entry.strip().partition(" ")
            if place.isdigit() and int(place) < len(row):
                row[int(place)] = cell.strip().strip("'\"")
        yield row


def _fields(text: str) -> list[str]:
    """Split a line at commas (or tabs) outside quotes of either kind."""
    quote = "'" if "'" in text else '"'
    delimiter = "," if "," in text else "\t" if "\t" in text else ","
    reader = csv.reader([text], delimiter=delimiter, quotechar=quote, escapechar="\\", skipinitialspace=True)
    return [field.strip() for field in next(reader)]
