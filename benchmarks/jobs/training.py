"""One ordinary training of a job, with the held-out loss along the way."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import torch
from torch import nn

from advisor.recipe.torch_schedules import ScheduleMultiplier
from advisor.training.losses import loss_of
from advisor.training.nested_batches import rows_of
from benchmarks.jobs.job import BenchmarkJob, Pair

FULL_SHARES = (1 / 12, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 5 / 12, 1 / 2, 7 / 12, 2 / 3, 3 / 4, 5 / 6, 11 / 12, 1.0)
"""Where a full run is judged, as shares of it."""
SHORT_SHARES = (1 / 4, 1 / 2, 3 / 4, 1.0)
"""Where a short run is judged, as shares of its own length."""

Build = Callable[[nn.Module], tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]]
"""Module → its optimizer and a scheduler to step after every optimizer step."""


@dataclass(frozen=True, slots=True)
class Training:
    """What a training ended in.

    Attributes:
        losses: held out, at every share asked for; None from where the training loss was no longer finite.
        step_seconds: processor time of one optimizer step, data loading included; 0 when there was none.
        evaluation_seconds: processor time of judging once.
    """

    losses: tuple[float | None, ...]
    step_seconds: float
    evaluation_seconds: float


def make_optimizer(model: nn.Module, pair: Pair, rate: float) -> torch.optim.Optimizer:
    """Return the stock optimizer of a pair over everything that trains."""
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    match pair.optimizer:
        case "sgd":
            return torch.optim.SGD(weights, lr=rate, momentum=pair.momentum, weight_decay=pair.weight_decay, fused=True)
        case "adamw":
            return torch.optim.AdamW(weights, lr=rate, weight_decay=pair.weight_decay, fused=True)
        case "adam":
            return torch.optim.Adam(weights, lr=rate)
        case _:
            raise ValueError(f"no landscape is trained with {pair.optimizer}")


def train(
    job: BenchmarkJob, pair: Pair, rate: float, seed: int, *, length: float = 1.0, shares: Sequence[float] = (1.0,)
) -> Training:
    """Train a fresh model with the pair's schedule drawn over ``length`` of the full run.

    Args:
        job: what is trained.
        pair: optimizer and schedule.
        rate: peak learning rate.
        seed: of the initial weights, the order of batches and dropout.
        length: share of the steps of the full run.
        shares: where to judge, ascending, as shares of this run.
    """
    steps = max(1, round(length * job.steps))
    multiplier = ScheduleMultiplier(pair.schedule, steps, pair.warmup_fraction, None)

    def build(model: nn.Module) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
        optimizer = make_optimizer(model, pair, rate)
        return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, multiplier)

    return train_with(job, build, seed, steps=steps, shares=shares)


def train_with(
    job: BenchmarkJob,
    build: Build,
    seed: int,
    *,
    steps: int,
    shares: Sequence[float] = (1.0,),
    clip_norm: float | None = None,
) -> Training:
    """Train with any optimizer and schedule; ``clip_norm`` is used where the job itself does not clip."""
    material, loss = job.material, loss_of("model" if job.material.loss is None else job.material.loss)
    model = job.model(seed)
    model.train()
    clip = job.clip_norm if job.clip_norm is not None else clip_norm
    points = [max(1, round(share * steps)) for share in shares]
    losses: list[float | None] = []
    spent = judging = 0.0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        optimizer, scheduler = build(model)
        began = time.process_time()
        step = 0
        for step, batch in enumerate(islice(_endless(material.train), steps), start=1):
            optimizer.zero_grad()
            value = loss(model, batch)
            if not math.isfinite(float(value.detach())):
                break
            value.backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            scheduler.step()
            if step in points:
                paused = time.process_time()
                losses += [held_out_loss(job, model)] * points.count(step)
                judged = time.process_time() - paused
                judging, began = judging + judged, began + judged
        spent = time.process_time() - began
    rounds = len(losses)
    return Training(
        (*losses, *[None] * (len(points) - len(losses))),
        spent / step if step else 0.0,
        judging / rounds if rounds else 0.0,
    )


def _endless(loader: Any) -> Iterator[Any]:
    while True:
        yield from loader


@lru_cache(maxsize=2)
def _held_out_batches(job: BenchmarkJob) -> tuple[Any, ...]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return tuple(job.material.validation)


def held_out_loss(job: BenchmarkJob, model: nn.Module) -> float | None:
    """Return the mean held-out loss per sample in evaluation mode; None when it is not finite.

    What the loss draws at random is drawn alike every time, and torch's global generator is left as it was.
    """
    loss = loss_of("model" if job.material.loss is None else job.material.loss)
    total, rows = 0.0, 0
    model.eval()
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        for batch in _held_out_batches(job):
            count = rows_of(batch)
            total += count * float(loss(model, batch))
            rows += count
    model.train()
    mean = total / rows
    return mean if math.isfinite(mean) else None


def untrained_loss(job: BenchmarkJob, seed: int) -> float | None:
    """Return the held-out loss of a fresh model."""
    return held_out_loss(job, copy.deepcopy(job.model(seed)))
