"""How much a budget buys.

Named budgets are shares of one full training of the job alone, in measured time on this device. Small jobs, whose
budget is its floor, are counted instead, so that they always get the same plan; they are measured only to see that the
count is not far off, which no busy machine makes it. Measured plans come from a short ladder, so that a noisy clock
rarely changes the answer.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

import torch

from advisor.errors import PlanError
from advisor.facts.names import Budget
from advisor.training.deadline import Clock
from advisor.training.job import Job
from advisor.training.step_cost import SECONDS_PER_OPERATION, StepCost, StepOperations, step_operations
from advisor.training.step_time import MeasuredStep, is_on_accelerator, measure_step


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
        refinement_shares: lengths that the second round may have, the longest first: it gets the longest that the first
            round leaves the budget for. Empty: that of the first round.
        compared: Adam 1e-3 is trained as well, for comparison, as long as the last round.
    """

    share: float
    rates: int
    seeds: int = 1
    refinements: int = 0
    compared: bool = True
    further: int = 8
    refinement_shares: tuple[float, ...] = ()

    @property
    def last_share(self) -> float:
        """Least length of the trials that decide."""
        return self.refinement_shares[-1] if self.refinement_shares else self.share

    def work(self, cost: StepCost, judging: float = 0.0, *, spare: bool = False) -> float:
        """Return the operations per step of the full run, when no round beyond the planned ones is needed.

        Args:
            cost: of a step.
            judging: operations of judging a model once, per step of the full run.
            spare: one rate beyond the first round is planned for where trials are full runs, too.
        """
        further = int(spare and self.share == 1.0)
        rounds = [
            (self.share, (self.rates + further) * self.seeds),
            (self.last_share, self.refinements * self.seeds),
            (self.last_share, self.seeds * self.compared),
        ]
        return sum(share * cost.of(members) + members * judging for share, members in rounds if members)

    def settled(self, cost: StepCost, judging: float, per_step: float) -> TrialPlan:
        """Return the plan with the longest second round that so much work pays for when the first is as planned.

        Args:
            cost: of a step.
            judging: operations of judging a model once, per step of the full run.
            per_step: operations for all trials, per step of the full run.
        """
        choices = [replace(self, refinement_shares=(share,)) for share in self.refinement_shares]
        return next((one for one in choices if one.work(cost, judging) <= per_step), choices[-1] if choices else self)


TWO_ROUNDS = TrialPlan(1 / 8, 3, refinements=3, refinement_shares=(0.75, 0.65, 0.55), compared=False, further=2)
"""The region by short trials, and longer ones inside it, where four full trials cost too much (``python -m
benchmarks.jobs replay``)."""
ONE_ROUND = TrialPlan(0.37, 3, compared=False, further=2)
"""What a standard budget buys of a job of two seconds and more (``python -m benchmarks.jobs replay``)."""
SHORTEST = TrialPlan(1 / 8, 3, compared=False, further=2)
"""What a quick budget buys of such a job (``python -m benchmarks.jobs replay``)."""
PLANS = (
    TrialPlan(1.0, 6, 5, 4),
    TrialPlan(1.0, 6, 5),
    TrialPlan(1.0, 4, 3),
    TrialPlan(1.0, 4, 2, compared=False),
    TrialPlan(1.0, 4, compared=False),
    TWO_ROUNDS,
    ONE_ROUND,
    replace(ONE_ROUND, share=0.33),
    replace(ONE_ROUND, share=0.29),
    SHORTEST,
)
"""From rich to lean; the first that a budget pays for is taken. Each seed holds out other samples, so seeds go last but
for the length of trials: what is best early on is not what ends best (``python -m benchmarks.regret replay``)."""
LEANEST = TrialPlan(1.0, PLANS[-1].rates, compared=False)
"""The fewest rates and seeds; its trials are as long as the budget lasts. Judgement: a best
between two worse ones takes three."""
FEWEST_RATES = 2
"""Rates of a budget in seconds that pays for no more. Judgement: which of two ends lower says on which side the best
lies, and seconds that are left over say nothing."""
SHORT_RUN = 150
"""Optimizer steps of a run whose trials are full runs, within the ceiling of a standard budget, where neither its own
nor that one pays for ``MIN_STEPS``. Judgement: at an eighth of it no net has learned."""
MIN_STEPS = SHORT_RUN // 8
"""Steps of a trial at least: an eighth of the shortest run whose trials may be parts of it (``python -m benchmarks.jobs
replay``)."""
SHORT_PLAN = TrialPlan(1.0, 3, compared=False, further=2)
"""For runs that short. Judgement: the fewest rates that can bracket a best."""


