"""A text as records and fields, once it is known what separates them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MAX_RECORDS = 1_000
"""Records looked at. Judgement: a share of a tenth is then certain to two per cent, √(0.09 / 1000)."""

SINGLE = "\x1f"
"""Delimiter of a file with one column: the unit separator, which no table holds."""

NO_QUOTE = "\x1e"
RULE = re.compile(r"[-=_*~+:|]{3,}|[─━═┄┈┌┬┐├┼┤└┴┘╒╤╕╞╪╡╘╧╛┏┳┓┡╇┩┗┻┛╭╮╰╯]{3,}")
"""A line drawn between rows, with dashes or other signs."""
_TIME_IN_BRACKETS = r"\[(?=[^\[\]]*\d:\d\d)[^\[\]]*\](?!\S)"
_HALF_DAY = r"\d{1,2}:\d\d(?::\d\d)? [AaPp]\.?[Mm]\.?(?!\S)|\S+ (?:AM/PM|am/pm)(?!\S)"
"""A time of half a day and its AM or PM, and a name over both."""
_HALVES = re.compile(r"[AaPp]\.?[Mm]|/[Pp][Mm]")
_LOGGED = re.compile(rf"{_TIME_IN_BRACKETS}|{_HALF_DAY}|\S+")
_FIELD_LIMIT = 10_000_000
"""Characters of one cell. Judgement: more than any text in a table; a quote that never closes must end somewhere."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record and the number of its last line, counted from 1."""

    fields: tuple[str, ...]
    line: int

    @property
    def blank(self) -> bool:
        """Whether there is nothing in it but a rule drawn with dashes or other signs."""
        return not any(field.strip() and RULE.fullmatch(field.strip()) is None for field in self.fields)

    @property
    def is_comment(self) -> bool:
        """Whether it begins with a sharp, as comments in most formats of text do."""
        return self.fields[0].lstrip().startswith("#")


def parse(text: str, delimiter: str, quote: str, most: int = MAX_RECORDS) -> Iterator[Record]:
    """Yield the records of a text, blank ones too."""
    csv.field_size_limit(_FIELD_LIMIT)
    if len(delimiter) > 1:
        for record in parse(text.replace(delimiter, SINGLE), SINGLE, quote, most):
            yield Record(tuple(field.replace(SINGLE, delimiter) for field in record.fields), record.line)
        return
    if delimiter == " ":
        for number, line in enumerate(text.splitlines()[:most], start=1):
            yield Record(tuple(split_at_blanks(line, quote)), number)
        return
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter or SINGLE,
        quotechar=quote or NO_QUOTE,
        escapechar="\\" if quote and escape_sign(text, quote) == "\\" else None,
        doublequote=True,
        skipinitialspace=True,
    )
    for count, fields in enumerate(reader):
        if count >= most:
            return
        yield Record(tuple(fields), reader.line_num)


def split_at_blanks(line: str, quote: str) -> list[str]:
    """Split a line at runs of blanks and tabs outside quotes, and outside the brackets that logs set around a time.

    A time of half a day stays with its AM or PM.
    """
    text = line.strip()
    if not text:
        return []
    if not quote or quote not in text:
        plain = "[" not in text and not (":" in text and _HALVES.search(text)) and "/" not in text
        return text.split() if plain else [_without_brackets(piece) for piece in _LOGGED.findall(text)]
    sign = re.escape(quote)
    pieces = re.findall(rf"{sign}(?:[^{sign}]|{sign}{sign})*{sign}(?!\S)|{_TIME_IN_BRACKETS}|{_HALF_DAY}|\S+", text)
    return [
        piece[1:-1].replace(quote * 2, quote)
        if len(piece) > 1 and piece[0] == piece[-1] == quote
        else _without_brackets(piece)
        for piece in pieces
    ]


def _without_brackets(piece: str) -> str:
    return piece[1:-1] if piece[0] == "[" and piece[-1] == "]" and " " in piece else piece


def in_quotes_throughout(text: str) -> bool:
    """Whether each line stands in quotes from end to end, with separators inside."""
    if not text.startswith('"'):
        return False
    lines = [line for line in text.splitlines()[:MAX_RECORDS] if line.strip()]
    return len(lines) > 1 and all(re.fullmatch(r'"((?:[^"]|"")*[,;\t](?:[^"]|"")*)"\s*', line) for line in lines)


def without_quotes(line: str) -> str:
    """Return a line without the quotes around it, if there are any."""
    text = line.strip()
    return text[1:-1].replace('""', '"') if len(text) > 1 and text[0] == text[-1] == '"' else line.removesuffix("\n")


def escape_sign(text: str, quote: str) -> str:
    """Return what a quote within quotes is written with."""
    if "\\" not in text:
        return quote
    return "\\" if re.search(rf"[^{re.escape(quote)},;\t|\n]\\{re.escape(quote)}[^,;\t|\r\n]", text) else quote


def evenly_spaced(items: Sequence[Any], most: int) -> Sequence[Any]:
    """Return at most so many items, evenly spaced."""
    return items[:: max(1, -(-len(items) // max(most, 1)))]
