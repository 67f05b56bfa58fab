"""Descriptions of a curve are what their slow, literal definitions say."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.diagnosis.curve import Curve, smoothed
from advisor.statistics.robust import median_of_finite


def running_median(values: np.ndarray, window: int) -> list[float]:
    half = min(window // 2, (len(values) - 1) // 2)
    return [float(np.median(values[max(0, place - half) : place + half + 1])) for place in range(len(values))]


@pytest.mark.parametrize("window", [3, 5, 11, 61])
@pytest.mark.parametrize("points", [1, 2, 3, 4, 5, 10, 60, 333])
def test_a_running_median_is_shorter_towards_the_ends(points: int, window: int) -> None:
    values = np.random.default_rng(points).normal(size=points)
    assert smoothed(values, window).tolist() == running_median(values, window)


@pytest.mark.parametrize("parts", [1, 10, 25, 50])
@pytest.mark.parametrize("points", [50, 51, 99, 100, 777])
def test_blocks_are_the_medians_of_equal_parts(points: int, parts: int) -> None:
    rng = np.random.default_rng(points)
    at, values = np.sort(rng.uniform(size=points)), rng.normal(size=points)
    found = Curve(at, values).blocks(parts)
    if points > parts:
        assert found.at.tolist() == [float(part.mean()) for part in np.array_split(at, parts)]
        assert found.values.tolist() == [float(np.median(part)) for part in np.array_split(values, parts)]


@pytest.mark.parametrize("points", [1, 2, 3, 8, 9])
def test_the_median_of_finite_values(points: int) -> None:
    values = np.random.default_rng(points).normal(size=points) * 1e300
    assert median_of_finite(values) == np.median(values)
