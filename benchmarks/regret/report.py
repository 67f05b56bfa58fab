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
from advisor.reporting.text.advice import explain
from benchmarks.regret import measured
from benchmarks.regret.contestants import RULES_ONLY, Chooser, FixedDefault, RulesOnly, contestants
from benchmarks.regret.facts import facts_of
from benchmarks.regret.gaps import by_rule, by_task
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
    for task in _tasks_of(split)[::every]:
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
    own = [score for score in scores if score.contestant == RULES_ONLY]
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
    own = sorted((s for s in scores if s.contestant == RULES_ONLY), key=lambda score: -score.excess)
    by_task: dict[str, Score] = {}
    for score in own:
        by_task.setdefault(score.task, score)
    known = {task.id: task for task in tasks()}
    rules = load_rules()
    lines = []
    for score in list(by_task.values())[:WORST]:
        task = known[score.task]
        pair = next(pair for pair in read(task).useful if str(pair) == score.pair)
        said = explain(infer(facts_of(task, pair), rules))
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
    from benchmarks.regret.limits import limits

    plot(scores)
    all_report, possible = rules_only("report"), "\n".join(limits())
    page = f"""# How good is the advice?

Made by `{command}`.
{note}

*Excess loss* is the final held-out loss at the chosen learning rate over the best of a fine grid for the same optimizer
and schedule, minus one; a mean of three seeds. Optimizers and schedules for which no rate beats the constant prediction
are left out. *Work* is the gradient samples that choosing takes, *wall* its time, both over those of one ordinary full
training; medians. A wall time holds everything, imports apart, and a small job's trainings take a second or less.

Numbers in rules are fitted on other data sets (`benchmarks/regret/datasets.py`); the ablations that rule
pages quote look at these tasks as well. The grid's best is itself a minimum over noisy values.

{table(scores)}

![Share of choices within x of the best](benchmarks.svg)

### Where `standard` ends more than 5 % above the best

{by_task(scores, "advisor, standard")}

### What can be had at all

`python -m benchmarks.regret limits`, quantiles of excess loss:

```text
{possible}
```

## Whole recipes: optimizer, schedule and rate free, against the best of all landscapes

{table(whole) if whole else "Not measured yet."}

## Rules only, every landscape of the report split (interpolated)

{table(all_report)}

## Rules only, by family

{families(all_report)}

## Rules only, by rule

{by_rule(chosen("report"), load_rules())}

## The worst tasks of the rules

{worst(all_report)}
"""
    PAGE.write_text(page, encoding="utf-8")


BUDGETS: tuple[Budget, ...] = ("quick", "standard", "thorough")


def run_quick(split: str = "report") -> None:
    """Print the tables for a part of a split: minutes.

    Every eighth task with SGD and AdamW, constant and cosine, choices scored on the stored landscapes; whole recipes on
    every sixteenth.
    """
    pairs = [pair for pair in MAIN if pair.schedule != "one_cycle"]
    cells = list(chosen(split, every=8, pairs=pairs))
    rates = [score for _, found in _on_all_cores(partial(_rates, BUDGETS), cells) for score in found]
    whole = [score for _, found in _on_all_cores(partial(_recipes, BUDGETS), _tasks_of(split)[::16]) for score in found]
    print(f"{table(rates)}\n\n{table(whole)}")


def run() -> None:
    """Measure what is not kept yet of the report split, each choice trained in full, and write the page: hours.

    Cells come in a seeded random order, so that what is kept of a run that was stopped is a fair sample. What another
    rule set advised is measured anew.
    """
    done = measured.read()
    rates, whole = ({one.name for one in all_of} for all_of in (contestants(BUDGETS), recipients(BUDGETS[:2])))
    items: list[tuple[Task, Pair | None]] = [
        *chosen("report", pairs=MAIN),
        *((task, None) for task in _tasks_of("report")),
    ]
    left = [
        (task, pair, missing)
        for task, pair in _shuffled(items)
        if (missing := (rates if pair else whole) - set(done.get((task.id, str(pair or measured.WHOLE)), ())))
    ]
    for (task, pair, _), found in _on_all_cores(_measured, left):
        measured.keep(task.id, str(pair or measured.WHOLE), found)
    write_page()


def write_page() -> None:
    """Write the page from the scores that are kept, and say how many of all they are."""
    done = {
        place: found for place, found in measured.read().items() if any(map(measured.follows_rules, found.values()))
    }
    rates = [score for (_, pair), found in done.items() if pair != measured.WHOLE for score in found.values()]
    whole = [score for (_, pair), found in done.items() if pair == measured.WHOLE for score in found.values()]
    some = sum(pair != measured.WHOLE for _, pair in done)
    every, tasks_in_all = len(list(chosen("report", pairs=MAIN))), len(_tasks_of("report"))
    note = (
        f"Rates on {some} of {every} combinations of task, optimizer and schedule, drawn at random, whole recipes on\n"
        f"{len(done) - some} of {tasks_in_all} tasks; every choice trained in full with three seeds, rule set "
        f"{load_rules().version}."
    )
    if some < every:
        note += "\nWith few combinations, shares and quantiles mean little."
    write(rates, whole, "python -m benchmarks.regret report", note)
    print(f"{table(rates)}\n\n{table(whole)}")


def _shuffled(items: Sequence[Item]) -> list[Item]:
    return [items[index] for index in np.random.default_rng(0).permutation(len(items))]


def _tasks_of(split: str) -> list[Task]:
    return [task for task in tasks() if task.split == split]


def _rates(budgets: Sequence[Budget], cell: tuple[Task, Pair]) -> list[Score]:
    task, pair = cell
    return [interpolated(one, task, pair) for one in contestants(budgets)]


def _measured(item: tuple[Task, Pair | None, Collection[str]]) -> list[Score]:
    """Train what these contestants choose: rates of a pair, or whole recipes where no pair is given."""
    task, pair, names = item
    if pair is None:
        return [scored(one, task) for one in recipients(BUDGETS[:2]) if one.name in names]
    chosen = [(one.name, 0, one.choose(task, pair, seed=0)) for one in contestants(BUDGETS) if one.name in names]
    return trained(chosen, task, pair)


def _recipes(budgets: Sequence[Budget], task: Task) -> list[Score]:
    return [scored(one, task) for one in recipients(budgets)]


def _on_all_cores(work: Callable[[Item], list[Score]], items: Sequence[Item]) -> Iterator[tuple[Item, list[Score]]]:
    """Yield each item with its scores, in order; one process with one thread works on each, and what came is said."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(mp_context=fresh, initializer=torch.set_num_threads, initargs=(1,)) as processes:
        for item, found in zip(items, processes.map(work, items), strict=True):
            said = ", ".join(f"{score.contestant} {score.excess:.1%}" for score in found)
            print(f"{found[0].task} {found[0].pair}: {said}", flush=True)
            yield item, found
