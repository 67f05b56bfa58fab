"""Trials of calibration tasks at several lengths, recorded once so that decisions can be replayed in seconds.

    python -m benchmarks.regret record        # goes on where it was stopped; an hour or two on one core

Each cell holds the trials of one task, optimizer, schedule, length and seed as ``advise`` would run them: on four
fifths of the training rows, judged on the other fifth, which is another one for every seed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from advisor.inference import infer
from advisor.knowledge import load_rules
from advisor.training.runs import Run
from benchmarks.regret.facts import facts_of, prepared
from benchmarks.regret.landscapes import Landscape, read, train
from benchmarks.regret.tasks import MAIN, Pair, Task, tasks

KEPT = Path(__file__).resolve().parents[1] / "results/recordings.jsonl"
SHARES = (1 / 8, 1 / 3, 1.0)
"""Lengths of the trials, as shares of the full run."""
SEEDS = (0, 1)
EVERY = 2
"""Every other calibration task; all of its main pairs."""
REACH = 1.0
"""Rates are recorded where the landscape lies within this of its best, in log, and two further on either side."""
LONGEST = 100.0
"""Tasks whose landscapes took more seconds than this are left out."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Trials of one pair over rates, at one length and seed.

    Attributes:
        rates: ascending.
        losses: on the rows held out, one per rate; None: diverged.
        held_out: rows held out.
    """

    rates: tuple[float, ...]
    losses: tuple[float | None, ...]
    held_out: int


Key = tuple[str, str, float, int]
"""Task, pair, share of the full length, seed."""


def recorded_tasks() -> list[Task]:
    """Return the tasks that are recorded."""
    found = [task for task in tasks() if task.split == "calibration"][::EVERY]
    return [task for task in found if read(task).seconds <= LONGEST]


def record() -> Iterator[str]:
    """Record what is missing, short tasks first, and yield a line for each cell."""
    done = _cells()
    wanted = [
        (task, pair, share, seed)
        for task in sorted(recorded_tasks(), key=lambda task: read(task).seconds)
        for pair in MAIN
        if pair in read(task).useful
        for seed in SEEDS
        for share in SHARES
    ]
    torch.set_num_threads(1)
    KEPT.parent.mkdir(exist_ok=True)
    for task, pair, share, seed in wanted:
        if (task.id, str(pair), round(share, 4), seed) in done:
            continue
        found = _recorded(task, pair, share, seed)
        cell = {
            "task": task.id,
            "pair": str(pair),
            "share": round(share, 4),
            "seed": seed,
            "held_out": found.held_out,
            "rates": found.rates,
            "losses": [None if loss is None else float(f"{loss:.5g}") for loss in found.losses],
        }
        with KEPT.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(cell, separators=(",", ":")) + "\n")
        yield f"{task.id} {pair} {share:.0%} seed {seed}: {len(found.rates)} rates"


def _recorded(task: Task, pair: Pair, share: float, seed: int) -> Recording:
    made = prepared(task, pair, seed=seed)
    job = made.job(infer(facts_of(task, pair), load_rules()))
    steps = max(1, round(share * job.total_steps))
    rates = worth_trying(read(task).of(pair))
    losses = train(job, task.recipe(pair), [Run(rate, seed) for rate in rates], steps=steps)
    return Recording(tuple(rates), losses, job.data_split.samples([seed]))


def worth_trying(landscape: Landscape) -> Sequence[float]:
    """Return the rates around the cheap region of a landscape."""
    means = np.array(landscape.means)
    near = np.flatnonzero(means <= landscape.best * math.exp(REACH))
    return landscape.rates[max(0, near[0] - 2) : near[-1] + 3]


@lru_cache(maxsize=1)
def _cells() -> dict[Key, Recording]:
    if not KEPT.exists():
        return {}
    cells = (json.loads(line) for line in KEPT.read_text(encoding="utf-8").splitlines())
    return {
        (cell["task"], cell["pair"], cell["share"], cell["seed"]): Recording(
            tuple(cell["rates"]), tuple(cell["losses"]), cell["held_out"]
        )
        for cell in cells
    }


def recording(task: Task, pair: Pair, share: float, seed: int) -> Recording | None:
    """Return a kept recording; None when there is none."""
    return _cells().get((task.id, str(pair), round(share, 4), seed))
