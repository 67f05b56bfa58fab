"""Whether the 90 % interval of trials holds the best rate of the landscapes that the trials are read from."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from advisor.inference import infer
from advisor.knowledge import load_rules
from advisor.results import Interval, Recommendation
from advisor.verification.decision import Point, decide
from benchmarks.regret.facts import facts_of
from benchmarks.regret.landscapes import Landscape, read
from benchmarks.regret.report import chosen
from benchmarks.regret.score import BAND
from benchmarks.regret.tasks import Task

GAP = math.log(4.0)
"""Between two rates of the first round."""


@cache
def held_out(task: Task) -> int:
    return len(task.load().valid_y)


def replayed(landscape: Landscape, prior: Recommendation, samples: int) -> Interval | None:
    """Decide from the losses of one seed, as trials do.

    Five rates around the rules' one, further ones while the best is at an edge, three more around the best.
    """
    log_rates = [math.log(prior.learning_rate) + GAP * step for step in (-2, -1, 0, 1, 2)]
    found = decide(points(landscape, log_rates), prior, shift=0.0, held_out=samples, seed=0)
    for _ in range(4):
        if found is None or found.at_lower_edge:
            log_rates += [min(log_rates) - GAP, min(log_rates) - 2 * GAP]
        elif found.at_upper_edge:
            log_rates += [max(log_rates) + GAP, max(log_rates) + 2 * GAP]
        else:
            break
        found = decide(points(landscape, log_rates), prior, shift=0.0, held_out=samples, seed=0)
    if found is None:
        return None
    log_rates += [found.log_rate + 0.8 * GAP * step for step in (-1, 0, 1)]
    found = decide(points(landscape, log_rates), prior, shift=0.0, held_out=samples, seed=0)
    return found.interval if found is not None else None


def points(landscape: Landscape, log_rates: list[float]) -> list[Point]:
    """Return trials at these rates, as far as the landscape reaches."""
    lowest, highest = math.log(landscape.rates[0]), math.log(landscape.rates[-1])
    inside = sorted({min(max(one, lowest), highest) for one in log_rates})
    losses = [landscape.loss_at(math.exp(one), seed=0) for one in inside]
    return [Point(one, (loss if math.isfinite(loss) else None,)) for one, loss in zip(inside, losses, strict=True)]


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
    for task, pair in chosen(split):
        landscape = read(task).of(pair)
        interval = replayed(landscape, infer(facts_of(task, pair), rules), held_out(task))
        held.append(interval is not None and holds_the_best(interval, landscape))
    assert len(held) > 300
    assert 0.85 <= np.mean(held) <= 0.95
