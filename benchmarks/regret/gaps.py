"""What the distance to the best is made of: by rule for the rules, by task for the trials."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from advisor.inference import infer
from advisor.knowledge import RuleBase
from advisor.numerals import rate
from advisor.reporting.text.advice import explain
from benchmarks.regret.choosers import RULES_ONLY
from benchmarks.regret.facts import facts_of
from benchmarks.regret.landscapes import DIVERGED_EXCESS, read
from benchmarks.regret.score import Score, percent, summarise
from benchmarks.regret.tasks import Pair, Task, tasks

FAR = 0.05
"""Excess loss from which on a choice of the trials is listed."""
WORST = 10
"""Tasks of the rules that are listed with the whole way from facts to number."""


def by_rule(cells: Iterable[tuple[Task, Pair]], rules: RuleBase, *, pages: str = "rules") -> str:
    """Return a table of the rules that move the rate: on how many landscapes, how far off the answer is, what it costs.

    A rule whose answers lie off to one side is a rule to mend; one that is off to both sides lacks a fact. The rows are
    sorted by the excess loss of all the answers that a rule had a part in.

    Args:
        cells: tasks and pairs to look at.
        rules: to ask.
        pages: the folder of the rules' pages, seen from where the table stands.
    """
    ratios: dict[str, list[float]] = defaultdict(list)
    excess: dict[str, list[float]] = defaultdict(list)
    for task, pair in cells:
        found = infer(facts_of(task, pair), rules)
        landscape = read(task).of(pair)
        for rule in dict.fromkeys(step.rule.id for step in found.trace.contributions):
            ratios[rule].append(math.log(found.learning_rate / landscape.best_rate))
            excess[rule].append(min(DIVERGED_EXCESS, landscape.excess(found.learning_rate)))
    lines = [
        "| rule | landscapes | advised ÷ best: quarter, median, three quarters | median excess | > 50 % worse |",
        "|---|---|---|---|---|",
    ]
    for rule in sorted(excess, key=lambda one: -sum(excess[one])):
        low, middle, high = np.exp(np.quantile(ratios[rule], [0.25, 0.5, 0.75]))
        worse = np.mean(np.array(excess[rule]) > 0.5)
        lines.append(
            f"| [{rule}]({pages}/{rule}.md) | {len(excess[rule])} | {low:.2g}, {middle:.2g}, {high:.2g} "
            f"| {percent(float(np.median(excess[rule])))} | {100 * worse:.0f} % |"
        )
    return "\n".join(lines)


def by_task(scores: Sequence[Score], contestant: str, *, most: int | None = None) -> str:
    """Return a table of the choices of a contestant that end far above the best, worst first, beside the rules'.

    Args:
        scores: of rates.
        contestant: whose.
        most: rows; None: all.
    """
    rules = {(score.task, score.pair): score for score in scores if score.contestant == RULES_ONLY}
    far = sorted(
        (score for score in scores if score.contestant == contestant and score.excess > FAR),
        key=lambda score: -score.excess,
    )
    lines = [
        "| task | optimizer, schedule | rules | advised | best | excess of the rules | excess |",
        "|---|---|---|---|---|---|---|",
    ]
    for score in far[:most]:
        own, best = rules[score.task, score.pair], _best_rate(score)
        lines.append(
            f"| {score.task} | {score.pair} | {rate(own.rate)} | {rate(score.rate)} | {rate(best)} "
            f"| {_said(own.excess)} | {_said(score.excess)} |"
        )
    return "\n".join(lines)


def by_verdict(scores: Sequence[Score], contestant: str) -> str:
    """Return a table of what the choices of a contestant are worth by its own verdict on them."""
    own = [score for score in scores if score.contestant == contestant and score.verdict is not None]
    lines = [
        "| verdict | choices | median | p90 | highest | ≤ 5 % | interval holds the best |",
        "|---|---|---|---|---|---|---|",
    ]
    for verdict in sorted({str(score.verdict) for score in own}):
        group = [score for score in own if score.verdict == verdict]
        (found,) = summarise(group)
        lines.append(
            f"| {verdict.replace('_', ' ')} | {len(group)} | {percent(found.median)} | {percent(found.p90)} "
            f"| {percent(max(score.excess for score in group))} | {100 * found.within_5:.0f} % "
            f"| {100 * (found.covered or 0.0):.0f} % |"
        )
    return "\n".join(lines)


def by_family(scores: Sequence[Score], *, most: int | None = None) -> str:
    """Return the rules' result by family of task, weakest first; at most so many families."""
    own = [score for score in scores if score.contestant == RULES_ONLY]
    names = sorted({score.family for score in own})
    groups = {name: [score.excess for score in own if score.family == name] for name in names}
    lines = ["| family | landscapes | median excess | > 50 % worse |", "|---|---|---|---|"]
    for name in sorted(groups, key=lambda one: -float(np.median(groups[one])))[:most]:
        excess = np.array(groups[name])
        median = f"{100 * np.median(excess):.1f} %" if math.isfinite(np.median(excess)) else "diverged"
        lines.append(f"| {name} | {len(excess)} | {median} | {100 * np.mean(excess > 0.5):.0f} % |")
    return "\n".join(lines)


def worst_tasks(scores: Sequence[Score], rules: RuleBase) -> str:
    """Return the worst choices of the rules, one per task, each with the rules that made it."""
    own = sorted((s for s in scores if s.contestant == RULES_ONLY), key=lambda score: -score.excess)
    by_name: dict[str, Score] = {}
    for score in own:
        by_name.setdefault(score.task, score)
    known = {task.id: task for task in tasks()}
    lines = []
    for score in list(by_name.values())[:WORST]:
        task = known[score.task]
        pair = next(pair for pair in read(task).useful if str(pair) == score.pair)
        steps = explain(infer(facts_of(task, pair), rules))
        excess = f"{100 * score.excess:.0f} % above the best" if math.isfinite(score.excess) else "diverged"
        lines += [
            f"### {score.task}, {score.pair}",
            f"Advised {rate(score.rate)}, best {rate(read(task).of(pair).best_rate)}: {excess}.",
            "```text",
            steps.strip(),
            "```",
        ]
    return "\n\n".join(lines)


def _best_rate(score: Score) -> float:
    task = next(task for task in tasks() if task.id == score.task)
    return next(
        landscape.best_rate
        for landscape in read(task).landscapes
        if str(Pair(landscape.optimizer, landscape.schedule)) == score.pair
    )


def _said(excess: float) -> str:
    return percent(excess) if math.isfinite(excess) else "diverged"
