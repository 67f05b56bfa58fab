"""Stacked layers and vmap give the same losses and gradients, and what the stacked form cannot hold goes to vmap."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.batched import ensemble as home
from advisor.training.batched.ensemble import Ensemble
from advisor.training.batched.ensemble_state import chunks_of
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.job import make_job
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer

ADAM = Recipe(OptimizerSettings("adamw", weight_decay=0.1), "cosine", clip_norm=1.0)
X = torch.randn(120, 6, generator=torch.Generator().manual_seed(0))
CLASSES = (X[:, 0] > 0).long() + (X[:, 1] > 0.5).long()
MODELS = {
    "mlp": lambda: nn.Sequential(nn.Linear(6, 8), nn.GELU(), nn.Linear(8, 3)),
    "nested": lambda: nn.Sequential(
        nn.Flatten(), nn.Sequential(nn.Linear(6, 8, bias=False), nn.LayerNorm(8)), nn.Linear(8, 3)
    ),
    "in-place": lambda: nn.Sequential(nn.Linear(6, 8), nn.ReLU(inplace=True), nn.Linear(8, 3)),
    "bent": lambda: nn.Sequential(
        *(nn.Sequential(nn.Linear(6, 6), bend) for bend in (nn.Tanh(), nn.Sigmoid(), nn.SiLU(), nn.GELU("tanh"))),
        *(nn.LayerNorm(6, bias=False), nn.LayerNorm(6, elementwise_affine=False), nn.Identity(), nn.Dropout(0.0)),
        nn.Linear(6, 3),
    ),
}


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_stacked_layers_and_vmap_agree(monkeypatch: pytest.MonkeyPatch, model: str, loss: str, shared: bool) -> None:
    target = CLASSES if loss == "cross_entropy" else torch.randn(120, 3, generator=torch.Generator().manual_seed(1))
    job = make_job(MODELS[model], (X, target), loss, batch_size=16, total_steps=40)
    stacked = Ensemble(job)
    monkeypatch.setattr(home, "has_ensemble_form", lambda *_: False)
    mapped = Ensemble(job)
    assert stacked.has_layers
    assert not mapped.has_layers
    drawn = torch.Generator().manual_seed(2)
    batch: Any = tuple(part[:16] for part in job.train.tree)
    batch = batch if shared else tuple(torch.stack([part, part.flip(0), part.roll(3, 0)]) for part in batch)
    found = []
    for members in (stacked, mapped):
        drawn.manual_seed(2)
        weights = [torch.randn(3, *shape, generator=drawn).requires_grad_() for shape in members.shapes]
        for weight in weights:
            weight.grad = torch.full_like(weight, 7.0)
        values, _ = members.differentiate(weights, {}, batch, shared=shared)
        torch.testing.assert_close(members.losses(weights, {}, batch, shared=shared)[0].detach(), values)
        found.append((values, [weight.grad for weight in weights]))
    torch.testing.assert_close(found[0][0], found[1][0])
    for ours, theirs in zip(found[0][1], found[1][1], strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def hooked() -> nn.Module:
    model = nn.Sequential(nn.Linear(6, 3))
    model[0].register_forward_hook(lambda _module, _inputs, output: output * 1.0)
    return model


def tied() -> nn.Module:
    model = nn.Sequential(nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 6), nn.Linear(6, 3))
    model[2].weight = model[0].weight
    return model


def repeated() -> nn.Module:
    layer = nn.Linear(6, 6)
    return nn.Sequential(layer, nn.Tanh(), layer, nn.Linear(6, 3))


def normalised() -> nn.Module:
    """Without a bias in front of the norm: its gradient is rounding alone, which Adam makes full steps of."""
    return nn.Sequential(nn.Linear(6, 4, bias=False), nn.BatchNorm1d(4), nn.Linear(4, 3))


class Custom(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) - self.layer(x).mean(0)


@pytest.mark.parametrize(
    "model",
    [hooked, tied, repeated, Custom, normalised],
    ids=["hook", "tied", "repeated", "custom", "batch-norm"],
)
def test_what_has_no_stacked_form_goes_to_vmap_and_equals_torch(model: Any) -> None:
    job = make_job(model, (X, CLASSES), "cross_entropy", batch_size=16, total_steps=40)
    runs = [Run(rate, seed) for rate in (1e-3, 1e-2) for seed in (0, 1)]
    trainer = BatchedTrainer(job)
    assert not trainer.members.has_layers
    ours = trainer.train(ADAM, runs, 25, seed=0)
    assert ours.losses == pytest.approx(SequentialTrainer(job).train(ADAM, runs, 25, seed=0).losses, rel=2e-3)


def test_labels_that_are_ignored_go_to_vmap() -> None:
    labels = CLASSES.clone()
    labels[::5] = -100
    job = make_job(MODELS["mlp"], (X, labels), "cross_entropy", batch_size=16, total_steps=40)
    assert not Ensemble(job).has_layers


def test_frozen_weights_that_are_drawn_anew_differ_between_seeds() -> None:
    def make() -> nn.Module:
        model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
        model[0].requires_grad_(requires_grad=False)
        return model

    job = make_job(make, (X, CLASSES), "cross_entropy", batch_size=16, total_steps=40)
    runs = [Run(1e-2, seed) for seed in (0, 1, 2)]
    ours = BatchedTrainer(job).train(ADAM, runs, 25, seed=0)
    assert ours.losses == pytest.approx(SequentialTrainer(job).train(ADAM, runs, 25, seed=0).losses, rel=2e-3)


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_runs_in_chunks_end_as_they_do_together(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    job = make_job(MODELS["mlp"], (X, CLASSES), "cross_entropy", batch_size=16, total_steps=40)
    runs = [Run(rate, seed) for rate in (1e-3, 3e-3, 1e-2) for seed in (0, 1)]
    whole = BatchedTrainer(job).train(ADAM, runs, 25, seed=0)
    monkeypatch.setattr(BatchedTrainer, "members_at_a_time", lambda _self, count: min(size, count))
    assert BatchedTrainer(job).train(ADAM, runs, 25, seed=0).losses == pytest.approx(whole.losses, rel=1e-4)


def test_chunks_hold_every_run_once_and_one_seed_each_where_they_can() -> None:
    runs = [Run(10.0**-rate, seed) for rate in range(8) for seed in range(3)]
    chunks = chunks_of(runs, 4, from_middle=False)
    assert sorted(position for chunk in chunks for position in chunk) == list(range(24))
    assert all(len(chunk) <= 4 and len({runs[position].seed for position in chunk}) == 1 for chunk in chunks)
    mixed = chunks_of([Run(0.1, seed) for seed in range(6)], 3, from_middle=False)
    assert mixed == [[0, 1, 2], [3, 4, 5]]
