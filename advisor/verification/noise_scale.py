"""The gradient noise scale, unbiased over two batch sizes."""

from __future__ import annotations

import torch
from torch import Tensor

from advisor.errors import MeasurementError


def noise_scale(small: Tensor, large: Tensor, *, n_small: int, n_large: int) -> float:
    """Estimate the gradient noise scale tr(Σ)/|G|² from gradients at two batch sizes.

    Args:
        small: gradients, shape (repeats, parameters), each the mean of ``n_small`` samples.
        large: the same for ``n_large`` samples.
        n_small: samples in a small batch.
        n_large: samples in a large batch.

    Returns:
        Noise scale in samples; inf when the mean gradient is indistinguishable from zero.

    Raises:
        MeasurementError: ``n_large <= n_small``, or fewer than two repeats.

    Source:
        McCandlish et al. 2018, appendix A.1: |G|² = (B|g_B|² - b|g_b|²)/(B - b), S = (|g_b|² - |g_B|²)/(1/b - 1/B);
        both averaged before their ratio is taken.
    """
    if n_large <= n_small:
        raise MeasurementError(f"the large batch ({n_large}) must be larger than the small one ({n_small})")
    if len(small) < 2 or len(large) < 2:
        raise MeasurementError("at least two gradients of each batch size are needed")
    norm_small = float(small.double().square().sum(dim=1).mean())
    norm_large = float(large.double().square().sum(dim=1).mean())
    signal = (n_large * norm_large - n_small * norm_small) / (n_large - n_small)
    noise = (norm_small - norm_large) / (1.0 / n_small - 1.0 / n_large)
    if signal <= 0.0:
        return float("inf")
    return max(0.0, noise) / signal


def gradient_of(loss: Tensor, parameters: list[Tensor]) -> Tensor:
    """Return the gradient as one vector, zeros where the loss does not depend on a parameter."""
    found = torch.autograd.grad(loss, parameters, allow_unused=True)
    parts = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, found, strict=True)]
    return torch.cat([part.reshape(-1) for part in parts])
