"""From trials to a rate: prior times evidence in log rate, and the choice that costs least on average.

The held-out loss as a function of the log rate is a Gaussian process seen at the trials through seed noise. Curves
drawn from it, each weighted by how likely the rules found its best rate, say where the best may lie. Of the rates
whose loss above the best, averaged over these curves, is as good as smallest, the nearest to the rules' one is advised:
a flat bowl leaves it where it is, and chance moves it little. A cliff of diverged trials pushes it away by itself,
because a step past the cliff costs much and a step short of it little.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.results import Interval, Recommendation
from advisor.verification.gaussian_process import draws
from advisor.verification.horizon import Horizon

TOLERANCE = 0.005
"""Expected losses above the best that are this close are the same."""
DRAWS = 512
GRID = 121
CLIFF = 1.0
"""A diverged trial counts as a loss this much above the worst finite one, in log."""
MIN_NOISE = 1e-3
UNKNOWN_NOISE = 0.02
"""Standard deviation of a log loss over seeds, where a single seed cannot tell it."""
RESOLUTION = 1e-6
"""Losses this far below the largest, as a share, are all the same: zero, as far as float32 tells."""
SAMPLING_SPREAD = 0.4
"""Relative spread of a loss over held-out samples, as far as it differs between rates: over √n of the mean's error.
A loss far below the constant predictor's rests on few samples, so its squared error grows as one over the loss."""
UNSEEN = 3.0
"""Constant predictors' losses that n held-out samples are taken to have missed: a net that is right and sure on all of
22 samples has a loss near zero there and not on the next ones, and a high rate makes it surer. On the recorded trials
of calibration tasks 1, 2 and 3 did much the same, and none of it clearly worse."""
PRIOR_FREEDOM = 4.0
"""Degrees of freedom of the rules' Student t in log rate: where they err by far, the trials decide."""
PRIOR_QUANTILE = 2.132
"""Of that distribution, at 95 %: rules state intervals of 90 %."""
MIN_SPREAD = 0.2

TRANSFER = 0.5
"""Distance in natural log between the best rate on one held-out sample and on another, added to both ends of the
interval. Of the landscapes of ``python -m benchmarks.regret report --quick --split calibration``, the intervals
then hold the best rate of 90 % (quick) and 85 % (standard)."""

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

    @property
    def mean(self) -> float | None:
        """The mean loss; None when a seed diverged."""
        finite = [loss for loss in self.losses if loss is not None]
        return sum(finite) / len(finite) if finite and len(finite) == len(self.losses) else None


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the best rate lies, as far as the trials tell.

    Attributes:
        log_rate: of the rates that cost least on average, the nearest to the rules' one.
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


def decide(
    points: Sequence[Point],
    prior: Recommendation,
    *,
    horizon: Horizon,
    evaluation_samples: int,
    seed: int,
    loss_to_beat: float | None = None,
) -> Decision | None:
    """Weigh the trials against the rules.

    Args:
        points: at least three rates, one of them with a finite loss.
        prior: the rules' recommendation; its interval is taken as that of a Student t in log rate.
        horizon: from the best rate of the trials to that of the full run.
        evaluation_samples: that the losses at a rate were measured on, over all seeds; few of them make every
            loss uncertain.
        seed: of the curves drawn.
        loss_to_beat: held-out loss of the best constant prediction, or of an untrained model; None, or no finite
            positive number: the worst finite loss stands for it.

    Returns:
        The decision, or None when every trial diverged.
    """
    ordered = sorted(points, key=lambda point: point.log_rate)
    finite = [loss for point in ordered for loss in point.losses if loss is not None]
    if not finite:
        return None
    x = np.array([point.log_rate for point in ordered])
    known = loss_to_beat is not None and 0 < loss_to_beat < math.inf
    constant = loss_to_beat if loss_to_beat is not None and known else max(map(abs, finite))
    y, seed_noise = _observed(ordered, finite, UNSEEN * constant / evaluation_samples)
    noise = np.maximum(seed_noise, SAMPLING_SPREAD**2 * np.maximum(1.0, constant / np.exp(y)) / evaluation_samples)
    grid = np.linspace(x[0], x[-1], GRID)
    curves = _moved(draws(x, y, noise, grid, count=DRAWS, seed=seed), horizon.spread / (grid[1] - grid[0]), seed)
    best = np.argmin(curves, axis=1)
    weights = _prior_weights(grid[best], prior, horizon.shift)
    regret = curves - curves.min(axis=1, keepdims=True)
    expected = weights @ np.expm1(np.clip(regret, 0.0, 5.0))
    at_prior = int(np.argmin(np.abs(grid - (math.log(prior.learning_rate) - horizon.shift))))
    as_good = np.flatnonzero(expected < expected.min() + TOLERANCE)
    chosen = int(as_good[np.argmin(np.abs(as_good - at_prior))])
    means = [math.inf if point.mean is None else point.mean for point in ordered]
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


