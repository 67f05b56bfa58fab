"""Feature maps and the ridge regression on them: the smooth learners of the noise estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.statistics.arrays import Floats
from advisor.statistics.robust import median_of_sorted, quantiles_of_sorted

Real = NDArray[np.floating]

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
    centre, offset = mapped.mean(axis=0), y.mean(axis=0)
    features, targets = mapped - centre, y - offset
    if features.shape[1] <= len(mapped):
        weights, error = solve_ridge(features.T @ features, features.T @ targets, targets)
    else:
        shadows, error = solve_ridge(features @ features.T, targets, targets, dual=True)
        weights = features.T @ shadows
    return Ridge(centre, offset, weights, error)


def solve_ridge(gram: Floats, products: Floats, targets: Floats, *, dual: bool = False) -> tuple[Floats, float]:
    """Return the weights of the best penalty and its generalised cross-validation error.

    Args:
        gram: ``F'F`` of centred features F, or ``FF'`` if ``dual``.
        products: ``F'y``, shape (features, outputs); the targets if ``dual``.
        targets: centred, shape (rows, outputs).
        dual: the weights are those of the rows, of which ``F'`` makes those of the features.
    """
    rows, outputs = targets.shape
    values, vectors = np.linalg.eigh(gram)
    keep = values > max(values[-1], 0.0) * 1e-10
    values, vectors = values[keep], vectors[:, keep]
    squares = float((targets**2).sum())
    if not len(values):
        return np.zeros_like(products), squares / rows / outputs
    roots = np.sqrt(values)
    projected = vectors.T @ products if dual else (vectors.T @ products) / roots[:, None]
    energy = (projected**2).sum(axis=1)
    beyond = max(squares - float(energy.sum()), 0.0)
    penalties = PENALTIES * values.mean()
    kept = values / (values + penalties[:, None])
    residual = beyond + (1.0 - kept) ** 2 @ energy
    free = rows - 1.0 - kept.sum(axis=1)
    # near interpolation the criterion is a ratio of two vanishing numbers
    errors = np.where(free > 0.05 * rows, residual * rows / np.maximum(free, 1.0) ** 2 / outputs, np.inf)
    best = int(errors.argmin())
    coefficients = (roots / (values + penalties[best]))[:, None] * projected
    return vectors @ (coefficients / roots[:, None] if dual else coefficients), float(errors[best])


@dataclass(frozen=True, slots=True)
class Hinges:
    """Lines that bend at quantiles of their feature, and the features themselves.

    Many features have few values, so that several bends fall together, or lie at an end where nothing bends. Of k equal
    columns one is kept, times √k: ridge then predicts the same.

    Attributes:
        lines: factor of each feature, shape (features,).
        places: of which feature each bend is, shape (bends,).
        knots: where it bends, shape (bends,).
        factors: shape (bends,).
    """

    lines: Floats
    places: NDArray[np.intp]
    knots: Floats
    factors: Floats

    def map(self, x: Floats) -> Floats:
        """Return lines and ``max(x - knot, 0)``, shape (rows, features + bends): a sum of bent lines."""
        bent = np.maximum(x[:, self.places] - self.knots, 0.0)
        return np.concatenate([x * self.lines, bent * self.factors], axis=1)


def choose_hinges(ordered: Floats) -> Hinges:
    """Prepare the additive map of some rows, each feature sorted, shape (rows, features)."""
    knots = quantiles_of_sorted(ordered, HINGES)
    low, high = ordered[0], ordered[-1]
    first = np.ones(knots.shape, np.bool_)
    np.not_equal(knots[1:], knots[:-1], out=first[1:])
    copies = (knots[:, None] == knots).sum(axis=1)
    _, places = bends = np.nonzero(first & (knots > low) & (knots < high))
    return Hinges(np.sqrt(1.0 + (knots <= low).sum(axis=0)), places, knots[bends], np.sqrt(copies[bends]))


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
    """Rows that kernels are spanned by.

    Attributes:
        points: weighted landmarks, shape (landmarks, features).
        weights: feature weights of the distance, shape (features,).
    """

    points: Floats
    weights: Floats

    @classmethod
    def of(cls, x: Floats, weights: Floats, picked: NDArray[np.intp]) -> Landmarks:
        """Return the ``picked`` rows of ``x``."""
        return cls(x[picked] * weights, weights)

    def beside(self, x: Floats) -> Nearness:
        """Return how rows lie to the landmarks."""
        # single precision halves the time; what it loses is far below the noise that is sought
        return Nearness.of((x * self.weights).astype(np.float32), self.points.astype(np.float32))

    def among(self) -> Nearness:
        """Return how the landmarks lie to one another."""
        return Nearness.of(self.points, self.points)


@dataclass(frozen=True, slots=True)
class Nearness:
    """Inner products and squared distances of rows and landmarks, from which kernels of any width are made.

    Attributes:
        products: shape (rows, landmarks).
        distances: shape (rows, landmarks).
        features: how many.
    """

    products: Real
    distances: Real
    features: int

    @classmethod
    def of(cls, x: Real, points: Real) -> Nearness:
        """Return the nearness of rows, shape (rows, features), to points, shape (landmarks, features)."""
        products = x @ points.T
        distances = products * -2
        distances += (x * x).sum(axis=1)[:, None]
        distances += (points * points).sum(axis=1)
        return cls(products, np.maximum(distances, 0.0, out=distances), x.shape[1])

    def median(self) -> float:
        """Return the median distance between different landmarks; 1 if there is none."""
        upper = np.sqrt(self.distances[np.triu_indices(len(self.distances), 1)])
        median = median_of_sorted(np.sort(upper)) if len(upper) else 1.0
        return median if median > 0 else 1.0

    def kernel(self, width: float | None) -> Floats:
        """Return similarities, shape (rows, landmarks), of a Gaussian kernel; of the quadratic one if None."""
        if width is None:
            return ((self.products / self.features + 1) ** 2).astype(np.float64)
        similar = self.distances * (-0.5 / width**2)
        return np.exp(similar, out=similar).astype(np.float64)


@dataclass(frozen=True, slots=True)
class KernelRidge:
    """Kernel ridge regression seen from landmarks (Nyström).

    Attributes:
        width: length scale of the Gaussian kernel, or None for the quadratic kernel.
        ridge: on the similarities.

    Source:
        williams2001
    """

    width: float | None
    ridge: Ridge

    def predict(self, near: Nearness) -> Floats:
        """Return predictions, shape (rows, outputs)."""
        return self.ridge.predict(near.kernel(self.width))


def fit_kernel_ridge(near: Nearness, among: Nearness, y: Floats, width: float | None) -> KernelRidge:
    """Fit ridge regression on similarities whitened by those of the landmarks, so that it is kernel ridge.

    Args:
        near: of the training rows, more of them than landmarks.
        among: of the landmarks.
        y: targets, shape (rows, outputs).
        width: of the kernel.
    """
    values, vectors = np.linalg.eigh(among.kernel(width))
    keep = values > values[-1] * 1e-6
    whiten = vectors[:, keep] / np.sqrt(values[keep])
    similar = near.kernel(width)
    centre, offset = similar.mean(axis=0), y.mean(axis=0)
    similar -= centre
    targets = y - offset
    gram = whiten.T @ (similar.T @ similar) @ whiten
    weights, error = solve_ridge(gram, whiten.T @ (similar.T @ targets), targets)
    return KernelRidge(width, Ridge(centre, offset, whiten @ weights, error))
