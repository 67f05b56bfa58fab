"""A series of any length in constant memory: its last points as they are, the whole as medians of equal parts."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import numpy as np

from advisor.diagnosis.history import Array, Series
from advisor.statistics.robust import noise_from_differences

POINTS: Final = 400
"""Parts kept of the whole series at most. Judgement: detectors condense to 50 parts themselves."""
RECENT: Final = 65
"""Last points kept as they are. Judgement: enough for a robust estimate of the noise of single points."""
NOISE_EVERY: Final = 16
"""Points between two estimates of the noise. Judgement: it changes slowly, and an estimate costs as much as ten
steps."""


class LimitedSeries:
    """Points of one quantity, at most ``2 * POINTS`` of them: when these are full, neighbours become their mean."""

    def __init__(self, name: str, *, with_noise: bool = False) -> None:
        self.name = name
        self.with_noise = with_noise
        self.count = 0
        self.recent: deque[float] = deque(maxlen=RECENT)
        self.noise = 0.0
        self._at: list[float] = []
        self._values: list[float] = []
        self._each = 1
        self._part: list[float] = []

    def add(self, at: float, value: float) -> None:
        """Take one finite value."""
        self.count += 1
        self.recent.append(value)
        if self.with_noise and self.count % NOISE_EVERY == 0:
            self.noise = noise_from_differences(np.array(self.recent))
        self._part.append(value)
        if len(self._part) == self._each:
            self._at.append(at)
            self._values.append(median_of(self._part))
            self._part.clear()
            if len(self._at) == 2 * POINTS:
                self._at = self._at[1::2]
                self._values = [0.5 * (a + b) for a, b in zip(self._values[::2], self._values[1::2], strict=True)]
                self._each *= 2

    def __len__(self) -> int:
        return len(self._at)

    @property
    def at(self) -> Array:
        """Positions of the condensed points."""
        return np.array(self._at)

    @property
    def values(self) -> Array:
        """The condensed points."""
        return np.array(self._values)

    def series(self) -> Series:
        """Return the condensed points as a logged series."""
        return Series(self.name, self.at, self.values)

    def last_median(self, points: int) -> float:
        """Return the median of the last points."""
        recent = self.recent
        return median_of([recent[place] for place in range(-min(points, len(recent)), 0)])


def median_of(values: list[float]) -> float:
    """Return the median of a few values; NaN without any."""
    if not values:
        return math.nan
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else 0.5 * (ordered[middle - 1] + ordered[middle])
