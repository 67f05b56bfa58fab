"""The gradient noise scale against the exact covariance of a linear problem."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from advisor.errors import MeasurementError
from advisor.probing.gradient_noise_scale import GradientMoments, gradient_of, noise_scale

ROWS, FEATURES = 4_000, 6


def per_sample_gradients() -> Tensor:
    """Gradients of squared error at zero weights, one row per sample: -2·x·y."""
    order = np.random.default_rng(0)
    x = order.standard_normal((ROWS, FEATURES))
    y = x @ np.linspace(1.0, 0.1, FEATURES) + 2.0 * order.standard_normal(ROWS)
    return torch.from_numpy(-2.0 * x * y[:, None])


def exact_scale(gradients: Tensor) -> float:
    """tr(Σ)/|G|² of the population that batches are drawn from with replacement."""
    mean = gradients.mean(dim=0)
    return float((gradients - mean).square().sum(dim=1).mean() / mean.square().sum())


def batches(gradients: Tensor, size: int, repeats: int, seed: int) -> Tensor:
    order = torch.Generator().manual_seed(seed)
    return gradients[torch.randint(len(gradients), (repeats, size), generator=order)].mean(dim=1)


@pytest.mark.parametrize(("n_small", "n_large"), [(1, 8), (8, 32), (16, 256)])
def test_both_batch_sizes_give_the_exact_value_whatever_they_are(n_small: int, n_large: int) -> None:
    gradients = per_sample_gradients()
    small, large = batches(gradients, n_small, 20_000, 1), batches(gradients, n_large, 20_000, 2)
    found = noise_scale(small, large, n_small=n_small, n_large=n_large)
    assert found == pytest.approx(exact_scale(gradients), rel=0.1)


@pytest.mark.parametrize("size", [1, 4, 16, 64])
def test_the_stream_is_unbiased_at_every_batch_size(size: int) -> None:
    gradients = per_sample_gradients()
    mean = gradients.mean(dim=0)
    signals, noises = [], []
    for seed in range(300):
        moments = GradientMoments(size)
        for gradient in batches(gradients, size, 20, seed):
            moments.add([gradient])
        signals.append(moments.signal)
        noises.append(moments.noise)
    error = np.std(signals) / math.sqrt(len(signals))
    assert abs(np.mean(signals) - float(mean.square().sum())) < 4.0 * error
    trace = float((gradients - mean).square().sum(dim=1).mean())
    assert np.mean(noises) == pytest.approx(trace, rel=0.05)


def test_the_stream_is_the_two_batch_formula_with_all_samples_as_the_large_batch() -> None:
    small = batches(per_sample_gradients(), 8, 20, 5)
    moments = GradientMoments(8)
    for gradient in small:
        moments.add([gradient])
    b, big = 8, 160
    norm_small, norm_big = float(small.square().sum(1).mean()), float(small.mean(0).square().sum())
    assert moments.signal == pytest.approx((big * norm_big - b * norm_small) / (big - b))
    assert moments.noise == pytest.approx((norm_small - norm_big) / (1 / b - 1 / big))
    assert moments.norm == pytest.approx(math.sqrt(norm_big))


def test_no_noise_is_a_scale_of_zero() -> None:
    moments = GradientMoments(4)
    for _ in range(5):
        moments.add([torch.tensor([1.0, -2.0])])
    assert moments.scale == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("directions", [1, 6])
def test_a_mean_of_zero_is_told_from_a_signal(directions: int) -> None:
    """At most about 5 % of pure noise passes, also when all of it lies along one direction."""
    passed = 0
    for seed in range(400):
        order = torch.Generator().manual_seed(seed)
        moments = GradientMoments(4)
        for _ in range(20):
            moments.add([torch.randn(directions, generator=order)])
        passed += math.isfinite(moments.scale)
    assert passed <= 0.08 * 400
    small = torch.randn(20, 6, generator=torch.Generator().manual_seed(0))
    large = torch.randn(20, 6, generator=torch.Generator().manual_seed(1)) / 2.0
    assert noise_scale(small, large, n_small=4, n_large=16) == math.inf


@settings(deadline=None, max_examples=30)
@given(factor=st.floats(1e-3, 1e3), seed=st.integers(0, 100))
def test_the_unit_of_the_loss_does_not_matter(factor: float, seed: int) -> None:
    gradients = batches(per_sample_gradients(), 16, 20, seed)
    one, other = GradientMoments(16), GradientMoments(16)
    for gradient in gradients:
        one.add([gradient])
        other.add([gradient * factor])
    assert other.scale == pytest.approx(one.scale, rel=1e-6)


def test_bad_input_is_an_error() -> None:
    gradients = torch.ones(3, 2)
    with pytest.raises(MeasurementError, match="must be larger"):
        noise_scale(gradients, gradients, n_small=4, n_large=4)
    with pytest.raises(MeasurementError, match="at least two"):
        noise_scale(gradients[:1], gradients, n_small=4, n_large=8)
    with pytest.raises(MeasurementError, match="not finite"):
        noise_scale(gradients * math.nan, gradients, n_small=4, n_large=8)
    with pytest.raises(MeasurementError, match="at least two"):
        _ = GradientMoments(4).signal
    moments = GradientMoments(4)
    moments.add([torch.tensor([math.inf])])
    assert not moments.finite
    with pytest.raises(MeasurementError, match="not finite"):
        _ = moments.scale


def test_the_gradient_is_dense_and_whole() -> None:
    used, unused = torch.ones(2, 2, requires_grad=True), torch.ones(3, requires_grad=True)
    table = torch.nn.Embedding(4, 2, sparse=True)
    loss = (used * 2.0).sum() + table(torch.tensor([1])).sum()
    found = gradient_of(loss, [used, unused, table.weight])
    assert [part.tolist() for part in found] == [
        [[2.0] * 2] * 2,
        [0.0] * 3,
        [[0.0] * 2, [1.0] * 2, [0.0] * 2, [0.0] * 2],
    ]
