"""Which parameters train, which of them are decayed, and which are hidden matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from advisor.errors import ModelError
from advisor.results import ParameterGroup

NORMS = (
    nn.LayerNorm,
    nn.RMSNorm,
    nn.GroupNorm,
    nn.BatchNorm1d,
    nn.BatchNorm2d,
    nn.BatchNorm3d,
    nn.SyncBatchNorm,
    nn.InstanceNorm1d,
    nn.InstanceNorm2d,
    nn.InstanceNorm3d,
)


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Split the trainable parameters into those with weight decay and those without.

    Not decayed are biases, all vectors and scalars, and everything inside a normalisation layer: pulling them to zero
    changes what a layer outputs without making the model simpler. Matrices, convolutions and embeddings are decayed, as
    nanoGPT does. Frozen parameters are left out and tied ones appear once.

    Raises:
        ModelError: not a module, nothing in it trains, or a lazy layer has no shape yet.
    """
    trainable = trainable_parameters(model)
    decayed = decayed_names(model)
    with_decay = [parameter for name, parameter in trainable.items() if name in decayed]
    without = [parameter for name, parameter in trainable.items() if name not in decayed]
    groups = [{"params": with_decay, "weight_decay": weight_decay}, {"params": without, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


def chosen_groups(
    model: nn.Module, groups: Sequence[ParameterGroup], learning_rate: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Return the user's own groups with their shares of rate and decay; without any, those of ``parameter_groups``.

    Raises:
        ModelError: a group names a parameter that the model does not have, or nothing trains.
    """
    if not groups:
        return parameter_groups(model, weight_decay)
    trainable = trainable_parameters(model)
    known = {name for name, _ in model.named_parameters(remove_duplicate=False)}
    missing = [name for group in groups for name in group.names if name not in known]
    if missing:
        raise ModelError(f"{type(model).__name__} has no parameter {missing[0]!r}, which an optimizer group names")
    found = [
        {
            "params": [trainable[name] for name in group.names if name in trainable],
            "lr": learning_rate * group.rate_factor,
            "weight_decay": weight_decay * group.decay_factor,
        }
        for group in groups
    ]
    return [group for group in found if group["params"]]


def trainable_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters that train by name, each once.

    Raises:
        ModelError: not a module, nothing in it trains, or a lazy layer has no shape yet.
    """
    if not isinstance(model, nn.Module):
        raise ModelError(f"a {type(model).__name__} is no torch module; give the nn.Module to train")
    named = dict(model.named_parameters())
    lazy = next((name for name, item in named.items() if isinstance(item, nn.UninitializedParameter)), None)
    if lazy is not None:
        raise ModelError(f"{type(model).__name__}.{lazy} is lazy and has no shape yet; run one batch through it first")
    trainable = {name: parameter for name, parameter in named.items() if parameter.requires_grad}
    if not trainable:
        raise ModelError(f"{type(model).__name__} has no trainable parameters; unfreeze some or add a layer")
    return trainable


def decayed_names(model: nn.Module) -> frozenset[str]:
    """Return the names of the parameters that get weight decay, frozen ones included."""
    inside_norms = {
        id(parameter)
        for module in model.modules()
        if _is_norm(module)
        for parameter in module.parameters(recurse=False)
    }
    return frozenset(
        name
        for name, parameter in model.named_parameters()
        if parameter.ndim >= 2 and id(parameter) not in inside_norms and not name.rsplit(".", 1)[-1].startswith("bias")
    )


def hidden_matrices(model: nn.Module) -> frozenset[str]:
    """Return the names of the trainable weight matrices that Muon takes.

    They are two-dimensional, no embedding and not the output layer: the last linear layer in the order of definition.
    """
    linear = [module for module in model.modules() if isinstance(module, nn.Linear)]
    left_out = {id(linear[-1].weight)} if linear else set()
    left_out |= {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding | nn.EmbeddingBag)}
    decayed = decayed_names(model)
    return frozenset(
        name
        for name, parameter in trainable_parameters(model).items()
        if parameter.ndim == 2 and name in decayed and id(parameter) not in left_out
    )


def _is_norm(module: nn.Module) -> bool:
    own_norm = type(module).__name__.lower().endswith("norm") and not any(True for _ in module.children())
    return isinstance(module, NORMS) or own_norm
