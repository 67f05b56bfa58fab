"""Optimizers that set their own step: Prodigy, D-Adaptation, DoG and Schedule-Free, from their own packages."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from advisor.recipe.torch_schedules import ScheduleMultiplier
from advisor.training.sequential import SequentialTrainer
from benchmarks.regret.choices import Attempt, silenced
from benchmarks.regret.landscapes import SEEDS
from benchmarks.regret.tasks import Task

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


@dataclass(frozen=True, slots=True)
class ParameterFree:
    """A recipe that needs no learning rate, as its package's README advises it.

    Attributes:
        name: shown.
        make: model → optimizer.
        cosine: the rate is annealed by a cosine.
        averaged: judged at DoG's average of the weights.
    """

    name: str
    make: Callable[[nn.Module], Any]
    cosine: bool = False
    averaged: bool = False

    def attempt(self, task: Task) -> Attempt:
        """Train a task in full, once per seed of the landscapes."""
        with silenced():
            return Attempt(tuple(self._trained(task, seed) for seed in SEEDS), "own schedule")

    def _trained(self, task: Task, seed: int) -> float | None:
        job = task.job()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = job.make_model(seed)
            model.train()
            optimizer = self.make(model)
            average = _average(model) if self.averaged else None
            scheduler = (
                torch.optim.lr_scheduler.LambdaLR(optimizer, ScheduleMultiplier("cosine", task.steps, 0.0, None))
                if self.cosine
                else None
            )
            if hasattr(optimizer, "train"):
                optimizer.train()
            batches = job.train.draw(job.batch_size, seed)
            for _ in range(task.steps):
                optimizer.zero_grad()
                loss = job.loss(model, next(batches))
                if not math.isfinite(float(loss.detach())):
                    return None
                loss.backward()
                optimizer.step()
                if scheduler:
                    scheduler.step()
                if average:
                    average.step()
            if hasattr(optimizer, "eval"):
                optimizer.eval()
                _refresh_batch_norm(model, job.train.draw(job.batch_size, seed + 1))
            judged = average.averaged_model if average else model
            if average:
                _refresh_batch_norm(judged, job.train.draw(job.batch_size, seed + 1))
            return SequentialTrainer(job).final_loss(judged, seed)


def _average(model: nn.Module) -> Any:
    from dog import PolynomialDecayAverager

    return PolynomialDecayAverager(model)


def _refresh_batch_norm(model: nn.Module, batches: Any) -> None:
    """Let batch norms see the weights that are judged, as Schedule-Free and weight averaging ask for."""
    if not any(isinstance(module, BATCH_NORMS) for module in model.modules()):
        return
    model.train()
    with torch.no_grad():
        for _ in range(50):
            model(next(batches)[0])


def _prodigy(model: nn.Module) -> Any:
    from prodigyopt import Prodigy

    return Prodigy(model.parameters(), lr=1.0, weight_decay=0.01)


def _dadapt(model: nn.Module) -> Any:
    from dadaptation import DAdaptAdam

    return DAdaptAdam(model.parameters(), lr=1.0)


def _dog(model: nn.Module) -> Any:
    from dog import DoG

    norm = any(isinstance(module, BATCH_NORMS) for module in model.modules())
    return DoG(model.parameters(), reps_rel=1e-4 if norm else 1e-6)


def _schedule_free(model: nn.Module) -> Any:
    from schedulefree import AdamWScheduleFree

    return AdamWScheduleFree(model.parameters(), lr=0.0025)


PARAMETER_FREE = (
    ParameterFree("Prodigy (real)", _prodigy, cosine=True),
    ParameterFree("D-Adaptation (real)", _dadapt, cosine=True),
    ParameterFree("DoG (real)", _dog, averaged=True),
    ParameterFree("Schedule-Free AdamW (real)", _schedule_free),
)
