"""Whole recipes: optimizer, schedule and rate as advised, trained in full, against the best of all landscapes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from functools import partial

from advisor.facts.names import Budget
from benchmarks.jobs.facts import advised
from benchmarks.jobs.job import BenchmarkJob
from benchmarks.jobs.landscapes import SEEDS, Record, read
from benchmarks.jobs.score import WHOLE, Score, as_good_as_default, mean_of, name_of
from benchmarks.jobs.training import train_with


def measured_recipes(job: BenchmarkJob, budgets: Sequence[Budget], *, seed: int = 0) -> Iterator[Score]:
    """Yield the score of the whole recipe that each budget comes to.

    Raises:
        ValueError: the job's landscapes are not measured.
    """
    record = read(job.name)
    if record is None or not record.landscapes:
        raise ValueError(f"{job.name}: no landscape; run `python -m benchmarks.jobs landscapes {job.name}`")
    for budget in budgets:
        yield _measured(record, job, budget, seed)


def _measured(record: Record, job: BenchmarkJob, budget: Budget, seed: int) -> Score:
    began = time.process_time()
    advice = advised(job, None, budget, seed=seed)
    seconds = time.process_time() - began
    found, recommended = [], advice.recommendation
    for one in SEEDS:
        build = partial(advice.build, total_steps=job.steps)
        found.append(train_with(job, build, one, steps=job.steps, clip_norm=recommended.clip_norm))
    training = statistics.mean(job.steps * one.step_seconds + one.evaluation_seconds for one in found)
    mean, best = mean_of([one.losses[-1] for one in found]), min(landscape.best for landscape in record.landscapes)
    return Score(
        contestant=name_of(budget),
        job=job.name,
        pair=WHOLE,
        seed=seed,
        rate=recommended.learning_rate,
        excess=mean / best - 1.0,
        cost=0.0 if budget == "none" else seconds / training,
        stated_cost=advice.verdict.cost,
        covered=None,
        matches_default=as_good_as_default(record, mean),
        remark=f"{recommended.optimizer} {recommended.schedule}, {advice.verdict.status}",
    )
