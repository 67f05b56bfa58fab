"""From choices to numbers: excess loss, divergences, cost, spread."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from advisor.training.runs import Run
from benchmarks.regret.choices import Choice, Chooser
from benchmarks.regret.landscapes import SEEDS, Landscape, mean_of, read, train, training_seconds
from benchmarks.regret.tasks import Pair, Task

BAND = 0.01
"""Rates whose loss is within this share of the best count as best."""


@dataclass(frozen=True, slots=True)
class Score:
    """One choice and what it led to.

    Attributes:
        contestant: its name.
        task, pair: as text.
        family: of the task.
        seed: of the contestant's own draws.
        rate: chosen; None: no answer.
        excess: final held-out loss over the landscape's best, minus 1; infinite: diverged or no answer.
        runs: cost in full training runs of gradient samples.
        wall: time of choosing, over that of one ordinary full training in the same process; 0: nothing was trained.
        covered: the landscape's best band reaches into the stated interval; None: none stated.
        verdict: of the contestant on its answer; None: none given.
    """

    contestant: str
    task: str
    pair: str
    family: str
    seed: int
    rate: float | None
    excess: float
    runs: float
    wall: float
    covered: bool | None = None
    verdict: str | None = None


def interpolated(chooser: Chooser, task: Task, pair: Pair, *, seed: int = 0) -> Score:
    """Score a choice on the stored landscape."""
    choice = chooser.choose(task, pair, seed=seed)
    landscape = read(task).of(pair)
    excess = landscape.excess(choice.rate) if choice.rate else math.inf
    return _score(chooser.name, task, pair, seed, choice, excess)


def trained(choices: Sequence[tuple[str, int, Choice]], task: Task, pair: Pair) -> list[Score]:
    """Score choices by training each of them in full with the landscape's seeds, all together.

    Args:
        choices: (contestant, seed of the contestant, choice).
        task, pair: what was chosen for.
    """
    landscape = read(task).of(pair)
    rates = sorted({choice.rate for _, _, choice in choices if choice.rate})
    runs = [Run(rate, seed) for rate in rates for seed in SEEDS]
    losses = train(task.job(), task.recipe(pair), runs) if runs else ()
    mean = {rate: mean_of(losses[index * len(SEEDS) : (index + 1) * len(SEEDS)]) for index, rate in enumerate(rates)}
    return [
        _score(
            *(name, task, pair, seed, choice),
            mean[choice.rate] / landscape.best - 1.0 if choice.rate else math.inf,
        )
        for name, seed, choice in choices
    ]


def _score(name: str, task: Task, pair: Pair, seed: int, choice: Choice, excess: float) -> Score:
    return Score(
        contestant=name,
        task=task.id,
        pair=str(pair),
        family=task.family,
        seed=seed,
        rate=choice.rate,
        excess=excess,
        runs=choice.samples / read(task).samples,
        wall=choice.seconds / _alone(task, pair) if choice.samples else 0.0,
        covered=_covers(choice, task, pair),
        verdict=choice.verdict,
    )


@lru_cache(maxsize=4)
def _alone(task: Task, pair: Pair) -> float:
    return training_seconds(task.job(), task.recipe(pair), read(task).of(pair).best_rate)


def _covers(choice: Choice, task: Task, pair: Pair) -> bool | None:
    if choice.interval is None:
        return None
    lowest, highest = best_band(read(task).of(pair))
    low, high = choice.interval
    return lowest <= high and highest >= low


def best_band(landscape: Landscape) -> tuple[float, float]:
    """Return the lowest and highest rate that count as best, half a grid step added on either side."""
    band = [
        rate for rate, mean in zip(landscape.rates, landscape.means, strict=True) if mean <= landscape.best * (1 + BAND)
    ]
    half = (landscape.rates[1] / landscape.rates[0]) ** 0.5
    return band[0] / half, band[-1] * half


@dataclass(frozen=True, slots=True)
class Summary:
    """A contestant over many choices; shares of all choices, divergences included."""

    contestant: str
    choices: int
    median: float
    p75: float
    p90: float
    within_5: float
    over_50: float
    diverged: int
    runs: float
    wall: float
    covered: float | None


def summarise(scores: Iterable[Score]) -> list[Summary]:
    """Return one line per contestant, in order of appearance."""
    by_name: dict[str, list[Score]] = {}
    for score in scores:
        by_name.setdefault(score.contestant, []).append(score)
    return [_summary(name, group) for name, group in by_name.items()]


def _summary(name: str, group: Sequence[Score]) -> Summary:
    excess = np.array([score.excess for score in group])
    median, p75, p90 = (float(np.quantile(excess, q, method="higher")) for q in (0.5, 0.75, 0.9))
    stated = [score.covered for score in group if score.covered is not None]
    return Summary(
        contestant=name,
        choices=len(group),
        median=median,
        p75=p75,
        p90=p90,
        within_5=float(np.mean(excess <= 0.05)),
        over_50=float(np.mean(excess > 0.5)),
        diverged=int(np.sum(~np.isfinite(excess))),
        runs=statistics.median(score.runs for score in group),
        wall=statistics.median(score.wall for score in group),
        covered=sum(stated) / len(stated) if stated else None,
    )


def as_line(summary: Summary) -> str:
    """Return a summary as a row of a Markdown table."""
    covered = f"{100 * summary.covered:.0f} %" if summary.covered is not None else "–"
    return (
        f"| {summary.contestant} | {summary.runs:.2g} | {_wall(summary)} | {percent(summary.median)} "
        f"| {percent(summary.p75)} | {percent(summary.p90)} | {100 * summary.within_5:.0f} % "
        f"| {100 * summary.over_50:.1f} % "
        f"| {summary.diverged} | {covered} |"
    )


def table(scores: Sequence[Score]) -> str:
    """Return the table of everyone, as Markdown."""
    return "\n".join([HEADER, *(as_line(summary) for summary in summarise(scores))])


def headline(scores: Sequence[Score]) -> str:
    """Return the short table of everyone, as Markdown."""
    lines = ["| who chooses the rate | work (runs) | median excess | p90 | > 50 % worse |", "|---|---|---|---|---|"]
    lines += [
        f"| {one.contestant} | {one.runs:.2g} | {percent(one.median)} | {percent(one.p90)} "
        f"| {100 * one.over_50:.1f} % |"
        for one in summarise(scores)
    ]
    return "\n".join(lines)


def percent(excess: float) -> str:
    """Return an excess loss as a share, as precisely as it deserves."""
    return f"{100 * excess:.1f} %" if excess < 0.1 else f"{100 * excess:.0f} %" if excess < 10 else "> 1,000 %"


def _wall(summary: Summary) -> str:
    """Return the wall time, where choosing takes any that is its own."""
    return "–" if "interpolated" in summary.contestant else f"{summary.wall:.2g}"


HEADER = (
    "| who chooses | work (runs) | wall (runs) | median | p75 | p90 | ≤ 5 % | > 50 % worse | diverged "
    "| interval holds the best |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)