LONG = 3_600 / SECONDS_PER_OPERATION
"""Operations of an hour, from which a longer training buys less than its share of check. Judgement: 15 % of a day is
more than anyone waits for, and what early trials say of a rate hardly grows with their length from there on."""


@dataclass(frozen=True, slots=True)
class BudgetLimits:
    """Operations that a named budget may spend.

    Attributes:
        trainings: as multiples of one full training of the model alone.
        least: but never less: the floor of small jobs.
        most: and never more, unless ``least`` is, or the share of a long run.
        long_share: of one full training of up to ``LONG``; beyond, it grows with the root of the length.
        richest: plan of trials beyond which more buy little.
    """

    trainings: float
    least: float
    most: float
    richest: TrialPlan = PLANS[0]
    long_share: float = 0.0

    def work(self, training: float) -> float:
        """Return the operations for a job whose full run takes ``training``."""
        long = training if training <= LONG else math.sqrt(LONG * training)
        return max(self.least, min(self.most, self.trainings * training), self.long_share * long)

    def is_floor(self, training: float) -> bool:
        """Return whether such a job gets the least there is."""
        return self.trainings * training <= self.least


BUDGETS: dict[str, BudgetLimits] = {
    "quick": BudgetLimits(trainings=0.6, least=3e10, most=1e12, richest=PLANS[3], long_share=0.03),
    "standard": BudgetLimits(trainings=1.35, least=1.2e11, most=4e12, richest=PLANS[2], long_share=0.15),
    "thorough": BudgetLimits(trainings=5.0, least=6e11, most=4e13, long_share=1.0),
}
"""Judgement: what people wait for. Floors are 0.45, 1.8 and 9 seconds of the machine that operations are told by
(``SECONDS_PER_OPERATION``), ceilings 15 seconds, one minute and ten; a long run is worth a range test's share of it."""
PROBE_SHARE = 0.08
"""Of the budget, for the probe. Judgement: the rest of a standard one pays for three trials of 37 % of the run."""
TIMED_SHARE = 0.02
"""Share of a number of seconds after which no further step is timed, of each of three kinds. Judgement: little."""
TIMED_SECONDS = 1.0
"""The same for named budgets, in seconds. Judgement: a step that takes longer needs no second look."""
SLOWED = 2.0
"""Measured time over that of the floor from which a small job is no longer counted. Judgement: other programs on the
machine make a step take up to twice its processor time, and a count that is too low by this much costs what the
floor of seconds does, this many times."""
COUNTED_SECONDS = 1.6
"""Measured seconds of a full training from which no job is counted, however far off the count is. Judgement: nobody
minds a few seconds, but from two on a check is to stay within its share of the training."""
UNCOUNTED = 0.1
"""Share of a named budget that what the call did before the check, such as imports, reading and facts, may take beside
it. Judgement: less than the measured time of a step is uncertain by."""
MOST_DEDUCTED = 0.25
"""Share of a named budget that trials give up at most for what the call did before, and nothing of its floor.
Judgement: with less, three short trials no longer fit a quick one."""
PLANNED_SHARE = 0.85
"""Of a number of seconds, for the planned rounds; further rates use up the rest. Judgement: looks at runs on their way
take up to a tenth, and an ensemble that the deadline stops says nothing at all."""
SHORTFALL = 0.7
"""Of ``MIN_STEPS``, that a named budget pays for at least where trials have all of them, if that is as large a part of
an eighth of the run. Judgement: what judging the nets and the call before take of a short run leaves a quick budget
just below three trials of 18 steps, and a check that trains nothing costs half of one that trains those."""
OVERDRAFT = 2.0
"""By which full runs of several seeds of a small job may pass their budget until the best is bracketed. Judgement: two
or three rounds of one more rate on each side cost about as much as the first round, a second or two."""


