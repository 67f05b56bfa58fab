"""What the range test is worth beside the rules, on calibration tasks.

    python -m benchmarks.regret probe        # a few minutes

The reading is what a short sweep of the real model suggests; its error is told in natural log against the middle of the
landscape's cheap region.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from advisor.inference import infer
from advisor.knowledge import RuleBase, load_rules
from advisor.probing.probe import probe
from advisor.training.compute_budget import compute_budget
from benchmarks.regret.facts import prepared
from benchmarks.regret.landscapes import Landscape, read
from benchmarks.regret.tasks import MAIN, Pair, Task, tasks

LONGEST = 60.0
"""Tasks whose landscapes took more seconds than this are left out."""
CHEAP = 0.01
"""Log excess at which the weight of a rate in the middle of the cheap region has fallen to 1/e."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of the range test and what it does to the rules' answer.

    Attributes:
        error: natural log of the reading over the best rate; None: the test could not tell.
        without, with_it: excess loss at the rules' rate without and with the reading.
    """

    error: float | None
    without: float
    with_it: float


def probed() -> Iterator[str]:
    """Yield the reading's error by schedule, and the excess loss with and without it, nets with standardised rows."""
    torch.set_num_threads(1)
    base = load_rules()
    chosen = [
        task
        for task in tasks()
        if task.split == "calibration" and not task.raw and task.model != "linear" and read(task).seconds <= LONGEST
    ]
    found = {
        pair: [_reading(task, pair, base) for task in chosen if pair in read(task).useful]
        for pair in MAIN
        if pair.schedule != "one_cycle"
    }
    for pair, readings in found.items():
        errors = [one.error for one in readings if one.error is not None]
        yield (
            f"{pair!s:16} {len(errors)} of {len(readings)} usable, log error: median {np.median(errors):.1f}, "
            f"spread {np.std(errors):.1f}"
        )
    everything = [one for readings in found.values() for one in readings]
    for name, values in (
        ("rules alone", [one.without for one in everything]),
        ("with the reading", [one.with_it for one in everything]),
    ):
        median, p75, p90 = np.quantile(values, [0.5, 0.75, 0.9], method="higher")
        yield f"{name:16} excess: median {median:.1%}, p75 {p75:.0%}, p90 {p90:.0%}"


def _reading(task: Task, pair: Pair, base: RuleBase) -> Reading:
    made = prepared(task, pair)
    draft = infer(made.facts, base)
    job = made.job(draft)
    report = probe(job, draft, compute_budget("standard", job))
    refined = infer(made.facts.model_copy(update={"probe": report.facts}), base)
    landscape, reading = read(task).of(pair), report.facts.range_test_lr
    usable = reading is not None and report.facts.range_test_usable
    return Reading(
        error=math.log(reading) - middle(landscape) if usable and reading is not None else None,
        without=landscape.excess(draft.learning_rate),
        with_it=landscape.excess(refined.learning_rate),
    )


def middle(landscape: Landscape) -> float:
    """Return the natural log of the rate in the middle of the cheap region."""
    means = np.array(landscape.means)
    weights = np.exp(-np.log(means / landscape.best) / CHEAP)
    return float(np.average(np.log(landscape.rates), weights=weights))
