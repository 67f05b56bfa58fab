"""Held-out losses of the best constant prediction, to tell learning from not learning."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor


def of_classes(seen: Tensor, held_out: Tensor, classes: int) -> float:
    """Return the cross-entropy of the class frequencies."""
    counts = torch.bincount(seen.reshape(-1), minlength=classes).double() + 1.0
    return float(-torch.log(counts / counts.sum())[held_out.reshape(-1)].mean())


def of_values(seen: Tensor, held_out: Tensor) -> float:
    """Return the mean squared error of the mean of every output."""
    return float(((held_out - seen.mean(dim=0)) ** 2).mean())


def of_bits(seen: Tensor, held_out: Tensor) -> float:
    """Return the binary cross-entropy of the frequency of every output."""
    share = seen.double().mean(dim=0).clamp(1e-4, 1 - 1e-4)
    return float(F.binary_cross_entropy(share.expand(held_out.shape), held_out.double()))
