"""What a budget buys: seeds and rounds go before rates, and rates before the length of trials."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn

from advisor.errors import PlanError
from advisor.verification.budget import (
    BUDGETS,
    MIN_STEPS,
    PLANS,
    PROBE_SHARE,
    Purse,
    TrialPlan,
    affordable,
    spending_of,
    step_cost,
)
from advisor.verification.job import Job, make_job


def job(total_steps: int = 200, width: int = 1) -> Job:
    x = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    model = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, 1))
    return make_job(model, (x, x[:, :1]), "mse", batch_size=16, total_steps=total_steps)


def test_more_budget_buys_no_less() -> None:
    costs = [plan.work(step_cost(job(), batched=True)) for plan in PLANS]
    assert all(richer > leaner for richer, leaner in itertools.pairwise(costs))
    shares = [plan.share for plan in PLANS]
    assert shares == sorted(shares, reverse=True)
    assert all(plan.seeds == 1 for plan in PLANS if plan.share < 1)


@pytest.mark.parametrize("budget", ["quick", "standard", "thorough"])
@pytest.mark.parametrize("width", [1, 64, 1024])
def test_the_plan_fits_the_budget(budget: str, width: int) -> None:
    made = job(2_000, width)
    work = spending_of(budget, made).trials
    plan = affordable(made, work, batched=True)
    assert plan is not None
    cost = step_cost(made, batched=True)
    assert plan.work(cost) * made.total_steps <= work * 1.001
    richer = PLANS[PLANS.index(plan) - 1] if plan in PLANS and PLANS.index(plan) else None
    assert richer is None or richer.work(cost) * made.total_steps > work


def test_a_large_model_gets_trials_as_long_as_the_work_lasts() -> None:
    made = job(10_000, 256)
    each = TrialPlan(1.0, PLANS[-1].rates, compared=False).work(step_cost(made, batched=True))
    plan = affordable(made, each * 100, batched=True)
    assert plan is not None
    assert plan.share == pytest.approx(0.01)
    assert affordable(made, each * (MIN_STEPS - 1), batched=True) is None


def test_a_short_run_is_never_cut_below_what_trains_at_all() -> None:
    made = job(MIN_STEPS)
    plan = affordable(made, spending_of("quick", made).trials, batched=True)
    assert plan is not None
    assert plan.share == 1.0


def test_one_after_another_costs_as_much_as_alone() -> None:
    cost = step_cost(job(), batched=False)
    assert cost.of(7) == 7 * cost.alone
    assert step_cost(job(), batched=True).of(7) < cost.of(7)


def test_a_purse_has_a_floor_and_a_ceiling() -> None:
    purse = Purse(trainings=1.0, least=10.0, most=100.0)
    assert [purse.work(training) for training in (1.0, 50.0, 1000.0)] == [10.0, 50.0, 100.0]
    assert BUDGETS["quick"].least < BUDGETS["standard"].least < BUDGETS["thorough"].least


def test_seconds_are_shared_between_probe_and_trials() -> None:
    spending = spending_of(5.0, job())
    assert spending.timed
    assert spending.probe / (spending.trials + spending.probe) == pytest.approx(PROBE_SHARE)
    assert not spending_of("quick", job()).timed
    with pytest.raises(PlanError, match="positive number of seconds"):
        spending_of(-1.0, job())
