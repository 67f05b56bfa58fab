"""Forward and backward pass of many members at once, for models made of well-known layers only.

Activations have shape (members, samples, …), weights (members, …). ``vmap`` and autograd do the same for any module
but look at every operation anew, which costs a small model several times what the operations cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from advisor.training.job import Job
from advisor.training.losses import cross_entropy, mse

KNOWN = (
    nn.Sequential,
    nn.Linear,
    nn.LayerNorm,
    nn.Flatten,
    nn.Dropout,
    nn.ReLU,
    nn.Tanh,
    nn.Sigmoid,
    nn.GELU,
    nn.SiLU,
    nn.Identity,
)
Back = Callable[[Tensor], Tensor]
"""Gradient of an output → gradient of the input; gradients of weights are left in their ``grad``."""


def has_ensemble_form(module: nn.Module, job: Job) -> bool:
    """Return whether model, loss and data are of the kinds that ensemble layers know."""
    tree = job.train.tree
    pairs = isinstance(tree, tuple | list) and len(tree) == 2 and all(isinstance(part, Tensor) for part in tree)
    layers = list(module.modules())
    return (
        pairs
        and job.loss in (mse, cross_entropy)
        and tree[0].is_floating_point()
        and all(map(_is_known, layers))
        and not any(map(_has_hooks, layers))
        and all(parameter.requires_grad for parameter in module.parameters())
        and len({id(layer) for layer in layers}) == sum(1 for _ in module.named_modules(remove_duplicate=False))
        and (job.loss is mse or all(_is_labels(samples.tree[1]) for samples in (job.train, *job.data_split.parts)))
    )


def _is_labels(target: Tensor) -> bool:
    """Return whether every sample has one label that counts; -100 would be left out of the mean."""
    return target.ndim == 1 and not target.is_floating_point() and bool((target >= 0).all())


def _is_known(layer: nn.Module) -> bool:
    if type(layer) is nn.LayerNorm:
        return len(layer.normalized_shape) == 1
    if type(layer) is nn.Flatten:
        return layer.start_dim == 1 and layer.end_dim == -1
    return type(layer) in KNOWN


def _has_hooks(layer: nn.Module) -> bool:
    hooks = layer._forward_hooks, layer._forward_pre_hooks, layer._backward_hooks, layer._backward_pre_hooks  # noqa: SLF001 - no public way
    return any(map(bool, hooks))


def forward(layer: nn.Module, x: Tensor, tape: list[Back] | None) -> Tensor:
    """Run a layer, and put what takes its gradient back onto the tape.

    Args:
        layer: one of ``KNOWN``, holding stacked weights.
        x: its input, shape (members, samples, …).
        tape: of the layers before, in order; None: no gradients are wanted.
    """
    match layer:
        case nn.Sequential():
            return _through(list(layer), x, tape)
        case nn.Linear():
            return _linear(layer, x, tape)
        case nn.LayerNorm():
            return _layer_norm(layer, x, tape)
        case nn.Flatten():
            _note(tape, lambda gradient: gradient.reshape(x.shape))
            return x.flatten(2)
        case nn.Dropout() if layer.training and layer.p:
            kept = 1.0 - layer.p
            mask = x.new_empty(x.shape[1:]).bernoulli_(kept).div_(kept or 1.0)  # the same for every member
            _note(tape, mask.mul)
            return x * mask
        case nn.Dropout() | nn.Identity():
            return x
        case _:
            return _activation(layer, x, tape)


def _note(tape: list[Back] | None, back: Back) -> None:
    if tape is not None:
        tape.append(back)


def _through(layers: Sequence[nn.Module], x: Tensor, tape: list[Back] | None) -> Tensor:
    for layer in layers:
        x = forward(layer, x, tape)
    return x


def _linear(layer: nn.Linear, x: Tensor, tape: list[Back] | None) -> Tensor:
    rows = x if x.ndim == 3 else x.flatten(1, -2)
    weight, bias = layer.weight, layer.bias
    y = torch.bmm(rows, weight.mT) if bias is None else torch.baddbmm(bias.unsqueeze(1), rows, weight.mT)
    is_first = tape is not None and not tape

    def back(gradient: Tensor) -> Tensor:
        flat = gradient if gradient.ndim == 3 else gradient.flatten(1, -2)
        torch.bmm(flat.mT, rows, out=weight.grad)
        if bias is not None:
            torch.sum(flat, 1, out=bias.grad)
        return gradient if is_first else torch.bmm(flat, weight).view(x.shape)  # nothing before it takes a gradient

    _note(tape, back)
    return y if x.ndim == 3 else y.unflatten(1, x.shape[1:-1])


def _layer_norm(layer: nn.LayerNorm, x: Tensor, tape: list[Back] | None) -> Tensor:
    shape = list(layer.normalized_shape)
    normal, mean, spread = torch.native_layer_norm(x, shape, None, None, layer.eps)
    weight, bias = layer.weight, layer.bias
    over = tuple(range(1, x.ndim - 1))
    spanned = (len(x), *(1,) * len(over), x.shape[-1])

    def back(gradient: Tensor) -> Tensor:
        if layer.elementwise_affine:
            torch.sum(gradient * normal, over, out=weight.grad)
            if bias is not None:
                torch.sum(gradient, over, out=bias.grad)
            gradient = gradient * weight.view(spanned)
        found: Tensor = torch.ops.aten.native_layer_norm_backward(
            gradient, x, shape, mean, spread, None, None, [True, False, False]
        )[0]
        return found

    _note(tape, back)
    if not layer.elementwise_affine:
        return normal
    scaled = normal * weight.view(spanned)
    return scaled if bias is None else scaled + bias.view(spanned)


def _activation(layer: nn.Module, x: Tensor, tape: list[Back] | None) -> Tensor:
    aten = torch.ops.aten
    match layer:
        case nn.ReLU():
            y = torch.relu(x)
            _note(tape, lambda gradient: aten.threshold_backward(gradient, y, 0))
        case nn.Tanh():
            y = torch.tanh(x)
            _note(tape, lambda gradient: aten.tanh_backward(gradient, y))
        case nn.Sigmoid():
            y = torch.sigmoid(x)
            _note(tape, lambda gradient: aten.sigmoid_backward(gradient, y))
        case nn.GELU():
            kind = layer.approximate
            y = nn.functional.gelu(x, approximate=kind)
            _note(tape, lambda gradient: aten.gelu_backward(gradient, x, approximate=kind))
        case _:
            y = nn.functional.silu(x)
            _note(tape, lambda gradient: aten.silu_backward(gradient, x))
    return y


def backward(tape: Sequence[Back], gradient: Tensor) -> Tensor:
    """Take a gradient back along the tape, and return that of the first input."""
    for back in reversed(tape):
        gradient = back(gradient)
    return gradient


def losses_by_sample(loss: Any, prediction: Tensor, target: Tensor) -> Tensor:
    """Return the loss of each sample for each member, shape (members, samples), whose means ``losses_of`` returns."""
    if loss is mse:
        off = prediction - target.to(prediction.dtype).reshape(prediction.shape)
        return off.square().view(*target.shape[:2], -1).mean(2)
    return -torch.log_softmax(prediction, dim=-1).gather(-1, target.long().unsqueeze(-1)).squeeze(-1)


def losses_of(loss: Any, prediction: Tensor, target: Tensor) -> tuple[Tensor, Back]:
    """Return each member's mean loss, shape (members,), as ``mse`` and ``cross_entropy`` compute it for one.

    Also returns what takes the losses' own gradients back to the prediction.
    """
    members = len(prediction)
    if loss is mse:
        off = prediction - target.to(prediction.dtype).reshape(prediction.shape)
        count = math.prod(prediction.shape[1:])
        return off.square().view(members, -1).mean(1), lambda _ones: off * (2.0 / count)
    logs = torch.log_softmax(prediction, dim=-1)
    places = target.long().unsqueeze(-1)
    values = -logs.gather(-1, places).view(members, -1).mean(1)

    def back(_ones: Tensor) -> Tensor:
        return logs.exp().scatter_add_(-1, places, logs.new_full((), -1.0).expand(places.shape)).div_(places.shape[1])

    return values, back
