"""Quantiles against numpy, robust deviations against scipy and against noise of known size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import median_abs_deviation

from advisor.statistics.robust import (
    median_of_sorted,
    noise_from_differences,
    quantiles_of_sorted,
    robust_std,
)


@given(
    st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=40),
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=3),
)
def test_quantiles_of_sorted_values_are_numpys(values: list[float], shares: list[float]) -> None:
    ordered = np.sort(values)
    assert quantiles_of_sorted(ordered, shares).tolist() == np.quantile(values, shares).tolist()
    assert median_of_sorted(ordered) == np.median(values)
    table = np.stack([ordered, 2.0 * ordered], axis=1)
    assert quantiles_of_sorted(table, shares).tolist() == np.quantile(table, shares, axis=0).tolist()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_the_robust_deviation_is_scipys(values: list[float]) -> None:
    expected = median_abs_deviation(values, scale="normal")
    assert robust_std(np.array(values)) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_noise_estimate_ignores_trend_spikes_and_explosion() -> None:
    at = np.linspace(0.0, 1.0, 1_000)
    losses = 2.0 * np.exp(-3.0 * at) + np.random.default_rng(3).normal(0.0, 0.05, 1_000)
    losses[::97] += 20.0
    losses[-20:] *= np.geomspace(1.0, 1e6, 20)
    assert noise_from_differences(losses) == pytest.approx(0.05, rel=0.15)


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_a_line_has_no_noise_and_the_unit_is_the_curves(offset: float, slope: float, unit: float) -> None:
    at = np.arange(50.0)
    zigzag = np.where(at % 2 == 0, 1.0, -1.0)
    assert noise_from_differences(offset + slope * at) < 1e-8 * (1.0 + abs(offset) + abs(slope))
    assert noise_from_differences(unit * zigzag) == pytest.approx(unit * noise_from_differences(zigzag))


def test_too_few_points_say_nothing() -> None:
    assert noise_from_differences(np.array([1.0, 5.0, -3.0])) == 0.0
    assert robust_std(np.array([])) == 0.0
