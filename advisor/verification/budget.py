"""How much a budget buys, in work rather than in time, so that the same seed gives the same answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import torch

from advisor.errors import PlanError
from advisor.facts.names import Budget
from advisor.verification.job import Job

GRADIENT_FLOPS = 6.0
"""Forward and backward of one sample cost about six operations per parameter (dense layers; convolutions cost more)."""
STEP_OVERHEAD = 2e5
"""Operations' worth of time that one replica's step costs whatever its size."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What a budget buys.

    Attributes:
        work: operations for all trials together.
        rates: learning rates in the first round.
        refinements: rates in the second round, around the best.
        seeds: per rate.
        max_steps: of one trial.
        probe_work: operations for the probe; None: its own allowance.
    """

    work: float
    rates: int
    refinements: int
    seeds: int
    max_steps: int
    probe_work: float | None = None

    @property
    def runs(self) -> int:
        """Trainings when no rate diverges: two rounds, and the default for comparison."""
        return (self.rates + self.refinements + 1) * self.seeds


BUDGETS: dict[str, Spending] = {
    "quick": Spending(work=3e10, rates=5, refinements=3, seeds=1, max_steps=1_000),
    "standard": Spending(work=3e11, rates=5, refinements=3, seeds=2, max_steps=2_000),
    "thorough": Spending(work=3e12, rates=7, refinements=4, seeds=3, max_steps=20_000),
}
"""Few rates over the whole run rather than many over a part of it: what is best early on is not what ends best."""
MIN_STEPS = 30
PROBE_SHARE = 0.3
"""Of a budget in seconds."""
NEARLY = 0.9
"""Share of the full run from which on a trial counts as one."""
TIMED_STEPS, TIMED_SHARE = 5, 0.05
"""Steps that are timed to turn seconds into work, and the share of the seconds after which no more are."""


def spending_of(budget: Budget | float, job: Job) -> Spending:
    """Return what a named budget or a number of seconds buys.

    Seconds are turned into work by timing a few steps, so such an answer depends on the machine.

    Raises:
        PlanError: seconds that are not positive.
    """
    if isinstance(budget, str):
        return BUDGETS[budget]
    if not budget > 0:
        raise PlanError(f"budget={budget}: give a positive number of seconds, or quick, standard or thorough")
    rate = _operations_per_second(job, TIMED_SHARE * budget)
    named = "quick" if budget < 4 else "standard" if budget < 60 else "thorough"
    return replace(BUDGETS[named], work=(1 - PROBE_SHARE) * budget * rate, probe_work=PROBE_SHARE * budget * rate)


def _operations_per_second(job: Job, seconds: float) -> float:
    model = job.make_model(0)
    batches = job.train.draw(job.batch_size, 0)
    job.loss(model, next(batches)).backward()  # the first step also allocates
    began, steps, spent = time.perf_counter(), 0, 0.0
    while steps < TIMED_STEPS and (not steps or spent < seconds):
        job.loss(model, next(batches)).backward()
        steps += 1
        spent = time.perf_counter() - began
    return steps * step_work(job) / max(1e-4, spent)


def step_work(job: Job) -> float:
    """Return the operations of one optimizer step of one replica."""
    model = job.make_model(0)
    size = sum(parameter.numel() for parameter in model.parameters())
    reuse = 1.0
    pair = job.train.pair(1)
    if (
        pair is not None
        and pair[0].ndim >= 3
        and any(isinstance(m, torch.nn.Conv2d | torch.nn.RNNBase) for m in model.modules())
    ):
        reuse = float(pair[0].shape[-1] * pair[0].shape[-2]) if pair[0].ndim == 4 else float(pair[0].shape[1])
    elif pair is not None and pair[0].ndim >= 2 and any("Attention" in type(m).__name__ for m in model.modules()):
        reuse = float(pair[0].shape[1])
    return GRADIENT_FLOPS * size * job.batch_size * reuse + STEP_OVERHEAD


def affordable(job: Job, spending: Spending) -> tuple[Spending, int]:
    """Return what to train and the steps of one trial.

    Fewer seeds, then no second round, come before trials much shorter than the full run.
    """
    single = replace(spending, seeds=1)
    for leaner in (spending, single, replace(single, refinements=0)):
        steps = min(job.total_steps, leaner.max_steps, int(leaner.work / (leaner.runs * step_work(job))))
        if steps >= NEARLY * min(job.total_steps, leaner.max_steps):
            break
    return leaner, steps
