"""Held-out predictions of several cheap learners, trained on all and on half of the training rows.

None of the learners is right for every table; together they come close to what a table allows: straight lines, bent
lines, products, smooth surfaces, steps, and smooth surfaces over the few features that trees found useful.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from advisor.profiling.noise.feature_maps import (
    Landmarks,
    Nearness,
    choose_hinges,
    fit_kernel_ridge,
    fit_ridge,
    quadratic_features,
)
from advisor.profiling.noise.trees import TreeSettings, bin_edges, bin_features, boost
from advisor.statistics.arrays import Floats

TRAINING_ROWS = 3_000
"""Training rows summed over the folds. Judgement: an estimate then takes a third of a second; 8,000 rows took three
times as long and came closer by 0.001 (numbers) and 0.005 (labels) in the mean (``python -m benchmarks.noise``)."""

MAX_FOLDS = 5
"""Judgement: the usual five; more folds cost more and hold out the same rows."""
HELD_OUT_ROWS = 2_000
"""Judgement: a share is then known to a per cent, √(0.25 / 2000)."""
LANDMARKS = 200
"""Rows that kernels are spanned by. Judgement: their cost grows with the square, their sharpness hardly."""
WIDTHS = (0.2, 0.5, 1.2)
"""Length scales tried, in median distances between rows. Judgement: a factor of two to three apart, from local to
nearly straight."""

MAX_SCREENED = 100
"""Trees, bent lines and the weighted kernel see at most this many features: those most correlated with a target.
Judgement: enough to hold the useful ones, few enough to stay cheap."""

MAX_QUADRATIC = 36
"""Up to this many features, all their products are formed; beyond it the quadratic kernel is seen from landmarks.
Judgement: 666 products and squares, which most tables have the rows to fit."""

KernelName = Literal["even", "weighted"]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Predictions for rows that the learners did not see.

    Attributes:
        rows: which rows were held out, shape (held-out,).
        full: predictions after training on every other row, shape (learners, held-out, outputs).
        half: the same after training on half of those; no rows unless asked for.
    """

    rows: NDArray[np.intp]
    full: Floats
    half: Floats


