"""Curves with known answers: what the estimators read, and when they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.probing.range_test_estimators import CONSTANT, DECAYING, NAMES, Curve, Reading, read_curve
from advisor.probing.smoothing import smooth_curve, without_spikes
from advisor.results import remark
from advisor.statistics.robust import noise_from_differences

CENTER, SAFE, DROP = 3e-3, 0.3, 0.8
"""The curve of the research table: a drop centred at 3e-3, safe up to 0.3."""


def ladder(points: int = 113, low: float = -7.0, high: float = 1.0) -> Curve:
    return np.logspace(low, high, points)


def curve(rates: Curve, *, width: float = 0.25, noise: float = 0.0, seed: int = 0) -> Curve:
    """A logistic drop in log10 rate, then a quadratic explosion."""
    steps = (np.log10(rates) - np.log10(CENTER)) / width
    exploding = np.maximum(rates / SAFE - 1.0, 0.0) ** 2
    losses = 1.0 - DROP / (1.0 + np.exp(-steps)) + exploding
    return losses + noise * np.random.default_rng(seed).standard_normal(len(rates))


def estimate(reading: Reading, name: str) -> float:
    value = reading.estimates[name]
    assert value is not None
    return value


def refused(reading: Reading) -> bool:
    return not reading.usable and reading.suggestion is None and reading.reason.code != "range_test_agrees"


def test_the_landmarks_of_a_clean_curve() -> None:
    width = 0.25
    reading = read_curve(ladder(), curve(ladder(), width=width))
    assert reading.usable
    assert estimate(reading, "steepest") == pytest.approx(CENTER, rel=0.1)
    assert estimate(reading, "valley") == pytest.approx(CENTER, rel=0.1)
    # A logistic's middle half runs over 2·ln(3) widths, so its line leaves the start ln(3)·2 widths before the middle.
    start = CENTER * 10.0 ** (-2.0 * np.log(3.0) * width)
    assert estimate(reading, "drop_start") == pytest.approx(start, rel=0.15)
    near = CENTER * 10.0 ** (width * np.log(99.0))  # 99 % of the drop
    assert estimate(reading, "minimum") == pytest.approx(near, rel=0.4)
    back = SAFE * (1.0 + np.sqrt(DROP))  # where the explosion has undone the drop
    assert estimate(reading, "edge") == pytest.approx(back, rel=0.25)


@pytest.mark.parametrize(("noise", "factor"), [(0.005, 1.2), (0.02, 1.5), (0.05, 2.5)])
def test_the_noise_levels_of_the_research_table_hardly_move_the_answer(noise: float, factor: float) -> None:
    """Twenty draws each; at 0.05 the peers' answers spread over 1.5 to 5 decades."""
    clean = read_curve(ladder(), curve(ladder()))
    assert clean.suggestion is not None
    for seed in range(20):
        reading = read_curve(ladder(), curve(ladder(), noise=noise, seed=seed))
        assert reading.usable, reading.reason
        assert reading.suggestion is not None
        assert 1.0 / factor < reading.suggestion / clean.suggestion < factor
        assert CENTER / 3 < estimate(reading, "steepest") < CENTER * 3
        assert CENTER / 3 < estimate(reading, "valley") < CENTER * 3


def test_pure_noise_is_refused() -> None:
    for seed in range(200):
        noise = 1.0 + 0.3 * np.random.default_rng(seed).standard_normal(161)
        assert refused(read_curve(ladder(161, high=3.0), noise))


def test_heavy_tailed_noise_is_refused() -> None:
    """Student's t with 2 degrees of freedom has no variance at all; one draw in a hundred may look like a descent."""
    noises = [2.0 + 0.1 * np.random.default_rng(seed).standard_t(2, 161) for seed in range(200)]
    assert sum(not refused(read_curve(ladder(161, high=3.0), noise)) for noise in noises) <= 6


