"""``(X, y)`` means one thing whatever the model is: arrays are what the model sees, frames are tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from sklearn.linear_model import SGDClassifier, SGDRegressor
from torch import nn

import advisor
from advisor.errors import DataError, PlanError
from advisor.facts import Plan
from advisor.preparation import Prepared, prepare, samples_in
from advisor.preparation import samples as home
from advisor.progress import silent
from advisor.training.sources import samples_of

ROWS, FEATURES = 120, 3


def arrays() -> tuple[np.ndarray, np.ndarray]:
    """Return features far from standardised, and labels."""
    rng = np.random.default_rng(4)
    x = rng.normal([500.0, 0.0, -3.0], [100.0, 1.0, 0.01], (ROWS, FEATURES))
    return x, (x[:, 0] > 500.0).astype(np.int64)


def net() -> nn.Module:
    return nn.Sequential(nn.Linear(FEATURES, 8), nn.ReLU(), nn.Linear(8, 2))


MODELS: dict[str, Any] = {"preset": "mlp:8", "auto": "auto", "estimator": SGDClassifier(), "module": net()}


def prepared(model: Any, train: Any, loss: Any = "cross_entropy", **settings: Any) -> Prepared:
    defaults = {"plan": Plan(epochs=2, batch_size=16), "target": None, "validation": None, "memory": None, "seed": 0}
    return prepare(model, train, loss, **{**defaults, **settings}, progress=silent)


def trained_on(ready: Prepared) -> np.ndarray:
    """Return the inputs that trainings draw from."""
    train = ready.train[0] if isinstance(ready.train, tuple) else ready.train.tree[0].numpy()
    return np.asarray(train, dtype=np.float32)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", ["float64", "float32", "tensors"])
def test_arrays_reach_every_model_exactly_as_they_are(model: str, kind: str) -> None:
    x, y = arrays()
    given = (torch.from_numpy(x), torch.from_numpy(y)) if kind == "tensors" else (x.astype(kind), y)
    ready = prepared(MODELS[model], given)
    np.testing.assert_array_equal(trained_on(ready), x.astype(np.float32))
    assert ready.facts.data.scale.standardized is False
    assert ready.facts.data.scale.max_abs > 500.0
    assert ready.facts.data.encoded_features == FEATURES


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow"])
def test_a_frame_with_its_target_is_a_table_for_every_model(model: str, kind: str) -> None:
    x, y = arrays()
    columns = {f"x{i}": x[:, i] for i in range(FEATURES)}
    frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "arrow": pa.table}[kind](columns)
    ready = prepared(MODELS[model], (frame, y))
    assert ready.facts.data.scale.standardized is True
    assert np.abs(trained_on(ready).mean(axis=0)).max() < 0.2
    assert samples_in((frame, y), None, seed=0) == (None, None)


@pytest.mark.parametrize(
    ("model", "y", "loss"),
    [
        ("mlp:8", np.arange(ROWS) % 3, "cross_entropy"),
        ("mlp:8", np.arange(ROWS) % 2 == 0, "cross_entropy"),
        ("linear", np.linspace(0.0, 1.0, ROWS), "mse"),
        (SGDRegressor(), np.linspace(0.0, 1.0, ROWS), "mse"),
    ],
)
def test_without_a_loss_presets_and_estimators_take_the_one_that_y_asks_for(model: Any, y: np.ndarray, loss: str):
    ready = prepared(model, (arrays()[0], y), None)
    assert ready.loss == loss
    assert ready.notes[-1].code == {"mse": "loss_for_floats", "cross_entropy": "loss_for_labels"}[loss]


def test_whole_numbers_that_may_be_counts_are_asked_about() -> None:
    with pytest.raises(PlanError, match="labels or counts"):
        prepared("mlp", (arrays()[0], np.arange(ROWS) * 7), None)


def test_gaps_in_arrays_are_refused_with_a_remedy_where_no_model_of_the_user_may_know_them() -> None:
    x, y = arrays()
    x[5, 1] = np.nan
    with pytest.raises(DataError, match="data frame"):
        prepared("mlp", (x, y))
    assert prepared(net(), (x, y)).facts.data.nonfinite > 0.0


def test_a_net_by_name_is_compared_with_the_linear_model_of_the_same_arrays() -> None:
    linear = prepared("mlp:8", arrays(), plan=Plan(epochs=2, batch_size=16, optimizer="sgd")).linear_baseline()
    assert linear is not None
    assert (linear.model_name, linear.facts.model.convex, linear.facts.plan.optimizer) == ("logistic", True, None)
    assert linear.model()(torch.zeros(1, FEATURES)).shape == (1, 2)
    assert linear.linear_baseline() is None
    assert prepared("logistic", arrays()).linear_baseline() is None
    assert prepared(net(), arrays()).linear_baseline() is None


def test_a_table_trains_on_all_its_rows_once() -> None:
    x, y = arrays()
    ready = prepared("mlp:8", pd.DataFrame(x).assign(label=y), target="label")
    assert len(ready.train[0]) == len(ready.train[1]) == ROWS
    assert sorted(ready.train[1].tolist()) == sorted(y.tolist())


def test_facts_of_large_samples_read_a_bounded_number_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "FACT_NUMBERS", 40 * 48)
    order = torch.Generator().manual_seed(0)
    pictures = torch.randn(400, 3, 4, 4, generator=order)
    pictures[200:] += 4.0  # sorted by class, as folders of pictures are
    labels = torch.arange(400) // 200
    whole, part = (
        home._facts_of(samples_of((pictures[::every], labels[::every])), "cross_entropy", 0) for every in (10, 1)
    )
    assert part.rows == 400
    assert part.target.classes == 2
    assert part.scale.rms == pytest.approx(whole.scale.rms)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            {"id": [f"u{row}" for row in range(ROWS)], "y": [row % 7 / 2 for row in range(ROWS)]},
            r"among 'id' \(identifier\), 'y' \(\w+\); a table",
        ),
        ({"x": [0.5 * row for row in range(ROWS)]}, r"among 'x' \(\w+\); a table needs"),
        (
            {**{f"c{place}": [1] * ROWS for place in range(8)}, "x": [0.5 * row for row in range(ROWS)]},
            r"'c7' \(constant\) and 1 more; a table needs",
        ),
    ],
)
def test_a_table_without_a_target_is_refused_by_what_its_columns_are(columns: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        prepared("auto", pd.DataFrame(columns), None)


def test_a_target_of_many_texts_is_refused_with_how_many_there_are() -> None:
    table = pd.DataFrame({"x": np.arange(900.0), "label": [f"c{row % 300}" for row in range(900)]})
    with pytest.raises(DataError, match="'label' holds 300 different texts: free text, or classes with too few rows"):
        advisor.advise("auto", table, target="label", budget="none")
