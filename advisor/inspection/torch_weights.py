"""The scale of initial weights against He's fan-in rule."""

from __future__ import annotations

import math
import statistics
from typing import Any

import torch
from torch import nn

from advisor.facts.names import Initialization

TORCH_DEFAULT_GAIN = math.sqrt(1 / 6)
"""``nn.Linear`` draws from ±1/√fan_in: a standard deviation of 1/√(3·fan_in), 0.41 of He's √(2/fan_in)."""


def initial_scale(model: nn.Module, weighted: list[nn.Module]) -> dict[str, Any]:
    """Return ``init_gain``, ``init_gain_min`` and ``initialization`` of the hidden weight matrices.

    The gain of a matrix is its standard deviation over √(2/fan_in). Embeddings and the output layer are left out: their
    scale does not carry through the depth of the net.
    """
    last = weighted[-1] if len(weighted) > 1 else None
    skipped = {id(parameter) for parameter in (last.parameters() if last is not None else ())}
    for module in model.modules():
        if isinstance(module, nn.Embedding | nn.EmbeddingBag):
            skipped |= {id(parameter) for parameter in module.parameters()}
    gains: list[float] = []
    xavier: list[float] = []
    for parameter in model.parameters():
        if parameter.ndim < 2 or id(parameter) in skipped or parameter.is_meta or not parameter.is_floating_point():
            continue
        fan_out, fan_in = parameter.shape[0], parameter[0].numel()
        std = float(torch.std(parameter.detach().double(), correction=0)) if parameter.numel() > 1 else 0.0
        if std > 0 and math.isfinite(std):
            gains.append(std / math.sqrt(2 / fan_in))
            xavier.append(std / math.sqrt(2 / (fan_in + fan_out)))
    if len(weighted) < 2 or not gains:
        return {}
    return {"init_gain": max(gains), "init_gain_min": min(gains), "initialization": _named(gains, xavier)}


def _named(gains: list[float], xavier: list[float]) -> Initialization:
    gain = statistics.median(gains)
    if abs(gain / TORCH_DEFAULT_GAIN - 1) < 0.12:
        return "default"
    if abs(gain - 1) < 0.12:
        return "he"
    if abs(statistics.median(xavier) - 1) < 0.12:
        return "xavier"
    return "small" if gain < 0.3 else "large" if gain > 1.5 else "other"
