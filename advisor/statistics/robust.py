"""Quantiles of sorted values, and standard deviations that a few wild values do not change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from advisor.statistics.arrays import Floats

MAD_TO_STD: Final = 1.482602218505602
"""By definition 1 / Φ⁻¹(3/4): standard deviation of a normal variable over its median absolute deviation."""


def quantiles_of_sorted(values: Floats, shares: Sequence[float]) -> Floats:
    """Return what ``np.quantile`` does along the first axis, of values in ascending order, shape (shares, …).

    >>> quantiles_of_sorted(np.array([1.0, 2.0, 4.0]), (0.25, 0.5)).tolist()
    [1.5, 2.0]
    """
    places = np.asarray(shares) * (len(values) - 1)
    below = np.floor(places).astype(np.intp)
    low, high = values[below], values[np.minimum(below + 1, len(values) - 1)]
    share = (places - below).reshape(-1, *[1] * (values.ndim - 1))
    return np.where(share < 0.5, low + (high - low) * share, high - (high - low) * (1.0 - share))


def median_of_sorted(values: Floats) -> float:
    """Return what ``np.median`` does, of values in ascending order."""
    return float(values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2.0


def median_of_finite(values: Floats) -> float:
    """Return what ``np.median`` does of finite values, shape (values,), without what it does around them.

    >>> median_of_finite(np.array([3.0, 1.0, 2.0, 4.0]))
    2.5
    """
    middle = len(values) // 2
    if len(values) % 2:
        return float(np.partition(values, middle)[middle])
    parted = np.partition(values, (middle - 1, middle))
    return 0.5 * float(parted[middle - 1] + parted[middle])


def robust_std(values: Floats) -> float:
    """Return the standard deviation by the median absolute deviation from the median; 0 without values."""
    return MAD_TO_STD * median_of_finite(np.abs(values - median_of_finite(values))) if len(values) else 0.0


def noise_from_differences(values: Floats) -> float:
    """Return the standard deviation of the noise on a smooth curve, in the curve's unit.

    White noise of deviation σ has second differences of deviation √6 σ, a straight line has none, and a smooth trend
    hardly any. Their median makes the estimate robust to spikes and to an explosion at the end.

    Args:
        values: the curve at evenly spaced points, shape (points,).

    Returns:
        Standard deviation; 0 for fewer than four points, where there is at most one difference.

    Source:
        Gasser, Sroka & Jennen-Steinmetz 1986, Residual variance and residual pattern in nonlinear regression,
        Biometrika 73(3), equation 2.
    """
    if len(values) < 4:
        return 0.0
    return MAD_TO_STD * median_of_finite(np.abs(np.diff(values, 2))) / math.sqrt(6.0)