def held_out_predictions(
    x: Floats, y: Floats, *, smooth_x: Floats | None = None, with_half: bool = True, seed: int = 0
) -> HeldOut:
    """Predict each fold by learners trained on the others, or one held-out part when rows are plenty.

    Args:
        x: standardised features, shape (rows, features).
        y: centred targets, shape (rows, outputs).
        smooth_x: what lines, products and the even kernel see instead of ``x`` (fewer directions of a wide table).
        with_half: also train on half of the rows.
        seed: of folds and learners.
    """
    rng = np.random.default_rng([seed, 11])
    smooth_x = x if smooth_x is None else smooth_x
    rows = len(x)
    order = rng.permutation(rows)
    folds = int(np.clip(round(TRAINING_ROWS / rows), 1, MAX_FOLDS))
    parts = np.array_split(order, folds) if folds > 1 else [order[: max(rows // 4, min(rows // 2, HELD_OUT_ROWS))]]
    learners = _Learners(rng)
    full: list[Floats] = []
    half: list[Floats] = []
    for part in parts:
        others = np.ones(rows, np.bool_)
        others[part] = False
        train = rng.permutation(np.flatnonzero(others))[:TRAINING_ROWS]
        for rows_seen, predictions in ((train, full), (train[: len(train) // 2], half))[: 1 + with_half]:
            predictions.append(
                learners.predict(_Fold(x[rows_seen], smooth_x[rows_seen], y[rows_seen], x[part], smooth_x[part]))
            )
    joined = np.concatenate(full, axis=1)
    return HeldOut(np.concatenate(parts), joined, np.concatenate(half, axis=1) if with_half else joined[:, :0])


@dataclass(frozen=True, slots=True)
class _Fold:
    x: Floats
    smooth_x: Floats
    y: Floats
    new_x: Floats
    new_smooth_x: Floats


@dataclass(slots=True)
class _Learners:
    """All learners; the length scales of the kernels are chosen on the first fold and kept."""

    rng: np.random.Generator
    widths: dict[KernelName, float] = field(default_factory=dict)

    def predict(self, fold: _Fold) -> Floats:
        """Return predictions for the fold's new rows, shape (learners, rows, outputs)."""
        x, y, new = fold.smooth_x, fold.y, fold.new_smooth_x
        rows, features = x.shape
        picked = self.rng.permutation(rows)[: min(LANDMARKS, rows // 2)]
        predictions = [np.broadcast_to(y.mean(axis=0), (len(new), y.shape[1])), fit_ridge(x, y).predict(new)]
        screened = _most_correlated(fold.x, y)
        table, new_table = fold.x[:, screened], fold.new_x[:, screened]
        ordered = np.sort(table, axis=0)
        hinges = choose_hinges(ordered)
        predictions.append(fit_ridge(hinges.map(table), y).predict(hinges.map(new_table)))
        even = _Kernels.of(Landmarks.of(x, np.ones(features), picked), x, new)
        if features <= MAX_QUADRATIC:
            predictions.append(fit_ridge(quadratic_features(x), y).predict(quadratic_features(new)))
        else:
            curved = fit_kernel_ridge(even.near, even.among, y, None)
            predictions.append(curved.predict(even.new))
        predictions.append(self._predict_by_kernel("even", even, y))
        edges = bin_edges(ordered, TreeSettings().bins)
        boosted = boost(bin_features(table, edges), y, bin_features(new_table, edges), rng=self.rng)
        predictions.extend(boosted.path)
        weights = np.sqrt(boosted.importance / boosted.importance.max())
        weighted = _Kernels.of(Landmarks.of(table, weights, picked), table, new_table)
        predictions.append(self._predict_by_kernel("weighted", weighted, y))
        return np.stack(predictions)

    def _predict_by_kernel(self, name: KernelName, kernels: _Kernels, y: Floats) -> Floats:
        widths = (self.widths[name],) if name in self.widths else WIDTHS
        unit = kernels.among.median()
        fits = [fit_kernel_ridge(kernels.near, kernels.among, y, width * unit) for width in widths]
        best = int(np.argmin([fit.ridge.left_out for fit in fits]))
        self.widths[name] = widths[best]
        return fits[best].predict(kernels.new)


@dataclass(frozen=True, slots=True)
class _Kernels:
    """How landmarks lie to training rows, to one another, and to new rows."""

    near: Nearness
    among: Nearness
    new: Nearness

    @classmethod
    def of(cls, landmarks: Landmarks, x: Floats, new: Floats) -> _Kernels:
        return cls(landmarks.beside(x), landmarks.among(), landmarks.beside(new))


def _most_correlated(x: Floats, y: Floats) -> NDArray[np.intp]:
    if x.shape[1] <= MAX_SCREENED:
        return np.arange(x.shape[1])
    slopes = np.abs((x - x.mean(axis=0)).T @ (y - y.mean(axis=0))).max(axis=1)
    return np.sort(np.argsort(-slopes / (x.std(axis=0) + 1e-12), kind="stable")[:MAX_SCREENED])


def combine(predictions: Floats, y: Floats) -> Floats:
    """Return the non-negative combination of the learners that is closest to the targets.

    Args:
        predictions: shape (learners, rows, outputs).
        y: centred targets, shape (rows, outputs).

    Returns:
        Shape (rows, outputs).

    Source:
        breiman1996 (stacked regressions)
    """
    flat = predictions.reshape(len(predictions), -1)
    weights = non_negative_least_squares(flat @ flat.T, flat @ y.ravel())
    combined: Floats = np.tensordot(weights, predictions, 1)
    return combined


def non_negative_least_squares(gram: Floats, products: Floats, sweeps: int = 500) -> Floats:
    """Minimise ``w'Gw/2 - w'b`` over ``w ≥ 0`` by coordinate descent (a little ridge keeps twins apart).

    Args:
        gram: ``A'A``, shape (k, k).
        products: ``A'y``, shape (k,).
        sweeps: most passes over the coordinates.
    """
    size = len(products)
    gram = gram + np.eye(size) * (1e-6 * float(np.trace(gram)) / size + 1e-300)
    weights = np.zeros(size)
    for _ in range(sweeps):
        before = weights.copy()
        for k in range(size):
            slope = float(products[k] - gram[k] @ weights)
            weights[k] = max(0.0, weights[k] + slope / gram[k, k])
        if np.abs(weights - before).max() < 1e-7:
            break
    return weights
