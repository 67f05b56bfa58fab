from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls
from sklearn.datasets import make_friedman1
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.preprocessing import PolynomialFeatures

from advisor.profiling.noise.feature_maps import (
    HINGES,
    PENALTIES,
    Hinges,
    Landmarks,
    choose_hinges,
    fit_kernel_ridge,
    fit_ridge,
    leading_components,
    quadratic_features,
)
from advisor.profiling.noise.held_out import combine, held_out_predictions, non_negative_least_squares
from advisor.profiling.noise.labels import estimate_flip_rate
from advisor.profiling.noise.trees import TreeSettings, bin_edges, bin_features, boost


def literal_gcv(x: np.ndarray, y: np.ndarray, penalty: float) -> float:
    """Generalised cross-validation with the hat matrix written out."""
    rows = len(x)
    centred = x - x.mean(axis=0)
    hat = centred @ np.linalg.solve(centred.T @ centred + penalty * np.eye(x.shape[1]), centred.T) + 1.0 / rows
    residual = y - hat @ y
    return float((residual**2).mean() / (1 - np.trace(hat) / rows) ** 2)


@pytest.mark.parametrize(("rows", "features"), [(60, 5), (25, 40)])
def test_ridge_is_the_best_of_the_literal_criterion(rows: int, features: int):
    rng = np.random.default_rng(rows)
    x = rng.normal(size=(rows, features)) + 3
    y = x[:, :1] - x[:, 1:2] + rng.normal(size=(rows, 1))
    fit = fit_ridge(x, y)
    centred = x - x.mean(axis=0)
    values = np.linalg.eigvalsh(centred.T @ centred)
    penalties = PENALTIES * values[values > values[-1] * 1e-10].mean()
    errors = [literal_gcv(x, y, penalty) for penalty in penalties]
    if features < rows:
        assert fit.left_out == pytest.approx(min(errors), rel=1e-6)
    best = min(range(len(errors)), key=lambda i: abs(errors[i] - fit.left_out))
    assert errors[best] == pytest.approx(fit.left_out, rel=1e-6)
    twin = Ridge(alpha=penalties[best]).fit(x, y.ravel())
    assert np.allclose(fit.predict(x).ravel(), twin.predict(x), atol=1e-6)


def test_ridge_without_signal_or_variation_predicts_the_mean():
    y = np.arange(20.0)[:, None]
    assert np.allclose(fit_ridge(np.ones((20, 3)), y).predict(np.zeros((2, 3))), 9.5)
    rng = np.random.default_rng(0)
    noise = fit_ridge(rng.normal(size=(400, 5)), rng.normal(size=(400, 1)))
    assert np.abs(noise.weights).max() < 0.1


def test_quadratic_map_matches_scikit_learn():
    x = np.random.default_rng(1).normal(size=(20, 4))
    expected = PolynomialFeatures(2, include_bias=False).fit_transform(x)
    assert np.allclose(quadratic_features(x), expected)


def test_additive_map_bends_at_its_knots():
    x = np.linspace(-1, 1, 50)[:, None]
    y = np.abs(x)
    mapped = Hinges(np.ones(1), np.zeros(1, np.intp), np.zeros(1), np.ones(1)).map(x)
    assert np.abs(fit_ridge(mapped, y).predict(mapped) - y).max() < 1e-2


def test_additive_map_of_few_values_predicts_as_all_its_bends_do():
    rng = np.random.default_rng(8)
    x = np.column_stack(
        [rng.normal(size=300), rng.random(300) < 0.05, rng.random(300) < 0.6, rng.integers(0, 3, 300), np.ones(300)]
    )
    y = np.sin(x[:, :1]) + x[:, 1:2] - x[:, 3:4] ** 2 + 0.1 * rng.normal(size=(300, 1))
    hinges = choose_hinges(np.sort(x, axis=0))
    knots = np.quantile(x, HINGES, axis=0)
    literal = np.concatenate([x, *(np.maximum(x - knot, 0.0) for knot in knots)], axis=1)
    assert len(hinges.knots) < knots.size / 2
    ours, twin = fit_ridge(hinges.map(x), y), fit_ridge(literal, y)
    assert ours.left_out == pytest.approx(twin.left_out, rel=1e-9)
    assert np.allclose(ours.predict(hinges.map(x)), twin.predict(literal), atol=1e-9)


