"""Random tables written in random dialects come back as they were, or are refused; never silently otherwise."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from advisor.errors import DataError
from advisor.profiling.encoding.arrow import coded, days_of, numbers
from advisor.profiling.study import scan_table

WORDS = ("red", "green", "blue", "dark red", "über", "N.Y.", "x-1")
HARD_WORDS = (
    *WORDS,
    'the "best"',
    "a, b; c",
    "tab\there",
    "two\nlines",
    "5 kg",
    "1.5 and 2",
    "O'Neil",
    "50%",
    "007",
    "#1",
)
"""Words that hold signs of every dialect, and pieces that look like numbers."""
GAPS = ("", "NA", "n/a", "-", "null", "?")


@dataclass(frozen=True)
class Written:
    """How a table is written."""

    delimiter: str
    decimal: str
    thousands: bool
    quoted: bool
    line_end: str
    encoding: str
    header: bool
    title: bool
    blank_rows: int
    long_line: bool
    date: str
    gap: str
    comments: int
    sums: bool
    packed: bool
    hard_words: bool
    times: str
    ragged_ends: bool
    blanks: bool


@st.composite
def dialects(draw: st.DrawFn) -> Written:
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    decimal = draw(st.sampled_from([".", ","]))
    return Written(
        delimiter=delimiter,
        decimal=decimal,
        thousands=draw(st.booleans()),
        quoted=draw(st.booleans()),
        line_end=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        encoding=draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])),
        header=draw(st.booleans()),
        title=draw(st.booleans()),
        blank_rows=draw(st.integers(0, 3)),
        long_line=draw(st.booleans()),
        date=draw(
            st.sampled_from(
                [
                    *("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%d %H:%M:%S", "%Y%m%d", "%d %b %Y"),
                    *("%b %d, %Y", "%Y-%m-%dT%H:%M:%S", "%d-%b-%y", "%Y/%m/%d %H:%M"),
                ]
            )
        ),
        gap=draw(st.sampled_from(GAPS)),
        comments=draw(st.integers(0, 2)),
        sums=draw(st.booleans()),
        packed=draw(st.booleans()),
        hard_words=draw(st.booleans()),
        times=draw(st.sampled_from(["%H:%M:%S", "%H:%M", "%I:%M %p"])),
        ragged_ends=draw(st.booleans()),
        blanks=draw(st.booleans()),
    )


def number_text(value: float, written: Written, digits: int) -> str:
    text = f"{value:,.{digits}f}" if written.thousands else f"{value:.{digits}f}"
    return text if written.decimal == "." else text.translate(str.maketrans(",.", ".,"))


def text_of(value: object, written: Written, digits: int) -> str:
    match value:
        case None:
            return written.gap
        case dt.datetime():
            return value.strftime(written.date)
        case dt.time():
            return value.strftime(written.times)
        case float():
            return number_text(value, written, digits)
        case int():
            return number_text(value, written, 0)
        case _:
            return str(value)


def quoted(text: str, written: Written) -> str:
    needed = any(sign in text for sign in (written.delimiter, '"', "\n")) or text.startswith("#")
    return '"' + text.replace('"', '""') + '"' if needed or written.quoted else text


def write(path: Path, columns: dict[str, list[object]], written: Written, digits: int) -> None:
    rows = [[text_of(value, written, digits) for value in row] for row in zip(*columns.values(), strict=True)]
    if written.sums:
        totals = [sum(cells) if isinstance(cells[0], int | float) else "" for cells in map(_known, columns.values())]
        rows.append(["Total", *[text_of(total, written, digits) for total in totals[1:]]])
    between = f"{written.delimiter} " if written.blanks else written.delimiter
    lines = [between.join(quoted(text, written) for text in row) for row in rows]
    if written.ragged_ends:
        lines = [line + written.delimiter * (place % 4 == 1) for place, line in enumerate(lines)]
    if written.long_line:
        lines.insert(len(lines) // 2, lines[0] + written.delimiter + "extra")
    if written.header:
        lines.insert(0, written.delimiter.join(columns))
    if written.title:
        lines.insert(0, "A title, made by hand; with signs")
    lines = [f"# comment {number}" for number in range(written.comments)] + lines
    lines += [written.delimiter * (len(columns) - 1)] * written.blank_rows
    data = (written.line_end.join(lines) + written.line_end).encode(written.encoding)
    path.write_bytes(gzip.compress(data) if written.packed else data)


def _known(cells: list[object]) -> list[object]:
    return [cell for cell in cells if cell is not None]


def table(seed: int, rows: int, digits: int, written: Written) -> dict[str, list[object]]:
    rng = np.random.default_rng(seed)
    start = dt.datetime(2019, 11, 20, 6)  # noqa: DTZ001
    words = HARD_WORDS if written.hard_words else WORDS
    columns: dict[str, list[object]] = {
        "word": [words[i] for i in rng.integers(0, len(words), rows)],
        "whole": [int(v) for v in rng.integers(-4_000, 90_000, rows)],
        "small": [int(v) for v in rng.integers(0, 9, rows)],
        "real": [round(float(v), digits) for v in rng.normal(0, 10.0 ** rng.integers(-1, 5), rows)],
        "day": [start + dt.timedelta(days=int(i)) for i in np.sort(rng.integers(0, 400, rows))],
        "clock": [dt.time(int(i) // 60, int(i) % 60) for i in rng.integers(0, 1_440, rows)],
    }
    for name in ("whole", "real", "day", "word"):
        for row in np.flatnonzero(rng.random(rows) < 0.05):
            columns[name][row] = None
    return columns


def days(value: object, pattern: str) -> float:
    """Return what is left of a moment once it is written, as days since 1970."""
    if value is None:
        return float("nan")
    if isinstance(value, dt.time):
        return (value.hour * 60 + value.minute) / 1_440
    assert isinstance(value, dt.datetime)
    kept = dt.datetime.strptime(value.strftime(pattern), pattern)  # noqa: DTZ007
    return (kept - dt.datetime(1970, 1, 1)).total_seconds() / 86_400  # noqa: DTZ001


def check_column(read: pa.ChunkedArray, values: list[object], written: Written, name: str) -> None:
    kind = type(_known(values)[0])
    if kind is str:
        codes, words = coded(read)
        assert [words[code] if code >= 0 else None for code in codes] == values
    elif kind in {dt.datetime, dt.time}:
        expected = [days(value, written.date) for value in values]
        assert days_of(read).tolist() == pytest.approx(expected, nan_ok=True), name
    else:
        expected = [float("nan") if value is None else float(value) for value in values]  # type: ignore[arg-type]
        assert numbers(read).tolist() == pytest.approx(expected, abs=1e-9, nan_ok=True), name


@settings(
    max_examples=int(os.environ.get("ROUND_TRIPS", "200")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(30, 90), digits=st.sampled_from([1, 2, 4]), written=dialects())
def test_a_table_comes_back_as_it_was_or_is_refused(seed: int, rows: int, digits: int, written: Written) -> None:
    columns = table(seed, rows, digits, written)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        write(path, columns, written, digits)
        try:
            scan = scan_table(path)
        except DataError as error:
            assert "t.csv" in str(error)  # noqa: PT017  # refused, with the file's name
            assert "--" in str(error)  # noqa: PT017
            event("refused")
            return
    event("read")
    sample = scan.sample()
    assert (scan.rows, sample.num_columns) == (rows, len(columns))
    assert sample.column_names == list(columns) or not written.header
    for place, (name, values) in enumerate(columns.items()):
        compact = name == "day" and written.date == "%Y%m%d" and not written.header  # nothing says that these are days
        if not compact:
            check_column(sample.column(place), values, written, name)
