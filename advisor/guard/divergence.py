"""``diagnosis.stability.divergence`` step by step: the same thresholds, on what the run has shown so far."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from advisor.diagnosis.convergence import LEAST_GAIN
from advisor.diagnosis.stability import ABOVE_START, LOST_GAIN, RESTART, SPIKE_SIGMAS
from advisor.guard.series import RunningMedian, median_of

SHORT: Final = 5
"""Last losses whose median is the level now. Judgement: two wild ones do no harm, and a rise shows within three
steps."""
LONG: Final = 25
"""Losses whose median is a level that the run has reached. Judgement: the lowest of thousands of medians of five would
lie far below any level."""
LASTING: Final = 8
"""Steps in a row for which the loss has to stand too high. Judgement: a spike is over by then, and with the median's
three steps a divergence is said within twenty."""
EXPLODED: Final = 10.0
"""Loss over its start from which on a run that has not learned anything yet is said to diverge. Judgement: the early
rise of a rate at the edge, which comes back, stays below; ``training.job.DIVERGED_RATIO`` is the same."""


@dataclass(frozen=True, slots=True)
class Rise:
    """A loss that stands far above its best.

    Attributes:
        since: step at which it began to stand there.
        best: lowest level before.
        level: level now.
        start: level at the start.
    """

    since: int
    best: float
    level: float
    start: float


class DivergenceDetector:
    """Says when the loss has left for good what the run had reached."""

    def __init__(self) -> None:
        self.start = math.nan
        self.best = math.inf
        self._first: list[float] = []
        self._short, self._long = RunningMedian(SHORT), RunningMedian(LONG)
        self._rates: deque[float] = deque(maxlen=LONG)
        self._steps = 0
        self._noise = 0.0
        self._high = 0
        self._since = 0
        self._lowest_rate = math.inf
        self._highest_rate = 0.0

    def look(self, step: int, loss: float, noise: float, rate: float | None = None) -> Rise | None:
        """Return the rise once it has lasted; called after every finite loss.

        Args:
            step: number of the optimizer step.
            loss: of this step.
            noise: standard deviation of single losses so far.
            rate: learning rate of this step. Where it has returned to a height at which the run has learned before, the
                schedule restarts, and only a loss above the start counts. None: not known.
        """
        self._steps += 1
        level, reached = self._short.add(loss), self._long.add(loss)
        if rate is not None:
            self._rates.append(rate)
        if len(self._first) < SHORT:
            self._first.append(loss)
            self.start = min(self._first[0], sorted(self._first)[len(self._first) // 2])
            return None
        if self._high == 0:
            self._noise = noise  # that of a loss which has left its level says nothing
        self._high = self._high + 1 if self._stands_too_high(level, self._noise) else 0
        if self._high == 1:
            self._since = step
        if self._high == 0 and self._steps >= LONG and reached < self.best:
            self._remember(reached)
        if self._high < LASTING:
            return None
        return Rise(self._since, min(self.best, self.start), level, self.start)

    @property
    def is_calm(self) -> bool:
        """Whether the loss is where it should be."""
        return self._high == 0

    def forget(self) -> None:
        """Begin anew after the run has been changed; what it had reached stays."""
        self._high = 0

    def _remember(self, level: float) -> None:
        self.best = level
        if self._rates:
            self._lowest_rate = median_of(list(self._rates))
            self._highest_rate = max(self._highest_rate, self._lowest_rate)

    def _stands_too_high(self, level: float, noise: float) -> bool:
        gain = self.start - self.best if math.isfinite(self.best) else 0.0
        doubt = SPIKE_SIGMAS * noise
        above_start = level > self.start + max(ABOVE_START * abs(self.start), doubt)
        if gain <= LEAST_GAIN * abs(self.start):
            return above_start and level > EXPLODED * max(abs(self.start), 1e-3)
        if self._rates and RESTART * self._lowest_rate < self._rates[-1] <= RESTART * self._highest_rate:
            return above_start
        return level - self.best > max(LOST_GAIN * gain, ABOVE_START * abs(self.start), doubt)