@dataclass(frozen=True, slots=True)
class ComputeBudget:
    """What a budget buys, in operations.

    Attributes:
        probe: for the probe.
        trials: for the trials.
        step: what one optimizer step of the job costs.
        timed: the budget is a number of seconds, which nothing may pass.
        richest: plan of trials, however much is left.
        judging: operations of judging one model on the held-out samples.
    """

    probe: float
    trials: float
    step: StepOperations | MeasuredStep
    timed: bool = False
    richest: TrialPlan = PLANS[0]
    judging: float = 0.0

    @property
    def is_measured(self) -> bool:
        """Whether steps are timed rather than counted."""
        return self.timed or isinstance(self.step, MeasuredStep)

    def after(self, spent: float) -> ComputeBudget:
        """Return what is left for trials when so many operations of the whole are spent."""
        return replace(self, probe=0.0, trials=max(0.0, self.probe + self.trials - spent))

    def shared(self, count: int) -> ComputeBudget:
        """Return what each of so many candidates may spend."""
        return replace(self, trials=self.trials / count)


def compute_budget(
    budget: Budget | float, job: Job, clock: Clock | None = None, *, earlier: float = 0.0
) -> ComputeBudget:
    """Return what a named budget or a number of seconds buys.

    Where trials need all of it, the probe gets nothing and measures the least it can.

    Args:
        budget: its name, or seconds.
        job: what is trained.
        clock: seconds; None: ``clock_of`` the budget.
        earlier: seconds that the call has taken so far; a budget in seconds has an end, and knows.

    Raises:
        PlanError: seconds that are not positive.
    """
    if not isinstance(budget, str) and not budget > 0:
        raise PlanError(f"budget={budget}: give a positive number of seconds, or quick, standard or thorough")
    clock = clock or clock_of(budget, job)
    if isinstance(budget, str):
        limits = BUDGETS[budget]
        step = _cost_of_step(job, limits, clock)
        work, richest = limits.work(step.cost(batched=False).alone * job.total_steps), limits.richest
    else:
        work, richest = min(budget, max(0.0, job.deadline.left)) / SECONDS_PER_OPERATION, PLANS[0]
        step = measure_step(job, clock, TIMED_SHARE * budget)
    if isinstance(step, MeasuredStep):
        if isinstance(budget, str):
            beyond = max(0.0, earlier / SECONDS_PER_OPERATION - UNCOUNTED * work)
            work = max(min(work, BUDGETS[budget].least), work - min(beyond, MOST_DEDUCTED * work))
        work = max(0.0, work - step.seconds / SECONDS_PER_OPERATION)
    compute = ComputeBudget(
        probe=PROBE_SHARE * work,
        trials=(1 - PROBE_SHARE) * work,
        step=step,
        timed=not isinstance(budget, str),
        richest=richest,
        judging=_cost_of_judging(job, step),
    )
    if isinstance(budget, str):
        compute = _with_parts_of_a_short_run(compute, job)
    return compute if affordable(job, compute, batched=True) is not None else replace(compute, probe=0.0, trials=work)


def _with_parts_of_a_short_run(compute: ComputeBudget, job: Job) -> ComputeBudget:
    """Return what a standard budget buys where a leaner one would have to train a short run in full.

    Three full runs or more cost several times the parts of it that a standard budget pays for.
    """
    if affordable(job, compute, batched=True) != SHORT_PLAN:
        return compute
    work = BUDGETS["standard"].work(compute.step.cost(batched=False).alone * job.total_steps)
    return replace(compute, probe=0.0, trials=max(compute.trials, (1 - PROBE_SHARE) * work))


