"""Whether weights come from an earlier training, as far as the model itself shows it."""

from __future__ import annotations

import torch
from torch import nn

FROZEN = 0.5
"""Share of frozen weights from which they are taken to be worth keeping. Judgement: nobody freezes most of a net at
random weights; a frozen table of positions is a small part of one."""
SPREAD = 0.02
"""Standard deviation of the scales of a normalisation layer, over their mean size, that no start has: every library
sets them all to one number. Judgement: a few steps move them by less, an epoch by more."""


def pretrained(model: nn.Module) -> bool | None:
    """Return True when the weights show it: an adapter, mostly frozen weights, or scales that were trained.

    Returns:
        None where nothing shows it; a model that was trained without normalisation looks like a fresh one.
    """
    if hasattr(model, "peft_config"):
        return True
    weights = [parameter.numel() for parameter in model.parameters()]
    frozen = [parameter.numel() for parameter in model.parameters() if not parameter.requires_grad]
    if weights and FROZEN * sum(weights) <= sum(frozen) < sum(weights):
        return True
    scales = [scale for module in model.modules() if (scale := _scale_of(module)) is not None]
    trained = [scale for scale in scales if _spread(scale) > SPREAD]
    return True if scales and 2 * len(trained) >= len(scales) else None


def _scale_of(module: nn.Module) -> torch.Tensor | None:
    """Return the scales of a normalisation's channels, torch's or another's of that name; None of anything else."""
    weight = getattr(module, "weight", None)
    if "Norm" not in type(module).__name__ or not isinstance(weight, torch.Tensor) or weight.is_meta:
        return None
    return weight if weight.is_floating_point() and weight.ndim == 1 and len(weight) > 1 else None


def _spread(scale: torch.Tensor) -> float:
    numbers = scale.detach().cpu().double()
    size = float(numbers.abs().mean())
    return float(numbers.std()) / size if size > 0.0 else 0.0
