"""The first batch of a job, which shows whether model, data and loss fit together before anything trains."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from advisor.errors import AdvisorError, ModelError, PlanError
from advisor.facts.names import Precision
from advisor.training.activations import Activations
from advisor.training.devices import device_of, moved
from advisor.training.memory import is_out_of_memory

if TYPE_CHECKING:
    from advisor.training.job import Job


def try_one_batch(job: Job, precision: Precision | None) -> tuple[int, int]:
    """Run one batch forward and backward on a copy, and turn what breaks into a message.

    Args:
        job: all of it but what this finds.
        precision: of forward and backward.

    Returns:
        Bytes that the forward pass of a sample keeps for the backward pass, and parameters of the model.

    Raises:
        ModelError: nothing to train, or a batch that the model cannot be run on.
        PlanError: a batch too large for the memory, or a loss that is not a finite scalar of the model it is given.
    """
    model = job.make_model(0)
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not any(True for _ in model.parameters()):
        raise ModelError(f"{job.name} has no parameters, so there is nothing to train")
    if not trainable:
        raise ModelError(f"all parameters of {job.name} are frozen; unfreeze some")
    batch = moved(next(job.train.draw(job.micro_batch, seed=0)), device_of(model))
    kept = Activations(model)
    try:
        with kept.counted():
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
        if precision in {"bfloat16", "float16"} and "primitive" in first_line:  # oneDNN has no kernel for this layer
            raise PlanError(
                f"precision={precision}: this processor cannot run {job.name} in it ({first_line}); "
                "use precision='float32', or advise on the device that trains"
            ) from error
        raise ModelError(
            f"{job.name} cannot be run on a batch: {first_line}; check sizes and types of inputs and targets"
        ) from error
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
    return kept.bytes // max(1, job.train.rows_in(batch)), sum(one.numel() for one in model.parameters())
