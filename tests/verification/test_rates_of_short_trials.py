"""Rates of trials shorter than the run stand in a verdict as the full run would take them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import nn

import advisor
from advisor.verification import trials
from advisor.verification.point import Point


def test_rates_of_short_trials_are_told_for_the_full_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[float] = []
    search = trials.search

    def watched(train, *given, **named):  # type: ignore[no-untyped-def]
        def watching(log_rates: Sequence[float], share: float, what: str) -> Sequence[Point]:
            trained.extend(np.exp(log_rates))
            return train(log_rates, share, what)

        return search(watching, *given, **named)

    monkeypatch.setattr(trials, "search", watched)
    draw = np.random.default_rng(0)
    inputs = draw.normal(size=(400, 10)).astype("float32")
    targets = (inputs[:, :1] + 0.5 * draw.normal(size=(400, 1))).astype("float32")
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(10, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 1))
    advice = advisor.advise(
        model,
        (inputs, targets),
        loss="mse",
        epochs=200,
        batch_size=16,
        optimizer="adamw",
        schedule="constant",
        budget="quick",
    )
    verdict = advice.verdict
    assert verdict.steps is not None
    assert verdict.full_steps is not None
    assert verdict.steps < verdict.full_steps
    shift = (verdict.full_steps / verdict.steps) ** -0.7
    told = [trial.learning_rate for trial in verdict.trials if trial.role == "candidate"]
    assert told == pytest.approx(sorted(rate * shift for rate in trained))
    assert min(told) / 2 < verdict.learning_rate < max(told) * 2
