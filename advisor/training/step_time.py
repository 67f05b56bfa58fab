"""What one optimizer step of a job takes on this device, measured, in the unit of counted operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch

from advisor.recipe.optimizers import OptimizerSettings
from advisor.recipe.torch_objects import build_optimizer
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.isolation import one_thread
from advisor.training.job import Job
from advisor.training.nested_batches import parts_of, rows_of
from advisor.training.runs import Recipe, Run
from advisor.training.step_cost import SECONDS_PER_OPERATION, StepCost

Clock = Callable[[], float]
"""Returns seconds; only differences count."""

TIMED_STEPS = 5
"""Steps that are timed after one that also allocates. Judgement: the shortest of them is what the
step takes when no other program is in the way."""
FEW, MANY = 2, 6
"""Members of the two ensembles that are timed. Judgement: small enough for any memory, and their ratio tells what a
further member costs."""
STILL = Recipe(OptimizerSettings("adamw"), "constant")
"""What is timed; at a rate of ``STILL_RATE`` it goes nowhere. Judgement: AdamW costs what most optimizers do."""
STILL_RATE = 1e-12
"""Judgement: below the resolution of any weight, so that timing cannot diverge."""
SHORTEST = 1e-6
"""Seconds of a step at least, for clocks that stand still. Judgement: no Python call takes less."""


@dataclass(frozen=True, slots=True)
class MeasuredStep:
    """Times of steps, in operations' worth of time (``SECONDS_PER_OPERATION``).

    Attributes:
        alone: a step of a model by itself, with its optimizer.
        ensemble: of an ensemble; None where the job has no batched form, or memory holds no more than ``FEW`` members.
    """

    alone: float
    ensemble: StepCost | None = None

    def cost(self, *, batched: bool) -> StepCost:
        """Return what the step costs.

        Args:
            batched: trials train together; otherwise one after another.
        """
        if batched and self.ensemble is not None:
            return self.ensemble
        return StepCost(self.alone, 0.0, self.alone)


def measure_step(job: Job, clock: Clock, limit: float) -> MeasuredStep:
    """Time a handful of steps, one model alone and two ensembles; random generators stay as they were.

    Args:
        job: what is trained.
        clock: seconds.
        limit: seconds after which no further step is timed; the first is always.
    """
    with torch.random.fork_rng(devices=[]):
        alone = _seconds_of(_steps_alone(job), job, clock, limit) / SECONDS_PER_OPERATION
        if not BatchedTrainer.takes(job, STILL):
            return MeasuredStep(alone)
        try:
            trainer = BatchedTrainer(job)
            most = trainer.members_at_a_time(MANY)
            if most <= FEW:
                return MeasuredStep(alone)
            few, many = (
                _seconds_of(trainer.stepper(STILL, [Run(STILL_RATE, 0)] * members), job, clock, limit)
                / SECONDS_PER_OPERATION
                for members in (FEW, most)
            )
        except (RuntimeError, NotImplementedError, TypeError, ValueError, UserWarning):  # whatever vmap refuses with
            return MeasuredStep(alone)
    each = max(0.0, many - few) / (most - FEW)
    return MeasuredStep(alone, StepCost(alone, max(0.0, few - FEW * each), each))


def _seconds_of(step: Callable[[], object], job: Job, clock: Clock, limit: float) -> float:
    """Return the shortest of a few steps; the first also allocates and counts only when there is no time for more."""
    on_card = is_on_card(job)
    seconds: list[float] = []
    while len(seconds) <= TIMED_STEPS and sum(seconds) <= limit:
        began = clock()
        step()
        if on_card:
            torch.cuda.synchronize()
        seconds.append(max(SHORTEST, clock() - began))
    return min(seconds[1:] or seconds)


def _steps_alone(job: Job) -> Callable[[], None]:
    """Return a step as the sequential trainer takes it."""
    model = job.make_model(0).train()
    optimizer = build_optimizer(STILL.settings, model, STILL_RATE)
    batches = job.data_split.draw(job.batch_size, 0)
    ready, count = job.train.tree is None, job.accumulation

    def step() -> None:
        parts: list[Any] = list(islice(batches, count)) if ready else parts_of(next(batches), count)
        rows = sum(map(rows_of, parts))
        optimizer.zero_grad()
        with one_thread():
            for part in parts:
                (job.loss(model, part).reshape(()) * (rows_of(part) / rows)).backward()
            optimizer.step()

    return step


def is_on_card(job: Job) -> bool:
    """Return whether a CUDA device does the work, whose time the processor's clock does not see."""
    return any(parameter.device.type == "cuda" for parameter in job.make_model(0).parameters())
