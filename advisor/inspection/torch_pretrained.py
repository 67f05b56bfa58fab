"""Whether weights come from an earlier training, as far as the model itself shows it."""

from __future__ import annotations

from collections.abc import Sequence

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
    if weights and FROZEN * sum(weights) <= sum(frozen) < sum(weights) and not _is_beside_a_frozen_net(model):
        return True
    scales = [scale for module in model.modules() if (scale := _scale_of(module)) is not None]
    trained = [scale for scale in scales if _spread(scale) > SPREAD]
    return True if scales and 2 * len(trained) >= len(scales) else None


def _is_beside_a_frozen_net(model: nn.Module) -> bool:
    """Return whether a net that trains stands beside one that is frozen, whose weights then say nothing of it.

    Side by side are a student and its teacher, an encoder and its slow copy, a generator and the net that judges it:
    they take the same or give the same, and neither takes what the other gives, as a head does.
    """
    if isinstance(model, nn.Sequential):
        return False
    ends: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for part in model.children():
        trains = {parameter.requires_grad for parameter in part.parameters()}
        if len(trains) == 1 and (sizes := _ends_of(part)) is not None:
            ends[trains.pop()].append(sizes)
    pairs = [(frozen, trained) for frozen in ends[False] for trained in ends[True]]
    in_line = any(frozen[1] == trained[0] for frozen, trained in pairs)
    return not in_line and any(frozen[0] == trained[0] or frozen[1] == trained[1] for frozen, trained in pairs)


def _ends_of(part: nn.Module) -> tuple[int, int] | None:
    """Return how many channels, features or words the first layer takes, and how many the last one gives."""
    takes, gives = ("in_channels", "in_features", "num_embeddings"), ("out_channels", "out_features", "embedding_dim")
    layers = list(part.modules())
    first, last = _size(layers, takes), _size(layers[::-1], gives)
    return None if first is None or last is None else (first, last)


def _size(layers: Sequence[nn.Module], names: Sequence[str]) -> int | None:
    found = (getattr(layer, name, None) for layer in layers for name in names)
    return next((size for size in found if isinstance(size, int)), None)


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
