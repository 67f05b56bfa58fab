"""Feature maps and the ridge regression on them: the smooth learners of the noise estimate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from advisor.statistics.arrays import Floats

Real = TypeVar("Real", NDArray[np.float32], NDArray[np.float64])

PENALTIES = np.logspace(-6, 6, 37)
"""Ridge penalties tried, relative to the mean eigenvalue of the features. Judgement: from none to all shrunk away,
three to a decade."""

HINGES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Quantiles at which the additive map bends. Judgement: evenly spread over what most rows hold."""


@dataclass(frozen=True, slots=True)
class Ridge:
    """A fitted ridge regression.

    Attributes:
        centre: mean of the mapped features.
        offset: mean of the targets, shape (outputs,).
        weights: shape (mapped features, outputs).
        left_out: generalised cross-validation error (mean square over rows and outputs).
    """

    centre: Floats
    offset: Floats
    weights: Floats
    left_out: float

    def predict(self, mapped: Floats) -> Floats:
        """Return predictions, shape (rows, outputs)."""
        return (mapped - self.centre) @ self.weights + self.offset


def fit_ridge(mapped: Floats, y: Floats) -> Ridge:
    """Fit a ridge regression whose penalty has the smallest generalised cross-validation error.

    Args:
        mapped: features, shape (rows, mapped features); more features than rows is fine.
        y: targets, shape (rows, outputs).

    Source:
        golub1979
    """
    rows = len(mapped)
    centre, offset = mapped.mean(axis=0), y.mean(axis=0)
    features, targets = mapped - centre, y - offset
    wide = features.shape[1] > rows
    values, vectors = np.linalg.eigh(features @ features.T if wide else features.T @ features)
    keep = values > max(values[-1], 0.0) * 1e-10
    values, vectors = values[keep], vectors[:, keep]
    if not len(values):
        return Ridge(centre, offset, np.zeros((mapped.shape[1], y.shape[1])), float((targets**2).mean()))
    roots = np.sqrt(values)
    projected = vectors.T @ targets if wide else (vectors.T @ (features.T @ targets)) / roots[:, None]
    energy = (projected**2).sum(axis=1)
    beyond = max(float((targets**2).sum()) - float(energy.sum()), 0.0)
    penalties = PENALTIES * values.mean()
    kept = values / (values + penalties[:, None])
    residual = beyond + (1.0 - kept) ** 2 @ energy
    free = rows - 1.0 - kept.sum(axis=1)
    # near interpolation the criterion is a ratio of two vanishing numbers
    errors = np.where(free > 0.05 * rows, residual * rows / np.maximum(free, 1.0) ** 2 / targets.shape[1], np.inf)
    best = int(errors.argmin())
    coefficients = (roots / (values + penalties[best]))[:, None] * projected
    weights = features.T @ (vectors @ (coefficients / roots[:, None])) if wide else vectors @ coefficients
    return Ridge(centre, offset, weights, float(errors[best]))


def additive_features(x: Floats, knots: Floats) -> Floats:
    """Return the features and their hinges at ``knots``, shape (hinges, features): a sum of bent lines."""
    return np.concatenate([x, *(np.maximum(x - knot, 0.0) for knot in knots)], axis=1)


def hinge_knots(x: Floats) -> Floats:
    """Return where the additive map bends, shape (hinges, features)."""
    return np.quantile(x, HINGES, axis=0)


def quadratic_features(x: Floats) -> Floats:
    """Return the features, their squares and their products, shape (rows, d + d(d+1)/2)."""
    first, second = np.triu_indices(x.shape[1])
    return np.concatenate([x, x[:, first] * x[:, second]], axis=1)


def leading_components(x: Floats, most: int, rows: int = 800) -> Floats:
    """Return the rows along the leading principal directions of evenly spaced rows, shape (rows, kept)."""
    picked = x[np.linspace(0, len(x) - 1, min(rows, len(x))).astype(np.intp)]
    values, vectors = np.linalg.eigh(picked @ picked.T)
    keep = np.flatnonzero(values > values[-1] * 1e-9)[-most:]
    along = x @ (picked.T @ (vectors[:, keep] / np.sqrt(values[keep])))
    scaled: Floats = along / along.std()
    return scaled


@dataclass(frozen=True, slots=True)
class Landmarks:
    """A kernel seen from a few rows: ``k(x, landmarks)`` whitened, so that ridge on it is kernel ridge (Nyström).

    Attributes:
        points: weighted landmarks, shape (landmarks, features).
        weights: feature weights of the distance, shape (features,).
        width: length scale of the Gaussian kernel; None is the quadratic kernel.
        whiten: shape (landmarks, kept).

    Source:
        williams2001
    """

    points: Floats
    weights: Floats
    width: float | None
    whiten: Floats

    def map(self, x: Floats) -> Floats:
        """Return mapped features, shape (rows, kept)."""
        # single precision halves the time; what it loses is far below the noise that is sought
        similar = _kernel((x * self.weights).astype(np.float32), self.points.astype(np.float32), self.width)
        return (similar @ self.whiten.astype(np.float32)).astype(np.float64)


def choose_landmarks(x: Floats, weights: Floats, width: float | None, picked: NDArray[np.intp]) -> Landmarks:
    """Prepare a kernel map from the ``picked`` rows of ``x``; ``width`` is relative to the median distance."""
    points = x[picked] * weights
    if width is not None:
        distances = np.sqrt(_squared_distances(points[:200], points[:200]))
        upper = distances[np.triu_indices(len(distances), 1)]
        median = float(np.median(upper)) if len(upper) else 1.0
        width = width * (median if median > 0 else 1.0)
    values, vectors = np.linalg.eigh(_kernel(points, points, width))
    keep = values > values[-1] * 1e-6
    return Landmarks(points, weights, width, vectors[:, keep] / np.sqrt(values[keep]))


def _kernel(x: Real, points: Real, width: float | None) -> Real:
    if width is None:
        quadratics: Real = (x @ points.T / x.shape[1] + 1) ** 2
        return quadratics
    distances = _squared_distances(x, points)
    distances *= -0.5 / width**2
    similarities: Real = np.exp(distances, out=distances)
    return similarities


def _squared_distances(x: Real, points: Real) -> Real:
    distances = (x * -2) @ points.T
    distances += (x * x).sum(axis=1)[:, None]
    distances += (points * points).sum(axis=1)
    floored: Real = np.maximum(distances, 0.0, out=distances)
    return floored
