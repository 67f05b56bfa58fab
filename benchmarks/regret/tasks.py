"""Tasks of the regret benchmark: data × model × batch × epochs, declared in ``tasks.yaml``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import torch
import yaml

from advisor.facts.names import OptimizerName, ScheduleName
from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.job import Job, make_job
from advisor.training.runs import Recipe
from benchmarks.regret.datasets import Data, Split, load, split_of
from benchmarks.regret.models import build

DECLARED = Path(__file__).with_name("tasks.yaml")
WARMUP_FRACTION = 0.05
ADAMW_DECAY = 0.01


@dataclass(frozen=True, slots=True)
class Pair:
    """An optimizer and a schedule with the settings they have in every landscape."""

    optimizer: OptimizerName
    schedule: ScheduleName

    @property
    def warmup_fraction(self) -> float:
        """Share of the run spent warming up."""
        return WARMUP_FRACTION if self.schedule == "cosine" else 0.0

    @property
    def momentum(self) -> float:
        """Of SGD."""
        return 0.9 if self.optimizer == "sgd" else 0.0

    def __str__(self) -> str:
        return f"{self.optimizer} {self.schedule}"


SCHEDULES: tuple[ScheduleName, ...] = ("constant", "cosine", "one_cycle")
MAIN = tuple(Pair(optimizer, schedule) for optimizer in ("sgd", "adamw") for schedule in SCHEDULES)
EXTRA = tuple(Pair(optimizer, schedule) for optimizer in ("adam", "rmsprop") for schedule in SCHEDULES)


@dataclass(frozen=True, slots=True)
class Task:
    """One training job.

    Attributes:
        family: the kind of difficulty, for the table of weak spots.
        data, model: texts that ``datasets.load`` and ``models.build`` take.
        batch: samples per step.
        epochs: passes over the training rows.
        raw: features are not standardised.
        noise: share of training labels flipped, or of target variance added.
        weight_decay: for every optimizer; None: 0.01 for AdamW, none else.
        extra: Adam and RMSProp have landscapes too.
    """

    family: str
    data: str
    model: str
    batch: int
    epochs: int
    raw: bool = False
    noise: float = 0.0
    weight_decay: float | None = None
    extra: bool = False

    @property
    def id(self) -> str:
        """A name that can be a file's."""
        parts = [self.data, self.model.replace(":", "-").replace(",", "x"), f"b{self.batch}", f"e{self.epochs}"]
        parts += ["raw"] * self.raw + [f"noise{self.noise:g}"] * bool(self.noise)
        parts += [f"wd{self.weight_decay:g}"] if self.weight_decay else []
        return "-".join(parts)

    @property
    def split(self) -> Split:
        """Calibration or report."""
        return split_of(self.data)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Optimizers and schedules with landscapes."""
        return MAIN + EXTRA if self.extra else MAIN

    def load(self) -> Data:
        """Return the data."""
        return load(self.data, standardise=not self.raw, noise=self.noise)

    @property
    def steps(self) -> int:
        """Optimizer steps of the whole run; the last, smaller batch of a pass is dropped."""
        rows = len(self.load().train_x)
        return self.epochs * max(1, rows // self.batch)

    def decay_of(self, optimizer: OptimizerName) -> float:
        """Return the weight decay in the landscapes of an optimizer."""
        return self.weight_decay if self.weight_decay is not None else ADAMW_DECAY * (optimizer == "adamw")

    def recipe(self, pair: Pair) -> Recipe:
        """Return the recipe that the landscape of a pair trains with."""
        settings = OptimizerSettings(
            pair.optimizer,
            momentum=pair.momentum,
            beta2=0.99 if pair.optimizer == "rmsprop" else 0.999,
            weight_decay=self.decay_of(pair.optimizer),
        )
        return Recipe(settings, pair.schedule, warmup_fraction=pair.warmup_fraction)

    def job(self) -> Job:
        """Return the job that trains on the training rows and is judged on those held out."""
        data = self.load()
        tensors = [torch.from_numpy(part) for part in (data.train_x, data.train_y, data.valid_x, data.valid_y)]
        return make_job(
            partial(build, self.model, data),
            (tensors[0], tensors[1]),
            data.loss,
            validation=(tensors[2], tensors[3]),
            batch_size=self.batch,
            total_steps=self.steps,
        )


@lru_cache(maxsize=1)
def tasks() -> tuple[Task, ...]:
    """Return all tasks; every third of each split has landscapes of Adam and RMSProp as well."""
    declared = [Task(**entry) for entry in yaml.safe_load(DECLARED.read_text(encoding="utf-8"))]
    return tuple(replace(task, extra=index % 3 == 0) for index, task in enumerate(declared))


def tasks_of(split: Split) -> list[Task]:
    """Return the tasks of a split."""
    return [task for task in tasks() if task.split == split]