@pytest.mark.parametrize("level", [0.0, 1.0, -3.0, 1e6])
def test_a_flat_curve_is_refused(level: float) -> None:
    assert refused(read_curve(ladder(), np.full(113, level)))


def test_a_curve_that_falls_by_less_than_five_percent_is_refused() -> None:
    losses = 1.0 + (curve(ladder()) - 1.0) * 0.04
    reading = read_curve(ladder(), losses)
    assert refused(reading)
    assert reading.reason.code == "range_test_flat"


def test_a_curve_that_only_rises_is_refused() -> None:
    assert refused(read_curve(ladder(), 1.0 + 10.0 * ladder()))


def test_a_curve_that_only_falls_is_refused_and_its_end_is_not_suggested() -> None:
    rates = ladder()
    for losses in (np.linspace(1.0, 0.1, 113), 1.0 - DROP / (1.0 + (CENTER / rates) ** 2)):
        reading = read_curve(rates, losses)
        assert refused(reading)
        assert all(reading.estimates[name] is None for name in NAMES)


def test_a_curve_that_falls_and_stays_down_is_refused() -> None:
    for seed in range(20):
        losses = np.minimum(curve(ladder()), 1.0)[:80]
        losses = np.concatenate([losses, np.full(33, losses[-1])])
        assert refused(read_curve(ladder(), losses + 0.01 * np.random.default_rng(seed).standard_normal(113)))


def test_a_u_shape_without_divergence_is_read() -> None:
    rates = ladder(161, high=3.0)
    steps = np.log10(rates)
    losses = 1.0 - 0.7 * np.exp(-(((steps + 2.0) / 0.8) ** 2))
    reading = read_curve(rates, losses)
    assert reading.usable
    assert estimate(reading, "minimum") == pytest.approx(1e-2, rel=0.5)
    assert estimate(reading, "edge") < rates[-1]


def test_nan_at_the_end_means_divergence_and_is_not_read_as_a_loss() -> None:
    rates, losses = ladder(), curve(ladder())
    stop = int(np.argmin(np.abs(rates - 0.2)))
    losses[stop:] = np.nan
    reading = read_curve(rates, losses)
    assert reading.usable
    assert len(reading.smoothed) == stop
    assert estimate(reading, "edge") == pytest.approx(rates[stop - 1])
    assert reading.suggestion is not None
    assert reading.suggestion < rates[stop] / 3


def test_nan_after_a_few_points_is_refused() -> None:
    losses = curve(ladder())
    losses[10:] = np.inf
    reading = read_curve(ladder(), losses)
    assert refused(reading)
    assert reading.reason == remark("range_test_short", points=10, needed=20)
    assert len(read_curve(ladder(), np.full(113, np.nan)).smoothed) == 0


def test_spikes_hardly_move_the_answer() -> None:
    """Eight spikes among the 85 points before the explosion, many of them within the drop."""
    clean = read_curve(ladder(), curve(ladder(), noise=0.01))
    assert clean.suggestion is not None
    ratios = []
    for seed in range(40):
        order = np.random.default_rng(seed)
        losses = curve(ladder(), noise=0.01)
        losses[order.choice(85, 8, replace=False)] *= order.uniform(3.0, 50.0, 8)
        reading = read_curve(ladder(), losses)
        assert reading.usable, reading.reason
        assert reading.suggestion is not None
        ratios.append(reading.suggestion / clean.suggestion)
    assert np.median(ratios) == pytest.approx(1.0, rel=0.1)
    assert max(ratios) < 3.0
    assert min(ratios) > 1.0 / 3.0


def test_a_constant_rate_is_lower_than_a_peak() -> None:
    peak = read_curve(ladder(), curve(ladder()), decays=True).suggestion
    constant = read_curve(ladder(), curve(ladder()), decays=False).suggestion
    assert peak is not None
    assert constant is not None
    assert 0.3 < constant / peak < 0.9


def test_the_founding_rule_is_half_the_start_of_the_drop() -> None:
    assert CONSTANT["drop_start"] == 0.5
    assert set(CONSTANT) == set(DECAYING)


