"""Where to train next, and when it is enough: from the rules' interval to a decision, whoever does the training."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from advisor.results import Interval, Recommendation
from advisor.training.compute_budget import TrialPlan
from advisor.verification.decision import Decision, Point, decide
from advisor.verification.horizon import Horizon

Train = Callable[[Sequence[float], str], Sequence[Point]]
"""(natural logs of rates, what for) → the trials at these rates."""

MIN_GAP, MAX_GAP = math.log(3.0), math.log(10.0)
"""Between the rates of the first round. On recorded trials of calibration tasks four rates so far apart, and more where
the best lies at an edge, choose as well as six (``python -m benchmarks.regret replay``)."""
EXTENSIONS = 4


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search ended with.

    Attributes:
        decision: None when every trial diverged.
        points: all trials, by rate.
    """

    decision: Decision | None
    points: tuple[Point, ...]


def search(
    train: Train,
    prior: Recommendation,
    plan: TrialPlan,
    *,
    horizon: Horizon,
    evaluation_samples: int,
    loss_to_beat: float | None,
    seed: int,
) -> SearchResult:
    """Train around the rules' rate, further out while the best lies at an edge, and once more around the best.

    Args:
        train: trains at rates of the short run.
        prior: the rules' recommendation; its interval is the prior.
        plan: how many rates in which round.
        horizon: from the best rate of a trial to that of the full run.
        evaluation_samples: samples that the losses at a rate are measured on, over all seeds.
        loss_to_beat: held-out loss of the best constant prediction, or of an untrained model.
        seed: of the decision's draws.
    """
    points: dict[float, Point] = {}

    def train_and_decide(log_rates: Sequence[float], what: str) -> Decision | None:
        points.update((point.log_rate, point) for point in train([r for r in log_rates if r not in points], what))
        return decide(
            list(points.values()),
            prior,
            horizon=horizon,
            evaluation_samples=evaluation_samples,
            seed=seed,
            loss_to_beat=loss_to_beat,
        )

    center = math.log(prior.learning_rate) - horizon.shift
    decision = train_and_decide(first_round(center, prior.interval, plan.rates), "trials")
    for _ in range(EXTENSIONS):
        wider = _further_out(sorted(points), decision)
        if not wider:
            break
        decision = train_and_decide(wider, "trials further out")
    if decision is not None and plan.refinements:
        decision = train_and_decide(_around(sorted(points), decision, plan.refinements), "trials around the best")
    return SearchResult(decision, tuple(point for _, point in sorted(points.items())))


def first_round(center: float, interval: Interval, count: int) -> list[float]:
    """Return log rates evenly around the rules' one; four of them span nine tenths of its interval."""
    gap = min(MAX_GAP, max(MIN_GAP, 0.3 * math.log(interval.ratio)))
    return [center + gap * (index - (count - 1) / 2) for index in range(count)]


def _further_out(rates: Sequence[float], decision: Decision | None) -> list[float]:
    gap = rates[1] - rates[0]
    if decision is None or decision.at_lower_edge:
        return [rates[0] - gap, rates[0] - 2 * gap]
    if decision.at_upper_edge:
        return [rates[-1] + gap, rates[-1] + 2 * gap]
    return []


def _around(rates: Sequence[float], decision: Decision, count: int) -> list[float]:
    """Return rates between the neighbours of the best, off the points that are known."""
    gap = rates[1] - rates[0]
    low = max(rates[0], decision.log_rate - 0.8 * gap)
    high = min(rates[-1], decision.log_rate + 0.8 * gap)
    spread = [low + (high - low) * index / (count - 1) for index in range(count)]
    return [rate for rate in spread if min(abs(rate - known) for known in rates) > 0.05]
