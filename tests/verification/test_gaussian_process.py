"""Curves drawn through trials: near them, and free where nothing was seen as far as what was seen is ragged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from advisor.verification.gaussian_process import Array, draws

X = np.linspace(-9.0, -4.6, 5)
GRID = np.linspace(-9.0, -4.6, 81)
BETWEEN = np.arange(10, 80, 20)


def drawn(y: Array, noise: float = 1e-6, count: int = 512) -> Array:
    return draws(X, y, np.full(len(X), noise), GRID, count=count, seed=0)


def room(curves: Array, places: NDArray[np.int_] = BETWEEN) -> float:
    """How far curves differ between the points that were seen, on average."""
    return float(curves[:, places].std(axis=0).mean())


def test_curves_pass_through_what_was_seen_and_are_as_many_as_asked_for() -> None:
    y = 0.05 * (X + 6.8) ** 2
    found = drawn(y, count=300)
    assert found.shape == (300, 81)
    assert np.abs(found[:, ::20] - y).max() < 0.02


def test_noise_and_distance_leave_room() -> None:
    y = 0.05 * (X + 6.8) ** 2
    assert drawn(y, noise=0.04)[:, 40].std() > 10 * drawn(y)[:, 40].std()
    assert drawn(y)[:, BETWEEN].std(axis=0).min() > drawn(y)[:, ::20].std(axis=0).max()


def test_a_ragged_row_leaves_more_room_than_a_clean_bowl_of_the_same_height() -> None:
    clean, ragged = 0.05 * (X + 6.8) ** 2, np.array([0.24, 0.0, 0.2, 0.02, 0.24])
    assert room(drawn(ragged)) > 1.4 * room(drawn(clean))


def test_a_cliff_does_not_set_the_scale_of_the_bowl() -> None:
    bowl, beside = np.array([0.24, 0.06, 0.0, 0.06, 0.24]), np.array([0.24, 0.06, 0.0, 0.06, 8.0])
    assert room(drawn(beside), BETWEEN[:2]) < 2 * room(drawn(bowl), BETWEEN[:2])


def test_curves_do_not_ring_before_a_cliff() -> None:
    rates = np.array([0.001, 0.003, 0.009, 0.027, 0.068, 0.08, 0.12, 0.22, 0.24, 0.39, 0.72])
    y = np.array([0.052, 0.027, 0.021, 0.023, 0.024, 0.014, 0.013, 0.016, 0.0, 0.057, 0.70])
    grid = np.linspace(np.log(rates[0]), np.log(rates[-1]), 121)
    found = draws(np.log(rates), y, np.full(len(y), 1e-4), grid, count=512, seed=0)
    between = (grid > np.log(0.25)) & (grid < np.log(0.38))
    assert np.median(found[:, between]) > 0.0
    assert np.median(found.min(axis=1)) > -0.02


def test_the_seed_decides() -> None:
    y = 0.05 * (X + 6.8) ** 2
    assert np.array_equal(drawn(y), drawn(y))
