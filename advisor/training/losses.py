"""Losses by name, and what the best constant prediction comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

from advisor.errors import ModelError, PlanError, did_you_mean
from advisor.facts.names import Precision
from advisor.training.data_split import DataSplit
from advisor.training.devices import device_of, wide
from advisor.training.nested_batches import map_tree

Loss = Callable[[nn.Module, Any], Tensor]
"""(module, batch) → mean loss, a scalar tensor."""
IGNORED = -100
"""Label that does not count, by definition of torch."""


def loss_of(name: str | Loss) -> Loss:
    """Return a loss by name; a function is its own.

    Raises:
        PlanError: no loss has this name.
    """
    if not isinstance(name, str):
        return name
    losses: dict[str, Loss] = {
        "mse": mse,
        "cross_entropy": cross_entropy,
        "binary_cross_entropy": binary_cross_entropy,
        "huber": huber,
        "mae": mae,
        "model": model_loss,
    }
    if name not in losses:
        raise PlanError(f"loss={name!r}: give one of {', '.join(losses)} or a function{did_you_mean(name, losses)}")
    return losses[name]


def sample_losses_of(name: str | Loss) -> Loss | None:
    """Return a loss by name as a function of (module, batch) → the loss of every sample, shape (samples,).

    Their mean is the loss of the batch. None: the loss is the user's own or the module's, and may be over pairs.
    """
    elementwise = _ELEMENTWISE.get(name) if isinstance(name, str) else None
    if elementwise is not None:

        def of_numbers(model: nn.Module, batch: Any) -> Tensor:
            values = elementwise(*_prediction_and_target(model, batch, str(name)), reduction="none")
            return values.reshape(len(inputs_and_target(batch, str(name))[1]), -1).mean(1)

        return of_numbers
    return _cross_entropies if name == "cross_entropy" else None


def _cross_entropies(model: nn.Module, batch: Any) -> Tensor:
    """Return the cross-entropy of each sample; labels that do not count leave the mean of the others as it is."""
    logits, target = _logits_and_target(model, batch)
    values = F.cross_entropy(logits, target, reduction="none")
    values = values.reshape(len(values), -1)
    if target.is_floating_point():
        return values.mean(1)
    return values.sum(1) * (len(values) / (target != IGNORED).sum())


def inputs_and_target(batch: Any, name: str) -> tuple[Any, Tensor]:
    """Take a batch (x, …, y) apart.

    Raises:
        PlanError: it is another kind of batch; the message says which loss wanted it.
    """
    if isinstance(batch, tuple | list) and len(batch) >= 2:
        *inputs, target = batch
        return inputs, target
    raise PlanError(f"loss: {name} wants batches (x, …, y); give a function loss(model, batch) for others")


def as_weights(inputs: Any, model: nn.Module | Callable[..., Any]) -> Any:
    """Return inputs with float32 in the precision of the model's weights, where all of these have half of it."""
    if not isinstance(model, nn.Module):
        return inputs
    kinds = {parameter.dtype for parameter in model.parameters() if parameter.is_floating_point()}
    if len(kinds) != 1 or not kinds <= {torch.bfloat16, torch.float16}:
        return inputs
    kind = kinds.pop()
    return map_tree(lambda tensor: tensor.to(kind) if tensor.dtype == torch.float32 else tensor, inputs)


def tensor_of(prediction: Any, name: str) -> Tensor:
    """Return what a model predicts.

    Raises:
        ModelError: it is no tensor; the message says which loss wanted one.
    """
    if isinstance(prediction, Tensor):
        return prediction
    raise ModelError(
        f"loss: the model returns a {type(prediction).__name__}, and {name} needs a tensor; "
        "give a function loss(model, batch) that picks it"
    )


def _prediction_and_target(model: nn.Module, batch: Any, name: str) -> tuple[Tensor, Tensor]:
    """Return predictions and targets of one shape and kind; a target is never broadcast."""
    inputs, target = inputs_and_target(batch, name)
    prediction = tensor_of(model(*as_weights(inputs, model)), name)
    if prediction.numel() != target.numel():
        raise ModelError(
            f"the model's output {tuple(prediction.shape)} does not fit targets {tuple(target.shape)}; "
            f"{name} wants one output per target"
        )
    return prediction, target.reshape(prediction.shape).to(prediction.dtype)


def mse(model: nn.Module, batch: Any) -> Tensor:
    """Return the mean squared error of a batch (x, …, y)."""
    return F.mse_loss(*_prediction_and_target(model, batch, "mse"))


def mae(model: nn.Module, batch: Any) -> Tensor:
    """Return the mean absolute error of a batch (x, …, y)."""
    return F.l1_loss(*_prediction_and_target(model, batch, "mae"))


def huber(model: nn.Module, batch: Any) -> Tensor:
    """Return the mean Huber loss of a batch (x, …, y), whose errors count absolutely from 1 on."""
    return F.huber_loss(*_prediction_and_target(model, batch, "huber"))


