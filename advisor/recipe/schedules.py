"""Schedules as pure functions of the step: ``multiplier(progress) -> share of the peak``.

A run of ``total_steps`` optimizer steps has steps 0 … total_steps - 1. The first ``warmup_steps`` of them rise linearly
to the peak; the rest is the schedule's own shape, drawn over progress 0 (its first step) to 1 (the last step of the run),
so the last step always has the final value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from advisor.errors import PlanError, did_you_mean
from advisor.facts.names import ScheduleName
from advisor.results import Recommendation

Shape = Callable[[float, float], float]
"""(progress 0 … 1, final share of the peak) -> share of the peak."""

STEP_MILESTONES = (1 / 3, 2 / 3, 0.9)
STEP_FACTOR = 0.1
CYCLES = 4
CYCLE_BASE = 0.2
ONE_CYCLE_RISE = 0.3
ONE_CYCLE_START = 1 / 25
STABLE_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class ScheduleInfo:
    """What there is to know about a schedule.

    Attributes:
        name: canonical name.
        title: as people say it.
        description: what it does, in a sentence.
        formula: the shape after warm-up; p is progress 0 … 1, f the final share of the peak.
        default_final: final share of the peak when nothing else is said.
        takes_warmup: whether a linear warm-up stands in front (one-cycle brings its own rise).
        source: key of the publication or code it comes from.
        shape: the function itself.
    """

    name: ScheduleName
    title: str
    description: str
    formula: str
    default_final: float
    takes_warmup: bool
    source: str
    shape: Shape


def _constant(_progress: float, _final: float) -> float:
    return 1.0


def _step(progress: float, _final: float) -> float:
    return STEP_FACTOR ** sum(progress >= milestone for milestone in STEP_MILESTONES)


def _exponential(progress: float, final: float) -> float:
    return float(max(final, 1e-8) ** progress)


def _cosine(progress: float, final: float) -> float:
    return final + (1.0 - final) * 0.5 * (1.0 + math.cos(math.pi * progress))


def _linear(progress: float, final: float) -> float:
    return 1.0 + (final - 1.0) * progress


def _cyclical(progress: float, final: float) -> float:
    position = (progress * CYCLES) % 1.0 if progress < 1.0 else 1.0
    return final + (1.0 - final) * (1.0 - abs(2.0 * position - 1.0))


def _one_cycle(progress: float, final: float) -> float:
    if progress < ONE_CYCLE_RISE:
        rise = 0.5 * (1.0 - math.cos(math.pi * progress / ONE_CYCLE_RISE))
        return ONE_CYCLE_START + (1.0 - ONE_CYCLE_START) * rise
    return _cosine((progress - ONE_CYCLE_RISE) / (1.0 - ONE_CYCLE_RISE), final)


def _warmup_stable_decay(progress: float, final: float) -> float:
    if progress < STABLE_SHARE:
        return 1.0
    return 1.0 - (1.0 - final) * math.sqrt((progress - STABLE_SHARE) / (1.0 - STABLE_SHARE))


SCHEDULE_INFO: dict[ScheduleName, ScheduleInfo] = {
    info.name: info
    for info in (
        ScheduleInfo("constant", "constant", "The same rate all along.", "1", 1.0, True, "founding SEED-4", _constant),
        ScheduleInfo(
            "step",
            "step decay",
            "A tenth of the rate after a third, two thirds and nine tenths of the run.",
            "0.1^(number of p >= 1/3, 2/3, 0.9)",
            STEP_FACTOR ** len(STEP_MILESTONES),
            True,
            "founding SEED-10; goyal2017",
            _step,
        ),
        ScheduleInfo(
            "exponential",
            "exponential decay",
            "The same factor every step: exp(-k·epoch) with k = ln(1/f)/epochs.",
            "f^p",
            0.01,
            True,
            "founding SEED-10",
            _exponential,
        ),
        ScheduleInfo(
            "cosine",
            "cosine decay",
            "Half a cosine from the peak to the end: slow, fast, slow.",
            "f + (1-f)·(1 + cos πp)/2",
            0.0,
            True,
            "founding SEED-10; loshchilov2017sgdr",
            _cosine,
        ),
        ScheduleInfo(
            "linear", "linear decay", "A straight line to the end.", "1 + (f-1)·p", 0.0, True, "playbook", _linear
        ),
        ScheduleInfo(
            "cyclical",
            "cyclical (triangular)",
            "Four triangles between a fifth of the peak and the peak.",
            "f + (1-f)·(1 - |2(4p mod 1) - 1|)",
            CYCLE_BASE,
            True,
            "founding SEED-11; smith2017cyclical",
            _cyclical,
        ),
        ScheduleInfo(
            "one_cycle",
            "one-cycle",
            "A fast rise over three tenths of the run, then a long cosine to almost nothing.",
            "p < 0.3: cosine rise from 1/25; then cosine to f",
            ONE_CYCLE_START / 1e4,
            False,
            "founding SEED-12; smith2018superconvergence",
            _one_cycle,
        ),
        ScheduleInfo(
            "warmup_stable_decay",
            "warm-up, stable, decay",
            "Flat until four fifths of the run, then 1 - square root to the end.",
            "p < 0.8: 1; then 1 - (1-f)·√((p-0.8)/0.2)",
            0.0,
            True,
            "hagele2024",
            _warmup_stable_decay,
        ),
    )
}


def warmup_steps(total_steps: int, warmup_fraction: float) -> int:
    """Return the optimizer steps that a warm-up takes, at most all but the last."""
    return min(round(warmup_fraction * total_steps), max(0, total_steps - 1))


def multiplier(
    name: ScheduleName,
    step: int,
    total_steps: int,
    *,
    warmup_fraction: float = 0.0,
    final_fraction: float | None = None,
) -> float:
    """Return the learning rate of a step as a share of the peak.

    Args:
        name: canonical name of the schedule.
        step: optimizer step, from 0; steps past the end keep the final value.
        total_steps: optimizer steps of the whole run, at least 1.
        warmup_fraction: share of the run spent rising linearly; step ``s`` of ``w`` has (s + 1) / (w + 1) of the peak.
        final_fraction: share of the peak at the last step; None: the schedule's default. Constant and step ignore it.

    Raises:
        PlanError: an unknown schedule, or fewer than one step.

    >>> [round(multiplier("cosine", step, 5), 3) for step in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """
    if name not in SCHEDULE_INFO:
        raise PlanError(f"no schedule is called {name!r}{did_you_mean(name, SCHEDULE_INFO)}")
    if total_steps < 1:
        raise PlanError(f"total_steps={total_steps}: a run has at least one step")
    info = SCHEDULE_INFO[name]
    final = info.default_final if final_fraction is None else final_fraction
    rising = warmup_steps(total_steps, warmup_fraction) if info.takes_warmup else 0
    if step < rising:
        return (step + 1) / (rising + 1)
    after = total_steps - 1 - rising
    progress = 1.0 if after <= 0 and rising else min(1.0, (step - rising) / after) if after > 0 else 0.0
    return info.shape(progress, final)


def learning_rate(
    name: ScheduleName,
    step: int,
    total_steps: int,
    *,
    peak: float,
    warmup_fraction: float = 0.0,
    final_fraction: float | None = None,
) -> float:
    """Return the learning rate of optimizer step ``step``; see :func:`multiplier`."""
    share = multiplier(name, step, total_steps, warmup_fraction=warmup_fraction, final_fraction=final_fraction)
    return peak * share


def curve_of(recommendation: Recommendation, total_steps: int | None = None) -> Callable[[int], float]:
    """Return ``step -> learning rate`` for a recommendation.

    Raises:
        PlanError: neither ``total_steps`` nor the recommendation gives the length of the run.
    """
    steps = total_steps or recommendation.total_steps
    if steps is None:
        raise PlanError("the length of the run is not known; give total_steps")

    def curve(step: int) -> float:
        return learning_rate(
            recommendation.schedule,
            step,
            steps,
            peak=recommendation.learning_rate,
            warmup_fraction=recommendation.warmup_fraction,
            final_fraction=recommendation.final_fraction,
        )

    return curve
