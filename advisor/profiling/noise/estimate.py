"""What no model can explain: unexplained variance of a number, randomly changed labels of a class.

Cheap learners predict held-out rows (``noise_heldout``). Their combined error is an upper bound. For numbers, the fall
of that error from half to all training rows is carried on; for labels, the error that remains where the learners are
sure is read off (``noise_labels``).

The constants below were fitted on seeded tables of known noise; ``benchmarks/noise.py`` measures them on others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.facts import NoiseFacts
from advisor.facts.names import Task
from advisor.profiling.noise.feature_maps import leading_components
from advisor.profiling.noise.held_out import HELD_OUT_ROWS, TRAINING_ROWS, combine, held_out_predictions
from advisor.profiling.noise.labels import Estimate, estimate_flip_rate
from advisor.statistics.arrays import Floats
from advisor.statistics.normal import Z_90
from advisor.statistics.robust import median_of_sorted

MIN_ROWS = 40
"""With fewer rows the noise stays unknown. Judgement: fewer leave too little to learn from and to check on."""

MAX_ROWS = TRAINING_ROWS + HELD_OUT_ROWS
"""By definition all that is learned from and held out."""
MAX_CLASSES = 30
"""Judgement: rarer classes have too few rows each to tell noise from their overlap."""
MAX_DIRECT_FEATURES = 300
"""Wider tables reach the smooth learners as principal components, as many as this. Judgement: more directions
cost more and tell neighbours apart no better."""

FAR = 8.0
"""Standard deviations at which features are cut off. Judgement: a normal column has none there, a wild one pulls no
line."""

EXTRAPOLATION = 1.5
"""Power of (error at n / error at n/2) by which the error is carried on from n rows to all the rows there could be.
Fitted on seeded tables of known noise; ``python -m benchmarks.noise`` measures it on others."""

LEAST_EXTRAPOLATION = 0.6
"""The same power at the upper end of the interval; fitted likewise, held by ``python -m benchmarks.noise``."""
MOST_EXTRAPOLATION = 5.0
"""The same power at the lower end of the interval; fitted likewise, held by ``python -m benchmarks.noise``."""
HIDDEN_SIGNAL = 0.015
"""Share of the variance of structure that the learners may have missed; fitted likewise, held by ``python -m
benchmarks.noise``."""


def estimate_noise(x: NDArray[np.generic], y: NDArray[np.generic], task: Task | None, *, seed: int = 0) -> NoiseFacts:
    """Estimate the noise of a supervised table.

    Args:
        x: features, shape (rows, features), at any scale; what is not finite counts as the feature's mean.
        y: targets, shape (rows,): numbers for regression, any labels for classes. Rows without a finite target are
            left out.
        task: regression, binary or multiclass; anything else gives unknown noise.
        seed: of row sample, folds and learners.

    Returns:
        Level with a 90 % interval; all unknown when there are fewer than 40 rows, no varying feature, or one target
        value.
    """
    if task not in {"regression", "binary", "multiclass"} or x.ndim != 2:
        return NoiseFacts()
    target = np.ravel(y)
    usable = np.isfinite(target.astype(np.float64)) if task == "regression" else np.ones(len(target), dtype=np.bool_)
    rng = np.random.default_rng([seed, 12])
    rows = rng.permutation(np.flatnonzero(usable))[:MAX_ROWS]
    rows = _drop_repeated_rows(x, target, rows)
    if task != "regression":
        rows = _keep_frequent_classes(target, rows)
    if len(rows) < MIN_ROWS or (target[rows] == target[rows[0]]).all():
        return NoiseFacts()
    features = _standardise(x[rows])
    if not features.shape[1]:
        return NoiseFacts()
    smooth = leading_components(features, MAX_DIRECT_FEATURES) if features.shape[1] > MAX_DIRECT_FEATURES else features
    if task == "regression":
        share = _estimate_unexplained(features, smooth, target[rows].astype(np.float64), seed)
        return NoiseFacts(
            unexplained=share.estimate,
            level=share.estimate,
            lower=share.lower,
            upper=share.upper,
            method="held-out error of combined learners, carried on from half and all of the rows",
        )
    flips = _estimate_label_flips(features, smooth, target[rows], seed)
    return NoiseFacts(
        label_flips=flips.estimate,
        level=flips.estimate,
        lower=flips.lower,
        upper=flips.upper,
        method="disagreement of held-out predictions and labels where the learners are surest",
    )


def _estimate_unexplained(x: Floats, smooth: Floats, y: Floats, seed: int) -> Estimate:
    y = y - median_of_sorted(np.sort(y))
    y = y / np.abs(y).max()
    y = ((y - y.mean()) / y.std())[:, None]
    held_out = held_out_predictions(x, y, smooth_x=smooth, seed=seed)
    truth = y[held_out.rows]
    squares = (truth - truth.mean()) ** 2
    full = (truth - combine(held_out.full, truth)) ** 2
    half = (truth - combine(held_out.half, truth)) ** 2
    error, error_of_half = float(full.mean() / squares.mean()), float(half.mean() / squares.mean())
    spread = float((full - error * squares).std() / squares.mean())
    sampling = Z_90 * spread / np.sqrt(len(truth))
    hidden = max(HIDDEN_SIGNAL, 0.3 / np.sqrt(len(truth)))
    fall = min(error / error_of_half, 1.0) if error_of_half > 0.0 else 1.0
    return Estimate(
        estimate=_share(error * fall**EXTRAPOLATION),
        lower=_share(error * fall**MOST_EXTRAPOLATION - sampling - hidden),
        upper=_share(error * fall**LEAST_EXTRAPOLATION + sampling),
    )


def _estimate_label_flips(x: Floats, smooth: Floats, y: NDArray[Any], seed: int) -> Estimate:
    names, labels = np.unique(y, return_inverse=True)
    classes = len(names)
    # with two classes one column says it all
    indicators = np.eye(classes)[labels][:, 1 if classes == 2 else 0 :]
    shares = indicators.mean(axis=0)
    held_out = held_out_predictions(x, indicators - shares, smooth_x=smooth, with_half=False, seed=seed)
    given = labels[held_out.rows]
    scores = combine(held_out.full, (indicators - shares)[held_out.rows]) + shares
    if classes == 2:
        scores = np.concatenate([1.0 - scores, scores], axis=1)
    highest = np.sort(scores, axis=1)
    return estimate_flip_rate(highest[:, -1] - highest[:, -2], scores.argmax(axis=1) == given, classes)


def _share(value: float) -> float:
    return float(min(max(value, 0.0), 1.0))


def _standardise(x: NDArray[np.generic]) -> Floats:
    """Return the varying features, centred, scaled and clipped far out."""
    values = x.astype(np.float64)
    values = np.where(np.isfinite(values), values, np.nan)
    largest = np.abs(np.nan_to_num(values)).max(axis=0, initial=0.0)
    present = np.isfinite(values).sum(axis=0)
    keep = (largest > 0.0) & (present > 0)
    if not keep.any():
        return np.empty((len(x), 0))
    values = values[:, keep] / largest[keep]
    missing = np.isnan(values)
    values[missing] = 0.0
    mean = values.sum(axis=0) / present[keep]
    values = np.where(missing, mean, values) - mean
    std = values.std(axis=0)
    varying = std > 1e-7 * np.maximum(np.abs(mean), 1e-12)
    clipped: Floats = np.clip(values[:, varying] / std[varying], -FAR, FAR)
    return clipped


def _drop_repeated_rows(x: NDArray[np.generic], y: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Drop repeated rows, which a learner would merely remember, unless so coarse a table must repeat rows."""
    if not len(rows) or not x.shape[1]:
        return rows
    codes = np.unique(y[rows], return_inverse=True)[1]
    seen = np.ascontiguousarray(np.column_stack([x[rows].astype(np.float64), codes]))
    keys = seen.view(np.dtype((np.void, seen.dtype.itemsize * seen.shape[1]))).ravel()
    first = np.unique(keys, return_index=True)[1]
    return rows[np.sort(first)] if 2 * len(first) > len(rows) else rows


def _keep_frequent_classes(y: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Keep the rows of the most frequent classes."""
    labels, counts = np.unique(y[rows], return_counts=True)
    if len(labels) <= MAX_CLASSES:
        return rows
    frequent = labels[np.argsort(-counts, kind="stable")[:MAX_CLASSES]]
    return rows[np.isin(y[rows], frequent)]