@pytest.mark.parametrize("width", [0.5, None])
def test_all_rows_as_landmarks_are_kernel_ridge(width: float | None):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(80, 3))
    weights = np.array([1.0, 0.5, 2.0])
    y = np.sin(x[:, :1]) + 0.3 * rng.normal(size=(80, 1))
    landmarks = Landmarks.of(x, weights, np.arange(80))
    near, among = landmarks.beside(x), landmarks.among()
    fit = fit_kernel_ridge(near, among, y, width)
    scaled = x * weights
    expected = (scaled @ scaled.T / 3 + 1) ** 2 if width is None else RBF(width)(scaled)
    assert np.allclose(near.kernel(width), expected, rtol=1e-4, atol=1e-6)
    centring = np.eye(80) - 1 / 80
    values = np.linalg.eigvalsh(centring @ expected @ centring)
    penalties = PENALTIES * values[values > values[-1] * 1e-10].mean()
    twins = [
        KernelRidge(alpha=alpha, kernel="precomputed").fit(centring @ expected @ centring, y - y.mean())
        for alpha in penalties
    ]
    distances = [
        np.abs(twin.predict(centring @ expected @ centring) + y.mean() - fit.predict(near)).max() for twin in twins
    ]
    assert min(distances) < 2e-2


def test_nearness_holds_the_median_distance_of_landmarks():
    x = np.random.default_rng(2).normal(size=(40, 3))
    median = np.median([np.linalg.norm(a - b) for i, a in enumerate(x) for b in x[:i]])
    assert Landmarks.of(x, np.ones(3), np.arange(40)).among().median() == pytest.approx(median)
    assert Landmarks.of(x, np.ones(3), np.arange(1)).among().median() == 1.0


def test_principal_components_keep_the_distances():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(100, 5)) @ rng.normal(size=(5, 400))
    reduced = leading_components(x, 300)
    assert reduced.shape == (100, 5)
    ratio = np.linalg.norm(reduced[0] - reduced[1]) / np.linalg.norm(x[0] - x[1])
    assert np.linalg.norm(reduced[2] - reduced[9]) / np.linalg.norm(x[2] - x[9]) == pytest.approx(ratio)


def test_bins_are_quantiles():
    x = np.column_stack([np.arange(1000.0), np.repeat([0.0, 1.0], 500), np.full(1000, 3.0)])
    edges = bin_edges(np.sort(x, axis=0), 10)
    bins = bin_features(x, edges)
    assert np.bincount(bins[:, 0]).tolist() == pytest.approx([100] * 10, abs=2)
    assert set(bins[:500, 1]).isdisjoint(set(bins[500:, 1]))
    assert len(set(bins[:, 2])) == 1


def test_one_tree_splits_where_the_target_jumps():
    rng = np.random.default_rng(4)
    x = rng.uniform(size=(400, 3))
    y = np.where(x[:, 1] > 0.5, 2.0, -2.0)[:, None]
    edges = bin_edges(np.sort(x, axis=0), 32)
    settings_ = TreeSettings(rounds=1, depth=1, rate=1.0, rows=1.0, ridge=1e-6)
    boosted = boost(bin_features(x, edges), y, bin_features(x, edges), rng=rng, settings=settings_)
    assert boosted.importance.argmax() == 1
    assert np.mean(boosted.path[-1] * y > 0) > 0.97
    assert boosted.path.shape == (4, 400, 1)


def test_trees_are_as_good_as_scikit_learn():
    x, y = make_friedman1(3_000, 10, noise=1.0, random_state=0)
    y = (y - y.mean()) / y.std()
    edges = bin_edges(np.sort(x[:2_000], axis=0), 32)
    boosted = boost(
        bin_features(x[:2_000], edges), y[:2_000, None], bin_features(x[2_000:], edges), rng=np.random.default_rng(0)
    )
    ours = np.mean((boosted.path[-1, :, 0] - y[2_000:]) ** 2)
    twin = HistGradientBoostingRegressor(max_iter=100, random_state=0).fit(x[:2_000], y[:2_000])
    theirs = np.mean((twin.predict(x[2_000:]) - y[2_000:]) ** 2)
    assert ours < 1.25 * theirs
    assert set(np.argsort(-boosted.importance)[:5]) == {0, 1, 2, 3, 4}


