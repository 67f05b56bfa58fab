"""Optimizers and schedules left open compete in trials; what the user fixed does not."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import advisor
from advisor.facts import Plan
from advisor.results import Interval, Recommendation, Verdict
from advisor.training.compute_budget import PLANS, ComputeBudget, compute_budget
from advisor.training.job import Job, make_job
from advisor.training.step_cost import step_operations
from advisor.verification.belief import Belief
from advisor.verification.decision import TOLERANCE, Decision
from advisor.verification.rivals import _winner, try_rivals
from tests.verification.seen import seen_of


def job() -> Job:
    drawn = torch.Generator().manual_seed(0)
    x = torch.randn(200, 4, generator=drawn)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5], [0.0]])
    return make_job(nn.Linear(4, 1), (x, y), "mse", batch_size=20, total_steps=60)


def codes(verdict: Verdict) -> set[str]:
    return {one.code for one in verdict.reasons}


def recipe(optimizer: str, rate: float, **settings: object) -> Recommendation:
    interval = Interval(lower=rate / 1.5, upper=rate * 1.5)
    return Recommendation(learning_rate=rate, interval=interval, optimizer=optimizer, schedule="cosine", **settings)


GOOD = recipe("sgd", 0.1, momentum=0.9)
HOPELESS = recipe("adagrad", 1e-9)
"""So slow that even the furthest extension of the search learns little."""
LEANEST = next(plan for plan in reversed(PLANS) if plan.share == 1.0)


@pytest.mark.parametrize("candidates", [(GOOD, HOPELESS), (HOPELESS, GOOD)])
def test_the_better_one_wins_wherever_it_stands(candidates: tuple[Recommendation, Recommendation]) -> None:
    made = job()
    chosen, verdict = try_rivals(made, candidates, compute_budget("standard", made), budget="standard")
    assert chosen.optimizer == "sgd"
    assert {trial.optimizer for trial in verdict.trials if trial.role == "candidate"} == {"sgd"}
    assert {trial.optimizer for trial in verdict.trials if trial.role == "rival"} == {"adagrad"}
    assert sum(trial.role == "default" for trial in verdict.trials) <= 1
    assert verdict.proposed == candidates[0].learning_rate
    compared = [dict(one.values)["optimizer"] for one in verdict.reasons if one.code == "lowest_loss_of_recipe"]
    assert compared == [one.optimizer for one in candidates]
    assert ("rival_won" in codes(verdict)) == (candidates[0] is HOPELESS)
    assert ("rivals_lost" in codes(verdict)) == (candidates[0] is GOOD)
    if candidates[0] is HOPELESS:
        assert verdict.status == "adjusted"


def test_a_rival_costs_its_trials() -> None:
    made = job()
    alone = try_rivals(made, (GOOD,), compute_budget("standard", made), budget="standard")[1]
    both = try_rivals(made, (GOOD, HOPELESS), compute_budget("standard", made), budget="standard")[1]
    assert both.gradient_samples > alone.gradient_samples
    assert not [trial for trial in alone.trials if trial.role == "rival"]


def test_a_budget_that_is_too_small_for_both_goes_to_the_first() -> None:
    made = job()
    step = step_operations(made)
    small = ComputeBudget(0.0, 1.01 * LEANEST.work(step.cost(batched=True)) * made.total_steps, step)
    chosen, verdict = try_rivals(made, (HOPELESS, GOOD), small, budget="quick")
    assert chosen.optimizer == "adagrad"
    assert {trial.role for trial in verdict.trials} == {"candidate"}


def advice(**settings: object) -> advisor.Advice:
    drawn = torch.Generator().manual_seed(1)
    x = torch.randn(300, 6, generator=drawn)
    y = (x[:, 0] * x[:, 1] > 0).long()
    net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))
    return advisor.advise(net, (x, y), "cross_entropy", plan=Plan(epochs=10, batch_size=32, **settings))


def test_what_is_open_is_tried_and_what_is_fixed_is_not() -> None:
    free = advice()
    tried = {(trial.optimizer, trial.schedule) for trial in free.verdict.trials if trial.role != "default"}
    assert {optimizer for optimizer, _ in tried} == {"adamw", "sgd"}
    assert len(tried) >= 2
    fixed = advice(optimizer="adamw", schedule="cosine")
    assert {(t.optimizer, t.schedule) for t in fixed.verdict.trials if t.role != "default"} == {("adamw", "cosine")}
    rate = advice(learning_rate=1e-3)
    assert len({(t.optimizer, t.schedule) for t in rate.verdict.trials if t.role != "default"}) == 1


def test_a_winner_is_traced_to_the_trials() -> None:
    found = advice()
    proposed = advisor.recommend(found.facts.data, found.facts.model, found.facts.plan)
    by = {choice.setting: choice.by for choice in found.recommendation.trace.choices}
    for setting in ("optimizer", "schedule"):
        same = getattr(found.recommendation, setting) == getattr(proposed, setting)
        assert by[setting] == ("rule" if same else "trials")


def test_a_lead_within_the_error_of_the_losses_changes_nothing() -> None:
    def decision(lowest: float, noise: float) -> Decision:
        interval = Interval(lower=1e-3, upper=1e-1)
        seen = seen_of({1e-2: lowest}, noise=noise, unit=1.0)
        return Decision(-4.6, interval, 0.0, 0.0, seen, Belief(-4.6, 1.0))

    assert _winner([decision(0.0, 0.01), decision(-0.01, 0.01)]) == 0
    assert _winner([decision(0.0, 0.01), decision(-0.1, 0.01)]) == 1
    assert _winner([decision(0.0, 0.2), decision(-0.1, 0.01)]) == 0
    assert _winner([decision(0.0, 0.0), decision(-TOLERANCE / 2, 0.0)]) == 0
    assert _winner([None, decision(5.0, 0.1)]) == 1
    assert _winner([None, None]) == 0
