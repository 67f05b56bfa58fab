"""Range tests: the real ``torch-lr-finder`` and Lightning, and the documented algorithms of fastai.

fastai's suggestions are read off a sweep as its documentation describes (fastai.callback.schedule): 100 batches from
1e-7 to 10, losses smoothed by a debiased moving average of 0.98, stopped at four times the best.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, TensorDataset

from advisor.recipe.torch_objects import build_optimizer
from advisor.training.job import Job
from benchmarks.range_test import fastai_minimum, fastai_slide, fastai_steep, fastai_valley
from benchmarks.regret.choices import Choice, Chooser, silenced
from benchmarks.regret.tasks import Pair, Task

ITERATIONS = 100
Curve = tuple[NDArray[np.float64], NDArray[np.float64]]


def _loader(job: Job, seed: int) -> DataLoader[Any]:
    x, y = job.train.pair(job.train.n) or (None, None)
    if x is None or y is None:
        raise TypeError("range tests of other packages want (x, y)")
    order = torch.Generator().manual_seed(seed)
    return DataLoader(TensorDataset(x, y), batch_size=job.batch_size, shuffle=True, drop_last=True, generator=order)


@dataclass(frozen=True, slots=True)
class TorchLRFinder:
    """``torch_lr_finder.LRFinder`` with its defaults: 100 iterations up to 10, steepest gradient."""

    name: str = "torch-lr-finder 0.2.2 (real)"

    def choose(self, task: Task, pair: Pair, *, seed: int) -> Choice:
        from torch_lr_finder import LRFinder

        job = task.job()
        model = job.make_model(seed)
        optimizer = build_optimizer(task.recipe(pair).settings, model, 1e-7)
        criterion = torch.nn.CrossEntropyLoss() if task.load().loss == "cross_entropy" else torch.nn.MSELoss()
        torch.manual_seed(seed)
        began = time.perf_counter()
        with silenced():
            finder = LRFinder(model, optimizer, criterion, device="cpu")
            finder.range_test(_loader(job, seed), end_lr=10, num_iter=ITERATIONS)
            rates, losses = finder.history["lr"][10:-5], finder.history["loss"][10:-5]
        # The package suggests while plotting: the steepest gradient of the smoothed loss by index.
        rate = rates[int(np.gradient(np.array(losses)).argmin())] if len(losses) > 1 else None
        return Choice(rate, len(finder.history["lr"]) * job.batch_size, time.perf_counter() - began)


def lightning_suggestion(
    net: torch.nn.Module,
    loss: Callable[[torch.nn.Module, Any], torch.Tensor],
    optimizer: Callable[[torch.nn.Module, float], torch.optim.Optimizer],
    loader: DataLoader[Any],
) -> tuple[float | None, int]:
    """Return what ``Tuner.lr_find`` suggests with its defaults, and the steps it took.

    Args:
        net: fresh module; it is trained.
        loss: (module, batch) → mean loss.
        optimizer: (module, learning rate) → optimizer.
        loader: of training batches.
    """
    import pytorch_lightning as lightning
    from pytorch_lightning.tuner import Tuner

    for name in ("pytorch_lightning", "lightning.pytorch", "pytorch_lightning.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.ERROR)

    class Module(lightning.LightningModule):  # type: ignore[misc]  # the package's types are not read
        def __init__(self) -> None:
            super().__init__()
            self.lr = 1e-3
            self.net = net

        def training_step(self, batch: Any, _index: int) -> torch.Tensor:
            return loss(self.net, tuple(batch) if isinstance(batch, list) else batch)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return optimizer(self.net, self.lr)

    with silenced():
        trainer = lightning.Trainer(
            max_epochs=ITERATIONS,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        found = Tuner(trainer).lr_find(Module(), train_dataloaders=loader)
    return (found.suggestion(), len(found.results["lr"])) if found else (None, 0)


@dataclass(frozen=True, slots=True)
class Lightning:
    """``lightning.pytorch.tuner.Tuner.lr_find`` with its defaults."""

    name: str = "Lightning 2.6.6 lr_find (real)"

    def choose(self, task: Task, pair: Pair, *, seed: int) -> Choice:
        job, recipe = task.job(), task.recipe(pair)
        torch.manual_seed(seed)
        began = time.perf_counter()
        rate, steps = lightning_suggestion(
            job.make_model(seed),
            job.loss,
            lambda model, rate: build_optimizer(recipe.settings, model, rate),
            _loader(job, seed),
        )
        return Choice(rate, steps * job.batch_size, time.perf_counter() - began)


def sweep(task: Task, pair: Pair, *, seed: int, start: float = 1e-7, end: float = 10.0) -> tuple[Curve, int]:
    """Return rates and smoothed losses of a sweep, and the samples used."""
    job = task.job()
    torch.manual_seed(seed)
    model = job.make_model(seed)
    model.train()
    optimizer = build_optimizer(task.recipe(pair).settings, model, start)
    batches = job.train.draw(job.batch_size, seed)
    rates, smoothed = [], []
    average, best = 0.0, math.inf
    for step in range(ITERATIONS):
        rate = start * (end / start) ** (step / ITERATIONS)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss = job.loss(model, next(batches))
        average = 0.98 * average + 0.02 * float(loss.detach())
        value = average / (1 - 0.98 ** (step + 1))
        rates.append(rate)
        smoothed.append(value)
        best = min(best, value)
        if not value < 4 * best:
            break
        loss.backward()
        optimizer.step()
    return (np.array(rates), np.array(smoothed)), len(rates) * job.batch_size


@dataclass(frozen=True, slots=True)
class Fastai:
    """One of fastai's suggestions on a sweep of its kind."""

    suggestion: str

    @property
    def name(self) -> str:
        return f"fastai {self.suggestion} (re-implemented)"

    def choose(self, task: Task, pair: Pair, *, seed: int) -> Choice:
        began = time.perf_counter()
        (rates, losses), samples = sweep(task, pair, seed=seed)
        rate = FASTAI[self.suggestion](rates, losses) if len(rates) > ITERATIONS // 10 + 7 else None
        return Choice(rate, samples, time.perf_counter() - began)


FASTAI = {"minimum": fastai_minimum, "valley": fastai_valley, "slide": fastai_slide, "steep": fastai_steep}


def range_tests() -> list[Chooser]:
    """Return all range tests."""
    return [*map(Fastai, FASTAI), TorchLRFinder(), Lightning()]
