"""Tables of text: CSV with any separator, tables of blanks, a header behind ``#``, Markdown tables."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from advisor.diagnosis.columns import error_role, loss_part, role_of
from advisor.diagnosis.formats.bars import without_bar
from advisor.diagnosis.formats.cells import (
    Table,
    added_up,
    cell,
    has_decimal_commas,
    is_gap,
    says_what_rows_hold,
    table_of_rows,
)
from advisor.diagnosis.formats.tables_between import aligned
from advisor.errors import DataError

_WIDE_GAP: Final = re.compile(r"\s{2,}|\t")
MOST_ABOVE: Final = 10
"""Lines above the names of a table. Judgement: more are another log."""

SEPARATORS: Final = ("\t", ";", ",", "|")
_RULE: Final = re.compile(r"^[\s|:+=-]+$")
"""A line of a Markdown or printed table that only separates."""

_WITH_VALUE: Final = re.compile(r"(?:[:=]|\s)\s*[-+(]?\d+(?:\.\d+)?(?:e[-+]?\d+)?\W*$|^\W*\d+\W", re.IGNORECASE)
"""A cell of a line without a header: ``loss: 0.5``, ``valid ppl 240.97``, ``(0``."""


def parse(text: str, source: str, *, least: int) -> Table:
    """Return the columns of a table.

    Args:
        text: of the file.
        source: its name, for messages.
        least: rows that a log needs, for the message about an empty file.

    Raises:
        DataError: there is no row, no header, or the quoting is broken.
    """
    lines = [line.strip("\r\n") for line in text.splitlines() if line.strip() and not _RULE.match(line)]
    body = [line for line in lines if not line.lstrip().startswith("#")]
    if not body:
        raise DataError(f"{source}: the file is empty; give a log with a header and at least {least} rows")
    body = body[_first_of_table(body, source) :]
    separator = _separator(body[0])
    rows = _rows(body, separator, source)
    rows = _upright(rows)
    header = _header_in_comments(lines, rows[0], separator, source)
    if header is None:
        header, rows = rows[0], rows[1:]
    names = [name.strip() for name in header]
    if rows and len(set(names)) < len(names) == len(rows[0]) and not any(map(_has_digit, rows[0])):
        names = [f"{above} {below.strip()}".strip() for above, below in zip(names, rows.pop(0), strict=True)]
    if _holds_values(names):
        raise DataError(
            f"{source}: the first line holds values and no names of columns, and no line names a loss; "
            "give the columns names, such as step,loss,val_loss, or print lines such as 'step 10 loss 0.5'"
        )
    if rows and all(len(row) == len(names) + 1 and row[-1].strip() for row in rows):
        names = ["", *names]  # the index of a data frame, which has no name
    counted = [bool(row) and (cell(row[0]) is not None or is_gap(row[0])) for row in rows]
    if rows.count(header) > 1 or 2 * sum(counted) > len(rows):  # lines of other tables stand between, as Ultralytics'
        rows = [row for row, counts in zip(rows, counted, strict=True) if counts]
    filled = [row + [""] * (len(names) - len(row)) for row in rows if row != header]
    if says_what_rows_hold(names):
        return table_of_rows([dict(zip(names, row, strict=False)) for row in filled])
    commas = separator != "," and has_decimal_commas(text for row in filled[:200] for text in row)
    quoted = separator == "," and has_decimal_commas(text for row in filled[:200] for text in row)
    columns = {
        name: [written(row[index], decimal_comma=commas or quoted) for row in filled]
        for index, name in enumerate(names)
        for written in (added_up if loss_part(name) else cell,)
        if name
    }
    return Table(columns)


def _upright(rows: list[list[str]]) -> list[list[str]]:
    """Return a table whose columns were written as lines, each a name and its values, with the names above."""
    lying = len(rows[0]) > len(rows) and all(len(row) == len(rows[0]) for row in rows)
    named = all(row[0].strip() and cell(row[0]) is None and all(map(_is_value, row[1:])) for row in rows)
    return [list(column) for column in zip(*rows, strict=True)] if lying and named else rows


def _is_value(text: str) -> bool:
    return cell(text) is not None or is_gap(text)


def _first_of_table(lines: Sequence[str], source: str) -> int:
    """Return the position of the line of names: the first, unless later ones name losses or positions over rows."""
    for place, line in enumerate(lines[: MOST_ABOVE + 1]):
        separator = _separator(line)
        head, *below = ([cell.strip() for cell in row] for row in _rows(lines[place : place + 3], separator, source))
        known = any(role_of(name) or loss_part(name) or error_role(name) for name in head)
        if len(head) > 1 and known and not _holds_values(head) and all(len(row) == len(head) for row in below):
            return place
    return 0


def _has_digit(cell: str) -> bool:
    return any(map(str.isdigit, cell))


def _holds_values(names: Sequence[str]) -> bool:
    """Return whether a first line holds numbers, or half of it or more are words with a number behind them."""
    values = [name for name in names if cell(name) is not None or _WITH_VALUE.search(name)]
    numbers = any(cell(name) is not None for name in names)
    return numbers or (bool(values) and 2 * len(values) >= sum(bool(name) for name in names))


def _separator(line: str) -> str | None:
    """Return the separator of a line; None: blanks."""
    line = re.sub(r"\[[^\[\]]*\]", "", line)
    counted = max(SEPARATORS, key=lambda mark: (line.count(mark), mark == ","))
    return counted if counted in line else None


def _rows(lines: Sequence[str], separator: str | None, source: str) -> list[list[str]]:
    if separator is None:
        lines = [without_bar(line) for line in lines]
        # Names of two words and lists of numbers make rows of different lengths; wider gaps stand between them.
        ways = [_fitting([line.split() for line in lines])]
        ways += [_fitting([_WIDE_GAP.split(line.strip()) for line in lines])]
        whole = [aligned(lines[0], line) or _WIDE_GAP.split(line.strip()) for line in lines]  # with empty cells
        ways += [_fitting(whole)]
        return max(ways, key=lambda rows: (len(rows) > 1 and len(rows[0]) > 1, len(rows)))
    if separator == "|":
        return [[part.strip() for part in line.strip().strip("|").split("|")] for line in lines]
    try:
        return list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
    except csv.Error as error:
        raise DataError(f"{source}: cannot be read as CSV ({error})") from error


def _fitting(rows: Sequence[list[str]]) -> list[list[str]]:
    """Return the names and the rows of as many fields, or of one more as with the index of a frame; others are bars."""
    lengths = Counter(len(row) for row in rows[1:])
    same, more = len(rows[0]), len(rows[0]) + 1
    width = more if lengths[more] > lengths[same] else same
    return [rows[0], *(row for row in rows[1:] if len(row) == width)]


def _header_in_comments(
    lines: Sequence[str], first: Sequence[str], separator: str | None, source: str
) -> list[str] | None:
    """Return the names in a comment line above a table of numbers, as DeePMD and NumPy write them; None without one."""
    if not all(cell(text) is not None for text in first):
        return None
    for line in lines:
        if not line.lstrip().startswith("#"):
            break
        names = _rows([line.lstrip().lstrip("#").strip()], separator, source)[0]
        if len(names) == len(first) and not any(cell(name) is not None for name in names):
            return names
    return None
