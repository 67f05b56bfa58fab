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
is flat the rules' rate stays, and noise moves it little; unless some training diverged there, which is no rate to be
near to. Beside diverged trials R is asymmetric and keeps a distance.
What a rate costs in a short trial says little about what it costs in the full run, so short trials locate the minimum
alone: the vertex of a parabola through the lowest trial and its neighbours. The mean of it and of what was believed
before (belief) is advised, with an interval of that mean, but no rate above all that were tried: training may diverge
there, and nothing has shown that it does not. Of full runs, the interval is made of the weighted quantiles
of x*_d. The draws never overrule the trials: where a rate that was tried ends lower than the chosen one beyond the
errors of both, that rate is advised.

Source:
    Frazier 2018, section 4.2 (choose by the posterior mean of the loss); Rasmussen and Williams 2006,
    section 2.2 (posterior draws).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from advisor.results import Interval
from advisor.verification.belief import FREEDOM, Belief
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
STEEPEST = math.log(2.0)
"""Log losses further above the lowest than this count as this much in the parabola. Judgement: twice the loss, as of a
diverged training, says on which side of the lowest the best lies, and no more.
"""
SHALLOW = 0.1
"""Curvature of the parabola through the outermost two trials, in log loss over squared log rate. Of 94 replays on
landscapes of real jobs 0.05, 0.1 and 0.2 leave 13, 13 and 14 % more than 5 % above the best with ``standard``, 20, 19
and 19 % with ``quick`` (``python -m benchmarks.jobs replay``)."""
NINE_TENTHS = 1.645
"""By definition the 95 % quantile of a standard normal distribution."""
TRANSFER = 0.5
"""Distance in natural log between the best rate on one held-out sample and on another, added to both ends of the
interval. Of the landscapes of ``python -m benchmarks.regret report --quick --split calibration``, the intervals
then hold the best rate of 90 % (quick) and 85 % (standard)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the best rate lies, as far as trials and rules say.

    Attributes:
        log_rate: of the rates with the smallest expected regret, the nearest to the rules' one; of short trials, what
            is believed.
        interval: holds the best rate of the full run in about nine cases of ten.
        regret: expected loss above the best at ``log_rate``, as a share.
        regret_of_prior: the same at the rules' rate.
        seen: the trials that it rests on.
        belief: of the full run's best rate, once the trials are counted.
    """

    log_rate: float
    interval: Interval
    regret: float
    regret_of_prior: float
    seen: Observations = field(compare=False)
    belief: Belief

    @property
    def noise(self) -> float:
        """Standard error of a trial's log loss, over seeds and held-out samples; the median of the rates."""
        return float(np.sqrt(np.median(self.seen.variance)))

    @property
    def lowest(self) -> float:
        """The lowest mean loss of a rate, in the loss's own unit."""
        return self.seen.loss

    @property
    def unit(self) -> float:
        """What a difference of 1 in log loss is near the lowest, in the loss's own unit."""
        return self.seen.unit

    @property
    def error(self) -> float:
        """How far the distance of two trials is known, in log loss: ``ERRORS`` of its standard errors."""
        return ERRORS * math.sqrt(2.0) * self.noise

    @property
    def gain(self) -> float:
        """How much higher the rules' rate is expected to end, as a share."""
        return self.regret_of_prior - self.regret

    def open_lead(self, log_rate: float) -> tuple[float, float]:
        """Return how much lower than a rate another may end for all the trials tell, as a share, and its log rate.

        It is the other's lead over the trial nearest to the rate, in log loss, and ``ERRORS`` standard errors of that
        lead; of the rate where the sum is largest. Rates at which a training diverged or was stopped may not.
        """
        seen = self.seen
        near = int(np.argmin(np.abs(seen.x - log_rate)))
        leads = seen.y[near] - seen.y + ERRORS * np.sqrt(seen.variance + seen.variance[near])
        leads[seen.diverged | seen.stopped] = -math.inf
        leads[near] = 0.0
        place = int(np.argmax(leads))
        return -math.expm1(-float(leads[place])), float(seen.x[place])