def test_trees_with_many_outputs_learn_all_of_them():
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 7, 1_500)
    x = rng.normal(size=(7, 4))[labels] * 3 + rng.normal(size=(1_500, 4)) * 0.3
    y = np.eye(7)[labels] - 1 / 7
    edges = bin_edges(np.sort(x[:1_000], axis=0), 32)
    boosted = boost(bin_features(x[:1_000], edges), y[:1_000], bin_features(x[1_000:], edges), rng=rng)
    assert np.mean(boosted.path[-1].argmax(axis=1) == labels[1_000:]) > 0.9


@given(seed=st.integers(0, 500), size=st.integers(1, 10))
@settings(max_examples=40, deadline=None)
def test_non_negative_least_squares_matches_scipy(seed: int, size: int):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(40, size)), rng.normal(size=40)
    ours = non_negative_least_squares(a.T @ a, a.T @ b)
    assert (ours >= 0).all()
    assert np.allclose(ours, nnls(a, b)[0], atol=1e-3)


def test_combination_is_no_worse_than_its_best_member():
    rng = np.random.default_rng(6)
    y = rng.normal(size=(300, 2))
    members = np.stack([y + rng.normal(size=y.shape) * spread for spread in (0.5, 0.5, 3.0)])
    error = np.mean((combine(members, y) - y) ** 2)
    assert error < min(np.mean((member - y) ** 2) for member in members)


@pytest.mark.parametrize("rows", [60, 9_000])
def test_each_held_out_row_is_predicted_once_by_learners_that_did_not_see_it(rows: int):
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(rows, 3)), rng.normal(size=(rows, 1))
    out = held_out_predictions(x, y)
    assert len(set(out.rows.tolist())) == len(out.rows)
    assert out.full.shape == out.half.shape
    alone = held_out_predictions(x, y, with_half=False)
    assert alone.full.shape == out.full.shape
    assert not alone.half.size
    assert out.full.shape[1] == len(out.rows)
    assert np.abs(np.corrcoef(out.full[-1, :, 0], y[out.rows, 0])[0, 1]) < 4 / np.sqrt(len(out.rows))


def simulated(flips: float, slope: float, classes: int, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    margin = np.abs(rng.normal(size=rows))
    clean = rng.random(rows) < 1 / (1 + np.exp(-slope * margin))
    kept = rng.random(rows) >= flips
    back = rng.random(rows) < 1 / (classes - 1)
    return margin, np.where(kept, clean, ~clean & back)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("flips", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("slope", [3.0, 10.0])
def test_flip_rate_is_the_missing_part_of_the_ceiling(classes: int, flips: float, slope: float):
    found = estimate_flip_rate(*simulated(flips, slope, classes, 4_000, seed=1), classes)
    assert found.estimate == pytest.approx(flips, abs=0.04)
    assert found.lower <= found.estimate <= found.upper


def test_flip_rate_intervals_cover():
    inside = []
    for seed in range(100):
        flips = (0.02, 0.15, 0.3, 0.4)[seed % 4]
        found = estimate_flip_rate(*simulated(flips, 4.0, 2, 1_000, seed), 2)
        inside.append(found.lower <= flips <= found.upper)
    assert 0.82 <= np.mean(inside) <= 0.98


def test_flip_rate_does_not_depend_on_the_unit_of_the_margin():
    margin, agrees = simulated(0.2, 4.0, 2, 500, seed=2)
    assert estimate_flip_rate(margin * 1e3, agrees, 2).estimate == pytest.approx(
        estimate_flip_rate(margin, agrees, 2).estimate, abs=1e-6
    )


def test_flip_rate_of_few_rows_is_wide():
    found = estimate_flip_rate(*simulated(0.2, 4.0, 2, 20, seed=3), 2)
    assert found.upper - found.lower > 0.2
