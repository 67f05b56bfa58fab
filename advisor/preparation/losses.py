"""Losses as people give them: a name in any spelling, a criterion, a function of (model, batch)."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any, Final, get_args

from advisor.errors import PlanError, did_you_mean
from advisor.facts.names import Loss

_SPELLINGS: Final[dict[str, Loss]] = {
    "mse": "mse",
    "mse_loss": "mse",
    "l2": "mse",
    "squared_error": "mse",
    "mean_squared_error": "mse",
    "cross_entropy": "cross_entropy",
    "crossentropy": "cross_entropy",
    "cross_entropy_loss": "cross_entropy",
    "categorical_crossentropy": "cross_entropy",
    "sparse_categorical_crossentropy": "cross_entropy",
    "ce": "cross_entropy",
    "log_loss": "cross_entropy",
    "binary_cross_entropy": "binary_cross_entropy",
    "binary_crossentropy": "binary_cross_entropy",
    "binary_cross_entropy_with_logits": "binary_cross_entropy",
    "bce": "binary_cross_entropy",
    "bce_loss": "binary_cross_entropy",
    "bce_with_logits": "binary_cross_entropy",
    "huber": "huber",
    "huber_loss": "huber",
    "smooth_l1": "huber",
    "smooth_l1_loss": "huber",
    "mae": "mae",
    "l1": "mae",
    "l1_loss": "mae",
    "absolute_error": "mae",
    "mean_absolute_error": "mae",
}
"""What torch, Keras, scikit-learn and people call these losses; of binary cross-entropy, the form on logits."""

_MODEL_NAMES: Final = frozenset({"model", "module", "net", "network"})
_PREDICTION_NAMES: Final = frozenset(
    {"input", "inputs", "pred", "preds", "prediction", "predictions", "y_pred", "y_hat", "output", "outputs", "logits"}
)
_REMEDY: Final = (
    "give one of mse, cross_entropy, binary_cross_entropy, huber, mae, a criterion such as nn.MSELoss(), "
    "or a function loss(model, batch) -> scalar"
)


def loss_from(loss: Any) -> str | Callable[..., Any] | None:
    """Return a loss by its one name, or as a function of (model, batch); None stays None.

    A criterion of (prediction, target), such as ``nn.HuberLoss(delta=2)`` or ``F.l1_loss``, is called on what the model
    makes of a batch (x, …, y).

    Raises:
        PlanError: no such loss, a class instead of an instance, or a criterion that cannot be called so.
    """
    if loss is None or loss == "model":
        return loss
    if isinstance(loss, str):
        return _named(loss)
    if isinstance(loss, type):
        raise PlanError(f"loss: {loss.__name__} is a class; give an instance, {loss.__name__}(...)")
    if not callable(loss):
        raise PlanError(f"loss={loss!r}: a {type(loss).__name__} is not a loss; {_REMEDY}")
    if not _is_criterion(loss):
        _check_arguments(loss)
        return loss
    from advisor.training.criteria import Criterion, default_name  # noqa: PLC0415 - imports torch, as the loss did

    return default_name(loss) or Criterion(loss)


def kind_of(loss: str | Callable[..., Any] | None) -> Loss:
    """Return what the rules call a loss."""
    kind = loss if isinstance(loss, str) else getattr(loss, "kind", "custom")
    return next((name for name in get_args(Loss) if name == kind), "custom")


def _named(name: str) -> Loss:
    spelling = name.strip().lower().replace("-", "_").replace(" ", "_")
    if spelling in _SPELLINGS:
        return _SPELLINGS[spelling]
    compact = {key.replace("_", ""): value for key, value in _SPELLINGS.items()}
    known = compact.get(spelling.replace("_", "")) or compact.get(spelling.replace("_", "").removesuffix("loss"))
    if known is None:
        raise PlanError(f"loss={name!r}: no loss is called so{did_you_mean(spelling, _SPELLINGS)}; {_REMEDY}")
    return known


def _check_arguments(loss: Callable[..., Any]) -> None:
    """Refuse a function that cannot be called with a model and a batch.

    Raises:
        PlanError: it cannot.
    """
    try:
        signature = inspect.signature(loss)
    except (TypeError, ValueError):  # some built-in functions have none
        return
    try:
        signature.bind(None, None)
    except TypeError as error:
        name = getattr(loss, "__name__", type(loss).__name__)
        raise PlanError(f"loss: {name}{signature} cannot be called as loss(model, batch): {error}") from error


def _is_criterion(loss: Any) -> bool:
    """Return whether a loss takes (prediction, target) instead of (model, batch), as far as its parameters say."""
    torch = sys.modules.get("torch")
    is_module = torch is not None and isinstance(loss, torch.nn.Module)
    names = _parameters(loss.forward if is_module else loss)
    if is_module:
        return not names or names[0] not in _MODEL_NAMES
    return bool(names) and names[0] in _PREDICTION_NAMES


def _parameters(function: Any) -> list[str]:
    """Return the names of a function's positional parameters; those of torch's built-in ones start with input."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ["input", "target"] if str(getattr(function, "__module__", "")).startswith("torch") else []
    return [one.name for one in parameters if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}]
