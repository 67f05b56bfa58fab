"""The part of a round of trials that one worker trains: nothing of it depends on other runs, or on the worker."""

from __future__ import annotations

import random
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch

from advisor.isolation import deterministic, set_deterministic, states_kept
from advisor.results import RemarkCode
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.isolation import one_thread
from advisor.training.job import Job
from advisor.training.pruning import Pruning
from advisor.training.runs import Advance, Recipe, Run, TrainingResults
from advisor.training.sequential import SequentialTrainer

_TURN = threading.Lock()
"""Workers that are threads of one process share its generators, so that they take turns."""


@dataclass(frozen=True, slots=True)
class Switches:
    """Switches of torch that the numbers of a training depend on, as they stand where the trials are asked for."""

    dtype: torch.dtype
    matmul_precision: str
    deterministic: tuple[bool, bool]

    @classmethod
    def of_this_process(cls) -> Switches:
        """Read them."""
        return cls(torch.get_default_dtype(), torch.get_float32_matmul_precision(), deterministic())

    def set(self) -> None:
        """Set them in this process."""
        torch.set_default_dtype(self.dtype)
        torch.set_float32_matmul_precision(self.matmul_precision)
        set_deterministic(self.deterministic)


@dataclass(frozen=True, slots=True)
class Task:
    """Runs of one recipe that a worker trains.

    Attributes:
        recipe: optimizer settings, schedule and clipping.
        runs: learning rates and seeds.
        steps: of each.
        seed: of dropout.
        batched: they train together; otherwise one after another.
        pruning: where runs are looked at; None: nowhere.
        switches: of torch.
    """

    recipe: Recipe
    runs: tuple[Run, ...]
    steps: int
    seed: int
    batched: bool
    pruning: Pruning | None
    switches: Switches


@dataclass(frozen=True, slots=True)
class Performed:
    """What came of some tasks.

    Attributes:
        results: one per task; None: a stop kept it from its end.
        stop: what stopped them; None: nothing did.
    """

    results: tuple[TrainingResults | None, ...]
    stop: RemarkCode | None = None


class Workers(Protocol):
    """Whoever carries out tasks: an executor's workers, or the ranks of a launcher."""

    @property
    def count(self) -> int | None:
        """How many there are; None: not known."""
        ...

    def perform(self, job: Job, tasks: Sequence[Task], advance: Advance) -> Performed:
        """Carry out some tasks of a job.

        Raises:
            AdvisorError: the job cannot be sent, or a worker was lost several times.
            Exception: whatever training raised; that of the first task that failed.
        """
        ...


def perform(job: Job, task: Task) -> TrainingResults:
    """Train what a task says, in this process, and leave the state of the process as it was.

    Args:
        job: of which the runs are short versions.
        task: what to train.
    """
    trainer = BatchedTrainer if task.batched else SequentialTrainer
    with _TURN, states_kept(), warnings.catch_warnings(), torch.enable_grad(), one_thread():
        warnings.filterwarnings("ignore", message="There is a performance drop")  # of one operation under vmap
        task.switches.set()
        random.seed(task.seed)
        np.random.seed(task.seed % 2**32)  # noqa: NPY002 - a model may draw from it
        pruning = None if task.pruning is None else replace(task.pruning, takes_out=False)
        return trainer(job).train(task.recipe, task.runs, task.steps, seed=task.seed, pruning=pruning)
