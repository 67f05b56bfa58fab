"""Runs that a guard watches: which training, at which rate, and what breaks it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import torch
from torch import Tensor, nn

from advisor.facts.names import ScheduleName
from advisor.recipe.torch_schedules import ScheduleMultiplier
from advisor.training.losses import loss_of
from benchmarks.jobs.catalogue import JOBS
from benchmarks.jobs.job import ADAMW, PAIRS, BenchmarkJob, Pair
from benchmarks.jobs.landscapes import read
from benchmarks.jobs.training import make_optimizer

Fault = Literal[
    "", "rate x30", "rate x300", "rate x100 from the start", "NaN once", "gradient x1e4", "weights scrambled"
]
FAULTS: tuple[Fault, ...] = (
    "rate x30",
    "rate x300",
    "rate x100 from the start",
    "NaN once",
    "gradient x1e4",
    "weights scrambled",
)
TABLES = ("digits", "wine", "breast_cancer", "diabetes")
RATES = {"sgd": (0.01, 0.05, 0.2), "adam": (3e-4, 2e-3, 8e-3), "adamw": (5e-4, 3e-3)}
STEPS_OF_TABLES = 300
"""Judgement: what small tables are trained for."""


@dataclass(frozen=True, slots=True)
class Run:
    """One training.

    Attributes:
        source: of the training: ``tables`` or ``jobs``.
        name: of table or job.
        pair: optimizer and schedule.
        rate: peak learning rate.
        seed: of weights and batches.
        steps: optimizer steps.
        width: of the hidden layers, and ``batch`` rows a step; tables only.
        fault: what breaks it; empty: nothing.
    """

    source: Literal["tables", "jobs"]
    name: str
    pair: Pair
    rate: float
    seed: int
    steps: int
    width: int = 64
    batch: int = 32
    fault: Fault = ""

    @property
    def fault_at(self) -> int:
        """Step at which it breaks."""
        return 0 if self.fault.endswith("start") else self.steps // 2 + 7 * (self.seed % 10)

    def broken(self, fault: Fault) -> Run:
        """Return the same training with a fault."""
        return replace(self, fault=fault)


def table_runs(seeds: int) -> Iterator[Run]:
    """Yield runs over tables, optimizers, schedules, rates, sizes of net and batch."""
    schedules: tuple[ScheduleName, ...] = ("constant", "cosine", "one_cycle", "cyclical")
    for name in TABLES:
        for optimizer, rates in RATES.items():
            for schedule in schedules:
                for place, rate in enumerate(rates):
                    for seed in range(seeds):
                        momentum = 0.9 if optimizer == "sgd" else 0.0
                        pair = Pair(optimizer, schedule, momentum=momentum, warmup_fraction=0.0)  # type: ignore[arg-type]
                        batch = (8, 32, 64)[(seed + place) % 3]
                        yield Run("tables", name, pair, rate, seed, STEPS_OF_TABLES, (16, 64, 128)[place], batch=batch)


def broken_table_runs(seeds: int) -> Iterator[Run]:
    """Yield a run of every table, optimizer and fault."""
    for name in ("digits", "wine", "diabetes"):
        for optimizer, rates in RATES.items():
            for fault in FAULTS:
                for seed in range(seeds):
                    momentum = 0.9 if optimizer == "sgd" else 0.0
                    pair = Pair(optimizer, "constant", momentum=momentum, warmup_fraction=0.0)  # type: ignore[arg-type]
                    yield Run("tables", name, pair, rates[1], 100 + seed, STEPS_OF_TABLES, fault=fault)


def job_runs() -> Iterator[Run]:
    """Yield runs of every job and pair with a landscape, at its best rate, of AdamW at a third of it as well."""
    for job in JOBS:
        record = read(job.name)
        if record is None:
            continue
        for pair in PAIRS:
            landscape = record.of(pair)
            if landscape is None or not math.isfinite(landscape.best):
                continue
            for share in (1.0, 1.0 / 3.0) if pair == ADAMW else (1.0,):
                yield Run("jobs", job.name, pair, share * landscape.best_rate, 0, job.steps)


def broken_job_runs() -> Iterator[Run]:
    """Yield a run of every job at its best rate, with the faults in turn."""
    best = [run for run in job_runs() if run.pair == ADAMW][::2]
    for place, run in enumerate(best):
        yield run.broken(FAULTS[place % len(FAULTS)])


@dataclass(frozen=True, slots=True)
class Started:
    """A training about to begin: what a loop needs.

    Attributes:
        model: fresh.
        optimizer: at the rate of step 0.
        scheduler: steps after every optimizer step; a fault of the rate is part of it.
        loss: of the next batch.
        clip_norm: of the gradients; infinite: they are only measured.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    scheduler: torch.optim.lr_scheduler.LRScheduler
    loss: Callable[[], Tensor]
    clip_norm: float = math.inf


def start(run: Run) -> Started:
    """Return the training with fresh weights; torch's global generator is seeded."""
    torch.manual_seed(run.seed)
    clip_norm = math.inf
    if run.source == "tables":
        model, loss = _of_table(run)
    else:
        job = next(job for job in JOBS if job.name == run.name)
        model, loss = _of_job(job, run.seed)
        clip_norm = job.clip_norm or math.inf
    model.train()
    optimizer = make_optimizer(model, run.pair, run.rate)
    shape = ScheduleMultiplier(run.pair.schedule, run.steps, run.pair.warmup_fraction, None)
    jump = float(run.fault.removeprefix("rate x").split()[0]) if run.fault.startswith("rate x") else 1.0
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: shape(step) * (jump if step >= run.fault_at else 1.0)
    )
    return Started(model, optimizer, scheduler, loss, clip_norm)


def scramble(model: nn.Module) -> None:
    """Put the weights of every parameter in another order."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.flatten()[torch.randperm(parameter.numel())].reshape(parameter.shape))


def _of_table(run: Run) -> tuple[nn.Module, Callable[[], Tensor]]:
    x, y, criterion, outputs = _table(run.name)
    sizes = (x.shape[1], run.width, run.width)
    hidden = [part for a, b in itertools.pairwise(sizes) for part in (nn.Linear(a, b), nn.ReLU())]
    model = nn.Sequential(*hidden, nn.Linear(run.width, outputs))

    def loss() -> Tensor:
        rows = torch.randint(0, len(x), (run.batch,))
        return criterion(model(x[rows]), y[rows])

    return model, loss


@lru_cache
def _table(name: str) -> tuple[Tensor, Tensor, Callable[[Tensor, Tensor], Tensor], int]:
    from sklearn import datasets

    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    scaled = torch.tensor((x - x.mean(0)) / (x.std(0) + 1e-9), dtype=torch.float32)
    if name == "diabetes":
        target = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32)[:, None]
        return scaled, target, nn.functional.mse_loss, 1
    return scaled, torch.tensor(y), nn.functional.cross_entropy, int(y.max()) + 1


def _of_job(job: BenchmarkJob, seed: int) -> tuple[nn.Module, Callable[[], Tensor]]:
    material = job.material
    criterion, model = loss_of("model" if material.loss is None else material.loss), job.model(seed)
    batches = _endless(material.train)
    return model, lambda: criterion(model, next(batches))


def _endless(loader: Any) -> Iterator[Any]:
    while True:
        yield from loader
