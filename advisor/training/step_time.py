"""What one optimizer step of a job takes on this device, measured, in the unit of counted operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from advisor.isolation import generators_kept
from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.deadline import Clock
from advisor.training.devices import device_of, wait_for
from advisor.training.job import Job
from advisor.training.optimizer_step import backward_in_parts, step_parts
from advisor.training.runs import Recipe, Run
from advisor.training.step_cost import SECONDS_PER_OPERATION, StepCost
from advisor.training.trial_optimizer import trial_optimizer

TIMED_STEPS = 5
"""Steps that are timed after one that also allocates. Judgement: the shortest of them is what the
step takes when no other program is in the way."""
TIMED_ENSEMBLE_STEPS = 1
"""The same of each ensemble. Judgement: each costs as much as several steps of the job."""
FEW, MANY = 3, 6
"""Members of the two ensembles that are timed: as many as the leanest plan has rates, and twice as many, whose ratio
tells what a further member costs. Judgement: small enough for any memory."""
STILL = Recipe(OptimizerSettings("adamw"), "constant")
"""What is timed; at a rate of ``STILL_RATE`` it goes nowhere. Judgement: AdamW costs what most optimizers do."""
STILL_RATE = 1e-12
"""Judgement: below the resolution of any weight, so that timing cannot diverge."""
WORTHWHILE = 0.8
"""Time of an ensemble's step over that of its members one after another from which they train one after another.
Judgement: judging an ensemble also costs more than judging its members, which this does not see."""
SHORTEST = 1e-6
"""Seconds of a step at least, for clocks that stand still. Judgement: no Python call takes less."""


@dataclass(frozen=True, slots=True)
class MeasuredStep:
    """Times of steps, in operations' worth of time (``SECONDS_PER_OPERATION``).

    Attributes:
        alone: a step of a model by itself, with its optimizer.
        ensemble: of an ensemble; None where the job has no batched form, where it is slower than one after another, or
            memory holds no more than ``FEW`` members.
        seconds: that the timing took.
    """

    alone: float
    ensemble: StepCost | None = None
    seconds: float = 0.0

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
    with generators_kept():
        timed = _seconds_of(_steps_alone(job), job, clock, limit, TIMED_STEPS)
        alone, spent = min(timed[1:] or timed), sum(timed)
        if FEW * alone > limit or not BatchedTrainer.takes(job, STILL):
            return MeasuredStep(alone / SECONDS_PER_OPERATION, seconds=spent)
        ensembles = []
        try:
            trainer = BatchedTrainer(job)
            most = trainer.members_at_a_time(MANY)
            for members in (FEW, most) if most > FEW else ():
                runs = [Run(STILL_RATE, 0)] * members
                timed = _seconds_of(trainer.stepper(STILL, runs), job, clock, limit, TIMED_ENSEMBLE_STEPS)
                ensembles.append(min(timed[1:] or timed))
                spent += sum(timed)
                if ensembles[0] > WORTHWHILE * FEW * alone:
                    break
        except (RuntimeError, NotImplementedError, TypeError, ValueError, UserWarning):  # whatever vmap refuses with
            ensembles = []
    if len(ensembles) < 2:
        return MeasuredStep(alone / SECONDS_PER_OPERATION, seconds=spent)
    few, many = (seconds / SECONDS_PER_OPERATION for seconds in ensembles)
    each = max(0.0, many - few) / (most - FEW)
    cost = StepCost(alone / SECONDS_PER_OPERATION, max(0.0, few - FEW * each), each)
    return MeasuredStep(cost.alone, cost, spent)


def _seconds_of(step: Callable[[], object], job: Job, clock: Clock, limit: float, count: int) -> list[float]:
    """Return what each of a few steps takes; the first also allocates, and is the only one when there is no time."""
    device = device_of(job.make_model(0))
    seconds: list[float] = []
    while len(seconds) <= count and sum(seconds) <= limit:
        began = clock()
        step()
        wait_for(device)
        seconds.append(max(SHORTEST, clock() - began))
    return seconds


def _steps_alone(job: Job) -> Callable[[], None]:
    """Return a step as the sequential trainer takes it."""
    model = job.make_model(0).train()
    optimizer = trial_optimizer(STILL.settings, model, STILL_RATE)
    batches = job.data_split.draw(job.batch_size, 0)

    def step() -> None:
        optimizer.zero_grad()
        with job.threads:
            backward_in_parts(job, model, step_parts(job, batches, job.accumulation))
            optimizer.step()

    return step


def is_on_accelerator(job: Job) -> bool:
    """Return whether another device does the work, whose time the processor's clock does not see."""
    return any(parameter.device.type != "cpu" for parameter in job.make_model(0).parameters())
