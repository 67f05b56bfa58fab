"""The optimizer of a trial: that of a recipe, in the form that needs no memory beside its state."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.optim import Adam, AdamW, Optimizer

from advisor.recipe.optimizers import OptimizerSettings
from advisor.recipe.torch_objects import build_optimizer
from advisor.results import ParameterGroup
from advisor.training.memory import LARGE_MODEL

EXACT = (torch.float32, torch.float64)
"""Types in which both forms of Adam compute alike. By definition: the fused one computes in float32 at least."""


def trial_optimizer(
    settings: OptimizerSettings, model: nn.Module, learning_rate: float, groups: Sequence[ParameterGroup] = ()
) -> Optimizer:
    """Return the optimizer that a trial, a measured step or a range test takes.

    Adam on the processor makes two copies of every weight in every step, and gives them back. Of a large model it is
    the fused form, which makes none, and takes half the time; it differs from the other by rounding.

    Args:
        settings: of the optimizer.
        model: whose parameters train.
        learning_rate: of those without one of their own.
        groups: with a learning rate of their own.
    """
    optimizer = build_optimizer(settings, model, learning_rate, groups)
    trained = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    if (
        type(optimizer) in {Adam, AdamW}
        and sum(parameter.nbytes for parameter in trained) >= LARGE_MODEL
        and all(parameter.device.type == "cpu" and parameter.dtype in EXACT for parameter in trained)
    ):
        for group in optimizer.param_groups:
            group["fused"] = True
    return optimizer
