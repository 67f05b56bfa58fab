"""Criteria of (prediction, target), as losses of (model, batch)."""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor, nn

from advisor.errors import PlanError
from advisor.facts.names import Loss
from advisor.training.losses import as_weights, inputs_and_target, tensor_of

_KINDS: dict[type[nn.Module], Loss] = {
    nn.MSELoss: "mse",
    nn.CrossEntropyLoss: "cross_entropy",
    nn.BCEWithLogitsLoss: "binary_cross_entropy",
    nn.HuberLoss: "huber",
    nn.SmoothL1Loss: "huber",
    nn.L1Loss: "mae",
}


def default_name(criterion: Any) -> Loss | None:
    """Return the name of a criterion with torch's default settings; None for others."""
    kind = _KINDS.get(type(criterion))
    if kind is None or any(getattr(criterion, name, None) is not None for name in ("weight", "pos_weight")):
        return None
    default = type(criterion)()
    settings = [name for name in vars(default) if not name.startswith("_") and name != "training"]
    return kind if all(getattr(criterion, name) == getattr(default, name) for name in settings) else None


class Criterion:
    """A criterion, called on what a model makes of a batch (x, …, y).

    Attributes:
        kind: what the rules call it.

    Raises:
        PlanError: it wants more than (prediction, target), or has weights of its own, which no trial would train.
    """

    def __init__(self, criterion: Any) -> None:
        name = type(criterion).__name__ if isinstance(criterion, nn.Module) else getattr(criterion, "__name__", "loss")
        if isinstance(criterion, nn.Module) and any(one.requires_grad for one in criterion.parameters()):
            raise PlanError(f"loss: {name} has weights of its own; make it a part of the model, which returns its loss")
        if _wanted(criterion) > 2:
            raise PlanError(
                f"loss: {name} wants more than (prediction, target); give a function loss(model, batch) -> scalar"
            )
        reduced = getattr(criterion, "reduction", "mean") == "mean"
        self.kind: Loss = _KINDS.get(type(criterion), "custom") if reduced else "custom"
        self._criterion, self._name = criterion, name

    def __call__(self, model: nn.Module, batch: Any) -> Tensor:
        """Return the loss of a batch; targets are brought to the prediction's shape where they hold as many numbers."""
        inputs, target = inputs_and_target(batch, self._name)
        prediction = tensor_of(model(*as_weights(inputs, model)), self._name)
        value: Tensor = self._criterion(prediction, _fitted(target, prediction))
        return value


def _fitted(target: Any, prediction: Tensor) -> Any:
    if not isinstance(target, Tensor):
        return target
    if target.numel() == prediction.numel():
        return target.reshape(prediction.shape).to(prediction.dtype)
    if not target.is_floating_point():
        target = target.long()
        return target.squeeze(1) if target.ndim == prediction.ndim and target.shape[1] == 1 else target
    return target


def _wanted(criterion: Any) -> int:
    """Return how many arguments a criterion cannot do without; 2 where nothing says so."""
    function = criterion.forward if isinstance(criterion, nn.Module) else criterion
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 2
    positional = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return sum(one.kind in positional and one.default is inspect.Parameter.empty for one in parameters)
