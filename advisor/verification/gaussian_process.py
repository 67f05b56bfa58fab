"""Draws from the posterior of a Gaussian process over the log rate, its hyperparameters averaged over.

======  ====================================================================
x, y    natural logs of the rates tried, and log losses there (observations)
v       variances of y
k       covariance: Matérn 5/2 with amplitude a and length ℓ, on a free level
======  ====================================================================

A curve that is flat over decades and then rises as a cliff is no draw of a smooth process, which would ring before the
cliff. So the process describes w = log(1 + y / u) with u a few times the noise: differences that can be told are drawn
as they are, what lies far above by its magnitude, and from ``HIGHEST`` on all is lost alike (Snelson, Rasmussen and
Ghahramani 2004).

Amplitude and length are not known beforehand. A few values of each share the draws in proportion to the marginal
likelihood of y (Rasmussen and Williams 2006, section 5.2), so that points on a smooth bowl leave little freedom between
them and points that scatter leave much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.statistics.one_thread import one_thread
from advisor.verification.observations import HIGHEST

LENGTHS = (1.5, 3.0)
"""Distances in natural log over which the curve may bend: factors of 4.5 and 20 in the rate. Judgement: from a bend
within a trial's neighbours to one over the whole range of rates."""
AMPLITUDES = (0.04, 0.2, 1.0)
"""Variances of the bends, over that of the bowl. Judgement: from next to no bends to bends as large as the bowl, a
factor of five apart."""
BOWL = 4.0
"""Variance of the bowl over that of the warped log losses, or of their noise where that is larger. Judgement: twice the
deviation that a handful of trials has."""
LEVEL = 4.0
"""Variance of the curve's level, over that of the bowl. Judgement: twice the bowl's deviation leaves the level to the
trials."""
NOISES = 4.0
"""Standard deviations of a trial from which on losses are drawn by their magnitude. Judgement: less cannot be told from
the lowest, and from 1 to 8 the recorded trials of calibration tasks choose much the same."""
LEAST_UNIT = 0.1
"""The same in log loss, at least. Judgement: a tenth more is near the lowest; on those trials 0.02 and 0.2 do much the
same."""
BRIM = 1.0
"""Log losses up to here are the bowl's, and the three lowest in any case. Judgement: nearly three times the loss."""
LARGEST = 20.0
"""Warped log losses of curves are no larger. Judgement: far beyond a training that diverged, and finite."""
JITTER = 1e-8
"""Added to variances. Judgement: keeps a Cholesky factor finite and is far below any noise."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Process:
    """Matérn 5/2 over a free level.

    Attributes:
        level: variance of the level.
        amplitude: variance of the bends.
        length: distance in natural log over which they may come.
    """

    level: float
    amplitude: float
    length: float

    def covariance(self, left: Array, right: Array) -> Array:
        """Return the covariance between the curve at two sets of log rates."""
        distance = math.sqrt(5.0) * np.abs(left[:, None] - right[None, :]) / self.length
        return self.level + self.amplitude * (1.0 + distance + distance**2 / 3.0) * np.exp(-distance)

    def draws(self, x: Array, y: Array, noise: Array, grid: Array, normal: Array) -> Array:
        """Return curves given what was seen, one per row of standard normal numbers."""
        across = self.covariance(grid, x)
        solved = np.linalg.solve(self.covariance(x, x) + np.diag(noise), np.column_stack([y, across.T]))
        values, vectors = np.linalg.eigh(self.covariance(grid, grid) - across @ solved[:, 1:])
        return across @ solved[:, 0] + normal @ (vectors * np.sqrt(np.clip(values, 0.0, None))).T

    def log_likelihood(self, x: Array, y: Array, noise: Array) -> float:
        """Return the log density of what was seen, up to a constant."""
        seen = self.covariance(x, x) + np.diag(noise)
        return float(-0.5 * y @ np.linalg.solve(seen, y) - 0.5 * np.linalg.slogdet(seen)[1])


def draws(x: Array, y: Array, noise: Array, grid: Array, *, count: int, seed: int) -> Array:
    """Draw curves given the trials.

    Args:
        x: log rates of the trials, ascending, shape (rates,).
        y: log losses, shape (rates,).
        noise: their variances, shape (rates,).
        grid: log rates at which the curves are wanted, shape (points,).
        count: of curves.
        seed: of the draws.

    Returns:
        Shape (count, points).
    """
    unit = max(NOISES * math.sqrt(float(np.median(noise))), LEAST_UNIT)
    warped, noise = np.log1p(np.minimum(y, HIGHEST) / unit), noise / (unit + y) ** 2 + JITTER
    low = y <= max(BRIM, float(np.sort(y)[min(2, len(y) - 1)]))
    mean, bowl = float(np.mean(warped)), BOWL * max(float(np.var(warped[low])), float(np.median(noise[low])))
    seen = warped - mean
    processes = [_Process(LEVEL * bowl, share * bowl, length) for length in LENGTHS for share in AMPLITUDES]
    shares = _shares(np.array([one.log_likelihood(x, seen, noise) for one in processes]), count)
    normal = np.random.default_rng(seed).standard_normal((count, len(grid)))
    parts = np.split(normal, np.cumsum(shares)[:-1])
    with one_thread():
        drawn = [one.draws(x, seen, noise, grid, part) for one, part in zip(processes, parts, strict=True) if len(part)]
    return unit * np.expm1(np.minimum(mean + np.concatenate(drawn), LARGEST))


def _shares(log_likelihoods: Array, count: int) -> NDArray[np.int_]:
    """Return how many of the draws each way gets, in proportion to its likelihood."""
    weights = np.exp(log_likelihoods - log_likelihoods.max())
    return np.diff(np.round(np.cumsum(weights / weights.sum()) * count).astype(int), prepend=0)
