"""A run's result is the same to the last bit whoever trains beside it: alone, with others, or after others left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.batched.ensemble_state import EnsembleState
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.job import Job, make_job
from advisor.training.pruning import Pruning, PruningRecord
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer

DRAWN = torch.Generator().manual_seed(0)
ROWS = torch.randn(160, 20, generator=DRAWN)
CLASSES = (ROWS[:, 0] > 0).long() + (ROWS[:, 1] > 0.5).long()
PICTURES = torch.randn(160, 3, 9, 9, generator=DRAWN)
WORDS = torch.randint(0, 30, (160, 7), generator=DRAWN)


class Encoder(nn.Module):
    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.embed = nn.Embedding(30, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 12, dropout=dropout, batch_first=True)
        self.body = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(self.embed(x)).mean(1))


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(30, 8)
        self.body = nn.LSTM(8, 8, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(self.embed(x))[0][:, -1])


class Drawing(nn.Module):
    """Draws at random in evaluation too, as a variational autoencoder does."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(20, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x + 0.1 * torch.randn_like(x))


def convolution() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))
    )


# Odd widths, so that the ends of tensors fall in the middle of vector registers.
MODELS: dict[str, tuple[Callable[[], nn.Module], Tensor]] = {
    "layers": (lambda: nn.Sequential(nn.Linear(20, 13), nn.Tanh(), nn.LayerNorm(13), nn.Linear(13, 3)), ROWS),
    "dropout": (lambda: nn.Sequential(nn.Linear(20, 13), nn.GELU(), nn.Dropout(0.3), nn.Linear(13, 3)), ROWS),
    "batch-norm": (lambda: nn.Sequential(nn.Linear(20, 13), nn.BatchNorm1d(13), nn.SiLU(), nn.Linear(13, 3)), ROWS),
    "convolution": (convolution, PICTURES),
    "transformer": (lambda: Encoder(0.1), WORDS),
    "recurrent": (Recurrent, WORDS),
    "drawing": (Drawing, ROWS),
}
RATES = (1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1)


def job_of(name: str) -> Job:
    make, inputs = MODELS[name]
    return make_job(make, (inputs, CLASSES), "cross_entropy", batch_size=20, total_steps=30)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
@pytest.mark.parametrize("name", MODELS)
def test_members_end_alike_in_any_company(name: str, optimizer: Any) -> None:
    job = job_of(name)
    recipe = Recipe(OptimizerSettings(optimizer, momentum=0.9, weight_decay=0.01), "cosine", clip_norm=1.0)
    runs = [Run(rate, seed) for seed in (0, 1) for rate in RATES]
    together = BatchedTrainer(job).train(recipe, runs, 30, seed=0).losses
    for company in ([0], [3, 2], [7, 4, 1, 9, 2], range(6)):
        found = BatchedTrainer(job).train(recipe, [runs[place] for place in company], 30, seed=0).losses
        assert found == tuple(together[place] for place in company)


@pytest.mark.parametrize("name", MODELS)
def test_those_who_stay_end_alike_whoever_leaves(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Two of six are taken out on their way, one of them a neighbour."""
    job = job_of(name)
    recipe = Recipe(OptimizerSettings("adamw", weight_decay=0.01), "cosine")
    runs = [Run(rate, 0) for rate in RATES]
    whole = BatchedTrainer(job).train(recipe, runs, 30, seed=0).losses
    left = {RATES[0], RATES[3]}
    monkeypatch.setattr(
        PruningRecord, "to_prune", lambda _self, _step, runs: [run.learning_rate in left for run in runs]
    )
    kept_state = EnsembleState.keep
    kept: list[int] = []
    monkeypatch.setattr(EnsembleState, "keep", lambda self, rows: (kept.append(len(rows)), kept_state(self, rows))[1])
    pruned = BatchedTrainer(job).train(recipe, runs, 30, seed=0, pruning=Pruning())
    assert kept == [4]
    assert [one is not None for one in pruned.pruned] == [rate in left for rate in RATES]
    assert [loss for loss in pruned.losses if loss is not None] == [
        loss for loss, rate in zip(whole, RATES, strict=True) if rate not in left
    ]


@pytest.mark.parametrize("name", ["dropout", "transformer", "drawing"])
def test_both_trainers_draw_the_same_random_numbers(name: str) -> None:
    job = job_of(name)
    recipe = Recipe(OptimizerSettings("sgd", momentum=0.9), "cosine")
    runs = [Run(rate, seed) for rate in (1e-3, 1e-2) for seed in (0, 3)]
    ours = BatchedTrainer(job).train(recipe, runs, 30, seed=7).losses
    assert ours == pytest.approx(SequentialTrainer(job).train(recipe, runs, 30, seed=7).losses, rel=1e-3)
