"""Whether the 90 % interval of trials holds the best rate of the landscapes that the trials are read from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from advisor.inference import infer
from advisor.knowledge import load_rules
from advisor.results import Interval, Recommendation
from advisor.training.compute_budget import TrialPlan
from advisor.training.data_split import FOLDS
from advisor.verification.decision import Point
from advisor.verification.horizon import Horizon
from advisor.verification.rounds import Reference
from advisor.verification.search import search
from benchmarks.regret.facts import facts_of
from benchmarks.regret.landscapes import Landscape, read, useful_pairs
from benchmarks.regret.score import BAND
from benchmarks.regret.tasks import Task

PLAN = TrialPlan(1.0, rates=4)


def held_out(task: Task) -> int:
    """A fifth of the training rows, as trials hold out."""
    return max(1, (facts_of(task).data.rows or 0) // FOLDS)


def replayed(landscape: Landscape, prior: Recommendation, task: Task) -> Interval | None:
    """Decide from the losses of one seed, as trials do."""
    found = search(
        lambda log_rates, _share, _what: points(landscape, log_rates),
        prior,
        PLAN,
        horizon=lambda _share: Horizon(),
        reference=Reference(read(task).constant_loss, held_out(task)),
        seed=0,
    )
    return found.decision.interval if found.decision is not None else None


def points(landscape: Landscape, log_rates: Sequence[float]) -> list[Point]:
    """Return trials at these rates; above the landscape they diverge, below it the loss of its lowest rate is taken."""
    lowest = math.log(landscape.rates[0])
    losses = [landscape.loss_at(math.exp(max(one, lowest)), seed=0) for one in log_rates]
    return [Point(one, (loss if math.isfinite(loss) else None,)) for one, loss in zip(log_rates, losses, strict=True)]


def holds_the_best(interval: Interval, landscape: Landscape) -> bool:
    """Return whether the rates within 1 % of the best of the seeds that no trial saw reach into the interval."""
    unseen = Landscape(
        landscape.optimizer, landscape.schedule, landscape.rates, tuple(row[1:] for row in landscape.losses)
    )
    band = [rate for rate, mean in zip(unseen.rates, unseen.means, strict=True) if mean <= unseen.best * (1 + BAND)]
    half = math.sqrt(unseen.rates[1] / unseen.rates[0])
    return band[0] / half <= interval.upper and band[-1] * half >= interval.lower


@pytest.mark.slow
@pytest.mark.parametrize("split", ["calibration", "report"])
def test_intervals_hold_the_best_rate_nine_times_of_ten(split: str) -> None:
    rules, held = load_rules(), []
    for task, pair in useful_pairs(split):
        landscape = read(task).of(pair)
        interval = replayed(landscape, infer(facts_of(task, pair), rules), task)
        held.append(interval is not None and holds_the_best(interval, landscape))
    assert len(held) > 300
    assert 0.85 <= np.mean(held) <= 0.95
