"""Where trials are made: around the rules' rate, further out while the best is at an edge, and around the best."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

from advisor.results import Interval, Recommendation
from advisor.training.compute_budget import TrialPlan
from advisor.verification.belief import belief_of
from advisor.verification.horizon import Horizon, horizon
from advisor.verification.point import Point
from advisor.verification.rounds import UNLIMITED, Allowance, Reference, SearchResult, Unlimited
from advisor.verification.search import first_round, search

PRIOR = Recommendation(
    learning_rate=1e-2, interval=Interval(lower=2e-3, upper=5e-2), optimizer="adamw", schedule="cosine"
)


def searched(
    loss: Callable[[float], float | None],
    plan: TrialPlan,
    shift: float = 0.0,
    *,
    to_beat: float = 10.0,
    further: int | None = None,
) -> tuple[SearchResult, list[int]]:
    asked: list[int] = []

    def train(log_rates: Sequence[float], _share: float, _what: str) -> list[Point]:
        asked.append(len(log_rates))
        return [Point(rate, (loss(math.exp(rate)),) * plan.seeds) for rate in log_rates]

    found = search(
        train,
        PRIOR,
        plan,
        horizon=lambda _share: Horizon(shift),
        reference=Reference(to_beat, 10_000),
        seed=0,
        allowance=Counted(lambda count: count if further is None else min(count, further - sum(asked[1:]))),
    )
    return found, asked


class Counted(Unlimited):
    """A budget that pays for so many further rates."""

    def __init__(self, further: Callable[[int], int]) -> None:
        self._further = further

    def further(self, count: int) -> int:
        return self._further(count)


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
    assert found.bracketed
    rates = [point.log_rate for point in found.points]
    assert rates[0] < math.log(best) < rates[-1]


@pytest.mark.parametrize("best", [1e-5, 3.0])
def test_a_budget_that_is_spent_ends_the_search_and_the_result_says_so(best: float) -> None:
    found, asked = searched(bowl(best), TrialPlan(1.0, 4), further=1)
    assert asked == [4, 1]
    assert not found.bracketed
    _, none_further = searched(bowl(best), TrialPlan(1.0, 4, further=0))
    assert none_further == [4]


def two_valleys(rate: float) -> float:
    """Nets at high rates that predict a constant, with a bottom of their own, and what can be learned far below."""
    if rate > 1e-3:
        return 0.99 + 0.1 * math.log(rate / 0.1) ** 2 / 10
    return 0.5 + 0.05 * math.log(rate / 1e-4) ** 2


def test_a_bottom_among_nets_that_predict_a_constant_is_no_bottom() -> None:
    found, _ = searched(two_valleys, TrialPlan(1.0, 4), to_beat=1.0)
    assert found.has_learned
    assert found.decision is not None
    assert two_valleys(math.exp(found.decision.log_rate)) < 0.53


def test_a_search_ends_where_the_output_no_longer_changes() -> None:
    found, asked = searched(lambda _rate: 0.7, TrialPlan(1.0, 4), to_beat=0.7)
    assert asked == [4]
    assert not found.has_learned


def test_a_search_ends_where_a_lower_rate_learns_nothing_however_wide_the_errors() -> None:
    """Few held-out samples of a small table: rates of the right size are far apart and not told apart."""
    asked: list[float] = []

    def train(log_rates: Sequence[float], _share: float, _what: str) -> list[Point]:
        asked.extend(log_rates)
        losses = [min(1.0, 0.7 + 0.05 * (log_rate - math.log(1e-2)) ** 2) for log_rate in log_rates]
        spread = [0.3 if round(10 * log_rate) % 2 else -0.3 for log_rate in log_rates]
        return [Point(rate, (loss - by, loss + by)) for rate, loss, by in zip(log_rates, losses, spread, strict=True)]

    plan = TrialPlan(1.0, 4, 2)
    found = search(train, PRIOR, plan, horizon=lambda _share: Horizon(), reference=Reference(1.0, 4), seed=0)
    assert found.has_learned
    slow = [rate for rate in asked if math.log(1e-2) - rate > math.sqrt(6.0)]
    assert len(slow) == 1


def after_longer_trials(
    early: float, late: float, plan: TrialPlan, allowance: Allowance = UNLIMITED
) -> tuple[SearchResult, list[float]]:
    """Search where short trials are best at one rate, and longer ones at another."""
    lengths: list[float] = []

    def train(log_rates: Sequence[float], share: float, _what: str) -> list[Point]:
        lengths.append(share)
        best = early if share == plan.share else late
        return [Point(rate, (bowl(best)(math.exp(rate)),)) for rate in log_rates]

    found = search(
        train,
        PRIOR,
        plan,
        horizon=lambda share: horizon(round(1000 * share), 1000, 0.0),
        reference=Reference(10.0, 10_000),
        seed=0,
        allowance=allowance,
    )
    return found, lengths


@pytest.mark.parametrize("refinements", [2, 3])
def test_longer_trials_lie_around_the_mean_of_rules_and_shorter_ones(refinements: int) -> None:
    plan = TrialPlan(1 / 8, 3, refinements=refinements, refinement_shares=(1 / 2,))
    found, lengths = after_longer_trials(2e-2, 3e-2, plan)
    assert sorted(set(lengths)) == [1 / 8, 1 / 2]
    tried = [point.log_rate for point in found.points]
    assert math.log(1e-2) < sum(tried) / refinements < math.log(2e-2)
    assert found.decision is not None
    assert sum(tried) / refinements < found.decision.log_rate < math.log(3e-2) + math.log(3.0) / 2
    assert 3e-2 in found.decision.interval
    assert math.exp(found.decision.log_rate) in found.decision.interval


def test_two_longer_trials_point_beyond_the_lower_one() -> None:
    found, _ = after_longer_trials(1e-2, 0.3, TrialPlan(1 / 8, 3, refinements=2, refinement_shares=(1 / 2,)))
    assert found.decision is not None
    assert found.decision.belief.vertices[-1][0] > found.points[-1].log_rate


def test_longer_trials_are_as_long_as_the_budget_pays_for() -> None:
    class Tight(Unlimited):
        def longest(self, shares: Sequence[float], rates: int) -> float:
            return next(share for share in shares if rates * share <= 0.85)

    plan = TrialPlan(1 / 8, 3, refinements=2, refinement_shares=(0.5, 0.4, 0.3))
    assert after_longer_trials(1e-2, 1e-2, plan)[1][-1] == 0.5
    assert after_longer_trials(1e-2, 1e-2, plan, Tight())[1][-1] == 0.4


class Spare(Unlimited):
    """A budget that pays for so many rates beyond the planned rounds."""

    def __init__(self, left: int) -> None:
        self.left = left

    def has_spare(self, share: float) -> bool:
        self.left -= 1
        return self.left >= 0


@pytest.mark.parametrize("plan", [TrialPlan(1 / 8, 3), TrialPlan(1 / 8, 3, refinements=2, refinement_shares=(0.5,))])
def test_what_is_left_of_a_budget_goes_to_rates_around_the_best(plan: TrialPlan) -> None:
    planned, lengths = after_longer_trials(2e-2, 3e-2, plan)
    found, longer = after_longer_trials(2e-2, 3e-2, plan, Spare(3))
    assert longer == [*lengths, *[found.last.share] * 3]
    assert len(found.points) == len(planned.points) + 3
    assert found.decision is not None
    assert found.bracketed
    assert planned.decision is not None
    best = math.log(2e-2 if len(found.rounds) == 1 else 3e-2)
    assert (
        abs(found.decision.belief.vertices[-1][0] - best) <= abs(planned.decision.belief.vertices[-1][0] - best) + 0.1
    )


def test_a_budget_without_end_is_not_spent_on_rates_that_say_nothing() -> None:
    allowance = Spare(1_000)
    found, _ = after_longer_trials(2e-2, 2e-2, TrialPlan(1 / 8, 3), allowance)
    assert allowance.left > 900
    rates = [point.log_rate for point in found.points]
    near = sorted(abs(rate - math.log(2e-2)) for rate in rates)
    assert near[2] < math.log(1.5)


class Endless(Spare):
    """A budget that pays for longer trials and further seeds, too."""

    def __init__(self, loss: Callable[[float, int], float], *, lengths: tuple[float, ...] = ()) -> None:
        super().__init__(1_000)
        self.loss, self.lengths = loss, list(lengths)

    def longer_spare(self, share: float, rates: int) -> float | None:
        return self.lengths.pop(0) if self.lengths and rates == 3 else None

    def with_another_seed(self, points: Sequence[Point], share: float) -> tuple[Sequence[Point], int]:
        seeds = len(points[0].losses)
        more = [Point(one.log_rate, (self.loss(math.exp(one.log_rate), seeds),)) for one in points]
        return [one.with_seeds_of(other) for one, other in zip(points, more, strict=True)], 10_000


def test_what_no_further_rate_needs_goes_to_longer_trials_and_then_to_seeds() -> None:
    allowance = Endless(lambda rate, _seed: bowl(3e-2)(rate), lengths=(1 / 4, 1 / 2))
    found, lengths = after_longer_trials(2e-2, 3e-2, TrialPlan(1 / 8, 3), allowance)
    assert sorted(set(lengths)) == [1 / 8, 1 / 4, 1 / 2]
    assert [one.share for one in found.rounds] == [1 / 8, 1 / 4, 1 / 2, 1 / 2]
    assert {len(point.losses) for point in found.points} == {5}
    assert found.bracketed
    assert found.decision is not None
    assert 3e-2 in found.decision.interval
    assert allowance.left > 900


def test_further_seeds_overrule_the_first() -> None:
    def loss(rate: float, seed: int) -> float:
        return bowl(2e-2 if seed == 0 else 5e-3)(rate)

    alone, _ = after_longer_trials(2e-2, 2e-2, TrialPlan(1.0, 4), Spare(1_000))
    found, _ = after_longer_trials(2e-2, 2e-2, TrialPlan(1.0, 4), Endless(loss))
    assert alone.decision is not None
    assert found.decision is not None
    assert found.decision.log_rate < alone.decision.log_rate


def test_spare_rates_go_on_beyond_an_edge() -> None:
    planned, _ = after_longer_trials(1.0, 1.0, TrialPlan(1 / 8, 3, further=0))
    found, _ = after_longer_trials(1.0, 1.0, TrialPlan(1 / 8, 3, further=0), Spare(6))
    assert not planned.bracketed
    assert found.bracketed
    assert found.points[-1].log_rate > 0.0


def test_rules_that_trials_contradict_by_far_lose_their_say() -> None:
    rules = belief_of(PRIOR, short=True)
    near, far = (rules.with_trials(rules.rules + step, Horizon(0.0, 0.5)) for step in (1.0, 9.0))
    assert (near.log_rate - rules.rules) / 1.0 < (far.log_rate - rules.rules) / 9.0
    assert far.log_rate - rules.rules > 8.5
    assert near.deviation < rules.deviation


@pytest.mark.parametrize("best", [1e-4, 1e-2, 4e-2, 1.0])
def test_short_trials_one_by_one_go_towards_the_lower_loss(best: float) -> None:
    tried: list[float] = []

    def train(log_rates: Sequence[float], _share: float, _what: str) -> list[Point]:
        tried.extend(log_rates)
        return [Point(rate, (bowl(best)(math.exp(rate)),)) for rate in log_rates]

    plan = TrialPlan(1 / 8, 3, further=8)
    found = search(
        train,
        PRIOR,
        plan,
        horizon=lambda _share: Horizon(0.0, 0.8),
        reference=Reference(10.0, 10_000),
        seed=0,
        one_by_one=True,
    )
    assert tried[0] == math.log(PRIOR.learning_rate)
    lowest = min(tried, key=lambda rate: bowl(best)(math.exp(rate)))
    assert min(tried) < lowest < max(tried)
    assert len(tried) <= 2 + math.ceil(abs(math.log(best / PRIOR.learning_rate)) / math.log(3.0)) + 1
    assert found.decision is not None
    lowest_or_rules = sorted((math.log(best), math.log(PRIOR.learning_rate)))
    assert lowest_or_rules[0] - 0.2 <= found.decision.log_rate <= lowest_or_rules[1] + 0.2
    assert abs(found.decision.log_rate - math.log(best)) < 0.5 * abs(math.log(best / PRIOR.learning_rate)) + 0.2


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6])
def test_the_first_round_holds_the_rate_of_the_rules(count: int) -> None:
    assert math.log(PRIOR.learning_rate) in first_round(math.log(PRIOR.learning_rate), PRIOR.interval, count)


def test_longer_trials_whose_best_is_at_an_edge_are_not_bracketed() -> None:
    def train(log_rates: Sequence[float], share: float, _what: str) -> list[Point]:
        best = 1e-2 if share < 0.5 else 1.0
        return [Point(rate, (bowl(best)(math.exp(rate)),)) for rate in log_rates]

    plan = TrialPlan(1 / 8, 3, refinements=3, refinement_shares=(1 / 2,))
    found = search(train, PRIOR, plan, horizon=lambda _share: Horizon(), reference=Reference(10.0, 10_000), seed=0)
    assert not found.bracketed


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
    assert len(asked) == 1 + TrialPlan(1.0, 5).further


def test_short_trials_are_made_where_the_short_run_wants_them() -> None:
    shift = math.log(0.5)
    found, _ = searched(bowl(2e-2), TrialPlan(0.5, 5), shift=shift)
    middle = found.points[2].log_rate
    assert middle == pytest.approx(math.log(PRIOR.learning_rate) - shift)
