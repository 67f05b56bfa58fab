"""What advice is worth where the length of the run is left to it: the loss on other rows, beside the lowest seen there.

``python -m benchmarks.open_length`` (ten minutes) asks ``standard`` for a rate and a length on tables of packages, one
job a data set, and keeps the result in ``benchmarks/results/open_length.json``. The lowest seen is over five rates, a
third of a decade and more apart, and twenty lengths of each.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from advisor.checking.check import check
from advisor.checking.terms import Terms
from advisor.facts import Plan
from advisor.knowledge import RuleBase, load_rules
from advisor.preparation.prepare import prepare
from advisor.progress import silent
from advisor.results import Recommendation
from advisor.training.job import Job, make_job
from advisor.training.pruning import Pruning
from advisor.training.runs import Run, recipe_of
from benchmarks.regret.landscapes import SEEDS, trainer_of
from benchmarks.regret.models import build
from benchmarks.regret.tasks import Task, tasks

RESULTS = Path(__file__).parent / "results/open_length.json"
JOBS = 24
"""Data sets. Judgement: as many as ten minutes allow."""
ROWS = (100, 1_500)
"""Training rows of a job. Judgement: overfitting is the rule there, and a training takes a second."""
MOST_STEPS = 4_000
"""Of a task. Judgement: as above."""
LOOKS = Pruning(at=(), also_at=tuple(place / 20 for place in range(1, 20)), takes_out=False)
"""Judgement: twentieths of a run tell where its loss turns."""
FACTORS = (1 / 30, 1 / 10, 1 / 3, 1.0, 3.0)
"""Rates beside the advised one. Judgement: what overfits is mostly too high."""


@dataclass(frozen=True, slots=True)
class OpenLength:
    """What was advised for a job.

    Attributes:
        data: its data set.
        model: its net.
        status: of the verdict.
        learning_rate: advised.
        steps: of the whole schedule.
        stop: steps after which the advice stops.
        excess: loss on other rows there over the lowest seen, minus 1.
        excess_at_the_end: the same for the whole schedule.
    """

    data: str
    model: str
    status: str
    learning_rate: float
    steps: int
    stop: int
    excess: float
    excess_at_the_end: float


def jobs() -> list[Task]:
    """Return a task of each data set: small tables, nets for them, nothing made worse on purpose."""
    found: dict[str, Task] = {}
    for task in tasks():
        plain = task.model.startswith(("mlp", "resnet")) and not task.noise and not task.raw
        fits = task.data not in found and plain and task.steps <= MOST_STEPS
        if fits and ROWS[0] <= len(task.load().train_x) <= ROWS[1]:
            found[task.data] = task
    return list(found.values())[:JOBS]


def measured(task: Task, rules: RuleBase) -> OpenLength:
    """Ask for a rate and a length on the training rows, and train with both on other rows' judgement."""
    data = task.load()
    train, other = (
        (torch.from_numpy(x), torch.from_numpy(y))
        for x, y in ((data.train_x, data.train_y), (data.valid_x, data.valid_y))
    )
    model = partial(build, task.model, data)
    plan = Plan(batch_size=task.batch, optimizer="adamw", schedule="cosine")
    prepared = prepare(
        *(model, train, data.loss),
        plan=plan,
        target=None,
        validation=None,
        memory=None,
        seed=0,
        progress=silent,
    )
    found = check(prepared, rules, Terms("standard"))
    chosen = found.recommendation
    if chosen.total_steps is None:
        raise ValueError(f"{task.id}: no length was advised")
    job = make_job(model, train, data.loss, validation=other, batch_size=task.batch, total_steps=chosen.total_steps)
    curves = [_losses(job, chosen, chosen.learning_rate * factor) for factor in FACTORS]
    steps, own = curves[FACTORS.index(1.0)]
    lowest = min(float(np.nanmin(losses)) for _, losses in curves)
    stop = chosen.stop_steps or chosen.total_steps
    there = own[int(np.argmin(np.abs(np.array(steps) - stop)))]
    return OpenLength(
        data=task.data,
        model=task.model,
        status=found.verdict.status,
        learning_rate=float(f"{chosen.learning_rate:.3g}"),
        steps=chosen.total_steps,
        stop=stop,
        excess=round(float(there) / lowest - 1.0, 4),
        excess_at_the_end=round(float(own[-1]) / lowest - 1.0, 4),
    )


def _losses(job: Job, chosen: Recommendation, rate: float) -> tuple[list[int], np.ndarray]:
    """Return the steps at which a run is judged, and its loss there, mean over the seeds; NaN where one diverged."""
    recipe = recipe_of(chosen)
    found = trainer_of(job, recipe).train(
        recipe, [Run(rate, seed) for seed in SEEDS], job.total_steps, seed=0, pruning=LOOKS
    )
    ends = [np.nan if loss is None else loss for loss in found.losses]
    looks = [[look.loss for look in own] for own in found.looks]
    steps = [look.step for look in found.looks[0]]
    return [*steps, job.total_steps], np.append(np.mean(looks, axis=0), np.mean(ends))


def main() -> None:
    """Measure every job, print it, and keep all."""
    torch.set_num_threads(1)
    rules, kept = load_rules(), []
    for task in jobs():
        one = measured(task, rules)
        kept.append(one)
        print(one, flush=True)
    for name in ("excess", "excess_at_the_end"):
        median, p75, p90 = np.quantile([getattr(one, name) for one in kept], [0.5, 0.75, 0.9])
        print(f"{name}: median {median:.1%}, p75 {p75:.1%}, p90 {p90:.1%}")
    RESULTS.write_text(json.dumps([asdict(one) for one in kept], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
