"""No verdict contradicts its own trials, whatever the curve, the noise, the unit and the budget."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.results import Interval, Recommendation, Trial, Verdict
from advisor.training.compute_budget import TrialPlan
from advisor.verification.comparisons import Comparison, held_against_all
from advisor.verification.decision import TOLERANCE
from advisor.verification.horizon import horizon
from advisor.verification.point import Point
from advisor.verification.rounds import Reference, SearchResult, Unlimited
from advisor.verification.search import search
from advisor.verification.verdicts import TrialRecord, judge

RULES = Recommendation(
    learning_rate=1e-2, interval=Interval(lower=2e-3, upper=5e-2), optimizer="adamw", schedule="cosine"
)
ADAM = RULES.replaced(optimizer="adam", schedule="constant", learning_rate=1e-3)
PLANS = (
    TrialPlan(1.0, 4, 2),
    TrialPlan(1.0, 3, 1, further=1),
    TrialPlan(1.0, 6, 3, refinements=4),
    TrialPlan(1 / 8, 3, refinements=3, refinement_shares=(1 / 2,), further=2),
    TrialPlan(1 / 8, 3, refinements=2, refinement_shares=(1 / 2, 0.4), further=2),
    TrialPlan(1 / 8, 3, further=0),
)


@dataclass(frozen=True)
class Curve:
    """Held-out loss over the rate: a bowl with a floor, a cliff above, and noise.

    Attributes:
        best: log rate of the bottom.
        width: of the bowl, in natural log.
        floor: loss at the bottom.
        reach: what there is to learn, over the floor.
        cliff: log rate from which trainings diverge.
        noise: standard deviation of a log loss.
    """

    best: float
    width: float
    floor: float
    reach: float
    cliff: float
    noise: float

    def loss(self, log_rate: float, draws: np.random.Generator) -> float | None:
        if log_rate > self.cliff:
            return None
        above = -math.expm1(-(((log_rate - self.best) / self.width) ** 2))
        return self.floor * (1 + self.reach * above) * math.exp(self.noise * draws.standard_normal())


curves = st.builds(
    Curve,
    best=st.floats(-14, 2),
    width=st.floats(0.3, 6),
    floor=st.sampled_from([1e-4, 0.3, 1.0, 5e9]),
    reach=st.floats(0.01, 20),
    cliff=st.floats(-7, 4),
    noise=st.sampled_from([0.0, 0.003, 0.02, 0.2]),
)


def tried(curve: Curve, plan: TrialPlan, further: int, seed: int) -> tuple[Verdict, SearchResult]:
    draws = np.random.default_rng(seed)
    left = further

    def train(log_rates: Sequence[float], _share: float, _what: str) -> list[Point]:
        return [Point(rate, tuple(curve.loss(rate, draws) for _ in range(plan.seeds))) for rate in log_rates]

    class Left(Unlimited):
        def further(self, count: int) -> int:
            nonlocal left
            granted = min(count, left)
            left -= granted
            return granted

    constant = curve.floor * (1 + curve.reach)
    found = search(
        train,
        RULES,
        plan,
        horizon=lambda share: horizon(1000, round(1000 / share), 0.0),
        reference=Reference(constant, 500),
        seed=0,
        allowance=Left(),
    )
    record = TrialRecord(
        decision=found.decision,
        trials=tuple(trial(point.log_rate, point.losses) for point in found.points),
        earlier=tuple(trial(p.log_rate, p.losses) for one in found.rounds[:-1] for p in one.points),
        shift=0.0,
        steps=round(1000 * found.last.share),
        full_steps=1000,
        seeds=plan.seeds,
        evaluation_samples=500,
        budget="standard",
        gradient_samples=1,
        cost=1.0,
        path="batched",
        constant_loss=constant,
        untrained_loss=2 * constant,
        bracketed=found.bracketed,
        has_learned=found.has_learned,
        notes=(),
    )
    return judge(RULES, record), found


def trial(log_rate: float, losses: tuple[float | None, ...], **settings: object) -> Trial:
    return Trial.model_validate(
        {
            "optimizer": "adamw",
            "schedule": "cosine",
            "learning_rate": math.exp(log_rate),
            "losses": losses,
            "mean": Point(log_rate, losses).mean,
            "diverged": losses.count(None),
            **settings,
        }
    )


def lowest(verdict: Verdict) -> float:
    return min(trial.mean for trial in verdict.trials if trial.mean is not None)


@settings(max_examples=25, deadline=None)
@given(curves, st.sampled_from(PLANS), st.integers(0, 8), st.integers(0, 9))
def test_what_is_confirmed_is_bracketed_and_no_trial_ends_lower(
    curve: Curve, plan: TrialPlan, further: int, seed: int
) -> None:
    verdict, found = tried(curve, plan, further, seed)
    if verdict.status == "confirmed":
        assert found.bracketed
        assert found.decision is not None
        assert verdict.held_out_loss is not None
        assert verdict.held_out_loss - lowest(verdict) <= 1.001 * TOLERANCE * found.decision.unit
        assert verdict.learning_rate == RULES.learning_rate
    assert verdict.interval.lower <= verdict.learning_rate <= verdict.interval.upper
    undecided = [one for one in verdict.reasons if one.code == "undecided_between_rates"]
    for one in undecided:
        other = float(dict(one.values)["other"])
        assert verdict.interval.lower <= other <= verdict.interval.upper


@settings(max_examples=20, deadline=None)
@given(curves, st.sampled_from(PLANS), st.floats(0.5, 1.5), st.integers(0, 9))
def test_no_rate_is_confirmed_while_another_recipe_ends_lower(
    curve: Curve, plan: TrialPlan, factor: float, seed: int
) -> None:
    verdict, found = tried(curve, plan, 8, seed)
    mean = factor * lowest(verdict) if verdict.held_out_loss is not None else curve.floor
    others = [
        trial(math.log(1e-3), (mean,) * plan.seeds, role=role, optimizer="adam", schedule="constant")
        for role in ("default", "rival")
    ]
    together = verdict.model_copy(update={"trials": (*verdict.trials, *others)})
    for can_win in (False, True):
        comparisons = [Comparison("default", ADAM, can_win)]
        recipe, said = held_against_all(RULES, together, found.decision, comparisons)
        if said.status == "confirmed":
            assert found.decision is not None
            assert said.held_out_loss is not None
            assert said.held_out_loss - lowest(said) <= 1.001 * TOLERANCE * found.decision.unit
        if recipe is not RULES:
            assert can_win
            assert said.held_out_loss == lowest(said) == pytest.approx(mean)
            assert said.learning_rate == 1e-3
            assert said.steps == said.full_steps


@pytest.mark.parametrize("scale", [1e-6, 1e9])
@settings(max_examples=8, deadline=None)
@given(curve=curves, plan=st.sampled_from(PLANS), seed=st.integers(0, 9))
def test_the_unit_of_the_loss_changes_no_verdict(curve: Curve, plan: TrialPlan, seed: int, scale: float) -> None:
    scaled = Curve(curve.best, curve.width, scale * curve.floor, curve.reach, curve.cliff, curve.noise)
    one, other = tried(curve, plan, 4, seed)[0], tried(scaled, plan, 4, seed)[0]
    assert other.status == one.status
    assert other.learning_rate == pytest.approx(one.learning_rate, rel=1e-6)
