"""Decisions of trials, replayed from recordings of calibration tasks: what plans, lengths and exponents are worth.

    python -m benchmarks.regret replay        # a few minutes, no training

Losses between recorded rates are interpolated; the choice is scored on the landscape, which other rows and seeds made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from advisor.inference import infer
from advisor.knowledge import load_rules
from advisor.results import Recommendation
from advisor.training.compute_budget import TrialPlan
from advisor.verification.decision import TOLERANCE
from advisor.verification.horizon import horizon
from advisor.verification.point import Point
from advisor.verification.rounds import Reference, SearchResult
from advisor.verification.search import search
from benchmarks.regret.facts import facts_of
from benchmarks.regret.landscapes import Landscape, read
from benchmarks.regret.recordings import SEEDS, SHARES, Recording, recorded_tasks, recording
from benchmarks.regret.score import best_band
from benchmarks.regret.tasks import MAIN, Pair, Task

EXPONENTS = (0.0, -0.3, -0.5, -0.7, -0.9)
PLANS = ((4, 1), (4, 2), (6, 1), (6, 2))
"""Rates and seeds of one round."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One recorded pair of a task with what the rules say."""

    task: Task
    pair: Pair
    prior: Recommendation
    landscape: Landscape
    constant_loss: float


def cells() -> list[Cell]:
    """Return every pair that is recorded at all lengths and seeds."""
    rules = load_rules()
    return [
        Cell(task, pair, infer(facts_of(task, pair), rules), read(task).of(pair), read(task).constant_loss)
        for task in recorded_tasks()
        for pair in MAIN
        if all(recording(task, pair, share, seed) is not None for share in SHARES for seed in SEEDS)
    ]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a plan would have advised.

    Attributes:
        excess: loss over the landscape's best, minus 1.
        runs: trials, in full trainings.
        covered: the interval holds a rate of the landscape's best band.
    """

    excess: float
    runs: float
    covered: bool


def replayed(cell: Cell, plan: TrialPlan, exponent: float) -> Replayed:
    """Search as trials do, with recorded losses."""
    seeds = SEEDS[: plan.seeds]

    def train(log_rates: Sequence[float], share: float, _what: str) -> list[Point]:
        recordings = [_kept(cell, share, seed) for seed in seeds]
        return [Point(rate, tuple(loss_at(one, rate) for one in recordings)) for rate in log_rates]

    found = search(
        train,
        cell.prior,
        plan,
        horizon=lambda share: horizon(1_000, round(1_000 / share), exponent),
        reference=Reference(cell.constant_loss, sum(_kept(cell, plan.share, seed).held_out for seed in seeds)),
        seed=0,
    )
    runs = plan.seeds * sum(one.share * len(one.points) for one in found.rounds)
    shift = found.last.horizon.shift
    return Replayed(cell.landscape.excess(_advised(found, cell.prior, shift)), runs, _covers(found, cell, shift))


def _kept(cell: Cell, share: float, seed: int) -> Recording:
    found = recording(cell.task, cell.pair, share, seed)
    if found is None:
        raise KeyError(f"{cell.task.id}, {cell.pair}: not recorded at {share:.0%} of the run")
    return found


def _advised(found: SearchResult, prior: Recommendation, shift: float) -> float:
    decision = found.decision
    if decision is None or decision.gain < TOLERANCE:
        return prior.learning_rate
    return math.exp(decision.log_rate + shift)


def _covers(found: SearchResult, cell: Cell, shift: float) -> bool:
    if found.decision is None:
        return False
    low, high = best_band(cell.landscape)
    interval = found.decision.interval
    return low <= interval.upper * math.exp(shift) and high >= interval.lower * math.exp(shift)


def loss_at(kept: Recording, log_rate: float) -> float | None:
    """Return the recorded loss at a rate, log-log interpolated; None: diverged, or above all that was recorded.

    Below, the loss grows as between the two lowest rates.
    """
    logs = np.log(kept.rates)
    if log_rate > logs[-1] + 0.5 * (logs[1] - logs[0]):
        return None
    right = int(np.clip(np.searchsorted(logs, log_rate), 1, len(logs) - 1))
    pair = kept.losses[right - 1 : right + 1]
    share = min(1.0, float((log_rate - logs[right - 1]) / (logs[right] - logs[right - 1])))
    low, high = pair
    if share == 1.0 or low is None or high is None:
        return high if share == 1.0 else None
    return math.exp((1 - share) * math.log(low) + share * math.log(high))


def summary(found: Sequence[Replayed]) -> str:
    """Return the quantiles of a plan in a line."""
    excess = np.array([one.excess for one in found])
    median, p90 = np.quantile(excess, [0.5, 0.9], method="higher")
    return (
        f"median {median:.1%}, p90 {p90:.0%}, within 5 % {np.mean(excess <= 0.05):.0%}, "
        f"> 50 % worse {np.mean(excess > 0.5):.0%}, {np.median([one.runs for one in found]):.1f} runs, "
        f"interval holds the best {np.mean([one.covered for one in found]):.0%}"
    )


def replay() -> Iterator[str]:
    """Yield what each plan and each exponent of the horizon comes to."""
    known = cells()
    yield f"{len(known)} pairs of calibration tasks"
    rules = [Replayed(cell.landscape.excess(cell.prior.learning_rate), 0.0, covered=True) for cell in known]
    yield f"  {'rules alone':28} {summary(rules)}"
    for share in sorted(SHARES, reverse=True):
        for rates, seeds in PLANS:
            plan = TrialPlan(share, rates, seeds)
            found = [replayed(cell, plan, cell.prior.horizon_exponent) for cell in known]
            yield f"  {f'{share:.0%} of the run, {rates} x {seeds}':28} {summary(found)}"
    for decays in (True, False):
        kind = "decaying" if decays else "constant"
        own = [cell for cell in known if (cell.pair.schedule != "constant") == decays]
        for exponent in EXPONENTS:
            found = [replayed(cell, TrialPlan(share, 4, 2), exponent) for cell in own for share in SHARES if share < 1]
            yield f"  {f'{kind}, exponent {exponent:g}':28} {summary(found)}"
