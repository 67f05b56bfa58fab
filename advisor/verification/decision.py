"""From trials to a rate: the minimum of the expected regret under prior-weighted Gaussian-process posterior draws.

=========  ==================================================================================================
x, y, v    log rates of the trials, log losses there and their variances (observations), shape (rates,)
g          grid of log rates from the lowest to the highest tried, shape (points,); where trials are short, wider by
           the standard deviation of the step to the full run
f_d        curves drawn from the posterior given x, y and v (gaussian_process), shape (draws, points)
x*_d       where curve d is lowest
w_d        weight of curve d: density of x*_d under the rules, a Student t in log rate
R(g)       expected regret: Σ_d w_d (exp(f_d(g) − f_d(x*_d)) − 1)
=========  ==================================================================================================

Of the rates whose R is within ``TOLERANCE`` of the smallest, the nearest to the rules' one is advised: where the curve
is flat the rules' rate stays, and noise moves it little. Beside diverged trials R is asymmetric and keeps a distance.
What a rate costs in a short trial says little about what it costs in the full run, so short trials locate the minimum
alone, without the rules: the vertex of a parabola through the lowest trial and its neighbours is advised. Three rates
at an eighth of the run then leave a tenth of the calibration jobs 12 % or more above the best, the expected regret 32 %
(``python -m benchmarks.jobs replay``).
The interval is made of the weighted quantiles of x*_d. The draws never overrule the trials: where a rate that was tried
ends lower than the chosen one beyond the errors of both, that rate is advised.

Source:
    Frazier 2018, section 4.2 (choose by the posterior mean of the loss); Rasmussen and Williams 2006,
    section 2.2 (posterior draws).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advisor.results import Interval, Recommendation
from advisor.verification.gaussian_process import draws
from advisor.verification.horizon import Horizon
from advisor.verification.observations import Array, Observations, observed
from advisor.verification.point import Point

TOLERANCE = 0.005
"""Expected regrets and log losses this close are the same. Judgement: half a per cent of the loss is less than one seed
changes."""
ERRORS = 2.0
"""Standard errors beyond which a trial is worse than another. Judgement: about 95 % of a normal distribution."""
DRAWS = 512
"""Curves drawn from the posterior. Judgement: a chance is then known to two per cent, √(0.25 / 512)."""
GRID = 121
"""Rates at which curves are drawn. Judgement: closer together than trials tell rates apart."""
PRIOR_FREEDOM = 4.0
"""Degrees of freedom of the rules' Student t in log rate. Judgement: where they err by far, the trials decide."""
PRIOR_QUANTILE = 2.132
"""By definition the 95 % quantile of that distribution: rules state intervals of 90 %."""
SHORT_DOUBT = 2.0
"""By which short trials widen the rules' Student t: rules are fitted on tables, which train in full; real nets, whose
trials are short, want rates further from theirs (``python -m benchmarks.jobs replay``)."""
MIN_SPREAD = 0.2
"""Standard deviation of the rules in log rate that no stated interval undercuts. Judgement: no rule knows a rate closer
than a fifth."""
STEEPEST = math.log(2.0)
"""Log losses further above the lowest than this count as this much in the parabola. Judgement: twice the loss, as of a
diverged training, says on which side of the lowest the best lies, and no more.
"""
TRANSFER = 0.5
"""Distance in natural log between the best rate on one held-out sample and on another, added to both ends of the
interval. Of the landscapes of ``python -m benchmarks.regret report --quick --split calibration``, the intervals
then hold the best rate of 90 % (quick) and 85 % (standard)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the best rate lies, as far as trials and rules say.

    Attributes:
        log_rate: of the rates with the smallest expected regret, the nearest to the rules' one; of short trials, the
            vertex.
        interval: holds the best rate of the full run in about nine cases of ten.
        regret: expected loss above the best at ``log_rate``, as a share.
        regret_of_prior: the same at the rules' rate.
        noise: standard error of a trial's log loss, over seeds and held-out samples.
        lowest: the lowest mean loss of a rate, in the loss's own unit.
        unit: what a difference of 1 in log loss is near the lowest, in the loss's own unit.
    """

    log_rate: float
    interval: Interval
    regret: float
    regret_of_prior: float
    noise: float
    lowest: float
    unit: float

    @property
    def error(self) -> float:
        """How far the distance of two trials is known, in log loss: ``ERRORS`` of its standard errors."""
        return ERRORS * math.sqrt(2.0) * self.noise

    @property
    def gain(self) -> float:
        """How much higher the rules' rate is expected to end, as a share."""
        return self.regret_of_prior - self.regret


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
        points: at least two rates, one of them with a finite loss.
        prior: the rules' recommendation; its interval is taken as that of a Student t in log rate.
        horizon: from the best rate of the trials to that of the full run.
        evaluation_samples: that the losses at a rate were measured on, over all seeds; few of them make every
            loss uncertain.
        seed: of the curves drawn.
        loss_to_beat: held-out loss of the best constant prediction, or of an untrained model; None or not finite: the
            highest finite loss stands for it.

    Returns:
        The decision, or None when every trial diverged.
    """
    seen = observed(points, evaluation_samples, loss_to_beat)
    if seen is None:
        return None
    grid = np.linspace(seen.x[0] - horizon.spread, seen.x[-1] + horizon.spread, GRID)
    drawn = draws(seen.x, seen.y, seen.variance, grid, count=DRAWS, seed=seed)
    curves = _moved(drawn, horizon.spread / (grid[1] - grid[0]), seed)
    best = np.argmin(curves, axis=1)
    weights = _prior_weights(grid[best], prior, horizon)
    above = curves - curves.min(axis=1, keepdims=True)
    expected = weights @ np.expm1(np.clip(above, 0.0, 5.0))
    rules_log_rate = math.log(prior.learning_rate) - horizon.shift
    at_prior = int(np.argmin(np.abs(grid - rules_log_rate)))
    as_good = np.flatnonzero(expected < expected.min() + TOLERANCE)
    chosen = int(as_good[np.argmin(np.abs(as_good - at_prior))])
    log_rate = float(grid[chosen])
    if horizon.spread > 0:
        log_rate = vertex(seen)
    elif _excess(seen, log_rate) > 0:
        log_rate = float(seen.x[seen.lowest])
    regret = float(np.interp(log_rate, grid, expected))
    contradiction = math.expm1(min(_excess(seen, rules_log_rate), 5.0))
    return Decision(
        log_rate=log_rate,
        interval=_interval(grid[best], weights, log_rate),
        regret=regret,
        regret_of_prior=max(float(expected[at_prior]), regret + contradiction),
        noise=float(np.sqrt(np.median(seen.variance))),
        lowest=seen.loss,
        unit=seen.unit,
    )


def vertex(seen: Observations) -> float:
    """Return the log rate of the lowest point of a parabola through the lowest loss and its neighbours.

    It is at most half way to either neighbour; at an edge it is the lowest loss's own.
    """
    place, last = seen.lowest, len(seen.x) - 1
    if place in {0, last}:
        return float(seen.x[place])
    near = slice(place - 1, place + 2)
    offsets, heights = seen.x[near] - seen.x[place], np.minimum(seen.y[near], STEEPEST)
    curvature, slope, _ = np.polyfit(offsets, heights, 2)
    if curvature <= 0:
        return float(seen.x[place])
    return float(seen.x[place] + np.clip(-slope / (2.0 * curvature), offsets[0] / 2.0, offsets[2] / 2.0))


def _excess(seen: Observations, log_rate: float) -> float:
    """Return how far a rate is above the lowest trial, in log loss; 0 within the errors of both and the tolerance.

    Between two trials the loss is taken as on the line through them, beyond the outermost as theirs.
    """
    above = float(np.interp(log_rate, seen.x, seen.y))
    variance = float(np.interp(log_rate, seen.x, seen.variance))
    near = int(np.argmin(np.abs(seen.x - log_rate)))
    if near == seen.lowest or not seen.is_above(above, variance, tolerance=TOLERANCE, errors=ERRORS):
        return 0.0
    return above


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


def _prior_weights(best: Array, prior: Recommendation, horizon: Horizon) -> Array:
    center = math.log(prior.learning_rate) - horizon.shift
    spread = max(math.log(prior.interval.ratio) / (2 * PRIOR_QUANTILE), MIN_SPREAD)
    if horizon.spread > 0:
        spread *= SHORT_DOUBT
    squares = ((best - center) / spread) ** 2
    log_weights = -(PRIOR_FREEDOM + 1) / 2 * np.log1p(squares / PRIOR_FREEDOM)
    weights = np.exp(log_weights - log_weights.max())
    return weights / weights.sum()


def _interval(best: Array, weights: Array, chosen: float) -> Interval:
    lower, upper = _quantiles(best, weights, [0.05, 0.95])
    return Interval(lower=math.exp(min(lower, chosen) - TRANSFER), upper=math.exp(max(upper, chosen) + TRANSFER))


def _quantiles(best: Array, weights: Array, shares: Sequence[float]) -> list[float]:
    """Return weighted quantiles."""
    order = np.argsort(best)
    places = np.minimum(np.searchsorted(np.cumsum(weights[order]), shares), len(best) - 1)
    found: list[float] = best[order][places].tolist()
    return found
