"""From trials to a rate: prior times evidence in log rate, and the choice that costs least on average.

The held-out loss as a function of the log rate is a Gaussian process seen at the trials through seed noise. Curves
drawn from it, each weighted by how likely the rules found its best rate, say where the best may lie; the advised rate
is the one whose loss above the best, averaged over these curves, is smallest. A cliff of diverged trials pushes it away
by itself, because a step past the cliff costs much and a step short of it little.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.results import Interval, Recommendation

LENGTH = 2.0
"""Distance in natural log over which the loss curve may bend: a factor of 7 in the rate."""
DRAWS = 512
GRID = 121
CLIFF = 1.0
"""A diverged trial counts as a loss this much above the worst finite one, in log."""
MIN_NOISE = 1e-3
RESOLUTION = 1e-6
"""Losses this far below the largest, as a share, are all the same: zero, as far as float32 tells."""
SAMPLING_SPREAD = 0.4
"""Relative spread of a loss over held-out samples, as far as it differs between rates: over √n of the mean's error.
A loss far below the constant predictor's rests on few samples, so its squared error grows as one over the loss."""
UNSEEN = 3.0
"""Constant predictors' losses that n held-out samples are taken to have missed: a net that is right and sure on all of
22 samples has a loss near zero there and not on the next ones, and a high rate makes it surer. On the recorded trials
of calibration tasks 1, 2 and 3 did much the same, and none of it clearly worse."""

TRANSFER = 0.5
"""Distance in natural log between the best rate on one held-out sample and on another, added to both ends of the
interval. Of the landscapes of ``python -m benchmarks.regret report --quick --split calibration``, the intervals
then hold the best rate of 89 % (quick) and 86 % (standard)."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """Trials at one rate.

    Attributes:
        log_rate: natural log of the learning rate.
        losses: one per seed; None: diverged.
    """

    log_rate: float
    losses: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the best rate lies, as far as the trials tell.

    Attributes:
        log_rate: the rate that costs least on average.
        interval: holds the best rate of the full run in about nine cases of ten.
        regret: expected loss above the best at ``log_rate``, as a share.
        regret_of_prior: the same at the rules' rate.
        at_lower_edge, at_upper_edge: the best seen lies at that end of what was tried.
        noise: standard error of a trial's log loss, over seeds and held-out samples.
        lowest: log loss of the best rate tried, with what the held-out samples are taken to have missed.
    """

    log_rate: float
    interval: Interval
    regret: float
    regret_of_prior: float
    at_lower_edge: bool
    at_upper_edge: bool
    noise: float
    lowest: float


def horizon_factor(short_steps: int, full_steps: int, exponent: float) -> float:
    """Return the factor from the best rate of a short run to that of the full one.

    Longer runs want lower rates; how much lower is the rules' to say.

    Args:
        short_steps: optimizer steps of a trial.
        full_steps: optimizer steps of the full run.
        exponent: of the length, below zero.

    Returns:
        The power, within 0.1 and 10: rules are fitted on trials of an eighth of the run and more.
    """
    return float(min(10.0, max(0.1, (full_steps / short_steps) ** exponent)))


def decide(
    points: Sequence[Point],
    prior: Recommendation,
    *,
    shift: float,
    held_out: int,
    seed: int,
    constant_loss: float | None = None,
) -> Decision | None:
    """Weigh the trials against the rules.

    Args:
        points: at least three rates, one of them with a finite loss.
        prior: the rules' recommendation; its interval is taken as log-normal.
        shift: natural log of the horizon factor that was already applied to the trials' rates.
        held_out: samples that the losses were measured on; few of them make every loss uncertain.
        seed: of the curves drawn.
        constant_loss: held-out loss of the best constant prediction; None: the worst finite loss stands for it.

    Returns:
        The decision, or None when every trial diverged.
    """
    ordered = sorted(points, key=lambda point: point.log_rate)
    finite = [loss for point in ordered for loss in point.losses if loss is not None]
    if not finite:
        return None
    x = np.array([point.log_rate for point in ordered])
    constant = constant_loss or max(map(abs, finite))
    y, noise = _observed(ordered, finite, UNSEEN * constant / held_out)
    noise = noise + SAMPLING_SPREAD**2 * np.maximum(1.0, constant / np.exp(y)) / held_out
    grid = np.linspace(x[0], x[-1], GRID)
    curves = _draws(x, y, noise, grid, seed)
    best = np.argmin(curves, axis=1)
    weights = _prior_weights(grid[best], prior, shift)
    regret = curves - curves.min(axis=1, keepdims=True)
    expected = weights @ np.expm1(np.clip(regret, 0.0, 5.0))
    chosen = int(np.argmin(expected))
    at_prior = int(np.argmin(np.abs(grid - (math.log(prior.learning_rate) - shift))))
    means = [_mean(point) for point in ordered]
    lowest = min(range(len(means)), key=means.__getitem__)
    return Decision(
        log_rate=float(grid[chosen]),
        interval=_interval(grid[best], weights, float(grid[chosen])),
        regret=float(expected[chosen]),
        regret_of_prior=float(expected[at_prior]),
        at_lower_edge=lowest == 0,
        at_upper_edge=lowest == len(means) - 1,
        noise=float(np.sqrt(np.median(noise))),
        lowest=float(np.min(y)),
    )


