"""Trials on one scale: neither their unit nor what was added to the loss says which rate is better."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.results import Interval, Recommendation
from advisor.verification.belief import belief_of
from advisor.verification.decision import TOLERANCE, Decision, decide
from advisor.verification.horizon import Horizon
from advisor.verification.observations import observed
from advisor.verification.point import Point

RATES = np.geomspace(1e-4, 1.0, 7)
PRIOR = Recommendation(
    learning_rate=1e-2, interval=Interval(lower=1e-3, upper=1e-1), optimizer="adamw", schedule="cosine"
)
BELIEF = belief_of(PRIOR, short=False)
LOSSES = st.lists(st.one_of(st.none(), st.floats(0.05, 20.0)), min_size=len(RATES), max_size=len(RATES)).filter(
    lambda found: sum(one is not None for one in found) > 2
)


def points(*seeds: list[float | None]) -> list[Point]:
    return [Point(math.log(rate), losses) for rate, losses in zip(RATES, zip(*seeds, strict=True), strict=True)]


def decided(found: list[Point], beat: float | None = 25.0, rows: int = 2_000) -> Decision:
    decision = decide(found, BELIEF, horizon=Horizon(), evaluation_samples=rows, seed=0, loss_to_beat=beat)
    assert decision is not None
    return decision


def changed(found: list[Point], times: float, plus: float) -> list[Point]:
    return [
        Point(one.log_rate, tuple(None if loss is None else times * loss + plus for loss in one.losses))
        for one in found
    ]


@settings(max_examples=30, deadline=None)
@given(LOSSES, LOSSES, st.sampled_from([1e-6, 1e-3, 7.0, 1e5, 1e10]))
def test_the_unit_of_the_loss_changes_nothing(one: list[float | None], other: list[float | None], times: float) -> None:
    found = points(one, other)
    plain, scaled = decided(found), decided(changed(found, times, 0.0), 25.0 * times)
    assert scaled.log_rate == pytest.approx(plain.log_rate, abs=1e-6)
    assert scaled.interval.ratio == pytest.approx(plain.interval.ratio, rel=1e-4)
    assert scaled.gain == pytest.approx(plain.gain, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("plus", [-100.0, -2.0, -0.5, 3.0, 100.0])
@pytest.mark.parametrize("best", [2e-3, 5e-2])
def test_what_is_added_to_the_loss_changes_no_more_than_a_tolerance_in_per_cent_of_it(plus: float, best: float) -> None:
    def loss(rate: float) -> float:
        return 0.6 + 0.08 * math.log(rate / best) ** 2

    found = points([loss(rate) for rate in RATES], [loss(rate) * 1.001 for rate in RATES])
    moved = decided(changed(found, 1.0, plus), 5.0 + plus, rows=100_000)
    excess = loss(math.exp(moved.log_rate)) - 0.6
    assert excess < 0.04 * 0.6 + 3 * TOLERANCE * abs(0.6 + plus)


@settings(max_examples=60, deadline=None)
@given(LOSSES, st.floats(0.0, 0.02))
def test_no_rate_is_kept_or_advised_against_a_trial_that_is_better_beyond_the_errors(
    losses: list[float | None], noise: float
) -> None:
    rng = np.random.default_rng(0)
    seeds = [[None if loss is None else loss * math.exp(noise * rng.normal()) for loss in losses] for _ in range(3)]
    found = points(*seeds)
    seen = observed(found, 2_000, 25.0)
    assert seen is not None
    decision = decided(found)

    def above(log_rate: float) -> float:
        return float(np.interp(log_rate, seen.x, seen.y))

    def is_worse(log_rate: float) -> bool:
        variance = float(np.interp(log_rate, seen.x, seen.variance)) + float(seen.variance[seen.lowest])
        excess = 1.0 - math.exp(-above(log_rate))  # the share of the loss at that rate that is above the lowest
        return above(log_rate) > TOLERANCE + 1e-9 and excess > 2.1 * math.sqrt(variance)

    near = int(np.argmin(np.abs(seen.x - decision.log_rate)))
    assert near == seen.lowest or not is_worse(decision.log_rate)
    rules = math.log(PRIOR.learning_rate)
    if is_worse(rules) and int(np.argmin(np.abs(seen.x - rules))) != seen.lowest:
        assert decision.gain > TOLERANCE  # never confirmed


def test_a_seed_in_which_every_rate_diverged_says_nothing() -> None:
    losses = [2.0, 1.0, 0.6, 0.5, 0.7, 1.5, None]
    alone, beside = points(losses), points(losses, [None] * len(RATES))
    assert decided(beside).log_rate == pytest.approx(decided(alone).log_rate)
    assert observed(points([None] * len(RATES)), 100, 1.0) is None


def test_a_rate_is_compared_over_the_seeds_that_both_have() -> None:
    easy, hard = [0.5] * 7, [5.0] * 7
    easy[3], hard[3] = 0.45, 4.5
    lucky = list(hard)
    lucky[6] = None  # the highest rate trained on the easy part alone
    seen = observed(points(easy, lucky), 2_000, 25.0)
    assert seen is not None
    assert seen.lowest == 3
    assert seen.diverged.tolist() == [False] * 6 + [True]
    assert seen.y[6] > seen.y[:6].max()


def test_a_flat_bottom_beside_a_cliff_is_no_noise() -> None:
    losses = [9.084e10, 9.074e10, 8.92e10, 7.8e10, 4.05e5, 5.3e4, 2.0e6]
    found = points(losses, [loss * 1.01 for loss in losses])
    decision = decided(found, 9.09e10, rows=160)
    assert math.exp(decision.log_rate) > 0.04
    assert decision.gain > 10


def test_a_rate_that_was_stopped_on_its_way_is_never_the_best() -> None:
    losses = [2.0, 1.0, 0.6, 0.5, 0.4, 1.5, 3.0]
    found = [
        Point(point.log_rate, point.losses, stopped=place == 4) for place, point in enumerate(points(losses, losses))
    ]
    seen = observed(found, 2_000, 25.0)
    assert seen is not None
    assert seen.lowest == 3
    assert seen.is_worse(4, tolerance=TOLERANCE, errors=2.0)
