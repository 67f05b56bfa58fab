"""Real runs of a small net: too high, too low, overfitting and healthy are told apart, and the advice helps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import torch
from torch import nn

import advisor
from advisor.results import Diagnosis

EPOCHS, BATCH, ROWS = 20, 32, 400


@cache
def blobs(label_noise: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Five overlapping clusters in twenty dimensions; some labels are drawn at random."""
    make = torch.Generator().manual_seed(7)
    labels = torch.randint(0, 5, (3 * ROWS,), generator=make)
    centers = 0.9 * torch.randn(5, 20, generator=make)
    rows = centers[labels] + torch.randn(len(labels), 20, generator=make)
    wrong = torch.rand(len(labels), generator=make) < label_noise
    return rows, torch.where(wrong, torch.randint(0, 5, labels.shape, generator=make), labels)


def train(optimizer: str, rate: float, seed: int, *, label_noise: float = 0.0, by: str = "epoch") -> Mapping[str, Any]:
    torch.manual_seed(seed)
    rows, labels = blobs(label_noise)
    net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 5))
    kinds = {"adam": torch.optim.Adam, "sgd": lambda weights, lr: torch.optim.SGD(weights, lr=lr, momentum=0.9)}
    update = kinds[optimizer](net.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(update, EPOCHS * (ROWS // BATCH + 1))
    steps, epochs = [], []
    for epoch in range(EPOCHS):
        first, used = len(steps), update.param_groups[0]["lr"]
        for chosen in torch.randperm(ROWS).split(BATCH):
            loss = nn.functional.cross_entropy(net(rows[chosen]), labels[chosen])
            update.zero_grad()
            loss.backward()
            steps.append({"step": len(steps), "loss": loss.item(), "lr": update.param_groups[0]["lr"]})
            update.step()
            schedule.step()
        mean = sum(row["loss"] for row in steps[first:]) / len(steps[first:])
        with torch.no_grad():
            held_out = nn.functional.cross_entropy(net(rows[ROWS:]), labels[ROWS:]).item()
        epochs.append({"epoch": epoch, "loss": mean, "val_loss": held_out, "lr": used})
    table = epochs if by == "epoch" else steps
    return {name: [row[name] for row in table] for name in table[0]}


def diagnosed(optimizer: str, rate: float, seed: int, **options: Any) -> Diagnosis:
    return advisor.diagnose(train(optimizer, rate, seed, **options), optimizer=optimizer)


def factor(found: Diagnosis) -> float:
    return next((change.factor or 1.0 for change in found.changes if change.setting == "learning_rate"), 1.0)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("by", ["epoch", "step"])
@pytest.mark.parametrize(("optimizer", "rate"), [("adam", 1.0), ("sgd", 3.0), ("sgd", 100.0)])
def test_a_rate_far_too_high_is_lowered(optimizer: str, rate: float, by: str, seed: int) -> None:
    found = diagnosed(optimizer, rate, seed, by=by)
    assert factor(found) <= 0.2


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("by", ["epoch", "step"])
@pytest.mark.parametrize(("optimizer", "rate"), [("adam", 1e-6), ("adam", 1e-5), ("sgd", 1e-5)])
def test_a_rate_far_too_low_is_raised(optimizer: str, rate: float, by: str, seed: int) -> None:
    found = diagnosed(optimizer, rate, seed, by=by)
    assert {symptom.name for symptom in found.present} <= {"slow", "stuck_at_chance"}
    assert factor(found) >= 3.0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("optimizer", "rate"), [("adam", 3e-3), ("sgd", 0.1)])
def test_rows_learned_by_heart_are_regularised_and_the_rate_is_kept(optimizer: str, rate: float, seed: int) -> None:
    found = diagnosed(optimizer, rate, seed, label_noise=0.4)
    assert "overfitting" in {symptom.name for symptom in found.present}
    assert factor(found) == 1.0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("optimizer", "rate"), [("adam", 1e-3), ("adam", 5e-4), ("sgd", 0.01)])
def test_a_good_rate_is_left_alone(optimizer: str, rate: float, seed: int) -> None:
    for by in ("epoch", "step"):
        found = diagnosed(optimizer, rate, seed, by=by)
        assert found.changes == (), (by, found.present)


@pytest.mark.parametrize(
    ("optimizer", "rate"),
    [
        *(("adam", rate) for rate in (1e-6, 1e-5, 1e-4, 0.3, 1.0, 10.0)),
        *(("sgd", rate) for rate in (1e-5, 1e-4, 1e-3, 1.0, 3.0, 100.0)),
    ],
)
def test_following_the_diagnosis_ends_lower(optimizer: str, rate: float) -> None:
    before = train(optimizer, rate, 0)
    found = advisor.diagnose(before, optimizer=optimizer)
    after = train(optimizer, float(found.changed_recipe.learning_rate or 0.0), 0)
    ended = before["val_loss"][-1]
    assert after["val_loss"][-1] < 0.98 * (ended if math.isfinite(ended) else 1e9)