def binary_cross_entropy(model: nn.Module, batch: Any) -> Tensor:
    """Return the mean binary cross-entropy of a batch (x, …, y) with one logit per target from 0 to 1."""
    return F.binary_cross_entropy_with_logits(*_prediction_and_target(model, batch, "binary_cross_entropy"))


def cross_entropy(model: nn.Module, batch: Any) -> Tensor:
    """Return the mean cross-entropy of a batch (x, …, y) with logits of shape (N, classes, …) and integer labels."""
    return F.cross_entropy(*_logits_and_target(model, batch))


def _logits_and_target(model: nn.Module, batch: Any) -> tuple[Tensor, Tensor]:
    inputs, target = inputs_and_target(batch, "cross_entropy")
    logits = tensor_of(model(*as_weights(inputs, model)), "cross_entropy")
    if logits.ndim < 2:
        raise ModelError(f"the model's output {tuple(logits.shape)} holds no logits; cross_entropy wants (N, classes)")
    if not target.is_floating_point():
        target = target.long()
    if target.ndim == logits.ndim and target.shape[1] == 1 and not target.is_floating_point():
        target = target.squeeze(1)
    return logits, target


_ELEMENTWISE: dict[str, Callable[..., Tensor]] = {
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "huber": F.huber_loss,
    "binary_cross_entropy": F.binary_cross_entropy_with_logits,
}
"""Names of losses that are a mean over the numbers of a prediction → that loss."""


def model_loss(model: nn.Module, batch: Any) -> Tensor:
    """Return the loss that the module itself computes: a scalar, or ``.loss`` or ``["loss"]`` of what it returns."""
    wanted = 'loss: give "mse", "cross_entropy" or a function loss(model, batch) -> scalar'
    try:
        match batch:
            case Mapping():
                output = model(**batch)
            case tuple() | list():
                output = model(*batch)
            case _:
                output = model(batch)
    except TypeError as error:
        raise PlanError(f"{wanted}; without one the model is called on a batch, and that fails: {error}") from error
    found = output.get("loss") if isinstance(output, Mapping) else getattr(output, "loss", output)
    if not isinstance(found, Tensor):
        raise PlanError(
            f"{wanted}; without one the model must return its loss, and this {type(output).__name__} has none"
        )
    return found


def under_autocast(loss: Loss, precision: Precision | None) -> Loss:
    """Return the loss as a run in this precision computes it, in float32 at the end."""
    if precision not in {"bfloat16", "float16"}:
        return loss
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float16

    def cast(model: nn.Module, batch: Any) -> Tensor:
        with torch.autocast(device_of(model).type, dtype=kind):
            value = loss(model, batch)
        return value.float() if isinstance(value, Tensor) else value

    return cast


def constant_losses(loss: str, data_split: DataSplit) -> tuple[float, ...]:
    """Return the loss of the best constant prediction on each part; nothing when the samples are no pairs."""
    pairs = [samples.pair(samples.n) for samples in (data_split.pool, *data_split.parts)]
    targets = [pair[1] for pair in pairs if pair is not None]
    if len(targets) < len(pairs):
        return ()
    pool, *parts = targets
    seen = [pool[rows] for rows in data_split.rest] or [pool]
    found = [_constant_loss(loss, rest, part) for rest, part in zip(seen, parts, strict=True)]
    return tuple(one for one in found if one is not None) if None not in found else ()


def _constant_loss(loss: str, seen: Tensor, held: Tensor) -> float | None:
    """Return the loss on held-out targets of the best constant for the targets seen; None when it is not known."""
    if loss in {"mse", "mae", "huber", "binary_cross_entropy"}:
        return _constant_loss_of_numbers(loss, wide(seen), wide(held))
    if loss != "cross_entropy" or seen.is_floating_point():
        return None
    known, asked = (labels[labels >= 0].long() for labels in (seen, held))  # -100 has no label
    if not len(known) or not len(asked):
        return None
    counts = wide(torch.bincount(known, minlength=int(torch.cat([known, asked]).max()) + 1)) + 1e-2
    return float(-torch.log(counts / counts.sum())[asked].mean())


def _constant_loss_of_numbers(loss: str, seen: Tensor, held: Tensor) -> float:
    match loss:
        case "mse":
            return float(F.mse_loss(held, seen.mean(dim=0).expand_as(held)))
        case "mae":
            return float(F.l1_loss(held, seen.quantile(0.5, dim=0).expand_as(held)))
        case "huber":
            return float(F.huber_loss(held, _huber_centre(seen).expand_as(held)))
        case _:
            share = seen.mean(dim=0).clamp(1e-6, 1.0 - 1e-6).expand_as(held)
            return float(F.binary_cross_entropy(share, held.clamp(0.0, 1.0)))


def _huber_centre(seen: Tensor) -> Tensor:
    """Return the constant with the least mean Huber loss, by reweighting: errors beyond 1 count with their inverse."""
    centre = seen.quantile(0.5, dim=0)
    for _ in range(50):
        weight = 1.0 / (seen - centre).abs().clamp(min=1.0)
        centre = (weight * seen).sum(dim=0) / weight.sum(dim=0)
    return centre
