"""A series of any length in constant memory: its last points as they are, the whole as levels of equal parts."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from typing import Final

import numpy as np

from advisor.diagnosis.history import Array, Series
from advisor.statistics.robust import MAD_TO_STD

POINTS: Final = 400
"""Parts kept of the whole series at most. Judgement: detectors condense to 50 parts themselves."""
BLOCK: Final = 16
"""Points whose median is taken; a longer part is the mean of such medians. Judgement: a few wild ones do no harm, and
what is held does not grow with the run."""
RECENT: Final = 65
"""Last points kept as they are. Judgement: enough for a robust estimate of the noise of single points."""
NOISE_EVERY: Final = 16
"""Points between two estimates of the noise. Judgement: it changes slowly, and an estimate costs as much as ten
steps."""


class LimitedSeries:
    """Points of one quantity, at most ``2 * POINTS`` of them: when these are full, neighbours become their mean.

    What is new waits until there is a handful or somebody asks, so that a step costs no more than writing it down.
    """

    def __init__(self, name: str, *, with_noise: bool = False) -> None:
        self.name = name
        self.count = 0
        self.noise = 0.0
        self._waiting: list[tuple[float, float]] = []
        self._recent: deque[float] | None = deque(maxlen=RECENT) if with_noise else None
        self._at: list[float] = []
        self._values: list[float] = []
        self._each = 1
        self._block: list[float] = []
        self._sum = 0.0
        self._blocks = 0

    def add(self, at: float, value: float) -> None:
        """Take one finite value."""
        self.count += 1
        self._waiting.append((at, value))
        if self.count % NOISE_EVERY == 0:
            self._take()
            if self._recent is not None:
                self.noise = noise_of(list(self._recent))

    def _take(self) -> None:
        if self._recent is not None:
            self._recent.extend(value for _, value in self._waiting)
        for at, value in self._waiting:
            self._condense(at, value)
        self._waiting.clear()

    def _condense(self, at: float, value: float) -> None:
        if self._each == 1:
            self._keep(at, value)
            return
        self._block.append(value)
        if len(self._block) < min(self._each, BLOCK):
            return
        self._sum += median_of(self._block)
        self._blocks += 1
        self._block.clear()
        if self._blocks * BLOCK >= self._each:
            self._keep(at, self._sum / self._blocks)
            self._sum, self._blocks = 0.0, 0

    def _keep(self, at: float, value: float) -> None:
        self._at.append(at)
        self._values.append(value)
        if len(self._at) == 2 * POINTS:
            self._at = self._at[1::2]
            self._values = [0.5 * (a + b) for a, b in zip(self._values[::2], self._values[1::2], strict=True)]
            self._each *= 2

    def __len__(self) -> int:
        self._take()
        return len(self._at)

    @property
    def at(self) -> Array:
        """Positions of the condensed points."""
        self._take()
        return np.array(self._at)

    @property
    def values(self) -> Array:
        """The condensed points."""
        self._take()
        return np.array(self._values)

    def series(self) -> Series:
        """Return the condensed points as a logged series."""
        return Series(self.name, self.at, self.values)


class RunningMedian:
    """The median of the last points, kept in order, so that a point costs less than sorting them."""

    def __init__(self, points: int) -> None:
        self._last: deque[float] = deque(maxlen=points)
        self._ordered: list[float] = []

    def add(self, value: float) -> float:
        """Take one finite value, and return the median of the last points, of all while they are fewer."""
        last, ordered = self._last, self._ordered
        if len(last) == last.maxlen:
            del ordered[bisect_left(ordered, last[0])]
        last.append(value)
        insort(ordered, value)
        middle = len(ordered) // 2
        return ordered[middle] if len(ordered) % 2 else 0.5 * (ordered[middle - 1] + ordered[middle])


def noise_of(values: list[float]) -> float:
    """Return ``noise_from_differences`` of a few points: an array would cost more than sorting them.

    >>> from advisor.statistics.robust import noise_from_differences
    >>> noise_of([1.0, 2.0, 4.0, 7.0, 9.0]) == noise_from_differences(np.array([1.0, 2.0, 4.0, 7.0, 9.0]))
    True
    """
    if len(values) < 4:
        return 0.0
    bends = [abs((c - b) - (b - a)) for a, b, c in zip(values, values[1:], values[2:], strict=False)]
    return MAD_TO_STD * median_of(bends) / math.sqrt(6.0)


def median_of(values: list[float]) -> float:
    """Return the median of a few values; NaN without any."""
    if not values:
        return math.nan
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else 0.5 * (ordered[middle - 1] + ordered[middle])
