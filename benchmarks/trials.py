"""What trials cost: many short trainings at once against one after another, and a whole verdict against one training.

    python -m benchmarks.trials            # prints the ratios and writes benchmarks/results/trials.json

Every ratio is of wall times of one run of this command on one thread. "One after another" trains the same runs with
stock ``torch.optim``; "one training" is a single full run of the task that way, without looking at validation data.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from advisor.checking.check import check
from advisor.checking.terms import Terms
from advisor.facts.names import Budget
from advisor.inspection.torch_presets import build_preset
from advisor.knowledge import load_rules
from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.job import make_job
from advisor.training.runs import Recipe, Run, recipe_of
from advisor.training.sequential import SequentialTrainer
from benchmarks.regret.choosers import samples_of
from benchmarks.regret.facts import prepared
from benchmarks.regret.landscapes import training_seconds
from benchmarks.regret.tasks import Pair, tasks

RESULTS = Path(__file__).parent / "results" / "trials.json"
RATES, SEEDS, STEPS = 32, 3, 200
LAYERS = ("mlp:32", "mlp:64,64", "mlp:256,256")
RECURRENT, TIMES = "gru:32", 20
BATCHES = (32, 256)
VERDICTS = (
    "friedman3-mlp-64x64-b64-e25-noise0.4",
    "texas_housing-linear-b64-e10",
    "mnist-mlp-64x64-b64-e12",
    "wage-resnet-32x2+dropout=0.1-b64-e15",
    "mnist_images-cnn-8x16+batchnorm-b64-e4",
)
BUDGETS: tuple[Budget, ...] = ("quick", "standard")


@dataclass(frozen=True, slots=True)
class Parallel:
    """Seconds of 32 rates × 3 seeds, batched and one after another; the latter from one seed of every rate."""

    model: str
    batch: int
    batched: float
    sequential: float

    @property
    def ratio(self) -> float:
        """Batched over sequential."""
        return self.batched / self.sequential


@dataclass(frozen=True, slots=True)
class Cost:
    """What a verdict costs, as multiples of one full training."""

    task: str
    budget: str
    wall: float
    work: float
    training_seconds: float


class Reader(nn.Module):
    """A GRU whose last state predicts."""

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.cell = nn.GRU(features, width, batch_first=True)
        self.head = nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, T, features) to (N, 1)."""
        predicted: Tensor = self.head(self.cell(x)[0][:, -1])
        return predicted


def seconds_of(action: Callable[[], Any]) -> float:
    """Return the wall time of an action."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def parallel(preset: str, batch: int) -> Parallel:
    """Time a grid of AdamW runs, none of which diverges, both ways."""
    drawn = torch.Generator().manual_seed(0)
    is_recurrent = preset == RECURRENT
    x = torch.randn(2_000, *([TIMES, 8] if is_recurrent else [20]), generator=drawn)
    y = x.reshape(2_000, -1)[:, :1].sin() + 0.1 * torch.randn(2_000, 1, generator=drawn)
    model = Reader(8, 32) if is_recurrent else build_preset(preset, inputs=20, outputs=1)
    job = make_job(model, (x, y), "mse", batch_size=batch, total_steps=STEPS)
    recipe = Recipe(OptimizerSettings("adamw"), "cosine")
    rates = [10 ** (-4 + 2 * index / (RATES - 1)) for index in range(RATES)]
    runs = [Run(rate, seed) for rate in rates for seed in range(SEEDS)]
    batched = seconds_of(lambda: BatchedTrainer(job).train(recipe, runs, STEPS, seed=0))
    some = [run for run in runs if run.seed == 0][::4]
    one_by_one = seconds_of(lambda: SequentialTrainer(job).train(recipe, some, STEPS, seed=0))
    return Parallel(preset, batch, batched, one_by_one * len(runs) / len(some))


def costs() -> list[Cost]:
    """Time a verdict on report tasks of several kinds, AdamW with cosine decay."""
    rules, pair = load_rules(), Pair("adamw", "cosine")
    found = []
    for task in tasks():
        if task.id not in VERDICTS:
            continue
        made = prepared(task, pair)
        draft = check(made, rules, Terms("none")).recommendation
        job = made.job(draft)
        alone = training_seconds(job, recipe_of(draft), draft.learning_rate)
        for budget in BUDGETS:
            began = time.perf_counter()
            decided = check(made, rules, Terms(budget))
            wall = (time.perf_counter() - began) / alone
            work = samples_of(decided) / (job.total_steps * job.batch_size)
            found.append(Cost(task.id, str(budget), wall, work, alone))
    return found


def main() -> None:
    """Measure, print and keep."""
    torch.set_num_threads(1)
    parallel("mlp:8", 32)  # the first call compiles and loads
    grids = [parallel(preset, batch) for preset in LAYERS for batch in BATCHES]
    grids.append(parallel(RECURRENT, BATCHES[0]))
    print(f"{RATES} rates x {SEEDS} seeds of AdamW at once over one after another (bar: 0.2)")
    for grid in grids:
        print(f"  {grid.model:12} batch {grid.batch:4}  {grid.ratio:.2f}")
    verdicts = costs()
    print("a verdict over one training")
    for cost in verdicts:
        print(f"  {cost.task:42} {cost.budget:9} wall {cost.wall:5.1f}  gradient samples {cost.work:5.1f}")
    _keep(grids, verdicts)


def _keep(grids: Sequence[Parallel], verdicts: Sequence[Cost]) -> None:
    record = {
        "command": "python -m benchmarks.trials",
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "parallel": [asdict(grid) | {"ratio": round(grid.ratio, 3)} for grid in grids],
        "verdicts": [asdict(cost) for cost in verdicts],
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
