"""One table as every object that people hold it in: the same facts; an odd column costs that column alone."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest
import scipy.sparse
import torch

import advisor
from advisor.errors import DataError
from advisor.facts import ColumnFacts
from advisor.profiling.kinds import column_facts
from advisor.profiling.study import scan_table

ROWS = 60


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    made = pd.DataFrame(
        {
            "when": pd.date_range("2024-01-01", periods=ROWS),
            "word": ["ab", "cd", "ef"] * 20,
            "real": rng.normal(size=ROWS),
            "y": rng.normal(size=ROWS),
        }
    )
    made.loc[3, "real"] = np.nan
    return made


class Capsule:
    """Whatever hands itself over as Arrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return pa.Table.from_pandas(frame()).__arrow_c_stream__(requested_schema)


def read(source: object) -> tuple[int, dict[str, ColumnFacts], dict[str, str]]:
    scan = scan_table(source)
    columns = {one.name: one for one in column_facts(scan, scan.sample())}
    return scan.rows, columns, {one.name: one.type for one in scan.table.nested}


def arrow() -> pa.Table:
    return pa.Table.from_pandas(frame())


SOURCES: dict[str, Callable[[], Any]] = {
    "pandas": frame,
    "polars": lambda: pl.from_pandas(frame()),
    "lazy polars": lambda: pl.from_pandas(frame()).lazy(),
    "arrow table": arrow,
    "arrow batch": lambda: arrow().to_batches()[0],
    "arrow reader": lambda: arrow().to_reader(max_chunksize=7),
    "arrow data set": lambda: pyarrow.dataset.dataset(arrow()),
    "capsule": Capsule,
    "duckdb relation": lambda: duckdb.from_arrow(arrow()),
    "mapping": lambda: {name: frame()[name].to_numpy() for name in frame().columns},
    "rows": lambda: frame().to_dict("records"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_table_has_the_same_facts_however_it_is_held(name: str) -> None:
    rows, columns, _ = read(SOURCES[name]())
    assert rows == ROWS
    assert {name: one.kind for name, one in columns.items()} == {
        "when": "date",
        "word": "categorical",
        "real": "numeric",
        "y": "numeric",
    }
    assert columns["real"].missing == pytest.approx(1 / ROWS)
    assert columns["y"].mean == pytest.approx(frame()["y"].mean())


X = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)


@pytest.mark.parametrize(
    "source",
    [
        X,
        X[::-1].astype(">f8"),
        X.tolist(),
        torch.tensor(X),
        torch.tensor(X, requires_grad=True),
        torch.tensor(X).to_sparse(),
        scipy.sparse.coo_matrix(X),
        scipy.sparse.csc_array(X),
        np.rec.fromarrays(X.T, names="x0,x1,x2"),
    ],
    ids=["numpy", "big endian", "lists", "torch", "with gradient", "sparse torch", "coo", "csc array", "records"],
)
def test_arrays_of_rows_and_columns_are_tables(source: object) -> None:
    rows, columns, _ = read(source)
    assert rows == 50
    assert [one.mean for one in columns.values()] == pytest.approx(X.mean(axis=0).tolist(), abs=1e-6)
    _, pair, _ = read((source, torch.arange(50) % 2))
    assert list(pair) == ["x0", "x1", "x2", "target"]
    assert pair["target"].kind == "boolean"


@pytest.mark.parametrize("unit", ["Y", "M", "D", "h", "s", "ms"])
def test_moments_of_numpy_are_dates_in_every_unit(unit: str) -> None:
    moments = np.datetime64("2000-01-01", unit) + np.arange(50)
    assert read({"when": moments, "y": X[:, 0]})[1]["when"].kind == "date"


def test_tensors_of_half_precision_are_read_as_they_are() -> None:
    half = torch.tensor(X).bfloat16()
    _, columns, _ = read(half)
    assert columns["x0"].max == float(half[:, 0].max())


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.zeros((3, 4, 5)), r"shape \(3, 4, 5\)"),
        ([[1, 2], [3]], "rows differ in length"),
        (object(), "not a table that can be read"),
        ((X, np.zeros(49)), "X has 50 rows and y has 49"),
        ((X, np.zeros((50, 2))), r"y has shape \(50, 2\)"),
        (scipy.sparse.csr_matrix((5, 30_000)), "30,000 columns"),
        (pd.DataFrame({"a": [[1]] * 40}), "no column of single values"),
    ],
)
def test_what_is_no_table_is_refused(source: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(source)


def test_an_odd_column_of_pandas_costs_that_column_alone() -> None:
    odd = pd.DataFrame(
        {
            "complex": np.arange(50) * 1j,
            "period": pd.period_range("2020-01", periods=50, freq="M"),
            "interval": pd.interval_range(0, 50),
            "duration": pd.to_timedelta(np.arange(50), unit="h"),
            "mixed": [1, "a"] * 25,
            "list": [[1]] * 50,
            "sparse": pd.arrays.SparseArray([0.0, 1.0] * 25),
            "whole": pd.array([1, 2, None, 4, 5] * 10, dtype="Int64"),
            "Whole": np.arange(50) % 9,
        }
    )
    rows, columns, left_out = read(odd)
    assert rows == 50
    assert list(left_out) == ["interval", "duration", "list"]
    assert list(columns) == ["complex", "period", "mixed", "sparse", "whole", "Whole"]
    assert (columns["whole"].missing, columns["Whole"].max, columns["sparse"].mean) == (0.2, 8.0, 0.5)
    assert columns["mixed"].kind == "categorical"


def test_an_odd_column_of_polars_costs_that_column_alone() -> None:
    odd = pl.DataFrame(
        {
            "object": pl.Series([{1, 2}] * 50, dtype=pl.Object),
            "duration": [dt.timedelta(hours=i) for i in range(50)],
            "time": [dt.time(1, i) for i in range(50)],
            "level": pl.Series(["a", "b"] * 25, dtype=pl.Enum(["a", "b"])),
            "struct": [{"a": 1}] * 50,
            "nothing": [None] * 50,
            "y": [i % 7 for i in range(50)],
        }
    )
    _, columns, left_out = read(odd)
    assert list(left_out) == ["object", "duration", "struct"]
    assert {name: one.kind for name, one in columns.items()} == {
        "time": "date",
        "level": "categorical",
        "nothing": "empty",
        "y": "integer",
    }


@pytest.mark.parametrize("as_reader", [False, True])
def test_an_odd_column_of_arrow_costs_that_column_alone(as_reader: bool) -> None:
    odd = pa.table(
        {
            "half": pa.array((np.arange(50) % 7).astype(np.float16)),
            "wide decimal": pa.array([decimal.Decimal(i % 7) for i in range(50)], pa.decimal256(50, 2)),
            "runs": pa.RunEndEncodedArray.from_arrays([25, 50], [1.0, 2.5]),
            "calendar": pa.array([(1, 2, i) for i in range(50)], pa.month_day_nano_interval()),
            "view": pa.array([[1]] * 50, pa.list_view(pa.int64())),
            "words": pa.array(["a", "b"] * 25, pa.string_view()),
            "coded": pa.array([1, 2] * 25).dictionary_encode(),
            "offset": pa.array([dt.datetime(2024, 1, 1, i % 24) for i in range(50)], pa.timestamp("ns", "+05:30")),  # noqa: DTZ001
        }
    )
    _, columns, left_out = read(odd.to_reader() if as_reader else odd)
    assert list(left_out) == ["calendar", "view"]
    assert {name: one.kind for name, one in columns.items()} == {
        "half": "integer",
        "wide decimal": "integer",
        "runs": "numeric",
        "words": "categorical",
        "coded": "integer",
        "offset": "date",
    }
    assert columns["runs"].mean == 1.75


def test_a_column_left_out_is_said() -> None:
    odd = pa.table({"a": np.arange(50) % 7, "list": [[1]] * 50, "y": np.linspace(0, 1, 50)})
    assert any("'list' was left out" in note for note in advisor.profile(odd, target="y").notes)


def test_data_sets_of_hugging_face() -> None:
    datasets = pytest.importorskip("datasets", reason="optional")
    whole = datasets.Dataset.from_pandas(frame())
    assert read(whole)[0] == ROWS
    assert read(whole.shuffle(seed=1).select(range(40)))[0] == 40
    assert read(whole.to_iterable_dataset())[0] == ROWS
    with pytest.raises(DataError, match=r"data\['train'\]"):
        read(datasets.DatasetDict(train=whole))
