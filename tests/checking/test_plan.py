"""The plan of a check is told before its trials, kept in the result, and repeats the check whatever the clock says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

import advisor
from advisor.api.advice import Advice
from advisor.errors import PlanError
from advisor.results import CheckPlan
from advisor.training import deadline as deadlines

X = torch.randn(120, 4, generator=torch.Generator().manual_seed(0))
Y = X @ torch.tensor([[1.0], [-2.0], [0.5], [0.0]])


class Time:
    """A clock that only the loss moves on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.batches = 0
        self.step = 10.0

    def loss(self, model: nn.Module, batch: Any) -> Tensor:
        self.batches += 1
        self.now += self.step
        return F.mse_loss(model(batch[0]), batch[1])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    found = Time()
    for name in ("perf_counter", "process_time", "thread_time"):
        monkeypatch.setattr(f"time.{name}", lambda: found.now)
    monkeypatch.setattr(deadlines.Deadline.__init__, "__defaults__", (float("inf"), lambda: found.now))
    return found


class Listener:
    """Progress that is told of plans."""

    def __init__(self, clock: Time) -> None:
        self.clock, self.plans, self.batches = clock, list[CheckPlan](), list[int]()

    def __call__(self, message: str, share: float | None) -> None: ...

    def planned(self, plan: CheckPlan) -> None:
        self.plans.append(plan)
        self.batches.append(self.clock.batches)


def advised(clock: Time, **settings: Any) -> Advice:
    torch.manual_seed(0)
    return advisor.advise(nn.Linear(4, 1), (X, Y), clock.loss, epochs=10, batch_size=24, optimizer="sgd", **settings)


@pytest.mark.parametrize(("budget", "step"), [("quick", 0.05), (20_000.0, 10.0)])
def test_a_plan_repeats_its_check_bit_for_bit_on_another_clock(
    clock: Time, budget: Any, step: float, tmp_path: Path
) -> None:
    clock.step = step
    first = advised(clock, budget=budget)
    first.to_json(tmp_path / "first.advisor.json")
    clock.step = 7.0 * step
    assert first.verdict.trials
    again = advised(clock, plan_from=tmp_path / "first.advisor.json")
    assert again.to_json() == first.to_json()
    assert advised(clock, budget=budget).verdict.seconds != first.verdict.seconds


def test_a_plan_is_told_before_the_trials_and_kept(clock: Time) -> None:
    listener = Listener(clock)
    clock.step = 0.2
    advice = advised(clock, budget="quick", progress=listener)
    (plan,) = listener.plans
    assert listener.batches[0] < clock.batches
    assert plan == advice.verdict.plan
    assert plan.rounds is not None
    assert plan.measured
    assert plan.training_seconds == pytest.approx(plan.total_steps * clock.step, rel=0.1)
    assert plan.rounds.rates <= len(advice.verdict.trials)
    assert "Plan: one full training takes" in advice.explain()


def test_the_linear_model_beside_it_is_repeated_as_well(clock: Time) -> None:
    torch.manual_seed(0)
    made = {"epochs": 10, "batch_size": 24, "optimizer": "sgd"}
    first = advisor.advise("mlp:4", (X, Y[:, 0]), "mse", budget="quick", **made)
    assert first.baseline is not None
    assert first.baseline.verdict.plan is not None
    torch.manual_seed(0)
    assert advisor.advise("mlp:4", (X, Y[:, 0]), "mse", plan_from=first, **made).to_json() == first.to_json()


def test_the_plan_of_another_job_is_refused(clock: Time) -> None:
    first = advised(clock, budget="quick")
    with pytest.raises(PlanError, match="plan_from: its plan was made for batch_size=24, and this job has 12"):
        advisor.advise(nn.Linear(4, 1), (X, Y), clock.loss, epochs=10, batch_size=12, plan_from=first)


def test_a_result_without_a_plan_and_another_budget_are_refused(clock: Time) -> None:
    first = advised(clock, budget="quick")
    with pytest.raises(PlanError, match="plan_from repeats a check of budget 'quick'; leave budget out"):
        advised(clock, plan_from=first, budget="thorough")
    with pytest.raises(PlanError, match="holds no plan"):
        advised(clock, plan_from=advised(clock, budget="none"))
