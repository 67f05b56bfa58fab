"""advisor's own search, replayed on stored landscapes as its budgets would pay for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.training.compute_budget import BUDGETS, ONE_ROUND, PROBE_SHARE, SHORTEST, TWO_ROUNDS, TrialPlan
from advisor.verification.horizon import horizon
from advisor.verification.point import Point
from advisor.verification.rounds import Reference, Unlimited
from advisor.verification.search import search
from advisor.verification.verdicts import MOVED
from benchmarks.jobs.replay import Strategy, Trials

JUDGING = 0.02
"""Cost of judging a model once, in full trainings: the median of what calibration jobs' landscapes say of theirs."""
HELD_OUT = 400
"""Held-out samples, about as many as the jobs have: it sets how far a single loss is believed."""


@dataclass(frozen=True)
class OwnSearch:
    """A plan of trials, one seed, trained one after another.

    Attributes:
        plan: what is trained.
        limit: most that it may cost, in full trainings.
    """

    plan: TrialPlan
    limit: float

    def __call__(self, trials: Trials) -> float:
        """Return the rate that the verdict would advise."""
        prior, steps = trials.recommendation, trials.steps

        def train(log_rates: Sequence[float], share: float, _what: str) -> list[Point]:
            trials.cost += JUDGING * len(log_rates)
            return [Point(rate, (trials.loss(math.exp(rate), length=share),)) for rate in log_rates]

        found = search(
            train,
            prior,
            self.plan,
            horizon=lambda share: horizon(max(1, round(share * steps)), steps, prior.horizon_exponent),
            reference=Reference(trials.untrained_loss, HELD_OUT),
            seed=0,
            allowance=_Left(self.plan, self.limit, trials),
            one_by_one=True,
        )
        if found.decision is None:
            return prior.learning_rate / 3.0
        log_rate = found.decision.log_rate + found.last.horizon.shift
        stands = abs(log_rate - math.log(prior.learning_rate)) <= MOVED
        return prior.learning_rate if stands else math.exp(log_rate)


@dataclass(frozen=True)
class _Left(Unlimited):
    """What is left of a limit in full trainings."""

    plan: TrialPlan
    limit: float
    trials: Trials

    def further(self, count: int) -> int:
        later = self.plan.refinements * (self.plan.last_share + JUDGING)
        left = self.limit - self.trials.cost - later
        return max(0, min(count, int(left / (self.plan.share + JUDGING) + 1e-9)))

    def longest(self, shares: Sequence[float], rates: int) -> float:
        left = self.limit - self.trials.cost
        return next((share for share in shares if rates * (share + JUDGING) <= left + 1e-9), shares[-1])


OWN: dict[str, Strategy] = {
    f"advisor's search, {budget}": OwnSearch(plan, (1 - PROBE_SHARE) * BUDGETS[budget].trainings)
    for budget, plan in (("quick", SHORTEST), ("standard", ONE_ROUND), ("thorough", TWO_ROUNDS))
}
"""By budget, with what is left for trials once the probe is paid."""
