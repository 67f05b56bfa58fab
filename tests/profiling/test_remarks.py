"""Columns that look right and may not be are remarked on, and others are not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from advisor.facts import ColumnFacts
from advisor.facts.names import Task
from advisor.profiling.kinds import column_facts
from advisor.profiling.remarks import code_for_missing, tells_the_target
from advisor.profiling.study import scan_table
from advisor.profiling.target import choose_target

RNG = np.random.default_rng(8)


def facts_of(columns: dict[str, object]) -> dict[str, ColumnFacts]:
    scan = scan_table(pa.table(columns))
    return {one.name: one for one in column_facts(scan, scan.sample())}


def suspects(columns: dict[str, object], task: Task) -> dict[str, str]:
    facts = facts_of(columns)
    return tells_the_target(list(facts.values()), scan_table(pa.table(columns)).sample(), facts["y"], task)


@pytest.mark.parametrize(
    ("code", "others"),
    [
        (-200.0, RNG.lognormal(0, 1, 400)),
        (-999.0, RNG.normal(0, 5, 400)),
        (9999.0, RNG.integers(0, 90, 400)),
        (-1.0, RNG.integers(0, 90, 400)),
    ],
)
def test_a_code_for_missing_is_remarked_on(code: float, others: np.ndarray) -> None:
    values = np.where(RNG.uniform(size=400) < 0.15, code, others)
    remark = code_for_missing(values)
    assert remark is not None
    assert f"--na {code:g}" in remark


@pytest.mark.parametrize(
    "values",
    [
        RNG.normal(0, 1, 400),
        RNG.integers(-1, 2, 400).astype(float),
        np.maximum(RNG.normal(0, 1, 400), 0.0),
        RNG.lognormal(0, 2, 400),
        np.append(RNG.normal(0, 1, 399), -999.0),
    ],
)
def test_ordinary_columns_are_not(values: np.ndarray) -> None:
    assert code_for_missing(values) is None


@pytest.mark.parametrize("rows", [5_000, 24_000, 150_000])
@pytest.mark.parametrize("shuffled", [False, True])
def test_row_numbers_are_found_exactly(rows: int, shuffled: bool) -> None:
    numbers = RNG.permutation(rows) + 1 if shuffled else np.arange(1, rows + 1)
    facts = facts_of({"n": numbers, "a": RNG.integers(0, rows, rows), "word": [f"w{i}" for i in range(rows)]})
    assert (facts["n"].kind, facts["n"].distinct, facts["n"].distinct_estimated) == ("identifier", rows, False)
    assert facts["a"].kind == "integer"
    assert facts["word"].kind == "identifier"
    assert facts["word"].distinct <= rows
    assert facts["word"].distinct_estimated is (rows > 100_000)


def test_a_column_that_alone_tells_the_target_is_a_suspect() -> None:
    y = RNG.normal(50, 9, 300)
    columns = {"leak": 1.2 * y + 5, "near": y + RNG.normal(0, 3, 300), "noise": RNG.normal(size=300), "y": y}
    told = suspects(columns, "regression")
    assert set(told) == {"leak"}
    assert "leave it out" in told["leak"]


def test_so_is_one_that_tells_the_class() -> None:
    y = RNG.integers(0, 2, 300)
    columns = {
        "copy": [("no", "yes")[i] for i in y],
        "above": np.where(y == 1, RNG.uniform(5, 9, 300), RNG.uniform(0, 4, 300)),
        "near": y + RNG.normal(0, 0.4, 300),
        "rare": (RNG.uniform(size=300) < 0.02).astype(int),
        "y": y,
    }
    assert set(suspects(columns, "binary")) == {"copy", "above"}


def test_a_guessed_target_is_never_mostly_empty_and_the_only_column_beside_a_date_is_one() -> None:
    scan = scan_table(
        pa.table({"a": RNG.normal(size=400), "b": RNG.normal(size=400), "c": [1.5, 2.5] * 10 + [None] * 380})
    )
    assert choose_target(column_facts(scan, scan.sample()), scan.table, None)[0] == "b"
    series = {"when": np.arange("2020-01-01", "2020-06-01", dtype="datetime64[D]"), "value": RNG.normal(size=152)}
    scan = scan_table(pa.table(series))
    name, note = choose_target(column_facts(scan, scan.sample()), scan.table, None)
    assert name == "value"
    assert "beside dates" in note
