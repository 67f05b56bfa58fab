"""A check ends by its deadline or at Ctrl-C, with the best answer so far and with what it lacks."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

import advisor
from advisor.api.advice import Advice
from advisor.training import deadline as deadlines

X = torch.randn(240, 4, generator=torch.Generator().manual_seed(0))
Y = X @ torch.tensor([[1.0], [-2.0], [0.5], [0.0]])
STEP = 10.0
"""Seconds that a batch takes by the clock of these tests."""


class Time:
    """A clock that only the loss moves on, and which can interrupt."""

    def __init__(self) -> None:
        self.now = 0.0
        self.batches = 0
        self.interrupt_at: int | None = None

    def loss(self, model: nn.Module, batch: Any) -> Tensor:
        self.batches += 1
        self.now += STEP
        if self.batches == self.interrupt_at:
            raise KeyboardInterrupt
        return F.mse_loss(model(batch[0]), batch[1])


@pytest.fixture
def time_of_test(monkeypatch: pytest.MonkeyPatch) -> Time:
    found = Time()
    for name in ("perf_counter", "process_time"):
        monkeypatch.setattr(f"time.{name}", lambda: found.now)
    monkeypatch.setattr(deadlines.Deadline.__init__, "__defaults__", (float("inf"), lambda: found.now))
    return found


def advised(clock: Time, budget: Any, epochs: float = 10) -> Advice:
    torch.manual_seed(0)  # the model starts alike, so that two checks take as many batches
    return advisor.advise(
        nn.Linear(4, 1), (X, Y), clock.loss, epochs=epochs, batch_size=24, budget=budget, optimizer="sgd"
    )


def codes(advice: Advice) -> set[str]:
    return {one.code for one in (*advice.verdict.reasons, *advice.verdict.notes)}


@pytest.mark.parametrize("budget", [1.0, 30.0, 300.0, 3_000.0, 30_000.0])
def test_a_budget_in_seconds_holds_to_a_step(time_of_test: Time, budget: float) -> None:
    advice = advised(time_of_test, budget)
    assert time_of_test.now <= 1.1 * budget + 2 * STEP  # one batch is tried before anything is timed
    assert advice.verdict.seconds is None or advice.verdict.seconds <= 1.1 * budget + STEP
    if not advice.verdict.trials:
        assert advice.verdict.status == "not_run"
        assert codes(advice) & {"out_of_time", "steps_too_dear"}


def test_seconds_enough_for_trials_buy_them(time_of_test: Time) -> None:
    advice = advised(time_of_test, 30_000.0)
    assert advice.verdict.trials
    assert advice.verdict.status != "not_run"


@pytest.mark.parametrize("budget", [25_000.0, 40_000.0])
def test_seconds_that_are_given_are_used(time_of_test: Time, budget: float) -> None:
    advised(time_of_test, budget, epochs=40)
    assert time_of_test.now >= 2 / 3 * budget


def test_an_ensemble_that_looks_at_its_runs_ends_before_the_deadline(time_of_test: Time) -> None:
    assert advised(time_of_test, 4_500.0, epochs=40).verdict.trials


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.95])
def test_an_interruption_leaves_a_valid_advice_that_says_what_it_lacks(time_of_test: Time, share: float) -> None:
    whole = advised(time_of_test, 30_000.0)
    time_of_test.interrupt_at = 2 + round(share * time_of_test.batches)
    time_of_test.batches = 0
    found = advised(time_of_test, 30_000.0)
    assert "interrupted" in codes(found)
    assert len(found.verdict.trials) <= len(whole.verdict.trials)
    assert found.verdict.status == "not_run" or len(found.verdict.trials) >= 2
    assert Advice.from_json(found.to_json()).recommendation == found.recommendation
    assert "stopped the check" in found.verdict.reason + " ".join(map(str, found.verdict.notes)) + found.explain()


def test_an_interruption_before_any_trial_leaves_the_rules_answer(time_of_test: Time) -> None:
    time_of_test.interrupt_at = 1
    advice = advised(time_of_test, "quick")
    assert advice.verdict.status == "not_run"