def decide(
    points: Sequence[Point],
    belief: Belief,
    *,
    horizon: Horizon,
    evaluation_samples: int,
    seed: int,
    loss_to_beat: float | None = None,
) -> Decision | None:
    """Weigh the trials against the rules.

    Args:
        points: at least two rates, one of them with a finite loss.
        belief: where the full run's best rate lies before these trials.
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
    weights = _prior_weights(grid[best], belief, horizon)
    above = curves - curves.min(axis=1, keepdims=True)
    expected = weights @ np.expm1(np.clip(above, 0.0, 5.0))
    rules_log_rate = belief.rules - horizon.shift
    at_prior = int(np.argmin(np.abs(grid - rules_log_rate)))
    after = belief
    if horizon.spread > 0:
        after = belief.with_trials(vertex(seen), horizon)
        log_rate = min(after.log_rate - horizon.shift, float(seen.x[-1]))
        interval = _around(after.log_rate - horizon.shift, after.deviation, log_rate)
    else:
        as_good = np.flatnonzero(expected < expected.min() + TOLERANCE)
        trusted = int(np.argmin(expected)) if _diverged_near(seen, rules_log_rate) else at_prior
        log_rate = float(grid[as_good[np.argmin(np.abs(as_good - trusted))]])
        if _excess(seen, log_rate) > 0:
            log_rate = float(seen.x[seen.lowest])
        interval = _interval(grid[best], weights, log_rate)
    regret = float(np.interp(log_rate, grid, expected))
    contradiction = math.expm1(min(_excess(seen, rules_log_rate), 5.0))
    return Decision(
        log_rate=log_rate,
        interval=interval,
        regret=regret,
        regret_of_prior=max(float(expected[at_prior]), regret + contradiction),
        seen=seen,
        belief=after,
    )


def vertex(seen: Observations) -> float:
    """Return the log rate of the lowest point of a parabola through the lowest loss and its neighbours.

    It is at most half way to either neighbour. Where the lowest loss is at an edge, the parabola through it and its one
    neighbour has the curvature ``SHALLOW``: what lies at an edge says on which side the best is, and the steeper the
    loss still falls, the further. Its lowest point is at most one gap above the highest rate. It is at most half a gap
    below the lowest of three rates or more, as losses rise towards a cliff on that side, however near the best is.
    """
    place, last = seen.lowest, len(seen.x) - 1
    lowest = float(seen.x[place])
    if place in {0, last}:
        near = place + 1 if place == 0 else place - 1
        gap, height = float(seen.x[near]) - lowest, min(float(seen.y[near]), STEEPEST)
        step = float(np.clip(height / (2.0 * SHALLOW * gap), -1.5 * abs(gap), 1.5 * abs(gap)))
        beyond = lowest + gap / 2.0 - step
        return max(beyond, lowest - gap / 2.0) if place == 0 and last > 1 else beyond
    between = slice(place - 1, place + 2)
    offsets, heights = seen.x[between] - lowest, np.minimum(seen.y[between], STEEPEST)
    curvature, slope, _ = np.polyfit(offsets, heights, 2)
    if curvature <= 0:
        return lowest
    return lowest + float(np.clip(-slope / (2.0 * curvature), offsets[0] / 2.0, offsets[2] / 2.0))


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


def _diverged_near(seen: Observations, log_rate: float) -> bool:
    """Return whether some training diverged at the rate tried that is nearest to one."""
    return bool(seen.diverged[np.argmin(np.abs(seen.x - log_rate))])


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


def _prior_weights(best: Array, belief: Belief, horizon: Horizon) -> Array:
    squares = ((best + horizon.shift - belief.log_rate) / belief.deviation) ** 2
    log_weights = -(FREEDOM + 1) / 2 * np.log1p(squares / FREEDOM)
    weights = np.exp(log_weights - log_weights.max())
    return weights / weights.sum()


def _around(log_rate: float, deviation: float, chosen: float) -> Interval:
    reach = NINE_TENTHS * deviation + TRANSFER
    return Interval(lower=math.exp(min(log_rate - reach, chosen)), upper=math.exp(log_rate + reach))


def _interval(best: Array, weights: Array, chosen: float) -> Interval:
    lower, upper = _quantiles(best, weights, [0.05, 0.95])
    return Interval(lower=math.exp(min(lower, chosen) - TRANSFER), upper=math.exp(max(upper, chosen) + TRANSFER))


def _quantiles(best: Array, weights: Array, shares: Sequence[float]) -> list[float]:
    """Return weighted quantiles."""
    order = np.argsort(best)
    places = np.minimum(np.searchsorted(np.cumsum(weights[order]), shares), len(best) - 1)
    found: list[float] = best[order][places].tolist()
    return found
