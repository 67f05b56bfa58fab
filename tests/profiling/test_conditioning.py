from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.profiling.conditioning import conditioning_of


def matrix(rows: int, features: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, features)) @ rng.normal(size=(features, features)) + rng.normal(size=features)


@pytest.mark.parametrize(("rows", "features"), [(200, 8), (50, 50), (30, 1)])
def test_eigenvalues_match_numpy(rows: int, features: int):
    x = matrix(rows, features)
    facts = conditioning_of(x)
    values = np.linalg.eigvalsh(x.T @ x / rows)
    assert facts.largest == pytest.approx(values[-1])
    assert facts.smallest == pytest.approx(values[0], rel=1e-3)
    assert facts.trace == pytest.approx((x**2).sum() / rows)
    assert facts.condition == pytest.approx(facts.largest / facts.smallest)


def test_largest_is_the_limit_of_gradient_descent():
    x = matrix(100, 6, seed=1)
    weights = np.linalg.eigh(x.T @ x)[1][:, -1]
    largest = conditioning_of(x).largest
    for rate, shrinks in ((1.99 / largest, True), (2.01 / largest, False)):
        after = weights - rate * x.T @ (x @ weights) / len(x)
        assert (np.linalg.norm(after) < np.linalg.norm(weights)) == shrinks


def test_more_features_than_rows():
    x = matrix(20, 60)
    facts = conditioning_of(x)
    values = np.linalg.svd(x, compute_uv=False) ** 2 / 20
    assert facts.largest == pytest.approx(values[0])
    assert facts.smallest == pytest.approx(values[-1], rel=1e-6)
    assert facts.trace == pytest.approx(values.sum())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_repeated_and_dependent_features_do_not_count_as_curvature(dtype: type):
    x = np.random.default_rng(2).normal(size=(500, 4))
    alone = conditioning_of(x.astype(dtype))
    more = np.column_stack([x, x[:, 0], x[:, 1] - x[:, 2]]).astype(dtype)
    facts = conditioning_of(more)
    values = np.linalg.eigvalsh(more.astype(float).T @ more / 500)
    assert facts.smallest == pytest.approx(values[2], rel=1e-4)
    assert facts.condition < 20 * alone.condition
    assert facts.max_correlation == pytest.approx(1.0)


def test_largest_correlation_matches_numpy():
    x = matrix(300, 7, seed=3)
    expected = np.abs(np.corrcoef(x, rowvar=False) - np.eye(7)).max()
    assert conditioning_of(x).max_correlation == pytest.approx(expected)


def test_correlation_over_blocks_of_many_features():
    x = np.random.default_rng(4).normal(size=(50, 1300))
    x[:, 1250] = x[:, 3] + 0.01 * x[:, 4]
    expected = np.corrcoef(x[:, 3], x[:, 1250])[0, 1]
    assert conditioning_of(x).max_correlation == pytest.approx(expected)


def test_constant_features_have_no_correlation():
    x = np.column_stack([np.ones(50), np.full(50, 7.0), np.random.default_rng(0).normal(size=50)])
    facts = conditioning_of(x)
    assert facts.max_correlation is None
    assert facts.largest == pytest.approx(np.linalg.eigvalsh(x.T @ x / 50)[-1])


def test_raw_features_are_described_beside():
    x = matrix(100, 3)
    raw = x * np.array([1.0, 1e4, 1e-3])
    facts = conditioning_of(x, raw)
    assert facts.raw_largest == pytest.approx(np.linalg.eigvalsh(raw.T @ raw / 100)[-1])
    assert facts.raw_trace == pytest.approx((raw**2).sum() / 100)
    assert conditioning_of(x).raw_largest is None


def test_missing_and_infinite_values_count_as_the_mean():
    x = matrix(200, 3) + 5
    holes = x.copy()
    holes[::10, 0], holes[5, 1] = np.nan, np.inf
    filled = holes.copy()
    for column in range(3):
        finite = np.isfinite(filled[:, column])
        filled[~finite, column] = filled[finite, column].mean()
    assert conditioning_of(holes).largest == pytest.approx(conditioning_of(filled).largest)
    assert conditioning_of(x, holes).raw_trace == pytest.approx(conditioning_of(filled).trace)


@pytest.mark.parametrize(
    "x", [np.empty((0, 3)), np.empty((5, 0)), np.zeros((10, 2)), np.full((4, 2), np.nan), np.ones(5)]
)
def test_nothing_to_describe_stays_unknown(x: np.ndarray):
    facts = conditioning_of(x)
    assert facts.largest is None
    assert facts.condition is None


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e30, 1e200, 1e307])
def test_condition_does_not_depend_on_the_unit(scale: float):
    x = np.random.default_rng(5).uniform(-1, 1, size=(60, 4))
    facts = conditioning_of(x * scale, x * scale)
    assert facts.condition == pytest.approx(conditioning_of(x).condition)
    assert (facts.largest is None) == (scale > 1e100)
    assert (facts.raw_trace is None) == (scale > 1e100)


def test_wide_and_long_tables_are_thinned():
    x = np.random.default_rng(6).normal(size=(900, 500)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("advisor.profiling.conditioning.MAX_SIDE", 400)
        facts = conditioning_of(x)
    assert facts.largest == pytest.approx((1 + np.sqrt(500 / 400)) ** 2, rel=0.1)  # Marchenko-Pastur edge
    assert facts.trace == pytest.approx(500, rel=0.02)


@given(seed=st.integers(0, 1000), rows=st.integers(1, 30), features=st.integers(1, 30), scale=st.floats(1e-6, 1e6))
@settings(max_examples=80, deadline=None)
def test_order_of_the_numbers_and_scaling(seed: int, rows: int, features: int, scale: float):
    x = np.random.default_rng(seed).normal(size=(rows, features))
    one, scaled = conditioning_of(x), conditioning_of(x * scale)
    assert 0 < one.smallest <= one.largest <= one.trace * (1 + 1e-9)
    assert one.condition >= 1
    assert scaled.largest == pytest.approx(one.largest * scale**2)
    assert scaled.condition == pytest.approx(one.condition, rel=1e-6)