def _observed(points: Sequence[Point], finite: Sequence[float], unseen: float) -> tuple[Array, float]:
    """Return the log loss at each rate and the variance of such a mean; negative losses are shifted.

    Args:
        points: by rate.
        finite: the losses that are finite.
        unseen: loss that the held-out samples are taken to have missed.
    """
    offset = (unseen + RESOLUTION * max(finite) or 1.0) if min(finite) >= 0 else 1.0 - min(finite)
    losses = np.array([[math.inf if loss is None else loss for loss in point.losses] for point in points])
    logs = np.column_stack([_with_cliff(np.log(column + offset)) for column in losses.T])
    means = np.log(np.mean(np.exp(logs), axis=1))
    return means, _seed_noise(logs, means, whole=np.isfinite(losses).all(axis=1))


def _with_cliff(logs: Array) -> Array:
    """Return the log losses of a seed, by rate, with a finite one where it diverged."""
    finite = logs[np.isfinite(logs)]
    if not len(finite):
        return np.zeros_like(logs)
    return np.minimum(logs, min(finite.max(), finite.min() + 2.0) + CLIFF)


def _seed_noise(logs: Array, means: Array, whole: NDArray[np.bool_]) -> float:
    """Return the variance of a rate's mean, by what seeds make of the distance between two rates.

    What a seed does to all rates alike, such as an easy part held out, moves no rate ahead of another.

    Args:
        logs: log losses, shape (rates, seeds).
        means: shape (rates,).
        whole: the rates at which no seed diverged.
    """
    seeds = logs.shape[1]
    lowest = int(np.argmin(means))
    near = whole & (means < means[lowest] + 1.0)
    near[lowest] = False
    spreads = np.var((logs - logs[lowest])[near], axis=1, ddof=1) / 2.0 if seeds > 1 else np.empty(0)
    pooled = max(float(np.median(spreads)) if len(spreads) else UNKNOWN_NOISE**2, MIN_NOISE**2)
    return pooled / seeds


def _moved(curves: Array, spread: float, seed: int) -> Array:
    """Return the curves of the full run, each moved along the grid as far as it may lie from the trials' own.

    Args:
        curves: shape (draws, points).
        spread: standard deviation of the moves, in points.
        seed: of the moves.
    """
    moves = np.rint(np.random.default_rng([seed, 1]).normal(0.0, spread, len(curves))).astype(int)
    points = curves.shape[1]
    places = np.clip(np.arange(points)[None, :] - moves[:, None], 0, points - 1)
    return np.take_along_axis(curves, places, axis=1)


def _prior_weights(best: Array, prior: Recommendation, shift: float) -> Array:
    center = math.log(prior.learning_rate) - shift
    spread = max(math.log(prior.interval.ratio) / (2 * PRIOR_QUANTILE), MIN_SPREAD)
    squares = ((best - center) / spread) ** 2
    log_weights = -(PRIOR_FREEDOM + 1) / 2 * np.log1p(squares / PRIOR_FREEDOM)
    weights = np.exp(log_weights - log_weights.max())
    return weights / weights.sum()


def _interval(best: Array, weights: Array, chosen: float) -> Interval:
    order = np.argsort(best)
    cumulated = np.cumsum(weights[order])
    ends = np.minimum(np.searchsorted(cumulated, [0.05, 0.95]), len(best) - 1)
    lower, upper = best[order][ends].tolist()
    return Interval(lower=math.exp(min(lower, chosen) - TRANSFER), upper=math.exp(max(upper, chosen) + TRANSFER))
