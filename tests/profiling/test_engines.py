"""The same facts wherever the rows lie: in one process, in Dask partitions, in Spark partitions."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import advisor
from advisor.errors import DataError
from advisor.facts import DataFacts
from advisor.profiling.engines.partition import instructions_of, merged, scan_partition
from advisor.profiling.kinds import column_facts
from advisor.profiling.reading.options import ReadingOptions
from advisor.profiling.study import scan_table

EXACT = ("missing", "distinct", "mean", "std", "min", "max", "skew", "kurtosis", "zeros")
CUTS = (0, 1, 1, 40, 700, 2_900, 3_000)
"""Partitions of 1, 0, 39, 660, 2,200 and 100 rows."""


def table(rows: int = 3_000) -> pa.Table:
    rng = np.random.default_rng(3)
    gone = rng.random(rows) < 0.03
    signal = rng.normal(size=rows)
    start = dt.datetime(2020, 1, 1)  # noqa: DTZ001
    return pa.table(
        {
            "offset": pa.array(1e6 + rng.normal(size=rows)),
            "heavy": pa.array(rng.lognormal(sigma=2.0, size=rows), mask=gone),
            "whole": pa.array(rng.integers(0, 50, rows)),
            "large": pa.array((10**17 + rng.integers(0, 5, rows)).tolist()),
            "word": pa.array([("ä", "b", "c")[i] for i in rng.integers(0, 3, rows)]),
            "comma": pa.array([f"{value:.2f}".replace(".", ",") for value in rng.normal(size=rows)]),
            "when": pa.array([start + dt.timedelta(hours=int(i)) for i in range(rows)], pa.timestamp("us")),
            "flag": pa.array((signal > 0.5).tolist()),
            "y": pa.array(signal + 0.1 * rng.normal(size=rows)),
        }
    )


def check_same(found: DataFacts, expected: DataFacts) -> None:
    assert [one.name for one in found.columns] == [one.name for one in expected.columns]
    for one, other in zip(found.columns, expected.columns, strict=True):
        assert (one.kind, one.role, one.top) == (other.kind, other.role, other.top), one.name
        for fact in EXACT:
            value, true = getattr(one, fact), getattr(other, fact)
            assert value == (true if true is None else pytest.approx(true, rel=1e-6, abs=1e-9)), (one.name, fact)
    assert (found.rows, found.features, found.task) == (expected.rows, expected.features, expected.task)
    assert found.duplicates == expected.duplicates


def test_uneven_partitions_say_together_what_the_whole_says() -> None:
    whole = table()
    options = ReadingOptions()
    numbered = whole.rename_columns([f"c{place}" for place in range(whole.num_columns)])
    told = instructions_of(numbered.slice(0, 500), whole.column_names, name="t", options=options, seed=0)
    parts = [
        scan_partition(numbered.slice(first, last - first).to_batches(max_chunksize=97), number, told)
        for number, (first, last) in enumerate(pairwise(CUTS))
    ]
    scan = merged(parts)
    one = scan_table(whole)
    assert scan is not None
    assert scan.rows == one.rows
    assert scan.sample().num_rows == one.sample().num_rows
    for found, expected in zip(column_facts(scan, scan.sample()), column_facts(one, one.sample()), strict=True):
        for fact in EXACT:
            value, true = getattr(found, fact), getattr(expected, fact)
            assert value == (true if true is None else pytest.approx(true, rel=1e-6, abs=1e-9)), (found.name, fact)
    assert scan.gram is not None
    assert one.gram is not None
    np.testing.assert_allclose(scan.gram.correlation(), one.gram.correlation(), atol=1e-9)


def test_a_dask_frame_has_the_facts_of_the_whole() -> None:
    pytest.importorskip("dask.dataframe", reason="the extra [dask]")
    import dask.dataframe as dd  # noqa: PLC0415

    whole = table().to_pandas()
    parts = [whole.iloc[first:last] for first, last in pairwise(CUTS)]
    frame = dd.from_map(lambda part: part, parts, meta=whole.iloc[:0])
    found = advisor.profile(frame, target="y")
    check_same(found, advisor.profile(whole, target="y"))
    assert "Read by Dask, partition by partition." in found.reading


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql", reason="the extra [spark]")
    if shutil.which("java") is None:
        pytest.skip("Spark takes a Java runtime")
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    builder = sql.SparkSession.builder.master("local[2]").appName("tests")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_spark_table_has_the_facts_of_the_whole(spark: Any, tmp_path: Path) -> None:
    whole = table()
    for number, (first, last) in enumerate(pairwise(CUTS)):
        pq.write_table(whole.slice(first, last - first), tmp_path / f"{number}.parquet")
    expected = advisor.profile(whole, target="y")
    found = advisor.profile(spark.read.parquet(str(tmp_path)), target="y")
    check_same(found, expected)
    assert found.reading[0] == "Read by Spark, partition by partition."
    by_path = advisor.profile(f"{tmp_path}/*.parquet", target="y", reading={"engine": "spark"})
    check_same(by_path, expected)
    odd = spark.sql("select array(1, 2) as list, id % 7 as a, id % 7 as a, cast(id as double) / 3 as y from range(60)")
    columns = advisor.profile(odd, target="y")
    assert [one.name for one in columns.columns] == ["a", "a (2)", "y"]
    assert any("'list' was left out" in note for note in columns.notes)
    with pytest.raises(DataError, match="no row"):
        advisor.profile(spark.sql("select 1 as a, 2 as y where false"))


def test_an_engine_that_is_not_installed_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(DataError, match=r"lr-advisor\[spark\]"):
        advisor.profile("data/*.parquet", reading={"engine": "spark"})
    with pytest.raises(DataError, match="reads files"):
        advisor.profile(pd.DataFrame({"a": [1]}), reading={"engine": "spark"})
