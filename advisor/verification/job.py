"""Everything needed to train short copies of the user's model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

from advisor.errors import AdvisorError, DataError, ModelError, PlanError, did_you_mean
from advisor.facts.names import Precision
from advisor.verification.memory import is_out_of_memory
from advisor.verification.modules import maker
from advisor.verification.samples import Samples, samples_of

Loss = Callable[[nn.Module, Any], Tensor]
VALIDATION_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Job:
    """A training job that can be repeated from scratch.

    Attributes:
        make_model: seed → a fresh module of its own, never the user's.
        loss: (module, batch) → mean loss, a scalar tensor.
        train: training samples.
        validation: held-out samples.
        batch_size: samples per optimizer step.
        total_steps: optimizer steps of the full run.
        constant_loss: held-out loss of the best constant prediction; None when the loss is the user's own.
        name: the model's name, for messages.
        accumulation: forward passes that share one optimizer step; each takes its part of ``batch_size``.
        scaled: gradients are computed in float16 and want a ``GradScaler``.
    """

    make_model: Callable[[int], nn.Module]
    loss: Loss
    train: Samples
    validation: Samples
    batch_size: int
    total_steps: int
    constant_loss: float | None = None
    name: str = "model"
    accumulation: int = 1
    scaled: bool = False

    def untrained_loss(self, batch: Any, seed: int) -> float:
        """Return the loss of a fresh model on a batch; random generators stay as they were."""
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            model = self.make_model(seed)
            model.train()
            return float(self.loss(model, batch))


def make_job(
    model: Any,
    train: Any,
    loss: str | Loss,
    *,
    validation: Any = None,
    batch_size: int,
    total_steps: int,
    seed: int = 0,
    accumulation: int = 1,
    precision: Precision | None = None,
) -> Job:
    """Make a job, and run one batch through a copy of the model to see that everything fits.

    Args:
        model: a module (copied for every training) or a function that makes one (called anew, seeded).
        train: anything ``samples_of`` takes.
        loss: ``"mse"``, ``"cross_entropy"``, ``"model"`` (the module returns its own loss) or
            ``loss(model, batch) -> scalar mean``.
        validation: held-out data in the same form; None: a fifth of the training samples is held out.
        batch_size: samples per optimizer step.
        total_steps: optimizer steps of the full run.
        seed: of the split.
        accumulation: forward passes that share one optimizer step.
        precision: of forward and backward; bfloat16 and float16 run under autocast, as training does.

    Raises:
        PlanError: a batch larger than the data, an unknown loss, one that is not a finite scalar.
        ModelError: a model that cannot be copied or made, has nothing to train, or does not fit the batch.
        DataError: no training data.
    """
    samples = samples_of(train, seed=seed)
    held_out = samples_of(validation, seed=seed) if validation is not None else None
    if held_out is None:
        if samples.n < 5:
            raise DataError(f"train: {samples.n} samples are too few to hold some out; give validation data as well")
        samples, held_out = samples.split(VALIDATION_SHARE, seed)
        if not samples.n:
            raise DataError("train: a single batch cannot be split; give validation data as well")
    if batch_size < 1 or total_steps < 1:
        raise PlanError(f"batch_size={batch_size}, total_steps={total_steps}: both must be at least 1")
    if batch_size > samples.n + (held_out.n if validation is None else 0):
        raise PlanError(f"batch_size={batch_size} is larger than the data ({samples.n} samples); choose a smaller one")
    called = under_autocast(loss_of(loss), precision)
    first = samples.first(min(batch_size, samples.n))
    make_model, name = maker(model, lambda module: called(module, first))
    job = Job(
        make_model=make_model,
        loss=called,
        train=samples,
        validation=held_out,
        batch_size=min(batch_size, samples.n),
        total_steps=total_steps,
        constant_loss=_constant_loss(loss, samples, held_out) if isinstance(loss, str) else None,
        name=name,
        accumulation=min(accumulation, batch_size),
        scaled=precision == "float16",
    )
    _try_one_batch(job)
    return job


def loss_of(name: str | Loss) -> Loss:
    """Return a loss by name; a function is its own.

    Raises:
        PlanError: no loss has this name.
    """
    if not isinstance(name, str):
        return name
    losses: dict[str, Loss] = {"mse": mse, "cross_entropy": cross_entropy, "model": model_loss}
    if name not in losses:
        raise PlanError(f"loss={name!r}: give one of {', '.join(losses)} or a function{did_you_mean(name, losses)}")
    return losses[name]


def _pair(batch: Any) -> tuple[Any, Tensor]:
    if isinstance(batch, tuple | list) and len(batch) >= 2:
        *inputs, target = batch
        return inputs, target
    raise PlanError(
        'loss: "mse" and "cross_entropy" want batches (x, …, y); give a function loss(model, batch) for others'
    )


def mse(model: nn.Module, batch: Any) -> Tensor:
    """Return the mean squared error of a batch (x, …, y); y is brought to the prediction's shape, never broadcast."""
    inputs, target = _pair(batch)
    prediction = model(*inputs)
    if prediction.numel() != target.numel():
        raise ModelError(
            f"the model's output {tuple(prediction.shape)} does not fit targets {tuple(target.shape)}; "
            "mse wants one output per target"
        )
    return F.mse_loss(prediction, target.reshape(prediction.shape).to(prediction.dtype))