def clock_of(budget: Budget | float, job: Job) -> Clock:
    """Return the clock of a budget.

    Named budgets are measured by the processor where it does all the work, so that other programs on the machine change
    no answer; all else by the wall. Where several threads share a step, the processor's time is theirs in sum, and that
    of this thread, which takes part in all they do, is what the user waits for.
    """
    if not isinstance(budget, str) or is_on_accelerator(job):
        return time.perf_counter
    return time.thread_time if job.shares_threads and torch.get_num_threads() > 1 else time.process_time


def _cost_of_step(job: Job, limits: BudgetLimits, clock: Clock) -> StepOperations | MeasuredStep:
    """Return the counted cost of a small job's step, and the measured one of any other.

    A job is small when the floor of its budget is what it gets by the count, unless the clock says that the count is
    far off (``SLOWED``) or that its training is not that short (``COUNTED_SECONDS``). Such a step is timed on the clock
    of its thread, which other threads do not move.
    """
    counted, steps = step_operations(job), job.total_steps
    if limits.is_floor(counted.cost(batched=False).alone * steps):
        own = time.thread_time if clock is time.process_time else clock
        measured = measure_step(job, own, TIMED_SECONDS)
        training = measured.alone * steps
        if training * SECONDS_PER_OPERATION < COUNTED_SECONDS and limits.is_floor(training / SLOWED):
            return counted
        if own is clock:
            return measured
    return measure_step(job, clock, TIMED_SECONDS)


def _cost_of_judging(job: Job, step: StepOperations | MeasuredStep) -> float:
    """Return the operations of judging one model: a forward pass is a third of a step."""
    batches = job.data_split.samples([0]) / job.batch_size
    return batches * step.cost(batched=False).alone / 3.0


def affordable(job: Job, compute: ComputeBudget, *, batched: bool) -> TrialPlan | None:
    """Return the richest plan that the trials' work pays for; None when not even the leanest has ``MIN_STEPS``.

    When no plan fits, the leanest gets trials as long as the work lasts, of a number of seconds with a rate less if
    need be, and full ones where that is too short to say anything and so is the run. What is measured may not pass its
    budget, so there a rate further out is planned for: a best at the edge of what was tried is worth less than one seed
    fewer.

    Args:
        job: what is trained.
        compute: what the budget buys.
        batched: trials train together; otherwise one after another.
    """
    cost, judging = compute.step.cost(batched=batched), compute.judging / job.total_steps
    per_step = (PLANNED_SHARE if compute.timed else 1.0) * compute.trials / job.total_steps
    least = min(1.0, MIN_STEPS / job.total_steps)
    plans = PLANS[PLANS.index(compute.richest) :]
    fitting = [
        plan
        for plan in plans
        if plan.work(cost, judging, spare=compute.is_measured) <= per_step and plan.share >= least
    ]
    if fitting:
        return fitting[0]
    for rates in (LEANEST.rates, FEWEST_RATES) if compute.timed else (LEANEST.rates,):
        leanest = replace(LEANEST, rates=rates)
        share = min(1.0, max(0.0, per_step - rates * judging) / leanest.work(cost))
        nearly = not compute.timed and share >= SHORTFALL * least >= SHORTFALL**2 * SHORTEST.share
        if share >= least or nearly:
            return replace(leanest, share=max(share, least))
    short = job.total_steps < SHORT_RUN and not compute.timed
    return SHORT_PLAN if short and SHORT_PLAN.work(cost) * job.total_steps <= BUDGETS["standard"].most else None


def affordable_steps(compute: ComputeBudget, *, batched: bool) -> int:
    """Return how many steps each trial of the leanest plan can have."""
    left = max(0.0, compute.trials - LEANEST.rates * compute.judging)
    return int(left / LEANEST.work(compute.step.cost(batched=batched)))
