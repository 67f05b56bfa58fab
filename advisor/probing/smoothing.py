"""A range test's curve without its spikes and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.statistics.robust import noise_from_differences

BETAS = (0.3, 0.5, 0.65, 0.75, 0.82, 0.88, 0.92)
"""Weights of the neighbouring point that are tried. Judgement: from next to no averaging to about twelve points on each
side."""
SPIKE = 5.0
"""A point this many standard deviations from the median of its neighbours is a spike. Judgement: chance makes none."""
PLATEAU = 0.1
"""Share of the points, at the smallest rates, whose loss is the starting level. Judgement: rates of the first decade of
ten move nothing."""

Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Smoothed:
    """A smoothed curve and how well it is known.

    Attributes:
        curve: spikes removed, explosions clipped shortly above the start, averaged; shape (points,).
        start: loss before the rate matters.
        start_points: points that ``start`` is the median of.
        noise: standard deviation of one loss, spikes aside.
        beta: of the average; chosen so that neighbours predict each point best.
    """

    curve: Curve
    start: float
    start_points: int
    noise: float
    beta: float

    def error_at(self, point: int) -> float:
        """Return the standard error of the drop from the start to a point."""
        weights = _weights(len(self.curve), self.beta)[point]
        of_median = np.pi / 2.0 / self.start_points
        return self.noise * float(np.sqrt((weights**2).sum() + of_median))


def smooth_curve(losses: Curve) -> Smoothed:
    """Smooth a raw curve of finite losses.

    The exponential average looks both ways, because one that only looks back moves every landmark to higher rates. Its
    width is the one with the smallest leave-one-out error, so noise widens it and a clean curve stays as it is.
    """
    noise = noise_from_differences(losses)
    clean = without_spikes(losses, noise)
    level = _plateau_end(clean, noise)
    start = float(np.median(clean[:level]))
    rough = np.convolve(np.pad(clean, 1, mode="edge"), np.full(3, 1.0 / 3.0), mode="valid")
    after = int(np.argmin(rough))
    drop = max(start - float(rough[after]), 0.0)
    clipped = np.minimum(clean, start + 0.25 * drop + 4.0 * noise)
    risen = np.nonzero(rough[after:] >= start - 0.5 * drop)[0]
    calm = max(plateau(len(clean)), after + int(risen[0]) if len(risen) else len(clean))
    beta = min(BETAS, key=lambda one: _left_out_error(clipped[:calm], one))
    spread = float(np.sqrt(np.mean(np.diff(clipped[:calm], 2) ** 2) / 6.0)) if calm > 2 else 0.0
    return Smoothed(_weights(len(clipped), beta) @ clipped, start, level, max(noise, spread), beta)


def plateau(points: int) -> int:
    """Return how many points at the smallest rates count as the start."""
    return max(3, round(PLATEAU * points))


def _plateau_end(clean: Curve, noise: float) -> int:
    """Return how far the starting level lasts: while the next stretch looks like all before it, half way at most."""
    step = plateau(len(clean))
    end = step
    while end + step <= len(clean) // 2:
        apart = abs(float(np.median(clean[end : end + step])) - float(np.median(clean[:end])))
        if apart > 1.25 * noise * np.sqrt(1.0 / step + 1.0 / end):
            break
        end += step
    return end


def without_spikes(losses: Curve, noise: float) -> Curve:
    """Replace points far from the median of five by that median."""
    if len(losses) < 5:
        return losses
    windows = np.median(np.lib.stride_tricks.sliding_window_view(losses, 5), axis=1)
    medians = np.concatenate([[windows[0]] * 2, windows, [windows[-1]] * 2])
    low, high = np.percentile(losses, [10, 90])
    limit = SPIKE * noise + 0.02 * float(high - low)
    spike = np.abs(losses - medians) > limit
    spike[-2:] &= losses[-2:] > medians[-2:]  # the median lags behind a curve that is still falling
    return np.where(spike, medians, losses)


def _weights(points: int, beta: float) -> Curve:
    """Return the matrix of the two-sided exponential average, rows summing to one."""
    distance = np.abs(np.arange(points)[:, None] - np.arange(points)[None, :])
    weights: Curve = beta ** distance.astype(np.float64)
    return weights / weights.sum(axis=1, keepdims=True)


def _left_out_error(curve: Curve, beta: float) -> float:
    """Return the mean squared error of predicting each point from its neighbours alone."""
    weights = _weights(len(curve), beta)
    own = np.diag(weights)
    return float(np.mean(((weights @ curve - curve) / (1.0 - own)) ** 2))
