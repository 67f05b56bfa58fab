"""Random tables written in random dialects come back as they were, or are refused; never silently otherwise."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.errors import DataError
from advisor.profiling.encoding.arrow import coded, days_of, numbers
from advisor.profiling.study import scan_table

WORDS = ("red", "green", "blue", "dark red", "über", "N.Y.", "x-1")


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
        date=draw(st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%d %H:%M:%S"])),
    )


def number_text(value: float, written: Written, digits: int) -> str:
    text = f"{value:,.{digits}f}" if written.thousands else f"{value:.{digits}f}"
    return text if written.decimal == "." else text.translate(str.maketrans(",.", ".,"))


def write(path: Path, columns: dict[str, list[object]], written: Written, digits: int) -> None:
    def cell(value: object) -> str:
        match value:
            case dt.datetime():
                text = value.strftime(written.date)
            case float():
                text = number_text(value, written, digits)
            case int():
                text = number_text(value, written, 0)
            case _:
                text = str(value)
        return f'"{text}"' if written.quoted or written.delimiter in text else text

    rows = list(zip(*columns.values(), strict=True))
    lines = [written.delimiter.join(map(cell, row)) for row in rows]
    if written.long_line:
        lines.insert(len(lines) // 2, lines[0] + written.delimiter + "extra")
    if written.header:
        lines.insert(0, written.delimiter.join(columns))
    if written.title:
        lines.insert(0, "A title, made by hand; with signs")
    lines += [written.delimiter * (len(columns) - 1)] * written.blank_rows
    path.write_bytes((written.line_end.join(lines) + written.line_end).encode(written.encoding))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(30, 90), digits=st.sampled_from([1, 2, 4]), written=dialects())
def test_a_table_comes_back_as_it_was_or_is_refused(seed: int, rows: int, digits: int, written: Written) -> None:
    rng = np.random.default_rng(seed)
    start = dt.datetime(2019, 11, 20, 6)  # noqa: DTZ001
    columns: dict[str, list[object]] = {
        "whole": [int(v) for v in rng.integers(-4_000, 90_000, rows)],
        "small": [int(v) for v in rng.integers(0, 9, rows)],
        "real": [round(float(v), digits) for v in rng.normal(0, 10.0 ** rng.integers(-1, 5), rows)],
        "word": [WORDS[i] for i in rng.integers(0, len(WORDS), rows)],
        "when": [start + dt.timedelta(days=int(i)) for i in np.sort(rng.integers(0, 400, rows))],
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        write(path, columns, written, digits)
        try:
            scan = scan_table(path)
        except DataError as error:
            assert "t.csv" in str(error)  # noqa: PT017  # refused, with the file's name
            assert "--" in str(error)  # noqa: PT017
            return
    assert scan.rows == rows
    sample = scan.sample()
    assert sample.num_columns == len(columns)
    for place, (name, values) in enumerate(columns.items()):
        read = sample.column(place)
        match values[0]:
            case dt.datetime():
                midnight = written.date.count("%") == 3
                expected = [v.replace(hour=0) if midnight else v for v in values]
                days = [(v - dt.datetime(1970, 1, 1)).total_seconds() / 86_400 for v in expected]  # noqa: DTZ001
                assert days_of(read).tolist() == pytest.approx(days)
            case str():
                codes, words = coded(read)
                assert [words[code] for code in codes] == values
            case _:
                assert numbers(read).tolist() == pytest.approx([float(v) for v in values], abs=1e-9), name
        if written.header:
            assert sample.column_names[place] == name
