"""Where trials are made: around the rules' rate, further out while the best is at an edge, and around the best."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

from advisor.results import Interval, Recommendation
from advisor.training.compute_budget import TrialPlan
from advisor.verification.decision import Point
from advisor.verification.horizon import Horizon
from advisor.verification.search import EXTENSIONS, SearchResult, first_round, search

PRIOR = Recommendation(
    learning_rate=1e-2, interval=Interval(lower=2e-3, upper=5e-2), optimizer="adamw", schedule="cosine"
)


def searched(
    loss: Callable[[float], float | None], plan: TrialPlan, shift: float = 0.0
) -> tuple[SearchResult, list[int]]:
    asked: list[int] = []

    def train(log_rates: Sequence[float], _what: str) -> list[Point]:
        asked.append(len(log_rates))
        return [Point(rate, (loss(math.exp(rate)),) * plan.seeds) for rate in log_rates]

    found = search(train, PRIOR, plan, horizon=Horizon(shift), evaluation_samples=10_000, loss_to_beat=10.0, seed=0)
    return found, asked


def bowl(best: float) -> Callable[[float], float]:
    return lambda rate: 1.0 + 0.1 * math.log(rate / best) ** 2


def test_one_round_is_enough_when_the_best_lies_inside() -> None:
    found, asked = searched(bowl(2e-2), TrialPlan(1.0, 6))
    assert asked == [6]
    assert found.decision is not None
    assert math.exp(found.decision.log_rate) == pytest.approx(2e-2, rel=0.5)


@pytest.mark.parametrize("best", [1e-5, 3.0])
def test_the_search_goes_on_beyond_an_edge(best: float) -> None:
    found, asked = searched(bowl(best), TrialPlan(1.0, 5))
    assert len(asked) > 1
    assert found.decision is not None
    assert math.exp(found.decision.log_rate) == pytest.approx(best, rel=0.6)
    assert not found.decision.at_lower_edge
    assert not found.decision.at_upper_edge


def test_a_second_round_lies_around_the_best() -> None:
    found, asked = searched(bowl(3e-2), TrialPlan(1.0, 6, refinements=3))
    assert len(asked) == 2
    assert len(found.points) == sum(asked)
    gaps = [math.exp(later.log_rate - one.log_rate) for one, later in zip(found.points, found.points[1:], strict=False)]
    assert min(gaps) < first_gap() < max(gaps) * 1.001


def first_gap() -> float:
    rates = first_round(math.log(PRIOR.learning_rate), PRIOR.interval, 6)
    return math.exp(rates[1] - rates[0])


def test_nothing_but_divergence_is_no_decision() -> None:
    found, asked = searched(lambda _rate: None, TrialPlan(1.0, 5))
    assert found.decision is None
    assert len(asked) == 1 + EXTENSIONS


def test_short_trials_are_made_where_the_short_run_wants_them() -> None:
    shift = math.log(0.5)
    found, _ = searched(bowl(2e-2), TrialPlan(0.5, 5), shift=shift)
    middle = found.points[2].log_rate
    assert middle == pytest.approx(math.log(PRIOR.learning_rate) - shift)
