"""Held-out loss over learning rates: computed by the product's own trainer, kept one file per task.

A grid has four points per decade. When the best lies at its border, or nothing there beats the constant predictor,
the grid grows on that side.
"""

from __future__ import annotations

import json
import math
import platform
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from advisor.facts.names import OptimizerName, ScheduleName
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.job import Job
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer
from benchmarks.regret.datasets import Split
from benchmarks.regret.tasks import Pair, Task, tasks_of

FOLDER = Path(__file__).with_name("landscapes")
SEEDS = (0, 1, 2)
PER_DECADE = 4
GRIDS: dict[str, tuple[int, int]] = {"sgd": (-14, 2), "adam": (-18, -2), "adamw": (-18, -2), "rmsprop": (-18, -2)}
"""First and last exponent of the first grid: rates 10^(exponent / PER_DECADE)."""
GROWTH = 3
ROUNDS = 12
DIVERGED_EXCESS = 10.0
"""Excess loss that a diverged run counts as, where a number is needed."""


@dataclass(frozen=True, slots=True)
class Landscape:
    """Losses over the rates of one optimizer and schedule.

    Attributes:
        optimizer, schedule: canonical names.
        rates: ascending.
        losses: per rate, one per seed; None: diverged.
        at_border: the best is still at an end of the grid.
    """

    optimizer: OptimizerName
    schedule: ScheduleName
    rates: tuple[float, ...]
    losses: tuple[tuple[float | None, ...], ...]
    at_border: bool = False

    @property
    def means(self) -> tuple[float, ...]:
        """Mean over seeds; infinite where a seed diverged."""
        return tuple(mean_of(row) for row in self.losses)

    @property
    def best(self) -> float:
        """The smallest mean loss."""
        return min(self.means)

    @property
    def best_rate(self) -> float:
        """The rate of the smallest mean loss."""
        return self.rates[int(np.argmin(self.means))]

    def excess(self, rate: float, *, best: float | None = None) -> float:
        """Return the loss at a rate over the best, minus 1; log-log interpolated; infinite where runs diverge.

        Args:
            rate: below the grid, the loss of its lowest rate is taken (a bound in the rate's favour); above the grid
                or next to a diverged point on that side, the run counts as diverged.
            best: loss to compare with; None: this landscape's.
        """
        found = self.loss_at(rate)
        return found / (self.best if best is None else best) - 1.0

    def loss_at(self, rate: float, *, seed: int | None = None) -> float:
        """Return the interpolated loss at a rate: the mean, or that of one seed."""
        values = self.means if seed is None else [math.inf if row[seed] is None else row[seed] for row in self.losses]
        where = float(np.interp(math.log(rate), np.log(self.rates), np.arange(len(self.rates))))
        if rate > self.rates[-1] * 1.0001:
            return math.inf
        left = min(int(where), len(self.rates) - 2)
        share = where - left
        if share < 1e-6 or share > 1 - 1e-6:
            return float(values[left + round(share)])  # type: ignore[arg-type]
        pair = values[left : left + 2]
        if not all(math.isfinite(value) for value in pair):  # type: ignore[arg-type]
            return math.inf
        # In log, as losses differ by factors; a loss that float32 rounds to zero stands for its smallest normal number.
        low, high = (math.log(max(value, SMALLEST)) for value in pair if value is not None)
        return math.exp(low + share * (high - low))


SMALLEST = 1.2e-38
"""IEEE 754: the smallest normal number of single precision."""


def mean_of(losses: Sequence[float | None]) -> float:
    """Return the mean of losses over seeds; infinite when one diverged."""
    finite = [loss for loss in losses if loss is not None]
    return sum(finite) / len(finite) if len(finite) == len(losses) else math.inf


@dataclass(frozen=True, slots=True)
class Record:
    """Everything kept about a task.

    Attributes:
        task: as declared.
        steps: optimizer steps of the whole run.
        constant_loss: held-out loss of the best constant prediction.
        landscapes: one per pair.
        seconds: that training them took, on one thread.
    """

    task: Task
    steps: int
    constant_loss: float
    landscapes: tuple[Landscape, ...]
    seconds: float = 0.0

    def of(self, pair: Pair) -> Landscape:
        """Return the landscape of a pair."""
        return next(found for found in self.landscapes if Pair(found.optimizer, found.schedule) == pair)

    @property
    def samples(self) -> int:
        """Gradient samples of one full training run."""
        return self.steps * self.task.batch

    @property
    def useful(self) -> tuple[Pair, ...]:
        """The pairs with a rate that beats the constant prediction; where none does there is nothing to choose."""
        return tuple(
            Pair(found.optimizer, found.schedule) for found in self.landscapes if found.best < self.constant_loss
        )

    @property
    def best(self) -> float:
        """The smallest mean loss of all landscapes."""
        return min(landscape.best for landscape in self.landscapes)


def compute(task: Task) -> Record:
    """Train the landscapes of a task."""
    began = time.perf_counter()
    job = task.job()
    constant = job.constant_loss() or math.nan
    found = tuple(_landscape(job, task.recipe(pair), pair, constant) for pair in task.pairs)
    return Record(task, task.steps, constant, found, round(time.perf_counter() - began, 1))


