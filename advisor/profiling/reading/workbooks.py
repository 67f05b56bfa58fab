"""Sheets of Excel and OpenDocument workbooks, read as text is: with titles, notes and sums that people put there."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from advisor.errors import DataError
from advisor.profiling.reading.duck import Duck
from advisor.profiling.reading.options import ReadingOptions, chosen_part
from advisor.profiling.reading.table import Held, Table
from advisor.profiling.reading.text_file import open_written

LEAST_ROWS = 2
"""Rows that a sheet must have to be taken for a table when none is named. Judgement: names and one row."""


def open_workbook(path: Path, duck: Duck, options: ReadingOptions) -> Table:
    """Open the only sheet of a workbook that holds a table, or the one that ``options.table`` names.

    Raises:
        DataError: the package that reads workbooks is not installed, or the file is damaged or holds several tables.
    """
    book = _workbook(path)
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    tables = [name for name, rows in sheets.items() if len(rows) >= LEAST_ROWS and max(map(len, rows)) > 1]
    named = options.table is not None
    name = chosen_part(path.name, "sheet", list(sheets) if named or not tables else tables, options.table)
    if not sheets[name]:
        raise DataError(f"{path.name}: sheet {name!r} is empty; there is nothing to read")
    written = duck.new_file(f"{path.name}.csv")
    with written.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(map(_cells, sheets[name]))
    what = f"sheet {name!r}" if len(sheets) > 1 else "a sheet"
    return replace(open_written(written, path.name, what, duck, options), held=Held("workbook", name))


def _workbook(path: Path) -> Any:
    try:
        from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DataError(
            f"{path.name}: is a workbook, which takes python-calamine to read: pip install 'lr-advisor[excel]', or "
            "save the sheet as CSV"
        ) from error
    try:
        with path.open("rb") as file:
            return CalamineWorkbook.from_filelike(file)  # tells the format by the bytes
    except (CalamineError, OSError) as error:
        raise DataError(f"{path.name}: cannot be read as a workbook ({error}); open and save it again") from error


def _cells(row: Sequence[Any]) -> list[str]:
    return [_text(cell) for cell in row]


def _text(cell: Any) -> str:
    match cell:
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) < 2**53:
            return str(int(cell))
        case dt.datetime():
            midnight = (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0)
            return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
        case dt.timedelta():
            return str(cell.total_seconds())
        case _:
            return str(cell)
