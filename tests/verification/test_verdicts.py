"""What the evidence of trials is said to mean."""

from __future__ import annotations

import math

import pytest

from advisor.results import Interval, Recommendation, Trial
from advisor.verification.decision import Decision
from advisor.verification.verdicts import TrialRecord, judge

RULES = Recommendation(
    learning_rate=1e-2, interval=Interval(lower=2e-3, upper=5e-2), optimizer="adamw", schedule="cosine"
)


def evidence(
    losses: dict[float, float | None], *, best: float, gain: float, constant: float | None = 1.0, noise: float = 0.01
) -> TrialRecord:
    trials = tuple(
        Trial(
            optimizer="adamw",
            schedule="cosine",
            learning_rate=rate,
            losses=(loss,),
            mean=loss,
            diverged=int(loss is None),
        )
        for rate, loss in losses.items()
    )
    interval = Interval(lower=best / 2, upper=best * 2)
    decision = Decision(math.log(best), interval, 0.01, 0.01 + gain, False, False, noise, math.log(0.5))
    known = decision if any(loss is not None for loss in losses.values()) else None
    return TrialRecord(known, trials, 0.0, 100, 100, 1, "standard", 800, 400, "batched", constant, ())


def test_a_better_rate_is_taken_and_a_little_better_one_is_not() -> None:
    losses: dict[float, float | None] = {1e-3: 0.4, 1e-2: 0.5, 1e-1: 0.9}
    moved = judge(RULES, evidence(losses, best=1e-3, gain=0.2))
    assert (moved.status, moved.learning_rate) == ("adjusted", pytest.approx(1e-3))
    stands = judge(RULES, evidence(losses, best=2e-3, gain=0.001))
    assert (stands.status, stands.learning_rate) == ("confirmed", 1e-2)


def test_where_nothing_is_learned_the_rate_that_loses_least_is_taken() -> None:
    losses: dict[float, float | None] = {1e-3: 1.02, 1e-2: 1.5, 1e-1: 30.0}
    found = judge(RULES, evidence(losses, best=1e-3, gain=0.4))
    assert (found.status, found.learning_rate) == ("inconclusive", pytest.approx(1e-3))
    assert found.reasons[0].code == "nothing_learned"
    stands = judge(RULES, evidence(losses, best=1e-3, gain=0.0))
    assert (stands.status, stands.learning_rate) == ("inconclusive", 1e-2)
    assert stands.reasons[-1].code == "rules_stand"


def test_a_flat_curve_leaves_the_rules_answer() -> None:
    found = judge(RULES, evidence({1e-3: 0.5, 1e-2: 0.5005, 1e-1: 0.501}, best=1e-3, gain=0.1))
    assert (found.status, found.learning_rate) == ("inconclusive", 1e-2)
    assert found.interval.lower <= 2e-3


def test_when_all_diverge_something_far_lower_is_advised() -> None:
    found = judge(RULES, evidence({1e-3: None, 1e-2: None}, best=1e-3, gain=0.0))
    assert found.status == "rejected"
    assert found.learning_rate < 1e-3
