"""What a budget buys: seeds and rounds go before rates, and rates before the length of trials."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch
from torch import nn

from advisor.errors import PlanError
from advisor.training.compute_budget import (
    BUDGETS,
    MIN_STEPS,
    PLANS,
    PROBE_SHARE,
    SHORT_PLAN,
    SHORT_RUN,
    BudgetLimits,
    ComputeBudget,
    TrialPlan,
    affordable,
    compute_budget,
)
from advisor.training.job import Job, make_job
from advisor.training.step_cost import step_operations


def job(total_steps: int = 200, width: int = 1) -> Job:
    x = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    model = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, 1))
    return make_job(model, (x, x[:, :1]), "mse", batch_size=16, total_steps=total_steps)


def test_more_budget_buys_no_less() -> None:
    costs = [plan.work(step_operations(job()).cost(batched=True)) for plan in PLANS]
    assert all(richer > leaner for richer, leaner in itertools.pairwise(costs))
    lengths = [plan.last_share for plan in PLANS]
    assert lengths == sorted(lengths, reverse=True)
    assert all(plan.seeds == 1 for plan in PLANS if plan.share < 1)


@pytest.mark.parametrize("budget", ["quick", "standard", "thorough"])
@pytest.mark.parametrize("width", [1, 64, 1024])
def test_the_plan_fits_the_budget(budget: str, width: int) -> None:
    made = job(2_000, width)
    compute = compute_budget(budget, made)
    plan = affordable(made, compute, batched=True)
    assert plan is not None
    cost, work = compute.step.cost(batched=True), compute.trials
    assert plan.work(cost) * made.total_steps <= work * 1.001
    if plan != compute.richest and plan in PLANS:
        richer = PLANS[PLANS.index(plan) - 1]
        assert (
            richer.work(cost, compute.judging / made.total_steps, spare=compute.is_measured) * made.total_steps > work
        )


def test_a_large_model_gets_trials_as_long_as_the_work_lasts() -> None:
    made = job(10_000, 256)
    step = step_operations(made)
    each = TrialPlan(1.0, PLANS[-1].rates, compared=False).work(step.cost(batched=True))
    plan = affordable(made, ComputeBudget(0.0, each * 100, step), batched=True)
    assert plan is not None
    assert plan.share == pytest.approx(0.01)
    assert affordable(made, ComputeBudget(0.0, each * (MIN_STEPS - 1), step), batched=True) is None


def test_a_short_run_is_never_cut_below_what_trains_at_all() -> None:
    made = job(MIN_STEPS)
    plan = affordable(made, compute_budget("quick", made), batched=True)
    assert plan is not None
    assert plan.share == 1.0


def test_one_after_another_costs_as_much_as_alone() -> None:
    step = step_operations(job())
    cost = step.cost(batched=False)
    assert cost.of(7) == 7 * cost.alone
    assert step.cost(batched=True).of(7) < cost.of(7)


def test_the_work_of_any_model_is_counted() -> None:
    class Images(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.enter, self.leave = nn.Conv2d(1, 8, 3, padding=1), nn.Linear(8, 2)

        def forward(self, picture: torch.Tensor) -> torch.Tensor:
            return self.leave(self.enter(picture).mean((2, 3)))

    batches = [{"picture": torch.randn(4, 1, 16, 16), "label": torch.randint(0, 2, (4,))} for _ in range(8)]

    def loss(model: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return nn.functional.cross_entropy(model(batch["picture"]), batch["label"])

    made = make_job(Images(), batches, loss, batch_size=4, total_steps=10)
    before = torch.get_rng_state()
    found = step_operations(made)
    assert torch.equal(torch.get_rng_state(), before)
    # Forward and the gradient of the weights: two products for every pixel and weight of the convolution.
    assert found.products >= 2 * 2 * 4 * 16 * 16 * 8 * 9
    assert found.calls > 10
    assert found.elements > 4 * 8 * 16 * 16


def test_a_purse_has_a_floor_and_a_ceiling() -> None:
    limits = BudgetLimits(trainings=1.0, least=10.0, most=100.0)
    assert [limits.work(training) for training in (1.0, 50.0, 1000.0)] == [10.0, 50.0, 100.0]
    assert BUDGETS["quick"].least < BUDGETS["standard"].least < BUDGETS["thorough"].least


def test_seconds_are_shared_between_probe_and_trials() -> None:
    ticks = itertools.count()
    compute = compute_budget(5.0, job(), lambda: next(ticks) * 1e-3)
    assert compute.timed
    assert compute.probe / (compute.trials + compute.probe) == pytest.approx(PROBE_SHARE)
    assert not compute_budget("quick", job()).timed
    with pytest.raises(PlanError, match="positive number of seconds"):
        compute_budget(-1.0, job())


def test_a_short_run_has_full_trials_unless_they_pass_the_ceiling() -> None:
    short = job(total_steps=SHORT_RUN - 1)
    compute = replace(compute_budget("standard", short), trials=1.0)
    assert affordable(short, compute, batched=False) == SHORT_PLAN
    assert affordable(short, replace(compute, timed=True), batched=False) is None
    long = job(total_steps=SHORT_RUN)
    assert affordable(long, replace(compute_budget("standard", long), trials=1.0), batched=False) is None


def test_a_short_run_has_parts_of_it_where_the_budget_pays_for_those() -> None:
    short = job(total_steps=SHORT_RUN - 22)
    cost = step_operations(short).cost(batched=False)
    compute = replace(compute_budget("quick", short), trials=0.55 * cost.alone * short.total_steps, judging=0.0)
    plan = affordable(short, compute, batched=False)
    assert plan is not None
    assert MIN_STEPS <= plan.share * short.total_steps < 0.2 * short.total_steps
    assert plan.work(cost) * short.total_steps <= compute.trials * 1.001


def test_a_lean_budget_of_a_short_run_costs_no_more_than_a_standard_one() -> None:
    short = job(total_steps=55, width=4_000)
    seconds = itertools.count(step=0.35)  # too long for an ensemble to be timed
    quick, standard = (compute_budget(name, short, lambda: next(seconds)) for name in ("quick", "standard"))
    cost, work = standard.step.cost(batched=True), list[float]()
    for compute in (quick, standard):
        plan = affordable(short, compute, batched=True)
        assert plan is not None
        assert plan.share < 1.0
        work.append(plan.work(cost) * short.total_steps)
    assert work[0] <= work[1]


def test_a_plan_is_settled_on_the_longest_second_round_that_is_paid_for() -> None:
    plan = TrialPlan(1 / 8, 3, refinements=2, refinement_shares=(0.5, 0.4, 0.3), compared=False)
    cost = step_operations(job()).cost(batched=False)
    shares = [plan.settled(cost, 0.0, trainings * cost.alone).last_share for trainings in (2.0, 1.3, 1.2, 0.1)]
    assert shares == [0.5, 0.4, 0.4, 0.3]
    assert TrialPlan(1.0, 4).settled(cost, 0.0, cost.alone) == TrialPlan(1.0, 4)


def test_the_shortest_trials_may_pass_a_named_budget_by_a_little() -> None:
    made = job(total_steps=SHORT_RUN)
    cost = step_operations(made).cost(batched=False)
    nearly = ComputeBudget(0.0, 0.8 * PLANS[-1].rates * MIN_STEPS * cost.alone, step_operations(made), judging=0.0)
    plan = affordable(made, nearly, batched=False)
    assert plan is not None
    assert round(plan.share * made.total_steps) == MIN_STEPS
    timed = affordable(made, replace(nearly, timed=True), batched=False)
    assert timed is not None
    assert (timed.rates, timed.work(cost) * made.total_steps <= nearly.trials) == (2, True)
    assert affordable(made, replace(nearly, trials=nearly.trials / 2), batched=False) is None
