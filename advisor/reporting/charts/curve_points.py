"""The learning rate over the run as points, dense where it bends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from advisor.catalogue.schedule_curve import learning_rate
from advisor.results import Recommendation

NOMINAL_STEPS = 1_000
"""Length of a run that is drawn when none is stated. Judgement: a round number; the axis then shows shares."""
POINTS = 120
"""Points of a curve. Judgement: one per six pixels of the wide chart, so that no corner is seen."""
BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Curve:
    """Sampled learning rates of a run.

    Attributes:
        points: (optimizer step, learning rate), steps rising from 0 to ``total_steps - 1``.
        total_steps: steps of the run; a stand-in when ``relative``.
        relative: the length of the run is not known, so only shares of it mean something.
    """

    points: tuple[tuple[int, float], ...]
    total_steps: int
    relative: bool

    @property
    def peak(self) -> tuple[int, float]:
        """The first step with the highest learning rate, and that rate."""
        return max(self.points, key=lambda point: (point[1], -point[0]))


def curve_of(recommendation: Recommendation, points: int = POINTS) -> Curve:
    """Sample a schedule evenly, then halve every gap over which it moves by more than 4 % of its peak."""
    total = recommendation.total_steps or NOMINAL_STEPS
    at = _rate_by_step(recommendation, total)
    steps = sorted({round(index * (total - 1) / (points - 1)) for index in range(points)})
    found = [(steps[0], at(steps[0]))]
    for step in steps[1:]:
        found += [*_between(at, found[-1], (step, at(step)), 0.04 * recommendation.learning_rate), (step, at(step))]
    return Curve(tuple(found), total, recommendation.total_steps is None)


def _rate_by_step(recommendation: Recommendation, total_steps: int) -> Callable[[int], float]:
    return lambda step: learning_rate(
        recommendation.schedule,
        step,
        total_steps,
        peak=recommendation.learning_rate,
        warmup_fraction=recommendation.warmup_fraction,
        final_fraction=recommendation.final_fraction,
    )


def _between(
    at: Callable[[int], float], left: tuple[int, float], right: tuple[int, float], tolerance: float
) -> list[tuple[int, float]]:
    if right[0] - left[0] <= 1 or abs(right[1] - left[1]) <= tolerance:
        return []
    step = (left[0] + right[0]) // 2
    middle = (step, at(step))
    return [*_between(at, left, middle, tolerance), middle, *_between(at, middle, right, tolerance)]


def sparkline(recommendation: Recommendation, width: int = 24) -> str:
    """Return the schedule as ``width`` block characters, each the mean over its part of the run."""
    total = recommendation.total_steps or NOMINAL_STEPS
    at = _rate_by_step(recommendation, total)
    probes = [
        [(column + offset) / width * (total - 1) for offset in (0.1, 0.5, 0.9)] for column in range(max(1, width))
    ]
    means = [sum(at(round(step)) for step in column) / len(column) for column in probes]
    top = max(means) or 1.0
    return "".join(BLOCKS[min(len(BLOCKS) - 1, int(mean / top * len(BLOCKS)))] for mean in means)
