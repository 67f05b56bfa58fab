"""What taking out to_prune runs halfway saves, and what it would have cost, on calibration tasks only.

    python -m benchmarks.pruning           # trains, prints and writes benchmarks/results/pruning.json
    python -m benchmarks.pruning --kept    # judges the kept runs under today's margins

All runs of a task's grid are trained to the end and looked at halfway; the policy is then applied to what was seen.
Costs are held-out losses, mean over seeds, above the best of the grid as a share.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from advisor.training.pruning import IntermediateLoss, Pruning, PruningRecord
from advisor.training.runs import Run, TrainingResults
from benchmarks.regret.landscapes import GRIDS, rate_of, trainer_of
from benchmarks.regret.tasks import Pair, Task, tasks

RESULTS = Path(__file__).parent / "results" / "pruning.json"
PAIRS = (Pair("adamw", "cosine"), Pair("sgd", "one_cycle"))
TASKS, SEEDS, MOST_STEPS = 12, (0, 1), 1_500
SHARES = (0.25, 0.5)
POLICIES = tuple(
    Pruning(at=at, looks=1, slow=slow, useless=useless)
    for at in ((0.5,), SHARES)
    for slow in (0.1, 0.25, 0.5, 1.0)
    for useless in (0.0, 1.0, math.inf)
)
STEP = 2
"""Every second rate of the grid: two points per decade."""


@dataclass(slots=True)
class _Watching(PruningRecord):
    """Takes note, and takes nobody out."""

    seen: dict[int, list[IntermediateLoss]] = field(default_factory=dict)

    def to_prune(self, step: int, arrived: Sequence[IntermediateLoss]) -> list[bool]:
        """Let all go on."""
        self.seen.setdefault(step, []).extend(arrived)
        return [False] * len(arrived)


class _Look(Pruning):
    """A policy whose record is only watched."""

    __slots__ = ("watched",)
    watched: _Watching

    def record(self, constant: float) -> PruningRecord:
        """Return a record that lets all go on."""
        object.__setattr__(self, "watched", _Watching(self, constant))
        return self.watched


@dataclass(frozen=True, slots=True)
class Watched:
    """The runs of one task and pair.

    Attributes:
        task, pair: which.
        constant: loss of the constant predictor.
        rates, seeds: of each run.
        looks: per share of ``SHARES``, the held-out loss of each run; None: diverged before.
        final: held-out loss; None: diverged.
    """

    task: str
    pair: str
    constant: float
    rates: tuple[float, ...]
    seeds: tuple[int, ...]
    looks: tuple[tuple[float | None, ...], ...]
    final: tuple[float | None, ...]


def sampled() -> list[Task]:
    """Return the calibration tasks that are trained: drawn from the short ones of nets and linear models."""
    able = [
        task
        for task in tasks()
        if task.split == "calibration"
        and task.steps <= MOST_STEPS
        and task.model.startswith(("mlp", "linear", "resnet"))
    ]
    return random.Random(0).sample(sorted(able, key=lambda task: task.id), TASKS)  # noqa: S311 - a fixed choice


def watch(task: Task, pair: Pair) -> Watched:
    """Train a grid to the end and look at it halfway."""
    first, last = GRIDS[pair.optimizer]
    runs = [Run(rate_of(exponent), seed) for exponent in range(first, last + 1, STEP) for seed in SEEDS]
    job, recipe, look = task.job(), task.recipe(pair), _Look(at=SHARES)
    ended: TrainingResults = trainer_of(job, recipe).train(recipe, runs, job.total_steps, seed=0, pruning=look)
    looks = tuple(
        tuple(
            {(one.learning_rate, one.seed): one.loss for one in seen}.get((run.learning_rate, run.seed)) for run in runs
        )
        for _, seen in sorted(look.watched.seen.items())
    )
    rates, seeds = tuple(run.learning_rate for run in runs), tuple(run.seed for run in runs)
    return Watched(task.id, str(pair), look.watched.constant, rates, seeds, looks, ended.losses)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a policy would have done.

    Attributes:
        saved: share of the gradient samples of the runs that had not diverged at the first look.
        cost: excess of the best rate left over the best of all.
        closest: smallest excess of a rate that was taken out; infinite when none was.
    """

    saved: float
    cost: float
    closest: float


def judge(watched: Watched, policy: Pruning) -> Judged:
    """Apply a policy to runs that were watched."""
    record = policy.record(watched.constant)
    left: dict[int, float] = {}
    for share, look in zip(SHARES, watched.looks, strict=True):
        if share in policy.at:
            present = [(i, loss) for i, loss in enumerate(look) if loss is not None and i not in left]
            arrived = [IntermediateLoss(watched.rates[i], watched.seeds[i], loss) for i, loss in present]
            found = record.to_prune(int(100 * share), arrived)
            left |= {i: share for (i, _), leaves in zip(present, found, strict=True) if leaves}
    means = {
        rate: _mean([loss for loss, own in zip(watched.final, watched.rates, strict=True) if own == rate])
        for rate in sorted(set(watched.rates))
    }
    best = min(means.values())
    gone = {watched.rates[index] for index in left}
    kept = min((mean for rate, mean in means.items() if rate not in gone), default=math.inf)
    closest = min((means[rate] for rate in gone), default=math.inf)
    saved = sum(1.0 - share for share in left.values()) / max(1, sum(loss is not None for loss in watched.looks[0]))
    return Judged(saved, kept / best - 1.0, closest / best - 1.0)


def _mean(losses: list[float | None]) -> float:
    finite = [loss for loss in losses if loss is not None and math.isfinite(loss)]
    return sum(finite) / len(finite) if len(finite) == len(losses) else math.inf


def main() -> None:
    """Measure or read, judge and print."""
    torch.set_num_threads(1)
    if "--kept" in sys.argv:
        watched = [Watched(**one) for one in _kept()]
    else:
        watched = []
        for task in sampled():
            for pair in PAIRS:
                watched.append(watch(task, pair))
                print(f"  {task.id:50} {pair}", flush=True)
        RESULTS.write_text(json.dumps([asdict(one) for one in watched]) + "\n", encoding="utf-8")
    for policy in POLICIES:
        judged = [judge(one, policy) for one in watched]
        saved = sum(one.saved for one in judged) / len(judged)
        print(
            f"at {policy.at}  slow {policy.slow:5.2f}  useless {policy.useless:5.2f}  saved {saved:.1%}"
            f"  worst cost {max(j.cost for j in judged):.2%}  closest taken out {min(j.closest for j in judged):.1%}"
        )


def _kept() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    main()
