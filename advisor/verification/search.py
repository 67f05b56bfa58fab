"""Where to train next, and when it is enough: from the rules' interval to a decision, whoever does the training.

A first round spans the rules' interval. It goes on, down as well as up, until the lowest loss has worse ones on both
sides, and stops at the plan's number of further rates or when the budget is spent. Short trials that train one after
another begin with the rules' rate and one above, and go on towards the lower loss until it is at no edge. A second
round then lies around the decision of the first, off its rates where both have the same length. Where its trials are
longer, they are as long as the budget pays for, and what is advised is the mean of both rounds and the rules (belief).
What is then left of a budget in seconds goes to further rates of the last length around the decision.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from advisor.results import Interval, Recommendation
from advisor.training.compute_budget import TrialPlan
from advisor.verification.belief import Belief, belief_of
from advisor.verification.bracket import is_bracketed_above, is_bracketed_below, learned
from advisor.verification.decision import Decision, decide
from advisor.verification.horizon import Horizon
from advisor.verification.observations import observed
from advisor.verification.point import Point

Train = Callable[[Sequence[float], float, str], Sequence[Point]]
"""(natural logs of rates, length as a share of the full run, what for) → the trials at these rates."""


MIN_GAP, MAX_GAP = math.log(3.0), math.log(10.0)
"""Between the rates of the first round. On recorded trials of calibration tasks four rates so far apart, and more where
the best lies at an edge, choose as well as six (``python -m benchmarks.regret replay``)."""
SECOND_GAP = math.log(3.0)
"""Between the rates of a second, longer round: on landscapes of real jobs (``python -m benchmarks.jobs replay``)."""
FINE_GAP = math.log(1.3)
"""Between the lowest loss and its neighbours, from which no further rate is trained around it. Judgement: the losses of
such rates differ by less than a held-out sample can tell."""
CLOSE = 0.05
"""Rates closer than this, in natural log, are not both trained. Judgement: their losses differ by less than seeds
do."""


class Allowance(Protocol):
    """What the budget pays for."""

    def further(self, count: int) -> int:
        """Return how many of so many further rates of the first length there may be, the second round kept free."""

    def longest(self, shares: Sequence[float], rates: int) -> float:
        """Return the first of these lengths that so many rates may have."""

    def has_spare(self, share: float) -> bool:
        """Return whether one more rate of this length may be trained when all planned rounds are done."""


class Unlimited:
    """A budget that pays for everything."""

    def further(self, count: int) -> int:
        """Return all of them."""
        return count

    def longest(self, shares: Sequence[float], rates: int) -> float:  # noqa: ARG002 - as many as are wanted
        """Return the first."""
        return shares[0]

    def has_spare(self, share: float) -> bool:  # noqa: ARG002 - nothing is left over of what has no end
        """Return that none is needed."""
        return False


UNLIMITED = Unlimited()


@dataclass(frozen=True, slots=True)
class Reference:
    """Losses of models that learned nothing, which trials are held against.

    Attributes:
        to_beat: held-out loss of the best constant prediction, or of an untrained model where that is not known.
        evaluation_samples: samples that the losses at a rate are measured on, over all seeds.
    """

    to_beat: float | None
    evaluation_samples: int


@dataclass(frozen=True, slots=True)
class Round:
    """Trials of one length, by rate.

    Attributes:
        share: length, as a share of the full run.
        points: by rate.
        horizon: from the best rate of this length to that of the full run.
    """

    share: float
    points: tuple[Point, ...]
    horizon: Horizon


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search ended with.

    Attributes:
        decision: of the last round; None when every trial diverged, or fewer than two were trained to the end.
        rounds: one for each length of trials.
        bracketed: the lowest loss of the first length has worse ones on both sides, and that of the round that decides
            is at no edge of it; of a round of two, what they point to lies between those worse ones.
        has_learned: some rate ends below the loss to beat.
    """

    decision: Decision | None
    rounds: tuple[Round, ...]
    bracketed: bool
    has_learned: bool

    @property
    def last(self) -> Round:
        """The round that decides."""
        return self.rounds[-1]

    @property
    def points(self) -> tuple[Point, ...]:
        """The trials of the round that decides, by rate."""
        return self.last.points


