"""The range test: raise the rate exponentially from 1e-7 to 1, and on until the loss explodes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.isolation import seed_generators
from advisor.probing.range_test_estimators import Reading, read_curve
from advisor.probing.smoothing import plateau
from advisor.recipe.optimizers import settings_of
from advisor.results import RangeTest, Recommendation
from advisor.training.job import Job
from advisor.training.optimizer_step import backward_in_parts, step_parts
from advisor.training.trial_optimizer import trial_optimizer

START = 1e-7
"""SEED-8: the sweep begins at 1e-7; fastai/fastai, ``callback/schedule.py`` begins there as well."""
LOWER_STARTS = (1e-11, 1e-15)
"""Where to begin again when the loss explodes within the first two decades. Judgement: serves inputs that were never
scaled, to ten thousand times their usual size, as curvature grows with the square."""
LAST = 1e3
"""Judgement: nothing trains above it; SGD on small inputs does train above the 1 of SEED-8."""
POINTS_PER_DECADE = 16
"""Judgement: a reading is then exact within 15 %."""
STOP_RATIO = 4.0
"""Loss over the best at which a sweep ends: fastai/fastai, ``callback/schedule.py``, ``LRFinder.after_batch``."""
STOP_AFTER = 3
"""Losses in a row above the limit. Judgement: a single spike is no explosion, and neither are two."""
BETA = 0.9
"""Weight of the past in the averaged loss. Judgement: the average then covers about ten losses."""

Curve = NDArray[np.float64]
Advance = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Sweep:
    """One restart.

    Attributes:
        losses: raw loss before each step; all finite.
        exploded: it ended because the loss was not finite or far above the best.
        steps: gradients computed.
    """

    losses: Curve
    exploded: bool
    steps: int


@dataclass(frozen=True, slots=True)
class RangeTestRun:
    """The result with what the probe needs beside it."""

    result: RangeTest
    reading: Reading
    steps: int


def range_test(
    job: Job,
    recommendation: Recommendation,
    *,
    restarts: int = 3,
    points_per_decade: int = POINTS_PER_DECADE,
    seed: int = 0,
    advance: Advance = lambda _share: None,
) -> RangeTestRun:
    """Sweep fresh copies of the model with the recommended optimizer, and read their common curve.

    Args:
        job: model, loss and data; small data are gone through again and again.
        recommendation: optimizer, its settings, clipping, and whether the schedule decays.
        restarts: fresh models and orders.
        points_per_decade: steps while the rate grows tenfold.
        seed: of the first restart.
        advance: called with the share done.

    Raises:
        PlanError: torch has no such optimizer.
        RuntimeError: the optimizer does not take the model's gradients.
    """
    steps, start, sweeps = 0, START, list[Sweep]()
    for start in (START, *LOWER_STARTS):
        first = _sweep(job, recommendation, _rates(start, points_per_decade), seed)
        steps += first.steps
        sweeps = [first]
        if not first.exploded or len(first.losses) > 2 * points_per_decade:
            break
    rates = _rates(start, points_per_decade)
    for restart in range(1, restarts):
        advance(restart / restarts)
        sweeps.append(_sweep(job, recommendation, rates, seed + restart))
        steps += sweeps[-1].steps
    losses, diverged = common_curve(sweeps)
    rates = rates[: len(losses)]
    decays = SCHEDULE_INFO[recommendation.schedule].decays
    reading = read_curve(rates, losses, diverged=diverged, decays=decays)
    result = RangeTest(
        learning_rates=tuple(rates.tolist()),
        losses=tuple(losses.tolist()),
        smoothed=tuple(reading.smoothed.tolist()),
        estimates=tuple(reading.estimates.items()),
        suggestion=reading.suggestion,
        usable=reading.usable,
        diverged=diverged,
        reason=reading.reason,
    )
    return RangeTestRun(result, reading, steps)


def common_curve(sweeps: list[Sweep]) -> tuple[Curve, bool]:
    """Return the median of the restarts' curves as long as most are alive, and whether most exploded.

    The restarts are moved to a common start first, so that the median does not jump between levels; one that exploded
    counts as infinite from there on. With an even number of restarts the median is a mean of two.
    """
    longest = max(len(sweep.losses) for sweep in sweeps)
    starts = [float(np.mean(s.losses[: plateau(longest)])) if len(s.losses) else 0.0 for s in sweeps]
    stacked = np.full((len(sweeps), longest), np.inf)
    for row, sweep, start in zip(stacked, sweeps, starts, strict=True):
        row[: len(sweep.losses)] = sweep.losses - start + float(np.mean(starts))
    median = np.median(stacked, axis=0)
    finite = np.isfinite(median)
    alive = longest if finite.all() else int(np.argmin(finite))
    return median[:alive], 2 * sum(sweep.exploded for sweep in sweeps) > len(sweeps)


def _rates(start: float, points_per_decade: int) -> Curve:
    points = round(math.log10(LAST / start) * points_per_decade) + 1
    rates: Curve = start * 10.0 ** (np.arange(points) / points_per_decade)
    return rates


def _sweep(job: Job, recommendation: Recommendation, rates: Curve, seed: int) -> Sweep:
    seed_generators(seed)
    model = job.make_model(seed)
    model.train()
    optimizer = trial_optimizer(settings_of(recommendation), model, recommendation.learning_rate, recommendation.groups)
    shares = [group["lr"] / recommendation.learning_rate for group in optimizer.param_groups]
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    batches = job.train.draw(job.batch_size, seed)
    losses: list[float] = []
    watch = _Watch()
    for rate in rates:
        job.deadline.check()
        for group, share in zip(optimizer.param_groups, shares, strict=True):
            group["lr"] = float(rate) * share
        optimizer.zero_grad()
        value = backward_in_parts(job, model, step_parts(job, batches, job.accumulation))
        if not math.isfinite(value):
            return Sweep(np.array(losses), exploded=True, steps=len(losses) + 1)
        losses.append(value)
        if watch.exploded(value):
            return Sweep(np.array(losses), exploded=True, steps=len(losses))
        if recommendation.clip_norm is not None:
            nn.utils.clip_grad_norm_(trainable, recommendation.clip_norm)
        optimizer.step()
    return Sweep(np.array(losses), exploded=False, steps=len(losses))


class _Watch:
    """Sees an explosion: several losses in a row above four times the best average, and above the start."""

    def __init__(self) -> None:
        self._start: list[float] = []
        self._average = self._weight = 0.0
        self._best = math.inf
        self._above = 0

    def exploded(self, loss: float) -> bool:
        """Take in the next loss."""
        if len(self._start) < 5:
            self._start.append(loss)
        limit = max(self._best + (STOP_RATIO - 1.0) * abs(self._best), sum(self._start) / len(self._start))
        self._above = self._above + 1 if loss > limit else 0
        self._average = BETA * self._average + (1.0 - BETA) * loss
        self._weight = BETA * self._weight + (1.0 - BETA)
        self._best = min(self._best, self._average / self._weight)
        return self._above >= STOP_AFTER