def cross_entropy(model: nn.Module, batch: Any) -> Tensor:
    """Return the mean cross-entropy of a batch (x, …, y) with logits of shape (N, classes, …) and integer labels."""
    inputs, target = _pair(batch)
    logits = model(*inputs)
    if logits.ndim < 2:
        raise ModelError(f"the model's output {tuple(logits.shape)} holds no logits; cross_entropy wants (N, classes)")
    if not target.is_floating_point():
        target = target.long()
    if target.ndim == logits.ndim and target.shape[1] == 1 and not target.is_floating_point():
        target = target.squeeze(1)
    return F.cross_entropy(logits, target)


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
        device = next((parameter.device.type for parameter in model.parameters()), "cpu")
        with torch.autocast(device, dtype=kind):
            value = loss(model, batch)
        return value.float() if isinstance(value, Tensor) else value

    return cast


def _constant_loss(loss: str, train: Samples, validation: Samples) -> float | None:
    seen, held = train.pair(train.n), validation.pair(validation.n)
    if seen is None or held is None:
        return None
    if loss == "mse":
        return float(((held[1].double() - seen[1].double().mean(dim=0)) ** 2).mean())
    if loss != "cross_entropy" or seen[1].is_floating_point():
        return None
    known, asked = (labels[labels >= 0].long() for labels in (seen[1], held[1]))  # -100 has no label
    if not len(known) or not len(asked):
        return None
    counts = torch.bincount(known, minlength=int(torch.cat([known, asked]).max()) + 1).double() + 1e-2
    return float(-torch.log(counts / counts.sum())[asked].mean())


def _try_one_batch(job: Job) -> None:
    """Run one batch forward and backward on a copy, and turn what breaks into a message."""
    model = job.make_model(0)
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not any(True for _ in model.parameters()):
        raise ModelError(f"{job.name} has no parameters, so there is nothing to train")
    if not trainable:
        raise ModelError(f"all parameters of {job.name} are frozen; unfreeze some")
    batch = next(job.train.draw(max(1, job.batch_size // job.accumulation), seed=0))
    try:
        value = job.loss(model, batch)
    except AdvisorError:
        raise
    except (RuntimeError, ValueError, TypeError, IndexError, KeyError) as error:
        first_line = str(error).strip().split("\n")[0]
        if is_out_of_memory(error):
            raise PlanError(
                f"batch_size={job.batch_size}: one batch does not fit into memory ({first_line}); choose a smaller one "
                "and add up gradients with accumulation"
            ) from error
        raise ModelError(f"{job.name} cannot be run on a batch: {first_line}; check input and output sizes") from error
    if not isinstance(value, Tensor) or value.numel() != 1:
        found = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"a {type(value).__name__}"
        raise PlanError(f"loss: must return one number, the mean over the batch, not {found}")
    number = float(value.detach())
    if not math.isfinite(number):
        raise PlanError(f"loss: is {number} before any training; check the data for NaN and the loss for log(0)")
    if not value.requires_grad:
        raise PlanError("loss: does not depend on the model's trainable parameters; check for detach() or no_grad()")
    # A loss that reaches for another model than the one it is given would train the user's own.
    if all(part is None for part in torch.autograd.grad(value.reshape(()), trainable, allow_unused=True)):
        raise PlanError("loss: does not depend on the model it is given; use the first argument of loss(model, batch)")