def search(
    train: Train,
    prior: Recommendation,
    plan: TrialPlan,
    *,
    horizon: Callable[[float], Horizon],
    reference: Reference,
    seed: int,
    allowance: Allowance = UNLIMITED,
    one_by_one: bool = False,
) -> SearchResult:
    """Train around the rules' rate until the best is bracketed, and once more around the best.

    Args:
        train: trains at rates of a short run.
        prior: the rules' recommendation; its interval is the prior.
        plan: how many rates in which round, and how long.
        horizon: share of the full run → from the best rate of such a trial to that of the full run.
        reference: losses of models that learned nothing.
        seed: of the decision's draws.
        allowance: what the budget pays for.
        one_by_one: rates are trained one after another, so that nothing is lost by asking for them one at a time.
    """

    def with_spare(found: SearchResult, belief: Belief) -> SearchResult:
        return _with_spare(train, found, belief, reference, seed, allowance)

    first, bracketed, has_learned = _first(
        train, prior, plan, horizon(plan.share), reference, allowance, adaptive=one_by_one and plan.share < 1.0
    )
    belief = belief_of(prior, short=plan.share < 1.0)
    decision = _decided(first, belief, reference, seed)
    rounds = (first,)
    if decision is None or not plan.refinements:
        return with_spare(SearchResult(decision, rounds, bracketed, has_learned), belief)
    if not plan.refinement_shares:
        rates = _between(first.points, decision.log_rate, plan.refinements)
        more = train(rates, plan.share, "trials around the best")
        merged = Round(plan.share, _sorted((*first.points, *more)), first.horizon)
        decision = _decided(merged, belief, reference, seed)
        return with_spare(SearchResult(decision, (merged,), bracketed, has_learned), belief)
    share = allowance.longest(plan.refinement_shares, plan.refinements)
    step = horizon(share)
    # Trials that learned nothing rank rates by chance: longer ones start from the rules again.
    after = decision.belief if has_learned else belief
    center = after.log_rate - step.shift
    rates = [center + SECOND_GAP * (at - (plan.refinements - 1) / 2) for at in range(plan.refinements)]
    longer = Round(share, _sorted(train(rates, share, "longer trials around the best")), step)
    if len(longer.points) < 2:
        return SearchResult(decision, rounds, bracketed, has_learned)
    later = _decided(longer, after, reference, seed)
    if later is None:
        return SearchResult(decision, rounds, bracketed, has_learned)
    seen = observed(longer.points, reference.evaluation_samples, reference.to_beat)
    if seen is not None:
        inside = _lies_within(later, step, first) if len(seen.x) == 2 else 0 < seen.lowest < len(seen.x) - 1
        bracketed = bracketed and inside
        has_learned = has_learned or learned(seen, reference.to_beat)
    return with_spare(SearchResult(later, (first, longer), bracketed, has_learned), after)


def _with_spare(
    train: Train, found: SearchResult, belief: Belief, reference: Reference, seed: int, allowance: Allowance
) -> SearchResult:
    """Train further rates of the last length around the decision, as long as something is left for them.

    Args:
        train: trains at rates of a short run.
        found: what the planned rounds ended with.
        belief: where the best rate lies before the last round.
        reference: losses of models that learned nothing.
        seed: of the decision's draws.
        allowance: what the budget pays for.
    """
    while found.decision is not None and allowance.has_spare(found.last.share):
        rate = _next_rate(found.points, found.decision.log_rate)
        more = () if rate is None else train([rate], found.last.share, "trials around the best")
        if not more:
            break
        last = replace(found.last, points=_sorted((*found.points, *more)))
        decision = _decided(last, belief, reference, seed)
        seen = observed(last.points, reference.evaluation_samples, reference.to_beat)
        if decision is None or seen is None:
            break
        found = SearchResult(
            decision=decision,
            rounds=(*found.rounds[:-1], last),
            bracketed=0 < seen.lowest < len(seen.x) - 1,
            has_learned=found.has_learned or learned(seen, reference.to_beat),
        )
    return found


