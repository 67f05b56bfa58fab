"""Data that seeded generators make: sequences and images for the models that tables do not exercise."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

Kind = Literal["regression", "classes"]
Loaded = tuple[Any, Any, Kind]
"""Features, target, and what is predicted."""


def waves(rows: int, length: int, seed: int) -> Loaded:
    """Which of four frequencies a noisy wave of random phase has."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 4, rows)
    phase = rng.uniform(0, 2 * np.pi, (rows, 1))
    time = np.arange(length) / length
    wave = np.sin(2 * np.pi * (label[:, None] + 1.5) * time + phase) + rng.normal(0, 0.7, (rows, length))
    return wave[:, :, None], label, "classes"


def bursts(rows: int, length: int, seed: int) -> Loaded:
    """In which quarter of a noisy sequence a burst begins, three channels of which one tells its sign."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 4, rows)
    begin = (label * length // 4)[:, None] + rng.integers(0, max(1, length // 8), (rows, 1))
    time = np.arange(length)[None]
    sign = rng.choice([-1.0, 1.0], (rows, 1))
    burst = sign * np.exp(-np.maximum(time - begin, 0) / 2.0) * (time >= begin)
    noise = rng.normal(0, 0.4, (rows, length, 3))
    signs = np.broadcast_to(sign, (rows, length))
    return np.stack([burst, signs, np.zeros_like(burst)], axis=2) * [1.5, 0.3, 0.0] + noise, label, "classes"


def shapes(rows: int, side: int, seed: int) -> Loaded:
    """Whether a noisy image shows a disc, a square or a cross, anywhere."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, rows)
    middle = rng.uniform(side / 3, 2 * side / 3, (2, rows, 1, 1))
    down, across = np.mgrid[:side, :side]
    high, wide = np.abs(down - middle[0]), np.abs(across - middle[1])
    size = rng.uniform(side / 6, side / 4, (rows, 1, 1))
    disc, square = high**2 + wide**2 <= size**2, np.maximum(high, wide) <= 0.9 * size
    cross = (np.minimum(high, wide) <= 0.3 * size) & (np.maximum(high, wide) <= 1.2 * size)
    image = np.choose(label[:, None, None], [disc, square, cross]).astype(float)
    return (image + rng.normal(0, 0.35, image.shape))[:, None], label, "classes"


def stripes(rows: int, side: int, seed: int) -> Loaded:
    """Which of four directions the stripes of a noisy image have."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 4, rows)
    angle = (np.pi * label / 4)[:, None, None]
    phase, period = rng.uniform(0, 2 * np.pi, (rows, 1, 1)), rng.uniform(3, 6, (rows, 1, 1))
    down, across = np.mgrid[:side, :side]
    wave = np.sin(2 * np.pi * (down * np.sin(angle) + across * np.cos(angle)) / period + phase)
    return (0.5 + 0.25 * wave + rng.normal(0, 0.3, wave.shape))[:, None], label, "classes"


def running_sum(rows: int, length: int, seed: int) -> Loaded:
    """The sum of the marked values of a sequence (the adding problem), with noise."""
    rng = np.random.default_rng(seed)
    value = rng.normal(size=(rows, length))
    marked = (rng.uniform(size=(rows, length)) < 3 / length).astype(float)
    total = (value * marked).sum(axis=1) + rng.normal(0, 0.2, rows)
    return np.stack([value, marked], axis=2), total, "regression"
