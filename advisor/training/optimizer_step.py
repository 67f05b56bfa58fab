"""The forward and backward passes of one optimizer step, in as many parts as the job accumulates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from advisor.training.job import Job
from advisor.training.nested_batches import parts_of, rows_of

Part = tuple[Any, float]
"""A part of a step's batch, and its share of the samples."""


def step_parts(job: Job, batches: Iterator[Any], count: int) -> list[Part]:
    """Return the parts of one optimizer step's batch; of ready batches, so many of them."""
    ready = job.train.tree is None
    parts: list[Any] = list(islice(batches, count)) if ready else parts_of(next(batches), count)
    rows = sum(map(rows_of, parts))
    return [(part, rows_of(part) / rows) for part in parts]


def backward_in_parts(
    job: Job, model: nn.Module, parts: Sequence[Part], scaler: torch.amp.GradScaler | None = None
) -> float:
    """Add up the gradients of the parts, and return the mean loss."""
    total = torch.zeros(())
    for part, share in parts:
        loss: Tensor = job.loss_on(model, part) * share
        (loss if scaler is None else scaler.scale(loss)).backward()
        total = total.to(loss.device) + loss.detach()
    return float(total)
