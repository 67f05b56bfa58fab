"""The decision on curves with known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from advisor.results import Interval, Recommendation
from advisor.verification.belief import Belief, belief_of
from advisor.verification.decision import Decision, decide
from advisor.verification.horizon import Horizon, horizon
from advisor.verification.point import Point


def prior(rate: float = 1e-2, ratio: float = 10.0) -> Recommendation:
    interval = Interval(lower=rate / ratio, upper=rate * ratio)
    return Recommendation(learning_rate=rate, interval=interval, optimizer="adamw", schedule="cosine")


def bowl(best: float, *, noise: float = 0.0, cliff: float = math.inf, depth: float = 0.05) -> list[Point]:
    rng = np.random.default_rng(1)
    points = []
    for rate in np.geomspace(1e-4, 1.0, 9):
        loss = math.exp(depth * math.log(rate / best) ** 2)
        seeds = tuple(None if rate > cliff else loss * math.exp(noise * rng.normal()) for _ in range(3))
        points.append(Point(math.log(rate), seeds))
    return points


def decided(points: list[Point], **settings: object) -> Decision:
    horizon = settings.get("horizon", Horizon())
    assert isinstance(horizon, Horizon)
    rules = belief_of(settings.pop("prior", prior()), short=horizon.spread > 0)
    found = decide(
        points,
        rules,
        **{"horizon": Horizon(), "evaluation_samples": 10_000, "seed": 0, **settings},
    )
    assert found is not None
    return found


@pytest.mark.parametrize("best", [2e-3, 1e-2, 8e-2])
def test_the_bottom_of_a_clean_bowl_is_found(best: float) -> None:
    found = decided(bowl(best))
    assert 0.05 * (found.log_rate - math.log(best)) ** 2 < 0.02  # of log loss above the best
    assert best in Interval(lower=found.interval.lower / 1.3, upper=found.interval.upper * 1.3)
    assert found.regret < 0.05


def test_what_a_seed_does_to_all_rates_alike_is_no_noise() -> None:
    factors = np.array([1.0, 3.0, 0.2])  # parts of the data that are harder or easier for every model
    same, apart = (
        [
            Point(point.log_rate, tuple(loss * f for loss, f in zip(point.losses, by, strict=True)))
            for point in bowl(2e-2)
        ]
        for by in (np.ones(3), factors)
    )
    one, other = (decided(points, evaluation_samples=10**9) for points in (same, apart))
    assert other.noise == pytest.approx(one.noise, abs=1e-3)
    assert other.log_rate == pytest.approx(one.log_rate, abs=0.2)


def test_a_cliff_pushes_the_answer_away_from_itself() -> None:
    free, beside = decided(bowl(0.1)), decided(bowl(0.1, cliff=0.15))
    assert beside.log_rate < free.log_rate
    assert math.exp(beside.log_rate) < 0.12


def test_a_steep_bowl_that_one_point_reaches_is_no_noise() -> None:
    losses = [0.6368, 0.6368, 0.6366, 0.6361, 0.6328, 0.6123, 0.5793, 0.5078, 0.3534, 0.1226]
    points = [
        Point(math.log(rate), (loss, loss * 1.01))
        for rate, loss in zip(np.geomspace(1e-6, 2.6e-2, 10), losses, strict=True)
    ]
    found = decided(points, prior=prior(1e-6, 1.2), evaluation_samples=40)
    assert math.exp(found.log_rate) > 1e-2


def test_few_held_out_samples_leave_the_rules_more_say() -> None:
    points = bowl(0.2, depth=0.005)
    sure, unsure = decided(points, evaluation_samples=100_000), decided(points, evaluation_samples=30)
    assert abs(unsure.log_rate - math.log(1e-2)) <= abs(sure.log_rate - math.log(1e-2))
    assert unsure.interval.ratio > sure.interval.ratio


def test_nothing_finite_is_no_decision() -> None:
    points = [Point(math.log(rate), (None, None)) for rate in (1e-3, 1e-2, 1e-1)]
    assert decide(points, belief_of(prior(), short=False), horizon=Horizon(), evaluation_samples=100, seed=0) is None


def test_negative_losses_and_the_seed() -> None:
    points = [
        Point(point.log_rate, tuple(loss - 5.0 for loss in point.losses if loss is not None)) for point in bowl(1e-2)
    ]
    assert math.exp(decided(points).log_rate) == pytest.approx(1e-2, rel=0.6)
    assert decided(bowl(1e-2, noise=0.02), seed=3) == decided(bowl(1e-2, noise=0.02), seed=3)


def test_longer_runs_want_lower_rates() -> None:
    assert horizon(100, 100, -0.7) == Horizon()
    assert horizon(100, 1000, -0.3).shift == pytest.approx(-0.3 * math.log(10))
    assert horizon(100, 300, -0.5).shift == pytest.approx(-0.5 * math.log(3))
    assert horizon(10, 10**6, -0.5).shift == pytest.approx(-math.log(10))
    assert 0.0 < horizon(100, 300, -0.5).spread < horizon(100, 1000, -0.5).spread


def test_shorter_trials_leave_a_wider_interval_and_the_rules_a_say() -> None:
    points = bowl(0.2, depth=0.02)
    full, short = decided(points), decided(points, horizon=Horizon(0.0, 1.0))
    assert math.log(0.02) < short.log_rate < math.log(0.2)
    assert short.belief.vertices[0][0] == pytest.approx(math.log(0.2), abs=0.5)
    assert short.interval.ratio > full.interval.ratio


def test_a_net_that_is_sure_on_a_handful_of_rows_is_not_believed() -> None:
    rates = np.geomspace(1e-3, 1.0, 7)
    losses = (0.20, 0.07, 0.044, 0.043, 0.034, 0.018, 0.0011)  # right on all held-out rows, surer with every rate
    points = [Point(math.log(rate), (loss,)) for rate, loss in zip(rates, losses, strict=True)]
    few, many = (decided(points, evaluation_samples=rows, loss_to_beat=1.1) for rows in (22, 20_000))
    assert math.exp(few.log_rate) < 0.1
    assert math.exp(many.log_rate) > 0.3


def at_an_eighth(losses: dict[float, float]) -> Decision:
    """Return the decision of trials of an eighth of the run, beside rules at 1e-3."""
    points = [Point(math.log(rate), (loss,)) for rate, loss in sorted(losses.items())]
    found = decide(
        points, Belief(math.log(1e-3), 1.0), horizon=horizon(100, 800, 0.0), evaluation_samples=2_000, seed=0
    )
    assert found is not None
    return found


def test_a_loss_that_still_falls_at_the_edge_puts_the_best_beyond_it() -> None:
    """The steeper it falls, the further; and the next round of trials goes there."""
    flat = at_an_eighth({1e-3: 1.1, 3e-3: 1.01, 9e-3: 1.0})
    steep = at_an_eighth({1e-3: 2.0, 3e-3: 1.3, 9e-3: 1.0})
    known = at_an_eighth({1e-3: 1.1, 3e-3: 1.0, 9e-3: 1.1})
    assert known.belief.log_rate < flat.belief.log_rate < steep.belief.log_rate
    (vertex, _), *_ = steep.belief.vertices
    assert math.log(9e-3) < vertex <= math.log(9e-3) + 1.001 * math.log(3.0)


def test_a_cliff_above_the_lowest_rate_puts_the_best_no_further_than_half_a_gap_below() -> None:
    cliff = at_an_eighth({1e-3: 1.0, 3e-3: 4.0, 9e-3: 4.5})
    (vertex, _), *_ = cliff.belief.vertices
    assert vertex == pytest.approx(math.log(1e-3) - math.log(3.0) / 2.0)


def test_no_short_trial_advises_a_rate_above_all_that_were_tried() -> None:
    """Where rules and trials want a higher one still, training there was never seen."""
    points = [Point(math.log(rate), (loss,)) for rate, loss in ((1e-3, 2.0), (3e-3, 1.0))]
    found = decide(
        points, Belief(math.log(1e-1), 1.0), horizon=horizon(100, 800, 0.0), evaluation_samples=2_000, seed=0
    )
    assert found is not None
    assert found.belief.log_rate > math.log(3e-3)
    assert found.log_rate == pytest.approx(math.log(3e-3))
    assert math.exp(found.log_rate) in found.interval
