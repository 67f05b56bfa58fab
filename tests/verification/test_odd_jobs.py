"""Jobs unlike those that the search was made on: whatever is confirmed or adjusted stands beside full trainings."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

import advisor
from advisor.api.advice import Advice
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.job import make_job
from advisor.training.runs import Run, recipe_of
from advisor.training.sequential import SequentialTrainer

WORSE = 0.10
"""Share of the loss that a better rate of the grid may make up, beside its error."""
SEEDS = (1_001, 1_002, 1_003)
"""Of the grid, other ones than the trials have."""


@dataclass(frozen=True)
class OddJob:
    """A job with as many fresh samples as the grid needs to be sure."""

    model: Callable[[], nn.Module]
    train: Any
    test: Any
    loss: Any
    plan: dict[str, Any]


def net(inputs: int = 6, outputs: int = 1) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, 24), nn.ReLU(), nn.Linear(24, outputs))


def rows(count: int, seed: int, *, noise: float = 0.3, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    drawn = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 6, generator=drawn)
    y = torch.sin(2 * x[:, :1]) + x[:, 1:2] * x[:, 2:3] + noise * torch.randn(count, 1, generator=drawn)
    return x, scale * y


def labels(count: int, seed: int, *, flipped: float = 0.0) -> tuple[Tensor, Tensor]:
    x, y = rows(count, seed)
    flips = torch.rand(count, generator=torch.Generator().manual_seed(seed + 100)) < flipped
    return x, ((y[:, 0] > 0) ^ flips).long()


def with_outliers(count: int, seed: int) -> tuple[Tensor, Tensor]:
    x, y = rows(count, seed)
    y[::97] += 80.0
    return x, y


def quantile(model: nn.Module, batch: Any) -> Tensor:
    error = batch[1] - model(batch[0])
    return torch.maximum(0.9 * error, -0.1 * error).mean()


def likelihood(model: nn.Module, batch: Any) -> Tensor:
    mean, spread = model(batch[0]).chunk(2, 1)
    return ((batch[1] - mean) ** 2 / (2 * torch.exp(2 * spread)) + spread).mean()


def total(model: nn.Module, batch: Any) -> Tensor:
    return F.mse_loss(model(batch[0]), batch[1], reduction="sum")


def ranking(model: nn.Module, batch: Any) -> Tensor:
    scores, targets = model(batch[0])[:, 0], batch[1][:, 0]
    return F.softplus(-(scores[:, None] - scores[None, :]))[targets[:, None] > targets[None, :]].mean()


PLAN = {"epochs": 8, "batch_size": 32}
JOBS = {
    "quantile": OddJob(net, rows(300, 0), rows(1_500, 1), quantile, PLAN),
    "negative likelihood": OddJob(
        lambda: net(outputs=2), rows(300, 0, scale=0.02), rows(1_500, 1, scale=0.02), likelihood, PLAN
    ),
    "sum over the batch": OddJob(net, rows(320, 0), rows(1_600, 1), total, PLAN),
    "ranking": OddJob(net, rows(320, 0), rows(1_600, 1), ranking, PLAN),
    "target of a millionth": OddJob(net, rows(300, 0, scale=1e-6), rows(1_500, 1, scale=1e-6), "mse", PLAN),
    "target of a million": OddJob(net, rows(300, 0, scale=1e6), rows(1_500, 1, scale=1e6), "mse", PLAN),
    "outliers": OddJob(net, with_outliers(400, 0), with_outliers(2_000, 1), "mse", PLAN),
    "labels of which 45 % are wrong": OddJob(
        lambda: net(outputs=2), labels(300, 0, flipped=0.45), labels(1_500, 1, flipped=0.45), "cross_entropy", PLAN
    ),
    "one pass": OddJob(lambda: net(outputs=2), labels(300, 0), labels(1_500, 1), "cross_entropy", PLAN | {"epochs": 1}),
    "twenty rows": OddJob(net, rows(20, 0), rows(1_500, 1), "mse", {"epochs": 30, "batch_size": 4}),
}


def excess(job: OddJob, advice: Advice) -> tuple[float, float, float]:
    """Return how far the advised rate ends above the best of seven full trainings.

    Returns:
        As a share, twice its error, and the best rate.
    """
    rec = advice.recommendation
    assert rec.batch_size is not None
    assert rec.total_steps is not None
    grid = make_job(
        *(job.model, job.train, job.loss),
        validation=job.test,
        batch_size=rec.batch_size,
        total_steps=rec.total_steps,
    )
    rates = [rec.learning_rate * 10 ** (place / 2) for place in range(-3, 4)]
    runs, recipe = [Run(rate, seed) for rate in rates for seed in SEEDS], recipe_of(rec)
    trainer = BatchedTrainer if isinstance(job.loss, str) else SequentialTrainer
    found = trainer(grid).train(recipe, runs, rec.total_steps, seed=0).losses
    losses = np.array([math.inf if loss is None else loss for loss in found]).reshape(len(rates), len(SEEDS))
    best = int(np.argmin(losses.mean(axis=1)))
    if not np.isfinite(losses[3]).all():
        return math.inf, 0.0, rates[best]
    differences = losses[3] - losses[best]
    reach = abs(grid.loss_to_beat(SEEDS) - float(losses[best].mean()))
    size = max(abs(float(losses[best].mean())), 0.1 * reach)
    error = 2.0 * float(differences.std(ddof=1)) / math.sqrt(len(SEEDS))
    return float(differences.mean()) / size, error / size, rates[best]


@pytest.mark.parametrize("name", JOBS)
def test_what_is_said_with_certainty_is_near_the_best_of_full_trainings(name: str) -> None:
    job = JOBS[name]
    advice = advisor.advise(
        job.model, job.train, job.loss, budget="quick", optimizer="adamw", schedule="cosine", **job.plan
    )
    above, error, best = excess(job, advice)
    verdict = advice.verdict
    if verdict.status == "confirmed":
        assert above <= max(WORSE, error)
    elif verdict.status == "adjusted":  # what ends lower was found; how near the best lies is what the interval says
        assert above <= max(WORSE, error) or verdict.interval.lower <= best <= verdict.interval.upper
