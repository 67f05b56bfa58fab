"""The regret table, the profile plot and the worst tasks, as ``docs/benchmarks.md``."""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from advisor.facts.names import Budget
from advisor.inference import infer
from advisor.knowledge import load_rules
from benchmarks.regret.contestants import Chooser, FixedDefault, RulesOnly, contestants
from benchmarks.regret.facts import facts_of
from benchmarks.regret.landscapes import read
from benchmarks.regret.recipes import recipients, scored
from benchmarks.regret.score import HEADER, Score, as_line, interpolated, summarise, trained
from benchmarks.regret.tasks import MAIN, Pair, Task, tasks

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/benchmarks.md"
PLOT = ROOT / "docs/benchmarks.svg"
WORST = 10
Item = TypeVar("Item")


def chosen(split: str, *, every: int = 1, pairs: Collection[Pair] | None = None) -> Iterator[tuple[Task, Pair]]:
    """Yield the tasks of a split with each pair that has something to choose.

    Args:
        split: calibration or report.
        every: only every so many tasks.
        pairs: only these; None: all that have landscapes.
    """
    for task in [task for task in tasks() if task.split == split][::every]:
        for pair in read(task).useful:
            if pairs is None or pair in pairs:
                yield task, pair


def rules_only(split: str) -> list[Score]:
    """Score the fixed default and the rules on every landscape of a split; seconds."""
    choosers: list[Chooser] = [FixedDefault(), RulesOnly(load_rules())]
    return [interpolated(one, task, pair) for one in choosers for task, pair in chosen(split)]


def table(scores: Sequence[Score]) -> str:
    """Return the table of all contestants."""
    return "\n".join([HEADER, *(as_line(summary) for summary in summarise(scores))])


def families(scores: Sequence[Score]) -> str:
    """Return the rules' result by family of task, weakest first."""
    own = [score for score in scores if score.contestant == RulesOnly.name]
    names = sorted({score.family for score in own})
    groups = {name: [score.excess for score in own if score.family == name] for name in names}
    lines = ["| family | landscapes | median excess | > 50 % worse |", "|---|---|---|---|"]
    for name in sorted(groups, key=lambda one: -float(np.median(groups[one]))):
        excess = np.array(groups[name])
        median = f"{np.median(excess):.1%}" if math.isfinite(np.median(excess)) else "diverged"
        lines.append(f"| {name} | {len(excess)} | {median} | {np.mean(excess > 0.5):.0%} |")
    return "\n".join(lines)


def worst(scores: Sequence[Score]) -> str:
    """Return the worst choices of the rules, one per task, each with the rules that made it."""
    own = sorted((s for s in scores if s.contestant == RulesOnly.name), key=lambda score: -score.excess)
    by_task: dict[str, Score] = {}
    for score in own:
        by_task.setdefault(score.task, score)
    known = {task.id: task for task in tasks()}
    rules = load_rules()
    lines = []
    for score in list(by_task.values())[:WORST]:
        task = known[score.task]
        pair = next(pair for pair in read(task).useful if str(pair) == score.pair)
        said = infer(facts_of(task, pair), rules).explain()
        excess = f"{score.excess:.0%} above the best" if math.isfinite(score.excess) else "diverged"
        lines += [
            f"### {score.task}, {score.pair}",
            f"Advised {score.rate:.2g}, best {read(task).of(pair).best_rate:.2g}: {excess}.",
            "```text",
            said.strip(),
            "```",
        ]
    return "\n\n".join(lines)


