"""Log-linear laws of the learning rate, fitted to what training came to: the tool of ``benchmarks.calibrate``.

A law is a constant and a power of each of a few facts. What a rate costs is a curve over its logarithm: log excess
loss, clipped, so that no single landscape decides for all, and smoothed, because a law leaves a residual and a rate
beside a cliff costs part of the fall. The mean of these costs is minimised together with the squared distance to the
published exponents.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import minimize

from advisor.facts import Facts, read

WORST = 0.7
"""A log excess loss beyond this counts as this: a single steep landscape must not decide for all."""
RESIDUAL = 0.35
"""Standard deviation of the smoothing, in natural log: about what laws leave unexplained."""
SHRINK = 0.1
"""Weight of the squared distance to the published exponents, over the number of data sets."""
STEP = 0.02
GRID = np.arange(math.log(1e-8), math.log(1e3), STEP)
STARTS = (-0.7, 0.0, 0.7)
FOLDS = 8
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Feature:
    """A fact as a law takes it: the log of its ratio to a reference, within bounds.

    Attributes:
        fact: path.
        reference: where the log is zero; also taken when the fact is unknown.
        least, most: values beyond count as these.
    """

    fact: str
    reference: float
    least: float = 0.0
    most: float = math.inf

    def log(self, facts: Facts) -> float:
        """Return the feature of a fact sheet."""
        value = read(facts, self.fact)
        number = self.reference if value is None or isinstance(value, str) else float(value)
        return math.log(min(max(number, self.least), self.most) / self.reference)


@dataclass(frozen=True, slots=True)
class Law:
    """What is fitted: the constant is free, the exponents are shrunk.

    Attributes:
        name: shown, and what rules cite.
        rules: that carry its numbers.
        constant: what the constant is the rate of.
        published: feature → exponent (or log factor) to shrink towards; 0 where nothing is published.
    """

    name: str
    rules: tuple[str, ...]
    constant: str
    published: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Cell:
    """One landscape, or one tuned rate, and the features of its task.

    Attributes:
        data: name of the data set.
        features: by name.
        cost: clipped log excess loss at each log rate of ``GRID``.
    """

    data: str
    features: Mapping[str, float]
    cost: Array

    def at(self, log_rate: float) -> float:
        """Return the log excess at a log rate."""
        return float(np.interp(log_rate, GRID, self.cost))


def curve(rates: Sequence[float], losses: Sequence[float], *, shift: float = 0.0) -> Array:
    """Return the cost over ``GRID`` of a landscape.

    Args:
        rates: ascending.
        losses: held-out, infinite where training diverged. Above the last rate and next to a divergence a run counts
            as diverged; below the first, the loss of the first is taken.
        shift: added to the log rates, such as the log of the smoothness of which the rate is to be a multiple.
    """
    logs, means = np.log(rates) + shift, np.asarray(losses, dtype=float)
    finite = np.isfinite(means)
    logged = np.log(np.where(finite, means, 1.0) / means[finite].min())
    place = np.interp(GRID, logs, np.arange(len(logs)))
    left = np.minimum(place.astype(int), len(logs) - 2)
    known = (finite[left] | (place == left + 1)) & (finite[left + 1] | (place == left)) & (logs[-1] >= GRID)
    return np.where(known, np.minimum(np.interp(GRID, logs, logged), WORST), WORST)


def fitted(law: Law, on: Sequence[Cell], weights: Array | None = None) -> Array:
    """Return the constant (a log rate) and the exponents, in the order of ``law.published``.

    Args:
        law: what to fit.
        on: landscapes.
        weights: of the landscapes; None: all equal.
    """
    features, published = _matrix(law, on), np.array(list(law.published.values()))
    costs = gaussian_filter1d(np.array([cell.cost for cell in on]), RESIDUAL / STEP, mode="nearest")
    slopes = np.gradient(costs, STEP, axis=1)
    shrink = SHRINK / len(_data(on))
    rows, share = np.arange(len(on)), np.ones(len(on)) if weights is None else weights
    share = share / share.sum()

    def objective(factors: Array) -> tuple[float, Array]:
        place = np.clip((features @ factors - GRID[0]) / STEP, 0.0, len(GRID) - 2.001)
        left = place.astype(int)
        part, away = place - left, factors[1:] - published
        cost = costs[rows, left] * (1 - part) + costs[rows, left + 1] * part
        slope = slopes[rows, left] * (1 - part) + slopes[rows, left + 1] * part
        gradient = features.T @ (share * slope) + np.concatenate([[0.0], 2 * shrink * away])
        return float(share @ cost + shrink * away @ away), gradient

    middle = float(np.mean([np.mean(GRID[cell.cost <= cell.cost.min() + 0.03]) for cell in on]))
    found = [
        minimize(objective, np.array([middle + start, *published]), jac=True, method="L-BFGS-B") for start in STARTS
    ]
    return np.asarray(min(found, key=lambda one: float(one.fun)).x)


def rates_of(law: Law, factors: Array, on: Sequence[Cell]) -> Array:
    """Return the log rate that a law gives each landscape."""
    found: Array = _matrix(law, on) @ factors
    return found


def excess(law: Law, factors: Array, on: Sequence[Cell]) -> Array:
    """Return the excess loss of each landscape at the law's rate; at most that of ``WORST``."""
    return np.expm1([cell.at(rate) for cell, rate in zip(on, rates_of(law, factors, on), strict=True)])


def unseen(law: Law, on: Sequence[Cell]) -> Array:
    """Return the excess loss of each landscape at the rate of a law fitted without its data set."""
    found = np.empty(len(on))
    for fold in np.array_split(np.random.default_rng(0).permutation(_data(on)), min(FOLDS, len(_data(on)))):
        held = np.array([cell.data in fold for cell in on])
        rest = [cell for cell, out in zip(on, held, strict=True) if not out]
        found[held] = excess(law, fitted(law, rest), [cell for cell, out in zip(on, held, strict=True) if out])
    return found


def bootstrapped(law: Law, on: Sequence[Cell], *, times: int, seed: int = 0) -> Array:
    """Return the factors of laws fitted to data sets drawn with replacement, shape (times, factors)."""
    names = _data(on)
    place = np.array([names.index(cell.data) for cell in on])
    rng = np.random.default_rng(seed)
    return np.array([fitted(law, on, weights) for weights in _draws(rng, place, len(names), times)])


def _draws(rng: np.random.Generator, place: NDArray[np.int_], names: int, times: int) -> Iterator[Array]:
    for _ in range(times):
        counts = np.bincount(rng.integers(0, names, names), minlength=names)
        yield counts[place].astype(float)


def _data(on: Sequence[Cell]) -> list[str]:
    return sorted({cell.data for cell in on})


def _matrix(law: Law, on: Sequence[Cell]) -> Array:
    """Return one row per landscape: 1 for the constant, then the law's features."""
    return np.array([[1.0, *(cell.features[name] for name in law.published)] for cell in on])
