"""Columns with types of their own: one odd column costs that column with a note, never the table."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor.errors import DataError
from advisor.facts import ColumnFacts
from advisor.profiling.kinds import column_facts
from advisor.profiling.reading.options import reading_options
from advisor.profiling.study import scan_table

ROWS = 70


def odd_table() -> pa.Table:
    start = dt.datetime(2024, 1, 1)  # noqa: DTZ001
    moments = [start + dt.timedelta(hours=i) for i in range(ROWS)]
    return pa.table(
        {
            "zoned": pa.array(moments, pa.timestamp("ns", tz="Asia/Seoul")),
            "nanoseconds": pa.array(moments, pa.timestamp("ns")),
            "time": pa.array([dt.time(i % 24, 30) for i in range(ROWS)], pa.time64("us")),
            "day": pa.array([moment.date() for moment in moments], pa.date32()),
            "half": pa.array(np.linspace(0, 1, ROWS).astype(np.float16)),
            "list": pa.array([[1, 2]] * ROWS),
            "bytes": pa.array([b"x"] * ROWS),
            "signed": pa.array([10**18 + i % 7 for i in range(ROWS)], pa.int64()),
            "unsigned": pa.array([2**63 + 10**3 + i % 7 for i in range(ROWS)], pa.uint64()),
            "money": pa.array([i * 100 for i in range(ROWS)]).cast(pa.decimal128(25, 2)),
            "word": pa.array([("a", "b")[i % 2] for i in range(ROWS)]).dictionary_encode(),
            "y": pa.array(np.linspace(5, 9, ROWS)),
        }
    )


def facts_of(source: object, **options: object) -> dict[str, ColumnFacts]:
    scan = scan_table(source, options=reading_options(options))
    return {one.name: one for one in column_facts(scan, scan.sample())}


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_an_odd_column_costs_that_column_alone(kind: str, tmp_path: Path) -> None:
    source: object = odd_table()
    if kind == "parquet":
        pq.write_table(odd_table(), tmp_path / "odd.parquet")
        source = tmp_path / "odd.parquet"
    facts = facts_of(source)
    assert {name: facts[name].kind for name in ("zoned", "nanoseconds", "time", "day")} == dict.fromkeys(
        ("zoned", "nanoseconds", "time", "day"), "date"
    )
    assert facts["half"].kind == "numeric"
    assert facts["half"].max == pytest.approx(1.0)
    assert (facts["signed"].distinct, facts["unsigned"].distinct) == (7, 7)
    assert facts["signed"].kind == facts["unsigned"].kind == "categorical"
    assert facts["money"].max == pytest.approx(6900.0)
    assert facts["word"].distinct == 2
    assert {"list", "bytes"}.isdisjoint(facts)


def test_options_on_text_say_nothing_about_typed_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2], "y": [3, 4]}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="delimiter"):
        facts_of(tmp_path / "t.parquet", delimiter=";")


def test_words_in_typed_columns_are_read_as_in_text() -> None:
    facts = facts_of(pa.table({"n": [f"{i},5" for i in range(60)], "y": list(range(60))}))
    assert (facts["n"].kind, facts["n"].max) == ("numeric", 59.5)
