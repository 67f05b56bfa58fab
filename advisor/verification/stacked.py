"""Layers that hold the weights of many replicas at once, for models made of well-known layers only.

A stacked layer maps (replicas, samples, …) to (replicas, samples, …) with one batched product. ``vmap`` does the same
for any module but looks at every operation anew, which costs small models more than the operation.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

from advisor.inspection.torch_presets import ResidualBlock, TabularResNet
from advisor.verification.job import Job, cross_entropy, mse

COMPOSED = (nn.Sequential, ResidualBlock, TabularResNet)
"""Their forward passes only call their layers and add up what these return."""
ELEMENTWISE = (
    nn.ReLU,
    nn.LeakyReLU,
    nn.ELU,
    nn.GELU,
    nn.SiLU,
    nn.Mish,
    nn.Tanh,
    nn.Sigmoid,
    nn.Softplus,
    nn.Hardtanh,
    nn.Identity,
    nn.Dropout,
)


class _Product(torch.autograd.Function):
    """``rows @ weight.T + bias`` of every replica, whose gradients go straight to where they are collected.

    The gradient of a transposed weight would come transposed, be turned, and then be copied to its place.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(rows, weight)
        ctx.places = weight.grad, None if bias is None else bias.grad
        return torch.bmm(rows, weight.mT) if bias is None else torch.baddbmm(bias.unsqueeze(1), rows, weight.mT)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        rows, weight = ctx.saved_tensors
        (gradient,) = gradients
        of_weight, of_bias = ctx.places
        return (
            torch.bmm(gradient, weight) if ctx.needs_input_grad[0] else None,
            torch.bmm(gradient.mT, rows, out=of_weight) if ctx.needs_input_grad[1] else None,
            torch.sum(gradient, 1, out=of_bias) if ctx.needs_input_grad[2] else None,
        )


class StackedLinear(nn.Linear):
    """``nn.Linear`` with weights of shape (replicas, out, in)."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """Map (replicas, …, in) to (replicas, …, out)."""
        rows = input if input.ndim == 3 else input.flatten(1, -2)
        mapped: Tensor = _Product.apply(rows, self.weight, self.bias)  # type: ignore[no-untyped-call]
        return mapped if input.ndim == 3 else mapped.unflatten(1, input.shape[1:-1])


class StackedLayerNorm(nn.LayerNorm):
    """``nn.LayerNorm`` over the last dimension, with weights of shape (replicas, features)."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """Map (replicas, …, features) to the same shape."""
        normal = F.layer_norm(input, self.normalized_shape, None, None, self.eps)
        if not self.elementwise_affine:
            return normal
        shape = (len(input), *(1,) * (input.ndim - 2), input.shape[-1])
        scaled = normal * self.weight.view(shape)
        return scaled if self.bias is None else scaled + self.bias.view(shape)


class StackedFlatten(nn.Flatten):
    """``nn.Flatten`` of everything but replicas and samples."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """Map (replicas, samples, …) to (replicas, samples, features)."""
        return input.flatten(2)


def can_stack(module: nn.Module, job: Job) -> bool:
    """Return whether model, loss and data are of the kinds that have a stacked form."""
    tree = job.train.tree
    pairs = isinstance(tree, tuple | list) and len(tree) == 2 and all(isinstance(part, Tensor) for part in tree)
    layers = list(module.modules())
    return (
        pairs
        and job.loss in (mse, cross_entropy)
        and tree[0].is_floating_point()
        and all(map(_is_known, layers))
        and not any(map(_has_hooks, layers))
        and not any(True for _ in module.buffers())
        and all(parameter.requires_grad for parameter in module.parameters())
        and len({id(layer) for layer in layers}) == sum(1 for _ in module.named_modules(remove_duplicate=False))
        and (job.loss is mse or all(map(_is_labels, (tree[1], job.validation.tree[1]))))
    )


def _is_labels(target: Tensor) -> bool:
    """Return whether every sample has one label that counts; -100 would be left out of the mean."""
    return target.ndim == 1 and not target.is_floating_point() and bool((target >= 0).all())


def _is_known(layer: nn.Module) -> bool:
    if type(layer) is nn.LayerNorm:
        return len(layer.normalized_shape) == 1
    if type(layer) is nn.Flatten:
        return layer.start_dim == 1 and layer.end_dim == -1
    return type(layer) in (*COMPOSED, *ELEMENTWISE, nn.Linear)


def _has_hooks(layer: nn.Module) -> bool:
    return bool(layer._forward_hooks or layer._forward_pre_hooks or layer._backward_hooks)  # noqa: SLF001 - no public way


STACKED: dict[type[nn.Module], type[nn.Module]] = {
    nn.Linear: StackedLinear,
    nn.LayerNorm: StackedLayerNorm,
    nn.Flatten: StackedFlatten,
}


def stack_layers(module: nn.Module) -> nn.Module:
    """Turn the layers of a module into stacked ones, in place; hand over a copy that is yours alone."""
    for layer in module.modules():
        layer.__class__ = STACKED.get(type(layer), type(layer))
    return module


def stacked_loss(loss: Any, prediction: Tensor, target: Tensor) -> Tensor:
    """Return each replica's mean loss, shape (replicas,), as ``mse`` and ``cross_entropy`` compute it for one."""
    if loss is mse:
        target = target.reshape(len(target), -1).to(prediction.dtype)
        return F.mse_loss(prediction.reshape(len(prediction), -1), target, reduction="none").mean(1)
    logits, labels = prediction.flatten(0, 1), target.reshape(-1).long()
    return F.cross_entropy(logits, labels, reduction="none").view(len(prediction), -1).mean(1)
