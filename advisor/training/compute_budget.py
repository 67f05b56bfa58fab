"""How much a budget buys, in counted work rather than measured time, so that the same seed gives the same answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from advisor.errors import PlanError
from advisor.facts.names import Budget
from advisor.training.job import Job
from advisor.training.step_cost import StepCost, StepOperations, step_operations


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """What is trained, as ``verification.search`` does it.

    Attributes:
        share: length of a trial, as a share of the full run.
        rates: learning rates in the first round; two at least.
        seeds: per rate.
        further: rates beyond the first round, at most, while the best is not bracketed. They are no part of ``work``:
            whoever trains stops when the budget is spent.
        refinements: rates in a second round, around the best.
        refinement_share: length of the trials of the second round; None: that of the first. Longer ones decide alone.
        compared: Adam 1e-3 is trained as well, for comparison, as long as the last round.
    """

    share: float
    rates: int
    seeds: int = 1
    refinements: int = 0
    compared: bool = True
    further: int = 8
    refinement_share: float | None = None

    @property
    def last_share(self) -> float:
        """Length of the trials that decide."""
        return self.refinement_share or self.share

    def work(self, cost: StepCost) -> float:
        """Return the operations per step of the full run, when no round beyond the planned ones is needed."""
        rounds = [
            (self.share, self.rates * self.seeds),
            (self.last_share, self.refinements * self.seeds),
            (self.last_share, self.seeds * self.compared),
        ]
        return sum(share * cost.of(members) for share, members in rounds if members)


PLANS = (
    TrialPlan(1.0, 6, 5, 4),
    TrialPlan(1.0, 6, 5),
    TrialPlan(1.0, 4, 3),
    TrialPlan(1.0, 4, 2, compared=False),
    TrialPlan(1.0, 4, compared=False),
    TrialPlan(1 / 8, 3, refinements=3, refinement_share=1 / 2, compared=False, further=2),
    TrialPlan(1 / 8, 3, refinements=2, refinement_share=1 / 2, compared=False, further=1),
    TrialPlan(1 / 8, 3, refinements=3, refinement_share=1 / 4, compared=False, further=2),
    TrialPlan(1 / 8, 3, compared=False, further=2),
)
"""From rich to lean; the first that a budget pays for is taken. Each seed holds out other samples, so seeds go last but
for the length of trials: what is best early on is not what ends best (``python -m benchmarks.regret replay``)."""
LEANEST = TrialPlan(1.0, PLANS[-1].rates, compared=False)
"""The fewest rates and seeds; its trials are as long as the budget lasts."""
MIN_STEPS = 30
SHORT_RUN = 150
"""Optimizer steps of a run whose trials are full runs: a part of it is over before it says anything."""
SHORT_PLAN = TrialPlan(1.0, 3, compared=False, further=2)


@dataclass(frozen=True, slots=True)
class BudgetLimits:
    """Operations that a named budget may spend.

    Attributes:
        trainings: as multiples of one full training of the model alone.
        least: but never less; small jobs deserve a sound answer.
        most: and never more, unless ``least`` is.
        richest: plan of trials beyond which more buy little.
    """

    trainings: float
    least: float
    most: float
    richest: TrialPlan = PLANS[0]

    def work(self, training: float) -> float:
        """Return the operations for a job whose full run takes ``training``."""
        return max(self.least, min(self.most, self.trainings * training))


BUDGETS: dict[str, BudgetLimits] = {
    "quick": BudgetLimits(trainings=0.6, least=3e10, most=1e12, richest=PLANS[3]),
    "standard": BudgetLimits(trainings=1.5, least=1.2e11, most=4e12, richest=PLANS[2]),
    "thorough": BudgetLimits(trainings=5.0, least=6e11, most=4e13),
}
PROBE_SHARE = 0.08
"""Of the budget, for the probe: the rest of a standard one pays for two trials of half the run and three short ones."""
TIMED_STEPS, TIMED_SHARE = 5, 0.05
"""Steps that are timed to turn seconds into work, and the share of the seconds after which no more are."""


@dataclass(frozen=True, slots=True)
class ComputeBudget:
    """What a budget buys, in operations.

    Attributes:
        probe: for the probe.
        trials: for the trials.
        step: what one optimizer step of the job computes.
        timed: the budget is a number of seconds, which nothing may pass.
        richest: plan of trials, however much is left.
    """

    probe: float
    trials: float
    step: StepOperations
    timed: bool = False
    richest: TrialPlan = PLANS[0]

    def shared(self, count: int) -> ComputeBudget:
        """Return what each of so many trials of a try_rivals may spend."""
        return replace(self, trials=self.trials / count)


def compute_budget(budget: Budget | float, job: Job) -> ComputeBudget:
    """Return what a named budget or a number of seconds buys.

    Seconds are turned into operations by timing a few steps, so such an answer depends on the machine.

    Raises:
        PlanError: seconds that are not positive.
    """
    step = step_operations(job)
    alone = step.cost(batched=False).alone
    if isinstance(budget, str):
        limits = BUDGETS[budget]
        work, richest = limits.work(alone * job.total_steps), limits.richest
    elif budget > 0:
        work, richest = budget * alone / _seconds_of_step(job, TIMED_SHARE * budget), PLANS[0]
    else:
        raise PlanError(f"budget={budget}: give a positive number of seconds, or quick, standard or thorough")
    timed = not isinstance(budget, str)
    return ComputeBudget(PROBE_SHARE * work, (1 - PROBE_SHARE) * work, step, timed=timed, richest=richest)


def _seconds_of_step(job: Job, seconds: float) -> float:
    model = job.make_model(0)
    batches = job.train.draw(job.batch_size, 0)
    job.loss(model, next(batches)).backward()  # the first step also allocates
    began, steps, spent = time.perf_counter(), 0, 0.0
    while steps < TIMED_STEPS and (not steps or spent < seconds):
        job.loss(model, next(batches)).backward()
        steps += 1
        spent = time.perf_counter() - began
    return max(1e-5, spent / steps)


def affordable(job: Job, compute: ComputeBudget, *, batched: bool) -> TrialPlan | None:
    """Return the richest plan that the trials' work pays for; None when not even the leanest has ``MIN_STEPS``.

    When no plan fits, the leanest gets trials as long as the work lasts.

    Args:
        job: what is trained.
        compute: what the budget buys.
        batched: trials train together; otherwise one after another.
    """
    cost = compute.step.cost(batched=batched)
    per_step = compute.trials / job.total_steps
    least = min(1.0, MIN_STEPS / job.total_steps)
    plans = PLANS[PLANS.index(compute.richest) :]
    fitting = [plan for plan in plans if plan.work(cost) <= per_step and plan.share >= least]
    if fitting:
        return fitting[0]
    if job.total_steps < SHORT_RUN and not compute.timed:
        return SHORT_PLAN
    share = min(1.0, per_step / LEANEST.work(cost))
    return replace(LEANEST, share=share) if share >= least else None


def affordable_steps(compute: ComputeBudget, *, batched: bool) -> int:
    """Return how many steps each trial of the leanest plan can have."""
    return int(compute.trials / LEANEST.work(compute.step.cost(batched=batched)))
