"""Robust descriptions of a noisy curve: level, noise, trend. A few wild points change none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from advisor.diagnosis.history import Array
from advisor.statistics.robust import median_of_finite, noise_from_differences

BLOCKS: Final = 50
"""Parts that a long curve is condensed to. Judgement: enough to see a shape, few enough to average noise away."""


WIDE: Final = 1001
"""Window, in points, up to which running medians are exact. Judgement: time grows with the window, and a wider one may
be coarse."""

PARTS: Final = 21
"""Parts of a wider window. Judgement: the median of 21 medians is close to that of all."""

HUGE: Final = 1e12
"""Judgement: ratios beyond are no clearer; a loss near the smallest number would make them infinite."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A finite curve over the run, and what detectors ask about it.

    Attributes:
        at: share of the run, 0 to 1, shape (points,).
        values: the loss, shape (points,).
    """

    at: Array
    values: Array

    def __len__(self) -> int:
        return len(self.values)

    def between(self, start: float, end: float) -> Curve:
        """Return the part from one share of the points to another; never empty when the curve is not."""
        count = len(self)
        first = min(round(start * count), count - 1)
        last = max(round(end * count), first + 1)
        return Curve(self.at[first:last], self.values[first:last])

    def level(self, start: float, end: float) -> float:
        """Return the median of a part; at least three points are taken where there are as many."""
        least = min(3, len(self)) / len(self)
        if end - start < least:
            start, end = (0.0, least) if start <= 0.0 else (max(0.0, end - least), end)
        return median_of_finite(self.between(start, end).values)

    @property
    def noise(self) -> float:
        """Standard deviation of what changes from one point to the next, robustly; a smooth trend does not count."""
        return noise_from_differences(self.values)

    @property
    def whiteness(self) -> float:
        """Correlation of neighbouring deviations from the local middle: near 0 for noise, -1 for a zigzag."""
        deviations = self.values - smoothed(self.values, max(11, window_for(len(self))))
        deviations = np.clip(deviations, *np.quantile(deviations, [0.02, 0.98]))
        power = float(np.dot(deviations, deviations))
        return float(np.dot(deviations[:-1], deviations[1:])) / power if power > 0 else 0.0

    def blocks(self, most: int = BLOCKS) -> Curve:
        """Return the medians of equal parts, at most ``most`` of them."""
        if len(self) <= most:
            return self
        return Curve(_of_parts(self.at, most, np.mean), _of_parts(self.values, most, np.median))

    def slope(self) -> float:
        """Return the Theil-Sen slope of the condensed curve, in loss per whole run; 0 for a single point."""
        few = self.blocks()
        rise = few.values[None, :] - few.values[:, None]
        run = few.at[None, :] - few.at[:, None]
        forward = run > 0
        return median_of_finite(rise[forward] / run[forward]) if forward.any() else 0.0


def _of_parts(values: Array, parts: int, number: Callable[..., Array]) -> Array:
    """Return one number for each of equal parts, the first ones a point longer as ``np.array_split`` cuts them."""
    size, longer = divmod(len(values), parts)
    cut = longer * (size + 1)
    rows = values[:cut].reshape(longer, size + 1), values[cut:].reshape(parts - longer, size)
    return np.concatenate([number(row, axis=1) for row in rows if len(row)])


def window_for(points: int) -> int:
    """Return an odd window of about a twentieth of the points, at least 5."""
    return max(5, points // 20 | 1)


def smoothed(values: Array, window: int) -> Array:
    """Return the running median over an odd window, shorter towards the ends.

    A window of many points is made of medians of its parts, and the places between them are interpolated: the exact
    running median of a million points would take minutes.
    """
    half = min(window // 2, (len(values) - 1) // 2)
    if half < 1:
        return values.copy()
    part = window // PARTS
    if window > WIDE:
        count = len(values) // part
        edges = np.linspace(0, len(values), count + 1).astype(np.intp)
        medians = np.array([np.median(values[first:last]) for first, last in pairwise(edges)])
        middles = (edges[:-1] + edges[1:] - 1) / 2.0
        return np.interp(np.arange(len(values)), middles, smoothed(medians, PARTS))
    whole = np.median(np.lib.stride_tricks.sliding_window_view(values, 2 * half + 1), axis=1)
    begin, end = _medians_from(values[: 2 * half], half), _medians_from(values[: -2 * half - 1 : -1], half)
    return np.concatenate([begin, whole, end[::-1]])


def _medians_from(values: Array, half: int) -> Array:
    """Return the medians of windows around the first ``half`` places, which hold fewer points before than after."""
    widths = np.arange(half, 2 * half)
    rows = np.where(np.arange(2 * half) <= widths[:, None], values, np.inf)
    rows.sort(axis=1)
    places = np.arange(half)
    return 0.5 * (rows[places, widths // 2] + rows[places, (widths + 1) // 2])
