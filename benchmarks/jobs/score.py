"""From choices to numbers: excess loss, cost in full trainings, whether the interval held, Adam 1e-3 beside them."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from advisor.facts.names import Budget
from advisor.knowledge import load_rules
from benchmarks.jobs.choosers import Choice, Chooser
from benchmarks.jobs.job import BenchmarkJob, Pair
from benchmarks.jobs.landscapes import SEEDS, Record, read
from benchmarks.jobs.training import train
from benchmarks.regret.choosers import RULES_ONLY
from benchmarks.regret.score import percent

KEPT = Path(__file__).resolve().parents[1] / "results/jobs.jsonl"
TOLERANCE = 0.01
"""Losses that differ by less count as equally good."""
DEFAULT = "Adam 1e-3 constant"
WHOLE = "whole recipe"
"""Stands for the pair of a score whose optimizer and schedule were free."""


@dataclass(frozen=True, slots=True)
class Score:
    """One choice and what it led to.

    Attributes:
        contestant, job, pair: as text.
        seed: of the contestant's own draws.
        rate: chosen; None: no answer.
        excess: mean final held-out loss over the landscape's best, minus 1; infinite: diverged or no answer.
        cost: processor time of choosing, over that of one full training in the same process.
        stated_cost: the same as the verdict states it.
        covered: the best rates of the landscape reach into the stated interval; None: none was stated.
        matches_default: not more than 1 % above Adam 1e-3 constant.
        remark: status of the verdict.
    """

    contestant: str
    job: str
    pair: str
    seed: int
    rate: float | None
    excess: float
    cost: float
    stated_cost: float | None
    covered: bool | None
    matches_default: bool
    remark: str = ""


def measured(job: BenchmarkJob, pair: Pair, choosers: Sequence[Chooser], *, seed: int = 0) -> list[Score]:
    """Let choosers choose, and train each choice in full with the landscape's seeds.

    Raises:
        ValueError: the job's landscape is not measured.
    """
    record = read(job.name)
    if record is None or record.of(pair) is None:
        raise ValueError(f"{job.name}, {pair}: no landscape; run `python -m benchmarks.jobs landscapes {job.name}`")
    return [_measured(record, job, pair, chooser, seed) for chooser in choosers]


def _measured(record: Record, job: BenchmarkJob, pair: Pair, chooser: Chooser, seed: int) -> Score:
    choice = chooser.choose(job, pair, seed=seed)
    rate = choice.rate if choice.rate is not None else record.training_rate(pair)
    found = [train(job, pair, rate, one) for one in SEEDS]
    seconds = statistics.mean(job.steps * one.step_seconds + one.evaluation_seconds for one in found)
    mean = math.inf if choice.rate is None else mean_of([one.losses[-1] for one in found])
    return scored(record, pair, chooser.name, seed, choice, mean, seconds)


def mean_of(losses: Sequence[float | None]) -> float:
    """Return the mean of losses over seeds; infinite when one is not finite."""
    finite = [loss for loss in losses if loss is not None]
    return statistics.mean(finite) if finite and len(finite) == len(losses) else math.inf


def as_good_as_default(record: Record, loss: float) -> bool:
    """Return whether a loss is at most 1 % above that of Adam 1e-3, as it is where that was not measured."""
    return record.default_loss is None or loss <= record.default_loss * (1 + TOLERANCE)


def scored(
    record: Record, pair: Pair, name: str, seed: int, choice: Choice, mean: float, training_seconds: float
) -> Score:
    """Return the score of a choice whose full runs ended at a mean loss."""
    landscape = record.of(pair)
    if landscape is None:
        raise ValueError(f"{record.job}, {pair}: no landscape")
    covered = None
    if choice.interval is not None:
        lowest, highest = landscape.band(TOLERANCE)
        covered = lowest <= choice.interval[1] and highest >= choice.interval[0]
    return Score(
        contestant=name,
        job=record.job,
        pair=str(pair),
        seed=seed,
        rate=choice.rate,
        excess=mean / landscape.best - 1.0,
        cost=choice.seconds / training_seconds,
        stated_cost=choice.stated_cost,
        covered=covered,
        matches_default=as_good_as_default(record, mean),
        remark=choice.remark,
    )


def of_default(record: Record, pair: str) -> Score:
    """Return the score of Adam 1e-3 with a constant rate against the best of a pair, or of all pairs.

    Raises:
        ValueError: Adam 1e-3 is not measured.
    """
    loss = record.default_loss
    if loss is None:
        raise ValueError(f"{record.job}: Adam 1e-3 is not measured")
    best = min(one.best for one in record.landscapes if pair in {WHOLE, str(one.pair)})
    return Score(DEFAULT, record.job, pair, 0, 1e-3, loss / best - 1.0, 0.0, None, None, matches_default=True)


def name_of(budget: Budget) -> str:
    """Return what tables call advisor with a budget."""
    return RULES_ONLY if budget == "none" else f"advisor, {budget}"


HEADER = (
    "| who chooses | jobs | cost (trainings) | median | p75 | p90 | > 5 % | > 30 % | as good as Adam 1e-3 "
    "| interval holds the best |\n|---|---|---|---|---|---|---|---|---|---|"
)


def table(scores: Iterable[Score]) -> str:
    """Return one row per contestant, in order of appearance."""
    groups: dict[str, list[Score]] = {}
    for score in scores:
        groups.setdefault(score.contestant, []).append(score)
    return "\n".join([HEADER, *(_row(name, group) for name, group in groups.items())])


def _row(name: str, group: Sequence[Score]) -> str:
    excess = np.array([score.excess for score in group])
    median, p75, p90 = (percent(float(np.quantile(excess, share, method="higher"))) for share in (0.5, 0.75, 0.9))
    stated = [score.covered for score in group if score.covered is not None]
    covered = f"{100 * np.mean(stated):.0f} %" if stated else "–"
    return (
        f"| {name} | {len(group)} | {statistics.median(score.cost for score in group):.2g} | {median} | {p75} | {p90} "
        f"| {100 * np.mean(excess > 0.05):.0f} % | {100 * np.mean(excess > 0.3):.0f} % "
        f"| {100 * np.mean([score.matches_default for score in group]):.0f} % | {covered} |"
    )


def keep(scores: Sequence[Score]) -> None:
    """Add scores to the kept ones, with the version of the rules that advised."""
    KEPT.parent.mkdir(exist_ok=True)
    version = load_rules().version
    with KEPT.open("a", encoding="utf-8") as lines:
        for score in scores:
            row = asdict(score) | {"excess": score.excess if math.isfinite(score.excess) else None, "rules": version}
            lines.write(json.dumps(row, separators=(",", ":")) + "\n")


def kept() -> list[Score]:
    """Return the scores that hold for this rule set, the newest of every contestant, job, pair and seed.

    A change of the trials alone bumps no version of the rules: delete the file then.
    """
    if not KEPT.exists():
        return []
    version = load_rules().version
    found: dict[tuple[str, str, str, int], Score] = {}
    for line in KEPT.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        rules = row.pop("rules")
        score = Score(**row | {"excess": math.inf if row["excess"] is None else row["excess"]})
        if rules == version or not score.contestant.startswith("advisor"):
            found[score.contestant, score.job, score.pair, score.seed] = score
    return list(found.values())
