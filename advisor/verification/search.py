"""Where to train next, and when it is enough: from the rules' interval to a decision, whoever does the training.

A first round spans the rules' interval. It goes on, down as well as up, until the lowest loss has worse ones on both
sides, and stops at the plan's number of further rates or when the budget is spent. Short trials that train one after
another begin with the rules' rate and one above, and go on towards the lower loss until it is at no edge. A second
round then lies around the decision of the first, off its rates where both have the same length. Where its trials are
longer, they are as long as the budget pays for, and what is advised is the mean of both rounds and the rules (belief).
What is then left of a budget in seconds is used up by ``later_rounds``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from advisor.results import Interval, Recommendation
from advisor.training.compute_budget import TrialPlan
from advisor.verification.belief import belief_of
from advisor.verification.bracket import is_bracketed_above, is_bracketed_below, learned
from advisor.verification.horizon import Horizon
from advisor.verification.later_rounds import LaterRounds
from advisor.verification.observations import observed
from advisor.verification.point import Point
from advisor.verification.rounds import (
    UNLIMITED,
    Allowance,
    Reference,
    Round,
    SearchResult,
    Train,
    by_rate,
    decided,
)

MIN_GAP, MAX_GAP = math.log(3.0), math.log(10.0)
"""Between the rates of the first round. On recorded trials of calibration tasks four rates so far apart, and more where
the best lies at an edge, choose as well as six (``python -m benchmarks.regret replay``)."""
CLOSE = 0.05
"""Rates closer than this, in natural log, are not both trained. Judgement: their losses differ by less than seeds
do."""


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
    later = LaterRounds(train, horizon, reference, seed, allowance)
    first, bracketed, has_learned = _first(
        train, prior, plan, horizon(plan.share), reference, allowance, adaptive=one_by_one and plan.share < 1.0
    )
    belief = belief_of(prior, short=plan.share < 1.0)
    decision = decided(first, belief, reference, seed)
    rounds = (first,)
    if decision is None or not plan.refinements:
        return later.use_up(SearchResult(decision, rounds, bracketed, has_learned), belief)
    if not plan.refinement_shares:
        rates = _between(first.points, decision.log_rate, plan.refinements)
        more = train(rates, plan.share, "trials around the best")
        merged = Round(plan.share, by_rate((*first.points, *more)), first.horizon)
        decision = decided(merged, belief, reference, seed)
        return later.use_up(SearchResult(decision, (merged,), bracketed, has_learned), belief)
    share = allowance.longest(plan.refinement_shares, plan.refinements)
    found = SearchResult(decision, rounds, bracketed, has_learned)
    longer = later.longer(found, belief, plan.refinements, share)
    return found if longer is None else later.use_up(*longer)


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
    return Round(plan.share, by_rate(points), step), not (below or above), has_learned


def first_round(center: float, interval: Interval, count: int) -> list[float]:
    """Return the rules' log rate and others evenly around it, of an even number one more above than below.

    The rules' rate is always tried itself, so that what is said of it is what its own trials show. Four rates span nine
    tenths of its interval.
    """
    gap = min(MAX_GAP, max(MIN_GAP, 0.3 * math.log(interval.ratio)))
    return [center + gap * (index - (count - 1) // 2) for index in range(count)]


def _between(points: Sequence[Point], center: float, count: int) -> list[float]:
    """Return log rates between the neighbours of a rate, off those that were tried."""
    rates = [point.log_rate for point in points]
    gap = min(later - one for one, later in pairwise(rates))
    low, high = max(rates[0], center - 0.8 * gap), min(rates[-1], center + 0.8 * gap)
    spread = [low + (high - low) * index / (count - 1) for index in range(count)]
    return [rate for rate in spread if min(abs(rate - known) for known in rates) > CLOSE]
