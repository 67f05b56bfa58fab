"""Torch twins of scikit-learn's networks."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import nn

_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "logistic": nn.Sigmoid,
    "identity": nn.Identity,
}


_STREAM = 0x9E3779B97F4A7C15
"""Added to the seed, so that weights of seed 0 are not the numbers of data that somebody drew with seed 0.

By definition, 2⁶⁴ over the golden ratio: any constant far from small seeds would do.
"""


def weight_generator(seed: int) -> torch.Generator:
    """Return the generator that initial weights of a seed are drawn from; the global random state is left alone."""
    return torch.Generator().manual_seed((seed + _STREAM) % 2**63)


def glorot_mlp(
    inputs: int, widths: tuple[int, ...], outputs: int, *, activation: str = "relu", seed: int = 0
) -> nn.Module:
    """Build an MLP with scikit-learn's initial weights: uniform within ±√(6/(fan_in + fan_out)), 2 for 6 with logistic.

    Biases are drawn within the same bound, as scikit-learn does. The global random state is left alone.
    """
    generator = weight_generator(seed)
    layers: list[nn.Module] = []
    with torch.random.fork_rng(devices=[]):  # constructors draw weights of their own
        for before, after in pairwise((inputs, *widths, outputs)):
            layer = nn.Linear(before, after)
            bound = math.sqrt((2.0 if activation == "logistic" else 6.0) / (before + after))
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
            layers += [layer, _ACTIVATIONS[activation]()]
    return nn.Sequential(*layers[:-1])
