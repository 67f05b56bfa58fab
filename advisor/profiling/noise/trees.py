"""Gradient boosted trees on binned features, small enough to run inside a noise estimate.

Squared loss, several outputs at once (one tree per round with vector-valued leaves, so that a class problem costs about
as much as a regression), splits searched level by level with one histogram per output.

Source:
    friedman2001 (gradient boosting), chen2016 (second-order histogram splits), geurts2006 (feature subsampling)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.statistics.arrays import Floats

Bins = NDArray[np.intp]

MAX_SPLIT_OUTPUTS = 4
"""With more outputs, splits are searched on this many random projections of them; leaves keep all outputs. Judgement:
splits hardly change with more, and each costs a pass."""


@dataclass(frozen=True, slots=True)
class TreeSettings:
    """How the trees are grown."""

    bins: int = 32
    depth: int = 4
    rounds: int = 60
    rate: float = 0.16
    rows: float = 0.7
    features: int = 12
    smallest_leaf: int = 4
    ridge: float = 1.0


@dataclass(frozen=True, slots=True)
class Boosted:
    """What boosting leaves behind.

    Attributes:
        path: predictions for the held-out rows after 1/4, 2/4, 3/4 and all rounds, shape (stages, rows, outputs).
        importance: share of the gain per feature, shape (features,).
    """

    path: Floats
    importance: Floats


def bin_edges(ordered: Floats, bins: int) -> list[Floats]:
    """Return per feature the inner quantile edges (at most ``bins - 1``, without repeats).

    Args:
        ordered: each feature sorted, shape (rows, features).
        bins: how many.
    """
    shares = np.linspace(0.0, 1.0, bins + 1)[1:-1]
    quantiles = ordered[np.floor(shares * (len(ordered) - 1)).astype(np.intp)]
    first = np.ones(quantiles.shape, np.bool_)
    np.not_equal(quantiles[1:], quantiles[:-1], out=first[1:])
    return [quantiles[first[:, feature], feature] for feature in range(ordered.shape[1])]


def bin_features(x: Floats, edges: list[Floats]) -> Bins:
    """Return the bin of every value, shape (rows, features)."""
    out = np.empty(x.shape, dtype=np.intp)
    for feature, inner in enumerate(edges):
        out[:, feature] = np.searchsorted(inner, x[:, feature], side="left")
    return out


def boost(
    x: Bins, y: Floats, held_out: Bins, *, rng: np.random.Generator, settings: TreeSettings | None = None
) -> Boosted:
    """Fit boosted trees and follow their predictions for held-out rows.

    Args:
        x: binned training rows, shape (rows, features).
        y: centred targets, shape (rows, outputs).
        held_out: binned rows to predict, shape (held-out rows, features).
        rng: draws rows, features and projections.
        settings: how the trees are grown.
    """
    settings = settings or TreeSettings()
    rows, features = x.shape
    everything = np.ascontiguousarray(np.concatenate([x, held_out]).T)
    prediction = np.zeros((everything.shape[1], y.shape[1]))
    importance = np.zeros(features)
    stages = [max(1, settings.rounds * quarter // 4) for quarter in (1, 2, 3, 4)]
    path: list[Floats] = []
    for step in range(1, settings.rounds + 1):
        residual = y - prediction[:rows]
        drawn = np.flatnonzero(rng.random(rows) < settings.rows) if rows > 50 else np.arange(rows)
        chosen = rng.choice(features, min(features, settings.features), replace=False)
        draw = _Draw(drawn, chosen, _directions(y.shape[1], rng))
        leaf, values, gains = _grow(everything, residual, draw, settings)
        importance += gains
        prediction += settings.rate * values[leaf]
        path.extend(prediction[rows:].copy() for stage in stages if stage == step)
    total = importance.sum()
    return Boosted(np.stack(path), importance / total if total > 0 else np.full(features, 1.0 / features))


@dataclass(frozen=True, slots=True)
class _Draw:
    """What one tree sees: rows, features and the directions in output space along which splits are searched."""

    rows: NDArray[np.intp]
    features: NDArray[np.intp]
    directions: Floats


def _directions(outputs: int, rng: np.random.Generator) -> Floats:
    if outputs <= MAX_SPLIT_OUTPUTS:
        return np.eye(outputs)
    return rng.standard_normal((outputs, MAX_SPLIT_OUTPUTS))


def _grow(x: Bins, residual: Floats, draw: _Draw, settings: TreeSettings) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Grow one tree on bins of shape (features, rows).

    Returns:
        The leaf of every row of ``x``, the leaf values, shape (leaves, outputs), and the gain of every feature.
    """
    target = residual[draw.rows]
    width, bins = len(draw.features), settings.bins
    chosen = x[draw.features]
    rows = np.arange(x.shape[1])
    # position of (feature, bin) in a node's histogram, for the drawn rows; row by row, because adding up one feature's
    # few bins waits for the sum before
    cell = np.ascontiguousarray(chosen[:, draw.rows].T) + np.arange(width) * bins
    weights = [np.repeat(along, width) for along in (target @ draw.directions).T]
    gains = np.zeros(len(x))
    node = np.zeros(len(rows), dtype=np.intp)
    for level in range(settings.depth):
        nodes = 2**level
        index = (cell + (node[draw.rows] * (width * bins))[:, None]).ravel()
        gain = _gain(index, weights, (nodes, width, bins), settings).reshape(nodes, -1)
        best = gain.argmax(axis=1)
        best_gain = gain[np.arange(nodes), best]
        place = best // bins
        threshold = np.where(best_gain > 0.0, best % bins, bins)
        np.add.at(gains, draw.features[place], best_gain)
        node = 2 * node + (chosen.take((place * len(rows))[node] + rows) > threshold[node])
    leaves = 2**settings.depth
    drawn = node[draw.rows]
    sums = [np.bincount(drawn, weights=target[:, output], minlength=leaves) for output in range(target.shape[1])]
    size = np.bincount(drawn, minlength=leaves) + settings.ridge
    return node, np.stack(sums, axis=1) / size[:, None], gains


def _gain(
    index: NDArray[np.intp], weights: list[Floats], shape: tuple[int, int, int], settings: TreeSettings
) -> Floats:
    """Return the gain of splitting after each bin, shape (nodes, features, bins); 0 where a side is too small."""
    size = int(np.prod(shape))
    left_count = np.bincount(index, minlength=size).reshape(shape).cumsum(axis=2)
    count = left_count[:, :, -1:]
    right_count = count - left_count
    sums: Floats = np.stack([np.bincount(index, weights=weight, minlength=size) for weight in weights])
    left = sums.reshape(-1, *shape).cumsum(axis=3)
    total = left[:, :, :, -1:]
    right = total - left
    gain = _squares(left) / (left_count + settings.ridge)
    gain += _squares(right) / (right_count + settings.ridge)
    gain -= _squares(total) / (count + settings.ridge)
    allowed = (left_count >= settings.smallest_leaf) & (right_count >= settings.smallest_leaf)
    return np.where(allowed, gain, 0.0)


def _squares(sums: Floats) -> Floats:
    """Return squares summed over outputs."""
    return np.asarray((sums * sums).sum(axis=0))