def _next_rate(points: Sequence[Point], decided: float) -> float | None:
    """Return the log rate that says most of the best one.

    Beyond the lowest loss where that is at an edge; else what was decided, where nothing near it was tried; else midway
    in the wider of the gaps on both sides of the lowest loss. None: these are as narrow as ``FINE_GAP``.
    """
    finite = [(point.mean, point.log_rate) for point in points if point.mean is not None and not point.stopped]
    if not finite:
        return None
    lowest = min(finite)[1]
    below = max((point.log_rate for point in points if point.log_rate < lowest), default=None)
    above = min((point.log_rate for point in points if point.log_rate > lowest), default=None)
    if below is None or above is None:
        return lowest - SECOND_GAP if below is None else lowest + SECOND_GAP
    if min(abs(point.log_rate - decided) for point in points) > FINE_GAP:
        return decided
    middle = (lowest + below) / 2 if lowest - below > above - lowest else (lowest + above) / 2
    return middle if abs(middle - lowest) > FINE_GAP / 2 else None


def _lies_within(decision: Decision, step: Horizon, first: Round) -> bool:
    """Return whether a decision lies between the neighbours of the lowest loss of shorter trials."""
    rates = [point.log_rate + first.horizon.shift for point in first.points]
    losses = [math.inf if point.mean is None or point.stopped else point.mean for point in first.points]
    lowest = losses.index(min(losses))
    if lowest in {0, len(rates) - 1}:
        return False
    return rates[lowest - 1] < decision.log_rate + step.shift < rates[lowest + 1]


def _first(
    train: Train,
    prior: Recommendation,
    plan: TrialPlan,
    step: Horizon,
    reference: Reference,
    allowance: Allowance,
    *,
    adaptive: bool,
) -> tuple[Round, bool, bool]:
    """Return the first round, whether the lowest loss is bracketed, and whether anything was learned."""
    rates = first_round(math.log(prior.learning_rate) - step.shift, prior.interval, plan.rates)
    if adaptive:
        rates = [rates[(plan.rates - 1) // 2], rates[(plan.rates - 1) // 2] + MIN_GAP]
    gap = rates[1] - rates[0]
    points = list(train(rates, plan.share, "trials"))
    left = plan.rates + plan.further - len(rates)
    while True:
        seen = observed(points, reference.evaluation_samples, reference.to_beat)
        has_learned = seen is not None and learned(seen, reference.to_beat)
        tried = sorted(point.log_rate for point in points) or rates
        below = seen is None or not is_bracketed_below(seen, reference.to_beat)
        above = seen is not None and not is_bracketed_above(seen)
        wanted = [tried[0] - gap] * below + [tried[-1] + gap] * above
        if seen is not None:
            lowest = float(seen.x[seen.lowest])
            wanted.sort(key=lambda rate: abs(rate - lowest))
            if adaptive and has_learned:
                wanted = [rate for rate in wanted if abs(rate - lowest) < 1.5 * gap][:1]
        count = allowance.further(min(left, len(wanted)))
        if not count:
            break
        points += train(wanted[:count], plan.share, "trials further out")
        left -= count
    return Round(plan.share, _sorted(points), step), not (below or above), has_learned


def first_round(center: float, interval: Interval, count: int) -> list[float]:
    """Return the rules' log rate and others evenly around it, of an even number one more above than below.

    The rules' rate is always tried itself, so that what is said of it is what its own trials show. Four rates span nine
    tenths of its interval.
    """
    gap = min(MAX_GAP, max(MIN_GAP, 0.3 * math.log(interval.ratio)))
    return [center + gap * (index - (count - 1) // 2) for index in range(count)]


def _decided(trials: Round, belief: Belief, reference: Reference, seed: int) -> Decision | None:
    if len(trials.points) < 2:
        return None
    return decide(
        trials.points,
        belief,
        horizon=trials.horizon,
        evaluation_samples=reference.evaluation_samples,
        seed=seed,
        loss_to_beat=reference.to_beat,
    )


def _between(points: Sequence[Point], center: float, count: int) -> list[float]:
    """Return log rates between the neighbours of a rate, off those that were tried."""
    rates = [point.log_rate for point in points]
    gap = min(later - one for one, later in pairwise(rates))
    low, high = max(rates[0], center - 0.8 * gap), min(rates[-1], center + 0.8 * gap)
    spread = [low + (high - low) * index / (count - 1) for index in range(count)]
    return [rate for rate in spread if min(abs(rate - known) for known in rates) > CLOSE]


def _sorted(points: Sequence[Point]) -> tuple[Point, ...]:
    return tuple(sorted(points, key=lambda point: point.log_rate))
