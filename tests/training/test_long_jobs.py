"""A long training is checked at a price one pays: a small share of it, and less than that beyond an hour."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

import advisor
from advisor.training import deadline as deadlines
from advisor.training.compute_budget import BUDGETS, LONG

X = torch.randn(240, 4, generator=torch.Generator().manual_seed(0))
Y = X @ torch.tensor([[1.0], [-2.0], [0.5], [0.0]])
STEPS = 4_000
HOUR = 3_600.0


@pytest.mark.parametrize(
    ("hours", "budget", "share"),
    [
        (0.25, "standard", 0.15),
        (0.25, "quick", 0.03),
        (1.0, "standard", 0.15),
        (16.0, "standard", 0.15 / 4),
        (16.0, "quick", 0.03 / 4),
    ],
)
def test_a_check_of_a_long_training_stays_within_its_share(
    monkeypatch: pytest.MonkeyPatch, hours: float, budget: Any, share: float
) -> None:
    now = [0.0]
    step = hours * HOUR / STEPS

    def loss(model: nn.Module, batch: Any) -> Tensor:
        now[0] += step if torch.is_grad_enabled() else step / 3.0  # a forward pass is a third of a step
        return F.mse_loss(model(batch[0]), batch[1])

    for name in ("perf_counter", "process_time", "thread_time"):
        monkeypatch.setattr(f"time.{name}", lambda: now[0])
    monkeypatch.setattr(deadlines.Deadline.__init__, "__defaults__", (math.inf, lambda: now[0]))
    advice = advisor.advise(nn.Linear(4, 1), (X, Y), loss, steps=STEPS, batch_size=24, budget=budget, optimizer="sgd")
    assert now[0] <= (1.1 * share + 5 / STEPS) * hours * HOUR
    assert advice.verdict.plan is not None
    assert advice.verdict.plan.training_seconds == pytest.approx(hours * HOUR, rel=0.01)
    assert advice.verdict.plan.check_seconds <= 1.1 * share * hours * HOUR
    if budget == "standard":
        assert advice.verdict.trials


@pytest.mark.parametrize("name", BUDGETS)
def test_what_a_budget_buys_grows_with_the_training_and_beyond_an_hour_with_its_root(name: str) -> None:
    limits = BUDGETS[name]
    trainings = [LONG * 2.0**power for power in range(-20, 12)]
    work = [limits.work(training) for training in trainings]
    assert work == sorted(work)
    assert limits.work(100 * LONG) == pytest.approx(max(limits.most, 10 * limits.long_share * LONG))
