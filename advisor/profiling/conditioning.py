"""Curvature of the linear problem: the eigenvalues of X'X/n."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from advisor.facts import ConditioningFacts
from advisor.statistics.arrays import Floats

MAX_SIDE = 3_000
"""Beyond this many rows *and* features, evenly spaced rows stand for all. Judgement: time grows with the cube
of the side, and the spectrum hardly changes."""

MANY_ROWS = 20_000
"""Beyond this many rows, and a hundred per feature, evenly spaced ones stand for all. Judgement: an eigenvalue is then
known to one per cent, √(2 / 20000)."""

SINGLE = float(np.finfo(np.float32).eps)
DOUBLE = float(np.finfo(np.float64).eps)

SAFE = (2.0**-200, 2.0**200)
"""Largest values between these are left as they are. Judgement: squares, sums and products of such doubles are far from
over- and underflow."""

Matrix = NDArray[np.float32] | NDArray[np.float64]


def conditioning_of(x: Matrix, raw_x: Matrix | None = None) -> ConditioningFacts:
    """Describe the eigenvalues of ``X'X/n``.

    An eigenvalue counts as zero below ``(features · ε)²`` of the largest, ε that of single precision: in that direction
    training in single precision sees rounding errors only. Values that are not finite count as their column's mean.

    Args:
        x: features as the model sees them, shape (rows, features); more features than rows is fine.
        raw_x: the features as they stand in the file, shape (rows, raw features).

    Returns:
        Largest and smallest eigenvalue, trace, condition number and largest correlation; unknown for an empty matrix or
        one without a nonzero eigenvalue.
    """
    raw_largest, raw_trace = _largest_and_trace(raw_x)
    raw = ConditioningFacts(raw_largest=raw_largest, raw_trace=raw_trace)
    if x.ndim != 2 or not x.size:
        return raw
    scaled, unit = _scale_to_unit(x)
    smaller_side, features = min(scaled.shape), scaled.shape[1]
    values, trace, correlation = _spectrum(scaled, in_place=not np.may_share_memory(scaled, x))
    largest = float(values[-1])
    if largest <= 0.0:
        return raw
    cut = largest * max((features * SINGLE) ** 2, 10.0 * max(smaller_side, 1) * DOUBLE)
    smallest = float(values[values > cut][0])
    return raw.model_copy(
        update={
            "largest": _representable(largest, unit),
            "smallest": _representable(smallest, unit),
            "trace": _representable(trace, unit),
            "condition": largest / smallest,
            "max_correlation": correlation,
        }
    )


def _largest_and_trace(x: Matrix | None) -> tuple[float | None, float | None]:
    if x is None or x.ndim != 2 or not x.size:
        return None, None
    scaled, unit = _scale_to_unit(x)
    gram = (scaled.T @ scaled if scaled.shape[1] <= len(scaled) else scaled @ scaled.T) / len(scaled)
    largest = max(float(np.linalg.eigvalsh(gram)[-1]), 0.0)
    return _representable(largest, unit), _representable(float(np.trace(gram)), unit)


def _scale_to_unit(x: Matrix) -> tuple[Floats, float]:
    """Return the values divided by a power of two, so that squares neither over- nor underflow; may be ``x`` itself."""
    features = x.shape[1]
    most = MAX_SIDE if features > MAX_SIDE else max(MANY_ROWS, 100 * features)
    if len(x) > most:
        x = x[np.linspace(0, len(x) - 1, most).astype(np.intp)]
    values: Floats = x.astype(np.float64, copy=False)
    largest = max(float(values.max()), -float(values.min()))
    finite = None if math.isfinite(largest) else np.isfinite(values)
    if finite is not None:
        values = np.where(finite, values, 0.0)
        largest = float(np.abs(values).max())
    unit = 1.0
    if not SAFE[0] < largest < SAFE[1]:
        unit = 2.0 ** math.frexp(largest)[1] if 0.0 < largest < 2.0**1023 else 2.0**1023 if largest else 1.0
        values = values / unit
    if finite is not None:
        means = values.sum(axis=0) / np.maximum(finite.sum(axis=0), 1)
        values = np.where(finite, values, means)
    return values, unit


def _spectrum(x: Floats, *, in_place: bool) -> tuple[Floats, float, float | None]:
    """Return the eigenvalues of ``X'X/n``, ascending, their sum, and the largest correlation.

    A tall matrix is centred, ``in_place`` if it may, and all is read off one product.
    """
    rows, features = x.shape
    mean = x.mean(axis=0)
    if features > rows:
        gram = x @ x.T / rows
        return np.maximum(np.linalg.eigvalsh(gram), 0.0), float(np.trace(gram)), _max_correlation(x, mean)
    centred = np.subtract(x, mean, out=x if in_place else None)
    covariance = centred.T @ centred / rows
    gram = covariance + np.outer(mean, mean)
    variance, square = np.diag(covariance), np.diag(gram)
    varying = np.flatnonzero(_varies(variance * rows, square * rows))
    scale = 1.0 / np.sqrt(variance[varying])
    correlation = np.abs(covariance[np.ix_(varying, varying)] * np.outer(scale, scale))
    np.fill_diagonal(correlation, 0.0)
    strongest = min(float(correlation.max()), 1.0) if len(varying) > 1 else None
    return np.maximum(np.linalg.eigvalsh(gram), 0.0), float(square.sum()), strongest


def _varies(deviations: Floats, squares: Floats) -> NDArray[np.bool_]:
    """Return which features vary beyond rounding, by their sums of squares about the mean and about zero."""
    return np.asarray(np.sqrt(deviations) > 1e-9 * np.sqrt(squares) + 1e-150)


def _representable(value: float, unit: float) -> float | None:
    product = value * unit * unit
    return product if math.isfinite(product) else None


def _max_correlation(x: Floats, mean: Floats, block: int = 512) -> float | None:
    """Return the largest correlation of a wide matrix, a block of its features at a time."""
    centred = x - mean
    norms = np.sqrt((centred**2).sum(axis=0))
    varying = _varies(norms**2, (x**2).sum(axis=0))
    if varying.sum() < 2:
        return None
    unit = centred[:, varying] / norms[varying]
    largest = 0.0
    for start in range(0, unit.shape[1], block):
        products = np.abs(unit[:, start : start + block].T @ unit[:, start:])
        np.fill_diagonal(products, 0.0)
        largest = max(largest, float(products.max()))
    return min(largest, 1.0)