def _mean(point: Point) -> float:
    finite = [loss for loss in point.losses if loss is not None]
    return math.inf if len(finite) < len(point.losses) or not finite else sum(finite) / len(finite)


def _observed(points: Sequence[Point], finite: Sequence[float], unseen: float) -> tuple[Array, Array]:
    """Return the log loss at each rate and the variance of that mean; negative losses are shifted.

    Args:
        points: by rate.
        finite: the losses that are finite.
        unseen: loss that the held-out samples are taken to have missed.
    """
    offset = (unseen + RESOLUTION * max(finite) or 1.0) if min(finite) >= 0 else 1.0 - min(finite)
    worst = math.log(max(finite) + offset)
    best = math.log(min(finite) + offset)
    ceiling = min(worst, best + 2.0) + CLIFF
    logs = [
        [min(ceiling, math.log(loss + offset)) if loss is not None else ceiling for loss in point.losses]
        for point in points
    ]
    spreads = [
        np.var(row, ddof=1)
        for row, point in zip(logs, points, strict=True)
        if len(row) > 1 and None not in point.losses
    ]
    pooled = max(float(np.median(spreads)) if spreads else 0.02**2, MIN_NOISE**2)
    means = np.array([float(np.mean(row)) for row in logs])
    variances = np.array([pooled / len(row) for row in logs])
    return means, variances


def _draws(x: Array, y: Array, noise: Array, grid: Array, seed: int) -> Array:
    """Draw curves from the Gaussian process given the trials, shape (DRAWS, GRID)."""
    # The scale of the bowl, not of the cliff, sets the amplitude; a steep bowl still has the three lowest points.
    low = y <= max(float(np.min(y)) + 1.0, float(np.sort(y)[min(2, len(y) - 1)]))
    amplitude = max(float(np.var(y[low])) * 4.0, 0.02**2)
    center = float(np.min(y)) + 2.0 * math.sqrt(amplitude)
    # A cliff is no draw of a smooth process: what lies far above the bowl is compressed before the fit.
    top = center + 2.0 * math.sqrt(amplitude)
    squeezed = np.minimum(y, top) + 0.5 * np.log1p(np.maximum(y - top, 0.0))
    seen = _kernel(x, x, amplitude) + np.diag(noise + 1e-8)
    across = _kernel(grid, x, amplitude)
    solved = np.linalg.solve(seen, np.column_stack([squeezed - center, across.T]))
    mean = center + across @ solved[:, 0]
    covariance = _kernel(grid, grid, amplitude) - across @ solved[:, 1:]
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    return mean + np.random.default_rng(seed).standard_normal((DRAWS, GRID)) @ root.T


def _kernel(left: Array, right: Array, amplitude: float) -> Array:
    """Matérn 5/2."""
    distance = math.sqrt(5.0) * np.abs(left[:, None] - right[None, :]) / LENGTH
    return amplitude * (1.0 + distance + distance**2 / 3.0) * np.exp(-distance)


def _prior_weights(best: Array, prior: Recommendation, shift: float) -> Array:
    center = math.log(prior.learning_rate) - shift
    sigma = max(math.log(prior.interval.upper / prior.interval.lower) / (2 * 1.6449), 0.2)
    log_weights = -0.5 * ((best - center) / sigma) ** 2
    weights = np.exp(log_weights - log_weights.max())
    return weights / weights.sum()


def _interval(best: Array, weights: Array, chosen: float) -> Interval:
    order = np.argsort(best)
    cumulated = np.cumsum(weights[order])
    ends = np.minimum(np.searchsorted(cumulated, [0.05, 0.95]), len(best) - 1)
    lower, upper = best[order][ends].tolist()
    return Interval(lower=math.exp(min(lower, chosen) - TRANSFER), upper=math.exp(max(upper, chosen) + TRANSFER))
