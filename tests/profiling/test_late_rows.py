"""What only later rows of a long file show: the column is typed again, and no value is lost or rounded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.facts import ColumnFacts
from advisor.profiling.kinds import column_facts
from advisor.profiling.study import scan_table

ROWS = 16_000
LATE = 12_000


def column(tmp_path: Path, cell: Callable[[int], str]) -> ColumnFacts:
    path = tmp_path / "t.csv"
    path.write_text("a;v\n" + "".join(f"{i % 7};{cell(i)}\n" for i in range(ROWS)))
    scan = scan_table(path)
    assert scan.rows == ROWS
    return column_facts(scan, scan.sample())[1]


def test_a_word_for_missing_that_comes_late(tmp_path: Path):
    found = column(tmp_path, lambda i: "unknown" if i >= LATE - 2_000 and i % 3 == 0 else f"{i}.5")
    assert (found.kind, found.max) == ("numeric", ROWS - 2 + 0.5)
    assert found.missing == pytest.approx(2_000 / ROWS, abs=1e-3)
    assert "'unknown' was taken as missing" in (found.note or "")


@pytest.mark.parametrize("first", [0, LATE])
def test_a_rare_word_for_missing_is_one_wherever_it_first_stands(tmp_path: Path, first: int):
    found = column(tmp_path, lambda i: "#NUM!" if i >= first and i % 4 == 0 else f"{i}.5")
    assert (found.kind, found.max, found.note) == ("numeric", ROWS - 1 + 0.5, None)
    assert found.missing == pytest.approx((ROWS - first) / ROWS / 4, abs=1e-3)


def test_the_reader_compares_cells_with_few_words(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("a;v\n" + "".join(f"{i % 7};{'#NUM!' if i == 3 else i}\n" for i in range(100)))
    (text,) = scan_table(path).table.texts
    assert "'#NUM!'" in text.relation()
    assert "'#NULL!'" not in text.relation()
    assert "'#NULL!'" in text.columns[1].cell("c1")


def test_decimal_commas_that_come_late(tmp_path: Path):
    found = column(tmp_path, lambda i: f"{i},5" if i >= LATE else str(i))
    assert (found.max, found.missing) == (ROWS - 1 + 0.5, 0.0)


def test_thousands_that_come_late(tmp_path: Path):
    found = column(tmp_path, lambda i: f"{i:,}" if i >= LATE else str(i % 900))
    assert (found.max, found.missing) == (ROWS - 1, 0.0)


def test_a_late_day_tells_the_order_of_day_and_month(tmp_path: Path):
    found = column(tmp_path, lambda i: f"{13 + i % 15 if i >= LATE else 1 + i % 12:02d}/{1 + i % 12:02d}/2020")
    assert (found.kind, found.missing) == ("date", 0.0)


def test_whole_numbers_that_grow_beyond_floats_keep_their_digits(tmp_path: Path):
    found = column(tmp_path, lambda i: str(10**17 + i if i >= LATE else i))
    assert found.distinct == ROWS
    assert "keeps all digits" in (found.note or "")


def test_large_floats_stay_numbers(tmp_path: Path):
    found = column(tmp_path, lambda i: f"{1 + i % 13}e{16 + i % 4}")
    assert (found.kind, found.max) == ("integer", 13e19)


def test_late_words_of_many_kinds_are_words(tmp_path: Path):
    found = column(tmp_path, lambda i: f"w{i % 50}" if i >= LATE else str(i % 50))
    assert (found.kind, found.distinct) == ("categorical", 100)


def test_few_thousands_that_come_late_are_read(tmp_path: Path):
    found = column(tmp_path, lambda i: f"{i:,}" if i >= LATE and i % 10 == 0 else str(i % 900))
    assert (found.max, found.missing) == (ROWS - 10, 0.0)
    assert found.note == "Numbers written with thousands separators were converted."
