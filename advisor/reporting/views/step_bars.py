"""The steps to the learning rate as bars on one logarithmic line, in per cent of its width."""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.reporting.views.reasons import Step
from advisor.results import Interval

INTERVAL_REACH = 30.0
"""An interval is drawn at most this factor beyond the rates on the line. Judgement: that leaves them room."""
ROOM = 0.04
"""Share of the line left free at either end. Judgement: a mark at the end is seen whole."""


@dataclass(frozen=True, slots=True)
class Bar:
    """From where to where a step moves the rate; a step that starts or leaves the rate as it is has no width."""

    left: float
    width: float


@dataclass(frozen=True, slots=True)
class StepBars:
    """One bar per step, and the answer with its interval."""

    steps: tuple[Bar, ...]
    interval: Bar
    advised: float


def step_bars(steps: tuple[Step, ...], advised: float, interval: Interval) -> StepBars:
    """Lay the steps and the interval on one line that holds them all."""
    rates = [advised, *(step.after for step in steps), *(step.before for step in steps if step.before is not None)]
    low = max(interval.lower, min(rates) / INTERVAL_REACH)
    high = min(interval.upper, max(rates) * INTERVAL_REACH)
    first, last = math.log(min(low, *rates)), math.log(max(high, *rates))

    def place(rate: float) -> float:
        share = (math.log(rate) - first) / (last - first) if last > first else 0.5
        return 100.0 * (ROOM + (1.0 - 2.0 * ROOM) * share)

    def between(start: float, end: float) -> Bar:
        ends = sorted((place(start), place(end)))
        return Bar(round(ends[0], 2), round(ends[1] - ends[0], 2))

    return StepBars(
        steps=tuple(between(step.after if step.before is None else step.before, step.after) for step in steps),
        interval=between(low, high),
        advised=round(place(advised), 2),
    )
