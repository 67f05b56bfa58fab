"""Held-out losses of trials on one scale, whatever their unit and sign, with their errors.

Notation, for rates i and seeds s:

======  ============================================================================================
L_is    held-out loss of a trial; missing where it diverged
L_i     mean over the seeds that count, in the unit of the loss
m       lowest L_i
c       loss to beat: that of the best constant prediction, or of an untrained model
r       reach of the losses, c − m: what there was to learn
τ       unit of the scale: |m|, and never less than the losses' own resolution
y_i     log(1 + (L_i − m) / τ): for a positive loss, its natural log above the lowest
v_i     variance of y_i
======  ============================================================================================

Multiplying a loss by a constant changes nothing. Adding one changes τ alone, so what is left of a difference is its
size in per cent of the loss, which is what tolerances are stated in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.verification.held_out_losses import paired_variances
from advisor.verification.point import Point

CLIFF = 1.0
"""A rate at which a training diverged counts as this much above the highest finite loss, in log. Judgement: nearly
three times the loss, worse than any that trained."""
HIGHEST = 2.0
"""Finite losses further above the lowest than this, in log, do not raise the cliff. Judgement: a loss seven times the
lowest has all but diverged."""
MIN_NOISE = 1e-3
"""Standard deviation of a log loss over seeds that no two trainings undercut. Judgement: float32 sums in another
order."""
UNKNOWN_NOISE = 0.02
"""The same where a single seed was trained: the median over seeds in ``benchmarks/results/recordings.jsonl``. ``python
-m benchmarks.regret record`` wrote it."""
RESOLUTION = 1e-6
"""Losses this far below the largest, as a share, are all the same. Judgement: zero, as far as float32 tells."""
SAMPLING_SPREAD = 0.4
"""Relative spread of a loss over held-out samples, as far as it differs between rates: over √n of the mean's error. A
loss far below the constant predictor's rests on few samples, so its squared error grows as one over the loss.
Judgement: rates of one bracket mostly err on the same samples."""
UNSEEN = 3.0
"""Constant predictors' losses that n held-out samples are taken to have missed: a net that is right and sure on all of
22 samples has a loss near zero there and not on the next ones, and a high rate makes it surer. On the recorded trials
of calibration tasks 1, 2 and 3 did much the same, and none of it clearly worse. ``python -m benchmarks.regret record``
recorded them."""
FEW_SAMPLES = 30
"""Held-out samples below which their own spread is not enough to tell the error. Judgement: of so few, the one that
matters may be missing."""
STOPPED_ERROR = 0.5
"""Standard error of the log loss of a rate that was stopped on its way, as a share of it. Judgement: it is above the
lowest, and how far the rest of the run would have brought it is not known."""
SIGNED_UNIT = 0.1
"""Unit of losses that can be negative, as a share of their reach. Judgement: zero means nothing there."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Observations:
    """Trials by rate on the common scale.

    Attributes:
        x: natural logs of the rates, ascending, shape (rates,).
        y: log losses above the lowest, shape (rates,); 0 at the lowest.
        variance: of y, shape (rates,).
        diverged: rates at which some seed diverged although another rate did not, shape (rates,).
        stopped: rates at which some seed was stopped on its way, shape (rates,).
        lowest: position of the lowest loss among the rates whose seeds all trained to the end; of all rates when there
            is none.
        loss: the lowest mean loss, in its own unit.
        unit: τ.
        reach: r; 0 when no rate learned anything.
    """

    x: Array
    y: Array
    variance: Array
    diverged: NDArray[np.bool_]
    stopped: NDArray[np.bool_]
    lowest: int
    loss: float
    unit: float
    reach: float

    def loss_at(self, place: int) -> float:
        """Return the mean loss of a rate, in its own unit; of one at which a seed diverged, its cliff."""
        return self.loss + self.unit * math.expm1(float(self.y[place]))

    def is_worse(self, place: int, *, tolerance: float, errors: float) -> bool:
        """Return whether a rate is worse than the lowest beyond a tolerance in y and so many standard errors."""
        if (self.diverged[place] or self.stopped[place]) and not self.diverged[self.lowest]:
            return True
        return self.is_above(float(self.y[place]), float(self.variance[place]), tolerance=tolerance, errors=errors)

    def is_above(self, y: float, variance: float, *, tolerance: float, errors: float) -> bool:
        """Return whether a log loss is above the lowest beyond a tolerance and so many standard errors of both.

        The errors are those of the loss itself: on the log scale, a distance of one standard error looks like a whole.
        """
        spread = math.sqrt(variance + float(self.variance[self.lowest]))
        return y > tolerance and -math.expm1(-y) > errors * spread