def plot(scores: Sequence[Score]) -> None:
    """Draw the share of choices within x of the best against x, one line per contestant."""
    import altair as alt
    import pandas as pd

    grid = np.geomspace(0.001, 3.0, 60)
    groups = {one.contestant: np.array([s.excess for s in scores if s.contestant == one.contestant]) for one in scores}
    rows = [
        {"within": within, "share": float(np.mean(excess <= within)), "who": name}
        for name, excess in groups.items()
        for within in grid
    ]
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line()
        .encode(
            alt.X("within:Q", scale=alt.Scale(type="log"), axis=alt.Axis(format="%"), title="excess loss, at most"),
            alt.Y("share:Q", axis=alt.Axis(format="%"), title="share of choices"),
            alt.Color("who:N", title=None, legend=alt.Legend(labelLimit=300)),
            alt.StrokeDash("who:N", title=None),
        )
        .properties(width=560, height=340)
    )
    chart.save(str(PLOT))


def write(scores: Sequence[Score], whole: Sequence[Score], command: str, note: str) -> None:
    """Write the page and the plot.

    Args:
        scores: of learning rates.
        whole: of whole recipes.
        command: that made them.
        note: what it covers.
    """
    plot(scores)
    all_report = rules_only("report")
    page = f"""# How good is the advice?

Made by `{command}`. {note}

*Excess loss* is the final held-out loss at the chosen learning rate over the best of a fine grid for the same optimizer
and schedule, minus one; a mean of three seeds. Optimizers and schedules for which no rate beats the constant prediction
are left out. Numbers in rules are fitted on other data sets (`benchmarks/regret/datasets.py`); the ablations that rule
pages quote look at these tasks as well. The grid's best is itself a minimum over noisy values.

{table(scores)}

![Share of choices within x of the best](benchmarks.svg)

## Whole recipes: optimizer, schedule and rate free, against the best of all landscapes

{table(whole)}

## Rules only, every landscape of the report split (interpolated)

{table(all_report)}

## Rules only, by family

{families(all_report)}

## The worst tasks of the rules

{worst(all_report)}
"""
    PAGE.write_text(page, encoding="utf-8")


def run(*, quick: bool) -> None:
    """Let every contestant choose on the report split, print the tables and write the page.

    Args:
        quick: every eighth task with SGD and AdamW, constant and cosine, choices scored on the stored landscapes; whole
            recipes on every sixteenth; thorough trials left out. Else every task, and each choice trained in full.
    """
    budgets: tuple[Budget, ...] = ("quick", "standard") if quick else ("quick", "standard", "thorough")
    pairs = [pair for pair in MAIN if not quick or pair.schedule != "one_cycle"]
    cells = list(chosen("report", every=8 if quick else 1, pairs=pairs))
    scores = _on_all_cores(partial(_rates, budgets, quick), cells)
    reported = [task for task in tasks() if task.split == "report"]
    whole = _on_all_cores(partial(_recipes, budgets), reported[:: 16 if quick else 1])
    print(f"{table(scores)}\n\n{table(whole)}")
    some = "Every eighth task, losses interpolated; whole recipes on every sixteenth."
    note = some if quick else "All trained in full."
    write(scores, whole, f"python -m benchmarks.regret report{' --quick' * quick}", note)


def _rates(budgets: Sequence[Budget], quick: bool, cell: tuple[Task, Pair]) -> list[Score]:
    task, pair = cell
    if quick:
        return [interpolated(one, task, pair) for one in contestants(budgets)]
    return trained([(one.name, 0, one.choose(task, pair, seed=0)) for one in contestants(budgets)], task, pair)


def _recipes(budgets: Sequence[Budget], task: Task) -> list[Score]:
    return [scored(one, task) for one in recipients(budgets)]


def _on_all_cores(work: Callable[[Item], list[Score]], items: Sequence[Item]) -> list[Score]:
    """Return the scores of all items, each worked on by one process with one thread; say what came of each."""
    scores: list[Score] = []
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(mp_context=fresh, initializer=torch.set_num_threads, initargs=(1,)) as processes:
        for found in processes.map(work, items):
            said = ", ".join(f"{score.contestant} {score.excess:.1%}" for score in found)
            print(f"{found[0].task} {found[0].pair}: {said}", flush=True)
            scores += found
    return scores