def test_two_drops_far_apart_are_refused_or_lie_between() -> None:
    steps = np.log10(ladder(161, high=3.0))
    losses = 2.0 - 0.8 / (1.0 + np.exp(-(steps + 5.5) / 0.1)) - 0.8 / (1.0 + np.exp(-(steps - 0.5) / 0.1))
    losses[150:] = 50.0
    assert refused(read_curve(ladder(161, high=3.0), losses))


@settings(max_examples=60, deadline=None)
@given(scale=st.floats(1e-6, 1e6), noise=st.sampled_from([0.0, 0.01, 0.05]), seed=st.integers(0, 50))
def test_the_unit_of_the_loss_does_not_matter(scale: float, noise: float, seed: int) -> None:
    losses = curve(ladder(), noise=noise, seed=seed)
    one, other = read_curve(ladder(), losses), read_curve(ladder(), losses * scale)
    assert one.usable == other.usable
    assert other.suggestion == (None if one.suggestion is None else pytest.approx(one.suggestion, rel=1e-6))


@settings(max_examples=60, deadline=None)
@given(shift=st.floats(1e-4, 1e4), noise=st.sampled_from([0.0, 0.01, 0.05]), seed=st.integers(0, 50))
def test_moving_the_rates_moves_every_answer_by_as_much(shift: float, noise: float, seed: int) -> None:
    losses = curve(ladder(), noise=noise, seed=seed)
    one, other = read_curve(ladder(), losses), read_curve(ladder() * shift, losses)
    assert one.usable == other.usable
    for name in NAMES:
        value = one.estimates[name]
        assert other.estimates[name] == (None if value is None else pytest.approx(value * shift, rel=1e-6))
    assert other.suggestion == (None if one.suggestion is None else pytest.approx(one.suggestion * shift, rel=1e-6))


@settings(max_examples=200, deadline=None)
@given(
    losses=st.lists(
        st.one_of(st.floats(-1e6, 1e6), st.just(float("nan")), st.just(float("inf"))), min_size=0, max_size=130
    ),
    decays=st.booleans(),
)
def test_any_curve_gets_an_answer_inside_the_sweep_or_a_refusal(losses: list[float], *, decays: bool) -> None:
    rates = ladder(130)[: len(losses)]
    reading = read_curve(rates, np.array(losses, dtype=float), decays=decays)
    assert reading.usable == (reading.suggestion is not None)
    assert reading.reason
    if reading.suggestion is not None:
        assert reading.suggestion < rates[-1]
        assert reading.suggestion > 0.0


def test_spikes_are_replaced_and_everything_else_is_kept() -> None:
    losses = curve(ladder(), noise=0.01)
    spiked = losses.copy()
    spiked[[20, 50, 70]] = [9.0, -4.0, 30.0]
    cleaned = without_spikes(spiked, noise_from_differences(spiked))
    kept = np.ones(113, dtype=bool)
    kept[[20, 50, 70]] = False
    np.testing.assert_array_equal(cleaned[kept][:80], spiked[kept][:80])
    assert np.abs(cleaned[[20, 50, 70]] - losses[[20, 50, 70]]).max() < 0.15


def test_the_average_neither_lags_nor_starts_low() -> None:
    """Lightning's average of a constant loss of 1 reads 0.5, 0.67, …; looking back lags by beta/(1-beta) points."""
    found = smooth_curve(np.ones(60))
    np.testing.assert_allclose(found.curve, 1.0)
    line = np.linspace(2.0, 1.0, 101)
    np.testing.assert_allclose(smooth_curve(line).curve[30:70], line[30:70], atol=0.01)


def test_noise_widens_the_average() -> None:
    betas = [smooth_curve(curve(ladder(), noise=noise)).beta for noise in (0.0, 0.01, 0.2)]
    assert betas == sorted(betas)
    assert betas[0] < betas[-1]
