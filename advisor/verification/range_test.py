"""The range test: raise the rate exponentially from 1e-7, and on past 1 until the loss explodes."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn

from advisor.results import RangeTest
from advisor.verification.estimators import Curve, Reading, read_curve
from advisor.verification.job import Job
from advisor.verification.runs import Recipe
from advisor.verification.sequential import make_optimizer

START = 1e-7
END = 1.0
LAST = 1e3
POINTS_PER_DECADE = 14
STOP_RATIO = 4.0


def range_test(job: Job, recipe: Recipe, *, restarts: int, seed: int, decays: bool) -> tuple[RangeTest, Reading, int]:
    """Sweep fresh copies of the model and read the mean curve.

    Args:
        job: model, loss and data.
        recipe: the optimizer to sweep with.
        restarts: fresh models and orders, averaged.
        seed: of the first restart.
        decays: the suggestion is for the peak of a decaying schedule.

    Returns:
        The curve with its estimates, the reading, and the samples whose gradient was computed.
    """
    sweeps = [_sweep(job, recipe, seed + restart) for restart in range(restarts)]
    length = min(len(losses) for losses, _ in sweeps)
    diverged = any(exploded for _, exploded in sweeps)
    losses = np.mean([losses[:length] for losses, _ in sweeps], axis=0)
    rates = _rates()[:length]
    reading = read_curve(rates, losses, diverged=diverged, decays=decays)
    kept = len(reading.smoothed)
    result = RangeTest(
        learning_rates=tuple(rates[:kept].tolist()),
        losses=tuple(losses[:kept].tolist()),
        smoothed=tuple(reading.smoothed.tolist()),
        estimates=tuple(reading.estimates.items()),
        suggestion=reading.suggestion,
        usable=reading.usable,
        diverged=diverged,
        reason=reading.reason,
    )
    return result, reading, sum(len(losses) for losses, _ in sweeps) * job.batch_size


def _rates() -> Curve:
    decades = math.log10(LAST / START)
    return START * 10.0 ** (np.arange(int(decades * POINTS_PER_DECADE) + 1) / POINTS_PER_DECADE)


def _sweep(job: Job, recipe: Recipe, seed: int) -> tuple[Curve, bool]:
    """Return the losses of one sweep, and whether it exploded."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = job.make_model(seed)
        model.train()
        optimizer = make_optimizer(model, recipe.settings, START)
        batches = job.train.draw(job.batch_size, seed)
        losses: list[float] = []
        best = math.inf
        for rate in _rates():
            for group in optimizer.param_groups:
                group["lr"] = float(rate)
            optimizer.zero_grad()
            loss = job.loss(model, next(batches))
            value = float(loss.detach())
            if not math.isfinite(value):
                return np.array(losses), True
            losses.append(value)
            if len(losses) > 5:
                recent = float(np.mean(losses[-5:]))
                best = min(best, recent)
                if recent > STOP_RATIO * abs(best) + 1e-3 and rate > 1e-5:
                    return np.array(losses), True
            loss.backward()
            if recipe.clip_norm is not None:
                nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm)
            optimizer.step()
    return np.array(losses), False
