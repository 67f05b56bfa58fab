"""What a module, function or method does to a tensor, in the words of the facts."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import nn

Kind = Literal[
    "input",
    "parameter",
    "weighted",
    "attention",
    "embedding",
    "norm",
    "activation",
    "squash",
    "dropout",
    "affine",
    "add",
    "concat",
    "other",
]
"""``squash``: softmax and its logarithm; ``affine``: linear in its input without weights (views, sums, constants)."""


@dataclass(frozen=True, slots=True)
class Role:
    """What an operation is: its kind, and which activation or normalisation."""

    kind: Kind
    name: str = ""


CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
RECURRENT = (nn.RNNBase, nn.RNNCellBase)
EMBEDDINGS = (nn.Embedding, nn.EmbeddingBag)
TRANSFORMER_LAYERS = (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)
ATTENTION = (
    nn.MultiheadAttention,
    *TRANSFORMER_LAYERS,
    nn.TransformerEncoder,
    nn.TransformerDecoder,
    nn.Transformer,
)
DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)
AFFINE_MODULES = (nn.Flatten, nn.Unflatten, nn.Identity, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AvgPool2d)

_ACTIVATIONS: dict[type[nn.Module], str] = {
    nn.ReLU: "relu",
    nn.ReLU6: "relu",
    nn.LeakyReLU: "leaky_relu",
    nn.PReLU: "leaky_relu",
    nn.RReLU: "leaky_relu",
    nn.ELU: "elu",
    nn.CELU: "elu",
    nn.SELU: "selu",
    nn.GELU: "gelu",
    nn.SiLU: "silu",
    nn.Tanh: "tanh",
    nn.Sigmoid: "sigmoid",
    nn.LogSigmoid: "sigmoid",
    nn.Softplus: "softplus",
}
_SQUASHES = (nn.Softmax, nn.LogSoftmax, nn.Softmax2d, nn.Softmin)
_NORMS: tuple[tuple[tuple[type[nn.Module], ...], str], ...] = (
    ((nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm), "batch"),
    ((nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d), "instance"),
    ((nn.GroupNorm,), "group"),
    ((nn.RMSNorm,), "rms"),
    ((nn.LayerNorm,), "layer"),
)
_NAMED_ACTIVATIONS = (
    *(("gelu", "gelu"), ("silu", "silu"), ("swish", "silu"), ("leakyrelu", "leaky_relu"), ("prelu", "leaky_relu")),
    *(("relu", "relu"), ("selu", "selu"), ("elu", "elu"), ("tanh", "tanh"), ("sine", "sine"), ("siren", "sine")),
    *(("sigmoid", "sigmoid"), ("softplus", "softplus"), ("mish", "other")),
)

_FUNCTIONS: dict[object, Role] = {
    **{f: Role("activation", "relu") for f in (F.relu, F.relu_, F.relu6, torch.relu, torch.relu_)},
    **{f: Role("activation", "leaky_relu") for f in (F.leaky_relu, F.prelu, F.rrelu)},
    **{f: Role("activation", "elu") for f in (F.elu, F.celu)},
    F.selu: Role("activation", "selu"),
    F.gelu: Role("activation", "gelu"),
    F.silu: Role("activation", "silu"),
    **{f: Role("activation", "tanh") for f in (F.tanh, torch.tanh)},
    **{f: Role("activation", "sigmoid") for f in (F.sigmoid, torch.sigmoid, F.logsigmoid)},
    **{f: Role("activation", "sine") for f in (torch.sin, torch.cos)},
    F.softplus: Role("activation", "softplus"),
    **{f: Role("activation", "other") for f in (F.mish, F.hardswish, F.hardtanh, F.glu, torch.exp, torch.abs)},
    **{f: Role("squash") for f in (F.softmax, F.log_softmax, torch.softmax, torch.log_softmax)},
    **{f: Role("dropout") for f in (F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout)},
    F.layer_norm: Role("norm", "layer"),
    F.batch_norm: Role("norm", "batch"),
    F.group_norm: Role("norm", "group"),
    F.instance_norm: Role("norm", "instance"),
    F.rms_norm: Role("norm", "rms"),
    F.scaled_dot_product_attention: Role("attention"),
    F.embedding: Role("embedding"),
    **{f: Role("weighted", "linear") for f in (F.linear, torch.matmul, torch.mm, torch.addmm, operator.matmul)},
    **{f: Role("weighted", "convolution") for f in (F.conv1d, F.conv2d, F.conv3d)},
    **{f: Role("add") for f in (operator.add, operator.iadd, torch.add)},
    **{f: Role("concat") for f in (torch.cat, torch.concat)},
    **{
        f: Role("affine")
        for f in (
            *(operator.getitem, operator.sub, operator.neg, operator.truediv, operator.mul, operator.imul, torch.mul),
            *(torch.flatten, torch.reshape, torch.squeeze, torch.unsqueeze, torch.transpose, torch.permute),
            *(torch.mean, torch.sum, torch.stack, getattr),
        )
    },
}
_METHODS: dict[str, Role] = {
    **{name: Role("activation", name) for name in ("relu", "tanh", "sigmoid")},
    "relu_": Role("activation", "relu"),
    **{name: Role("activation", "sine") for name in ("sin", "cos")},
    **{name: Role("squash") for name in ("softmax", "log_softmax")},
    **{name: Role("add") for name in ("add", "add_")},
    **{name: Role("weighted", "linear") for name in ("matmul", "mm")},
    **{
        name: Role("affine")
        for name in (
            *("view", "reshape", "flatten", "squeeze", "unsqueeze", "transpose", "permute", "t", "contiguous", "sum"),
            *("mean", "float", "double", "to", "size", "dim", "chunk", "split", "expand", "mul", "sub", "div"),
            "type_as",
        )
    },
}


def role_of_module(module: nn.Module) -> Role:
    """Return what a module does; ``other`` when nothing is known of it."""
    if isinstance(module, (nn.Linear, nn.Bilinear)):
        return Role("weighted", "linear")
    if isinstance(module, CONVOLUTIONS):
        return Role("weighted", "convolution")
    if isinstance(module, RECURRENT):
        return Role("weighted", "recurrent")
    for types, kind in ((ATTENTION, "attention"), (EMBEDDINGS, "embedding"), (DROPOUTS, "dropout")):
        if isinstance(module, types):
            return Role(kind)  # type: ignore[arg-type]  # each is a Kind
    if isinstance(module, AFFINE_MODULES):
        return Role("affine")
    return _norm_or_activation(module)


def role_of_function(target: object) -> Role:
    """Return what a function called in a forward pass does."""
    return _FUNCTIONS.get(target, Role("other"))


def role_of_method(name: str) -> Role:
    """Return what a tensor's method does."""
    return _METHODS.get(name, Role("other"))


def _norm_or_activation(module: nn.Module) -> Role:
    norm = next((name for types, name in _NORMS if isinstance(module, types)), None)
    if norm is not None:
        return Role("norm", norm)
    if isinstance(module, _SQUASHES):
        return Role("squash")
    activation = next((name for kind, name in _ACTIVATIONS.items() if isinstance(module, kind)), None)
    return Role("activation", activation) if activation is not None else _by_name(module)


def _by_name(module: nn.Module) -> Role:
    """Judge a module that torch does not know by the name of its class; only leaves are judged."""
    name = type(module).__name__.lower()
    is_leaf = not any(True for _ in module.children())
    if is_leaf and (name.endswith("norm") or "layernorm" in name):
        return Role("norm", "rms" if "rms" in name else "batch" if "batch" in name else "layer")
    if not is_leaf or any(True for _ in module.parameters(recurse=False)):
        return Role("other")
    named = next((activation for part, activation in _NAMED_ACTIVATIONS if part in name), None)
    if named is None and type(module).__module__ == "torch.nn.modules.activation":
        named = "other"
    return Role("activation", named) if named else Role("other")
