"""Measure what everyone chooses: a part in minutes, or all of the report split in hours."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TypeVar

import numpy as np
import torch

from advisor.facts.names import Budget
from benchmarks.regret import measured
from benchmarks.regret.choosers import choosers
from benchmarks.regret.datasets import Split
from benchmarks.regret.landscapes import useful_pairs
from benchmarks.regret.page import write_page
from benchmarks.regret.recipes import recipe_choosers, scored
from benchmarks.regret.score import Score, interpolated, table, trained
from benchmarks.regret.tasks import MAIN, Pair, Task, tasks_of

Item = TypeVar("Item")
BUDGETS: tuple[Budget, ...] = ("quick", "standard", "thorough")
REPORTED = BUDGETS[:2]
"""What the page tells of: a thorough check takes most of the hours, and is for jobs that are worth them."""


def run_quick(split: Split = "report") -> None:
    """Print the tables for a part of a split: minutes.

    Every eighth task with SGD and AdamW, constant and cosine, choices scored on the stored landscapes; whole recipes on
    every sixteenth.
    """
    pairs = [pair for pair in MAIN if pair.schedule != "one_cycle"]
    cells = list(useful_pairs(split, every=8, pairs=pairs))
    rates = [score for _, found in _on_all_cores(partial(_score_rates, BUDGETS), cells) for score in found]
    some = tasks_of(split)[::16]
    whole = [score for _, found in _on_all_cores(partial(_score_recipes, BUDGETS), some) for score in found]
    print(f"{table(rates)}\n\n{table(whole)}")


def run() -> None:
    """Measure what is not kept yet of the report split, each choice trained in full, and write the page: hours.

    Cells come in a seeded random order, so that what is kept of a run that was stopped is a fair sample. What another
    rule set advised is measured anew.
    """
    kept = measured.read()
    rates, whole = ({one.name for one in all_of} for all_of in (choosers(REPORTED), recipe_choosers(REPORTED)))
    items: list[tuple[Task, Pair | None]] = [
        *useful_pairs("report", pairs=MAIN),
        *((task, None) for task in tasks_of("report")),
    ]
    left = [
        (task, pair, missing)
        for task, pair in _shuffled(items)
        if (missing := (rates if pair else whole) - set(kept.get((task.id, str(pair or measured.WHOLE)), ())))
    ]
    for (task, pair, _), found in _on_all_cores(_measure, left):
        measured.keep(task.id, str(pair or measured.WHOLE), found)
    write_page()


def _shuffled(items: Sequence[Item]) -> list[Item]:
    return [items[index] for index in np.random.default_rng(0).permutation(len(items))]


def _score_rates(budgets: Sequence[Budget], cell: tuple[Task, Pair]) -> list[Score]:
    task, pair = cell
    return [interpolated(one, task, pair) for one in choosers(budgets)]


def _measure(item: tuple[Task, Pair | None, Collection[str]]) -> list[Score]:
    """Train what these choose: rates of a pair, or whole recipes where no pair is given."""
    task, pair, names = item
    if pair is None:
        return [scored(one, task) for one in recipe_choosers(REPORTED) if one.name in names]
    choices = [(one.name, 0, one.choose(task, pair, seed=0)) for one in choosers(REPORTED) if one.name in names]
    return trained(choices, task, pair)


def _score_recipes(budgets: Sequence[Budget], task: Task) -> list[Score]:
    return [scored(one, task) for one in recipe_choosers(budgets)]


def _on_all_cores(work: Callable[[Item], list[Score]], items: Sequence[Item]) -> Iterator[tuple[Item, list[Score]]]:
    """Yield each item with its scores, in order; one process with one thread works on each; prints them."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(mp_context=fresh, initializer=torch.set_num_threads, initargs=(1,)) as processes:
        for item, scores in zip(items, processes.map(work, items), strict=True):
            line = ", ".join(f"{score.contestant} {score.excess:.1%}" for score in scores)
            print(f"{scores[0].task} {scores[0].pair}: {line}", flush=True)
            yield item, scores
