"""Torch twins of scikit-learn's networks."""

from __future__ import annotations

import math

import torch
from torch import nn

_ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh, "logistic": nn.Sigmoid, "identity": nn.Identity}


def glorot_mlp(
    inputs: int, widths: tuple[int, ...], outputs: int, *, activation: str = "relu", seed: int = 0
) -> nn.Module:
    """Build an MLP with scikit-learn's initial weights: uniform within ±√(6/(fan_in + fan_out)), 2 instead of 6 for logistic."""
    layers: list[nn.Module] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        sizes = (inputs, *widths, outputs)
        for before, after in zip(sizes, sizes[1:], strict=False):
            layer = nn.Linear(before, after)
            bound = math.sqrt((2.0 if activation == "logistic" else 6.0) / (before + after))
            nn.init.uniform_(layer.weight, -bound, bound)
            nn.init.uniform_(layer.bias, -bound, bound)
            layers += [layer, _ACTIVATIONS[activation]()]
    return nn.Sequential(*layers[:-1])
