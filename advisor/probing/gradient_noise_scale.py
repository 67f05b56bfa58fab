"""The gradient noise scale tr(Σ)/|G|², unbiased over two batch sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from advisor.errors import MeasurementError
from advisor.probing.sums import sum_of_squares

INDISTINGUISHABLE = 3.84
"""By definition the 95 % quantile of χ² with one degree of freedom: no weighted mean of such squares has a larger
one."""


def noise_scale(small: Tensor, large: Tensor, *, n_small: int, n_large: int) -> float:
    """Estimate the gradient noise scale from gradients at two batch sizes.

    Args:
        small: gradients, shape (repeats, parameters), each the mean of ``n_small`` samples.
        large: the same for ``n_large`` samples, independent of each other.
        n_small: samples in a small batch.
        n_large: samples in a large batch.

    Returns:
        Noise scale in samples; inf when the mean gradient is indistinguishable from zero.

    Raises:
        MeasurementError: ``n_large <= n_small``, fewer than two repeats, or gradients that are not finite.

    Source:
        McCandlish et al. 2018, appendix A.1: |G|² = (B|g_B|² - b|g_b|²)/(B - b), tr(Σ) = (|g_b|² - |g_B|²)/(1/b - 1/B),
        each averaged over the repeats before their ratio is taken.
    """
    if n_small < 1 or n_large <= n_small:
        raise MeasurementError(f"the large batch ({n_large}) must be larger than the small one ({n_small})")
    if len(small) < 2 or len(large) < 2:
        raise MeasurementError("at least two gradients of each batch size are needed")
    norm_small = float(small.double().square().sum(dim=1).mean())
    norm_large = float(large.double().square().sum(dim=1).mean())
    if not math.isfinite(norm_small + norm_large):
        raise MeasurementError("gradients are not finite")
    mean_square = float(large.double().mean(dim=0).square().sum())
    signal = (n_large * norm_large - n_small * norm_small) / (n_large - n_small)
    noise = (norm_small - norm_large) / (1.0 / n_small - 1.0 / n_large)
    if signal <= 0.0 or _is_noise(mean_square, norm_large, len(large)):
        return math.inf
    return max(0.0, noise) / signal


class GradientMoments:
    """The same two estimates from a stream of gradients, in the memory of one gradient.

    The small batches are those that come in; the large batch is all of them together, which makes the estimate of |G|²
    as precise as the samples allow. The batches must be independent draws.
    """

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size
        self.count = 0
        self._squares = 0.0
        self._total: list[Tensor] = []

    def add(self, gradient: Sequence[Tensor]) -> None:
        """Take in the mean gradient of one batch, one tensor per parameter."""
        self.count += 1
        self._squares += sum(map(sum_of_squares, gradient))
        if self._total:
            for total, part in zip(self._total, gradient, strict=True):
                total.add_(part)
        else:
            self._total = [part.to(torch.promote_types(part.dtype, torch.float32), copy=True) for part in gradient]

    @property
    def finite(self) -> bool:
        """Whether every gradient so far was finite."""
        return math.isfinite(self._squares)

    @property
    def norm(self) -> float:
        """Norm of the mean of all gradients."""
        return math.sqrt(self._mean_square())

    @property
    def signal(self) -> float:
        """Unbiased estimate of |G|²; may be negative."""
        if self.count < 2:
            raise MeasurementError("at least two gradients are needed")
        small, large = self._squares / self.count, self._mean_square()
        return (self.count * large - small) / (self.count - 1)

    @property
    def noise(self) -> float:
        """Unbiased estimate of tr(Σ), the variance of one sample's gradient summed over parameters."""
        return self.batch_size * (self._squares / self.count - self.signal)

    @property
    def scale(self) -> float:
        """Noise scale in samples; inf when the mean gradient is indistinguishable from zero.

        Raises:
            MeasurementError: fewer than two gradients, or some that are not finite.
        """
        if not self.finite:
            raise MeasurementError("gradients are not finite")
        if self.signal <= 0.0 or _is_noise(self._mean_square(), self._squares / self.count, self.count):
            return math.inf
        return max(0.0, self.noise) / self.signal

    def _mean_square(self) -> float:
        if not self._total:
            raise MeasurementError("no gradient was taken in")
        return sum(map(sum_of_squares, self._total)) / self.count**2


def _is_noise(mean_square: float, norm_square: float, count: int) -> bool:
    """Return whether ``count`` independent gradients could well have a mean of zero.

    With a mean of zero, ``count · |mean|²`` averages ``norm_square`` and, relative to it, is at most as spread out as a
    χ² with one degree of freedom (noise along a single direction).
    """
    return count * mean_square <= INDISTINGUISHABLE * norm_square


def gradient_of(loss: Tensor, parameters: Sequence[Tensor]) -> list[Tensor]:
    """Return the gradient as dense tensors, zeros where the loss does not depend on a parameter."""
    found = torch.autograd.grad(loss, list(parameters), allow_unused=True)
    parts = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, found, strict=True)]
    return [part.to_dense() if part.is_sparse else part for part in parts]