def train(job: Job, recipe: Recipe, runs: Sequence[Run], *, steps: int | None = None) -> tuple[float | None, ...]:
    """Train runs, in full unless ``steps`` are given: batched where the model allows it."""
    return trainer_of(job, recipe).train(recipe, runs, job.total_steps if steps is None else steps, seed=0).losses


def trainer_of(job: Job, recipe: Recipe) -> BatchedTrainer | SequentialTrainer:
    """Return the trainer that is the faster one for a job."""
    return BatchedTrainer(job) if BatchedTrainer.takes(job, recipe) else SequentialTrainer(job)


def training_seconds(job: Job, recipe: Recipe, rate: float) -> float:
    """Return the wall time of one ordinary full training."""
    began = time.perf_counter()
    SequentialTrainer(job).train(recipe, [Run(rate, 0)], job.total_steps, seed=0)
    return time.perf_counter() - began


def _landscape(job: Job, recipe: Recipe, pair: Pair, constant: float) -> Landscape:
    first, last = GRIDS[pair.optimizer]
    losses: dict[int, tuple[float | None, ...]] = {}
    wanted = list(range(first, last + 1))
    for _ in range(ROUNDS):
        runs = [Run(rate_of(exponent), seed) for exponent in wanted for seed in SEEDS]
        trained = train(job, recipe, runs)
        for index, exponent in enumerate(wanted):
            losses[exponent] = trained[index * len(SEEDS) : (index + 1) * len(SEEDS)]
        wanted = _growth(losses, constant)
        if not wanted:
            break
    known = sorted(losses)
    return Landscape(
        optimizer=pair.optimizer,
        schedule=pair.schedule,
        rates=tuple(float(f"{rate_of(exponent):.6g}") for exponent in known),
        losses=tuple(
            tuple(None if loss is None else float(f"{loss:.5g}") for loss in losses[exponent]) for exponent in known
        ),
        at_border=bool(wanted),
    )


def rate_of(exponent: int) -> float:
    """Return the learning rate of a grid exponent."""
    return float(10.0 ** (exponent / PER_DECADE))


def _growth(losses: dict[int, tuple[float | None, ...]], constant: float) -> list[int]:
    """Return the exponents to add: where the best lies at a border, or where a slow rate has yet to learn."""
    known = sorted(losses)
    means = [mean_of(losses[exponent]) for exponent in known]
    best = int(np.argmin(means))
    if best >= len(known) - 2 and math.isfinite(means[best]):
        return list(range(known[-1] + 1, known[-1] + 1 + GROWTH))
    useless = min(means) >= constant
    if best <= 1 or useless:
        if useless and len(known) > 30:
            return []
        return list(range(known[0] - GROWTH, known[0]))
    return []


def path_of(task: Task) -> Path:
    """Return the file of a task."""
    return FOLDER / f"{task.id}.json"


def write(record: Record) -> None:
    """Keep a record, with the command and versions that made it."""
    kept = {
        "command": f"python -m benchmarks.regret landscapes {record.task.id}",
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        "seeds": SEEDS,
        **asdict(record),
    }
    FOLDER.mkdir(exist_ok=True)
    path_of(record.task).write_text(json.dumps(kept, separators=(",", ":")) + "\n", encoding="utf-8")


@lru_cache(maxsize=256)
def read(task: Task) -> Record:
    """Return the kept record of a task.

    Raises:
        FileNotFoundError: not computed yet.
    """
    kept = json.loads(path_of(task).read_text(encoding="utf-8"))
    landscapes = tuple(
        Landscape(
            entry["optimizer"],
            entry["schedule"],
            tuple(entry["rates"]),
            tuple(tuple(row) for row in entry["losses"]),
            entry["at_border"],
        )
        for entry in kept["landscapes"]
    )
    return Record(task, kept["steps"], kept["constant_loss"], landscapes, kept["seconds"])


def useful_pairs(split: Split, *, every: int = 1, pairs: Collection[Pair] | None = None) -> Iterator[tuple[Task, Pair]]:
    """Yield the tasks of a split with each pair that has something to choose.

    Args:
        split: calibration or report.
        every: only every so many tasks.
        pairs: only these; None: all that have landscapes.
    """
    for task in tasks_of(split)[::every]:
        for pair in read(task).useful:
            if pairs is None or pair in pairs:
                yield task, pair


def recompute(wanted: Sequence[Task]) -> None:
    """Compute and keep the landscapes of tasks, saying how long each took."""
    for task in wanted:
        record = compute(task)
        write(record)
        best = min(record.landscapes, key=lambda found: found.best)
        border = [f"{found.optimizer} {found.schedule}" for found in record.landscapes if found.at_border]
        print(
            f"{task.id:55} {task.split:11} {record.steps:5} steps {record.seconds:5.0f} s "
            f"constant {record.constant_loss:.3f} best {best.best:.3f} "
            f"{best.optimizer} {best.schedule} {best.best_rate:.2g} {' '.join(border)}",
            flush=True,
        )
