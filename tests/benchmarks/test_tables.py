"""What the best constant loses on the rows set aside, which the table benchmark compares with."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.profiling import Encoded
from benchmarks.tables import constant_loss


def encoded(y: np.ndarray, fitted_rows: int, class_names: tuple[str, ...] = ()) -> Encoded:
    task = "multiclass" if class_names else "regression"
    return Encoded(
        np.zeros((len(y), 1), np.float32), y, fitted_rows, ("a",), class_names, task, None, None, np.arange(len(y))
    )


def test_of_numbers_it_is_the_squared_distance_from_the_fitted_mean() -> None:
    y = np.random.default_rng(0).normal(size=50).astype(np.float32)
    expected = float(((y[40:] - y[:40].mean()) ** 2).mean())
    assert constant_loss(encoded(y, 40)) == pytest.approx(expected, abs=1e-5)


def test_of_classes_it_is_the_cross_entropy_of_the_fitted_shares_and_finite_with_a_class_of_one() -> None:
    y = np.array([0] * 8 + [1] * 3 + [2] + [0, 1, 1])
    shares = np.array([8, 3, 1]) / 12
    loss = constant_loss(encoded(y, 12, ("common", "some", "once")))
    assert loss == pytest.approx(-np.log(shares[[0, 1, 1]]).mean())
    assert np.isfinite(loss)
