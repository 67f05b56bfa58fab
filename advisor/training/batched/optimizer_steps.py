"""Update rules for many members at once, each equal to ``torch.optim`` step by step.

All trainable parameters of a member are one row of a matrix (members, parameters), so a rule is a handful of
elementwise operations, whatever the model looks like.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from advisor.errors import MeasurementError
from advisor.recipe.optimizers import OptimizerSettings


@dataclass(slots=True)
class UpdateState:
    """Averages of the gradients, shape (members, parameters) each, and the number of steps taken."""

    steps: int = 0
    first: Tensor | None = None
    second: Tensor | None = None

    def keep(self, rows: Tensor) -> None:
        """Keep some members only."""
        self.first = self.first[rows] if self.first is not None else None
        self.second = self.second[rows] if self.second is not None else None


def clip_(gradient: Tensor, max_norm: float) -> None:
    """Scale each row down to ``max_norm``, in place, as ``clip_grad_norm_`` does."""
    norm = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
    gradient.mul_(torch.clamp(max_norm / (norm + 1e-6), max=1.0))


def update_(
    theta: Tensor, gradient: Tensor, rates: Tensor, state: UpdateState, settings: OptimizerSettings, decayed: int
) -> None:
    """Take one step in place, without another matrix of that size: making one costs more than filling it.

    Args:
        theta: parameters, shape (members, parameters); those that are decayed come first.
        gradient: of the same shape; used as scratch space.
        rates: learning rates, shape (members, 1).
        state: averages so far; changed in place.
        settings: of the rule.
        decayed: number of parameters that are decayed.

    Raises:
        MeasurementError: an optimizer without a batched rule.
    """
    state.steps += 1
    if settings.weight_decay > 0 and decayed:
        if settings.optimizer == "adamw":
            theta[:, :decayed].mul_(1.0 - rates * settings.weight_decay)
        else:
            gradient[:, :decayed].add_(theta[:, :decayed], alpha=settings.weight_decay)
    match settings.optimizer:
        case "sgd":
            _sgd(theta, gradient, rates, state, settings)
        case "adagrad":
            _adagrad(theta, gradient, rates, state, settings)
        case "rmsprop":
            _rmsprop(theta, gradient, rates, state, settings)
        case "adam" | "adamw":
            _adam(theta, gradient, rates, state, settings)
        case _:
            raise MeasurementError(f"{settings.optimizer} has no batched update rule")


def _sgd(theta: Tensor, gradient: Tensor, rates: Tensor, state: UpdateState, settings: OptimizerSettings) -> None:
    if settings.momentum == 0.0:
        theta.addcmul_(gradient, rates, value=-1.0)
        return
    if state.first is None:
        state.first = gradient.clone()
    else:
        state.first.mul_(settings.momentum).add_(gradient)
    direction = gradient.add_(state.first, alpha=settings.momentum) if settings.nesterov else state.first
    theta.addcmul_(direction, rates, value=-1.0)


def _adagrad(theta: Tensor, gradient: Tensor, rates: Tensor, state: UpdateState, settings: OptimizerSettings) -> None:
    state.first = torch.empty_like(theta) if state.first is None else state.first  # scratch space
    state.second = torch.zeros_like(theta) if state.second is None else state.second
    state.second.addcmul_(gradient, gradient)
    denominator = torch.sqrt(state.second, out=state.first).add_(settings.epsilon)
    theta.addcmul_(gradient.div_(denominator), rates, value=-1.0)


def _rmsprop(theta: Tensor, gradient: Tensor, rates: Tensor, state: UpdateState, settings: OptimizerSettings) -> None:
    state.second = torch.zeros_like(theta) if state.second is None else state.second
    state.second.mul_(settings.beta2).addcmul_(gradient, gradient, value=1.0 - settings.beta2)
    if settings.momentum == 0.0:
        state.first = torch.empty_like(theta) if state.first is None else state.first  # scratch space
        denominator = torch.sqrt(state.second, out=state.first).add_(settings.epsilon)
        theta.addcmul_(gradient.div_(denominator), rates, value=-1.0)
        return
    state.first = torch.zeros_like(theta) if state.first is None else state.first
    state.first.mul_(settings.momentum).addcdiv_(gradient, state.second.sqrt().add_(settings.epsilon))
    theta.addcmul_(state.first, rates, value=-1.0)


def _adam(theta: Tensor, gradient: Tensor, rates: Tensor, state: UpdateState, settings: OptimizerSettings) -> None:
    state.first = torch.zeros_like(theta) if state.first is None else state.first
    state.second = torch.zeros_like(theta) if state.second is None else state.second
    state.first.lerp_(gradient, 1.0 - settings.beta1)
    state.second.mul_(settings.beta2).addcmul_(gradient, gradient, value=1.0 - settings.beta2)
    correction1 = 1.0 - settings.beta1**state.steps
    correction2 = (1.0 - settings.beta2**state.steps) ** 0.5
    # rate / correction1 * first / (sqrt(second) / correction2 + epsilon), with the factors drawn into one per member
    denominator = torch.sqrt(state.second, out=gradient).add_(settings.epsilon * correction2)
    step = torch.div(state.first, denominator, out=gradient)
    theta.addcmul_(step, rates * (correction2 / correction1), value=-1.0)