def observed(points: Sequence[Point], evaluation_samples: int, loss_to_beat: float | None) -> Observations | None:
    """Put trials on the common scale.

    Seeds at which every rate diverged tell rates apart by nothing and are left out.

    Args:
        points: trials, all with the same seeds.
        evaluation_samples: that the losses at a rate were measured on, over all seeds.
        loss_to_beat: of the best constant prediction or of an untrained model; None or not finite: not known.

    Returns:
        The observations, or None when there is no trial or every one diverged.
    """
    if not points:
        return None
    ordered = sorted(points, key=lambda point: point.log_rate)
    losses = np.array([[math.nan if one is None else one for one in point.losses] for point in ordered])
    losses = losses[:, np.isfinite(losses).any(axis=0)]
    if not losses.size:
        return None
    finite = np.isfinite(losses)
    stopped = np.array([point.stopped for point in ordered])
    whole = finite.all(axis=1) & ~stopped
    means = _means(losses, whole)
    lowest = int(np.argmin(np.where(whole, means, math.inf))) if whole.any() else int(np.argmin(means))
    least = float(means[lowest])
    known = loss_to_beat is not None and math.isfinite(loss_to_beat)
    beat = float(loss_to_beat) if loss_to_beat is not None and known else float(np.max(losses[finite]))
    reach = max(beat, float(np.max(means[whole]))) - least if whole.any() else beat - least
    unit = _unit(losses[finite], least, reach, UNSEEN * abs(beat) / evaluation_samples)
    part = min(1.0, reach / unit) if reach > 0 else 1.0
    y = np.log1p(np.maximum(np.where(np.isfinite(means), means, least) - least, 0.0) / unit)
    seed_variance = _seed_variance(losses, y, lowest, whole, unit, part)
    sampling_variance = _sampling_variance(y, unit, reach, part, evaluation_samples)
    paired = _paired_variance(ordered, y, lowest, unit, part)
    if evaluation_samples < FEW_SAMPLES:
        paired = np.fmax(paired, sampling_variance)
    variance: Array = seed_variance + np.where(np.isnan(paired), sampling_variance, paired)
    diverged = ~finite.all(axis=1)
    y = _with_cliff(y, ~diverged, np.isfinite(means))
    variance = variance + np.where(stopped, (STOPPED_ERROR * y) ** 2, 0.0)
    x = np.array([point.log_rate for point in ordered])
    return Observations(x, y, variance, diverged, stopped, lowest, least, unit, max(0.0, reach))


def _means(losses: Array, whole: NDArray[np.bool_]) -> Array:
    """Return the mean loss at each rate over the seeds that did not diverge, as if all seeds had been there.

    A seed's own level, such as that of an easy part held out, is taken from the rates that have all seeds.
    """
    levels = losses[whole].mean(axis=0) if whole.any() else np.nanmean(losses, axis=0)
    means = np.full(len(losses), math.inf)
    for row, own in enumerate(losses):
        there = np.isfinite(own)
        if there.any():
            means[row] = own[there].mean() + levels.mean() - levels[there].mean()
    return means


def _with_cliff(y: Array, whole: NDArray[np.bool_], trained: NDArray[np.bool_]) -> Array:
    """Return the log losses with those of rates at which a seed diverged at least on the cliff.

    Args:
        y: shape (rates,).
        whole: rates at which no seed diverged.
        trained: rates at which some seed did not; where every rate has a seed that diverged, these stay as they are.
    """
    kept = whole if whole.any() else trained
    cliff = min(float(y[kept].max()), HIGHEST) + CLIFF
    return np.where(kept, y, np.maximum(y, cliff))


def _unit(losses: Array, least: float, reach: float, unseen: float) -> float:
    resolution = RESOLUTION * float(np.max(np.abs(losses)))
    if float(losses.min()) < 0:
        return max(abs(least), SIGNED_UNIT * reach, resolution) or 1.0
    return abs(least) + unseen + resolution or 1.0


def _sampling_variance(y: Array, unit: float, reach: float, part: float, samples: int) -> Array:
    """Return the variance of each y by the choice of held-out samples, paired between rates.

    The differences between rates cannot spread more than what there was to learn, whatever is added to the loss.
    """
    above = np.exp(np.minimum(y, HIGHEST))
    rare = np.maximum(1.0, (unit + reach) / (unit * above))
    return np.asarray(SAMPLING_SPREAD**2 * part**2 * rare / samples)


def _paired_variance(points: Sequence[Point], y: Array, lowest: int, unit: float, part: float) -> Array:
    """Return the variance of each y by held-out batches, where enough of them are known; NaN elsewhere.

    Distances are measured from the lowest, which has the variance of its nearest rival.
    """
    squares = paired_variances(points, lowest)
    found = np.maximum(squares / (unit * np.exp(y)) ** 2, (MIN_NOISE * part) ** 2)
    known = np.flatnonzero(np.isfinite(squares))
    if len(known):
        found[lowest] = found[known[np.argmin(y[known])]]
    return np.where(np.isnan(squares) & (np.arange(len(y)) != lowest), np.nan, found)


def _seed_variance(losses: Array, y: Array, lowest: int, whole: NDArray[np.bool_], unit: float, part: float) -> float:
    """Return the variance of y by what seeds make of the distance between two rates.

    What a seed does to all rates alike, such as an easy part held out, moves no rate ahead of another.

    Args:
        losses: shape (rates, seeds).
        y: shape (rates,).
        lowest: the rate that the others are compared with.
        whole: the rates at which no seed diverged.
        unit: τ of the means.
        part: of the unit that there was to learn.
    """
    seeds = losses.shape[1]
    unknown = (UNKNOWN_NOISE * part) ** 2 / seeds
    near = whole & (y < 1.0)
    near[lowest] = False
    if seeds < 2 or not near.any() or not whole[lowest]:
        return unknown
    margin = unit - abs(float(np.mean(losses[lowest])))
    units = np.abs(losses[lowest]) + max(margin, 0.0)
    difference = (losses - losses[lowest])[near]
    logs = np.sign(difference) * np.log1p(np.abs(difference) / units)
    spread = float(np.median(np.var(logs, axis=1, ddof=1))) / 2.0
    return max(spread, (MIN_NOISE * part) ** 2) / seeds
