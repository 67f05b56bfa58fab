"""A budget in seconds is used for what makes the answer surer, and for nothing else."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from advisor.results import Interval, Recommendation, Verdict
from advisor.training.compute_budget import ComputeBudget, affordable
from advisor.training.job import Job, make_job
from advisor.training.step_time import MeasuredStep
from advisor.verification.trials import check_rate

STEPS = 100
STEP = 1e9
"""Operations that a step is said to take; no clock is looked at."""


def job() -> Job:
    drawn = torch.Generator().manual_seed(0)
    x = torch.randn(300, 4, generator=drawn)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5], [0.0]]) + 0.5 * torch.randn(300, 1, generator=drawn)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    return make_job(model, (x, y), "mse", batch_size=20, total_steps=STEPS)


RULES = Recommendation(
    learning_rate=1e-2, interval=Interval(lower=2e-3, upper=5e-2), optimizer="adamw", schedule="cosine"
)


def checked(trainings: float, *, timed: bool = True, rules: Recommendation = RULES) -> tuple[Verdict, float]:
    """Return the verdict of a check that may spend so many full trainings, and what it has spent of that."""
    made = job()
    compute = ComputeBudget(probe=0.0, trials=trainings * STEPS * STEP, step=MeasuredStep(STEP), timed=timed)
    verdict = check_rate(made, rules, compute, budget=trainings).verdict
    return verdict, (verdict.cost or 0.0) / trainings


@pytest.mark.parametrize("trainings", [0.6, 2.0, 4.0, 12.0])
def test_most_of_a_number_of_seconds_is_used(trainings: float) -> None:
    verdict, used = checked(trainings)
    assert 0.6 < used <= 1.0  # what is left pays for no further trial
    assert {len(trial.losses) for trial in verdict.trials} == {verdict.seeds}


def test_longer_trials_follow_short_ones() -> None:
    verdict, _ = checked(4.0)
    assert "shorter_trials_first" in {note.code for note in verdict.notes}


def test_a_budget_without_end_is_not_used_up() -> None:
    verdict, used = checked(300.0)
    assert verdict.steps == STEPS
    assert verdict.seeds == 5
    assert used < 0.4


def test_a_named_budget_is_not_used_up() -> None:
    verdict, used = checked(4.0, timed=False)
    assert used < 0.8
    assert not {note.code for note in verdict.notes} & {"shorter_trials_first", "fewer_seeds_first"}


def test_what_diverged_runs_leave_of_a_measured_budget_pays_for_further_rates() -> None:
    too_high = RULES.replaced(optimizer="sgd", learning_rate=30.0, interval=Interval(lower=6.0, upper=150.0))
    verdict, used = checked(1.24, timed=False, rules=too_high)
    rates = [trial for trial in verdict.trials if trial.role == "candidate"]
    assert len(rates) > 3  # as many as the whole budget pays for where all train to the end
    assert used <= 1.0


def test_seconds_that_pay_for_two_rates_try_two() -> None:
    made = job()
    few = ComputeBudget(probe=0.0, trials=0.6 * STEPS * STEP, step=MeasuredStep(STEP), timed=True)
    plan = affordable(made, few, batched=False)
    assert plan is not None
    assert plan.rates == 2
    verdict, _ = checked(0.6)
    assert len(verdict.trials) >= 2
