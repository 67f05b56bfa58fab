"""Batched training equals stock torch, rule by rule and training by training."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from advisor.recipe.optimizers import OptimizerSettings
from advisor.recipe.torch_objects import build_optimizer
from advisor.training.batched.optimizer_steps import UpdateState, clip_, update_
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.job import make_job
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer

RULES = {
    "sgd": OptimizerSettings("sgd"),
    "momentum": OptimizerSettings("sgd", momentum=0.9, weight_decay=0.01),
    "nesterov": OptimizerSettings("sgd", momentum=0.8, nesterov=True, weight_decay=0.1),
    "adagrad": OptimizerSettings("adagrad", epsilon=1e-10, weight_decay=0.01),
    "rmsprop": OptimizerSettings("rmsprop", beta2=0.9, weight_decay=0.01),
    "rmsprop-momentum": OptimizerSettings("rmsprop", beta2=0.95, momentum=0.9),
    "adam": OptimizerSettings("adam", beta1=0.8, beta2=0.99, weight_decay=0.01),
    "adamw": OptimizerSettings("adamw", weight_decay=0.1),
}


@pytest.mark.parametrize("name", RULES)
def test_every_update_rule_equals_torch_over_a_hundred_random_steps(name: str) -> None:
    torch.manual_seed(0)
    settings, rates = RULES[name], [1e-3, 1e-2, 0.1]
    layers = [nn.Linear(4, 3).double() for _ in rates]
    optimizers = [build_optimizer(settings, layer, rate) for layer, rate in zip(layers, rates, strict=True)]
    theta = torch.stack([torch.cat([p.detach().reshape(-1) for p in layer.parameters()]) for layer in layers])
    state = UpdateState()
    for step in range(100):
        gradient = torch.randn(3, 15, dtype=torch.float64)
        share = 1.0 - step / 200
        for row, (layer, optimizer) in enumerate(zip(layers, optimizers, strict=True)):
            layer.weight.grad = gradient[row, :12].reshape(3, 4).clone()
            layer.bias.grad = gradient[row, 12:].clone()
            for group in optimizer.param_groups:
                group["lr"] = rates[row] * share
            optimizer.step()
        update_(theta, gradient.clone(), torch.tensor(rates, dtype=torch.float64)[:, None] * share, state, settings, 12)
    theirs = torch.stack([torch.cat([p.detach().reshape(-1) for p in layer.parameters()]) for layer in layers])
    torch.testing.assert_close(theta, theirs, rtol=1e-9, atol=1e-11)


def test_clipping_equals_torch_for_each_replica() -> None:
    gradient = torch.randn(5, 20) * torch.tensor([[0.01], [0.1], [1.0], [10.0], [100.0]])
    expected = []
    for row in gradient:
        parameter = nn.Parameter(torch.zeros(20))
        parameter.grad = row.clone()
        nn.utils.clip_grad_norm_([parameter], 1.0)
        expected.append(parameter.grad)
    clip_(gradient, 1.0)
    torch.testing.assert_close(gradient, torch.stack(expected))


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(12, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(self.embed(x)).mean(1))


class Branching(nn.Module):
    """Control flow that depends on data, which vmap refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) if x.sum() > 0 else self.layer(x) * 1.0


def table(features: int = 6, rows: int = 120) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(rows, features, generator=generator)
    return x, (x[:, 0] > 0).long() + (x[:, 1] > 0.5).long()


MODULES = {
    "mlp": (lambda: nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3)), table()),
    "batch-norm": (lambda: nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Linear(16, 3)), table()),
    "cnn": (
        lambda: nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)),
        (table(64)[0].reshape(-1, 1, 8, 8), table(64)[1]),
    ),
    "attention": (Attention, (torch.randint(0, 12, (120, 5), generator=torch.Generator().manual_seed(2)), table()[1])),
    "layer-norm": (lambda: nn.Sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 3)), table()),
}
RECIPES = {
    "adamw": Recipe(RULES["adamw"], "cosine", warmup_fraction=0.1, clip_norm=1.0),
    "sgd": Recipe(RULES["nesterov"], "one_cycle"),
}


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("name", MODULES)
def test_batched_and_sequential_training_agree(name: str, recipe: str) -> None:
    factory, data = MODULES[name]
    job = make_job(factory, data, "cross_entropy", batch_size=16, total_steps=40)
    runs = [Run(rate, seed) for rate in (1e-3, 1e-2) for seed in (0, 1)]
    together = BatchedTrainer(job).train(RECIPES[recipe], runs, 25, seed=0)
    alone = SequentialTrainer(job).train(RECIPES[recipe], runs, 25, seed=0)
    assert together.losses == pytest.approx(alone.losses, rel=2e-3)
    assert together.gradient_samples == alone.gradient_samples == 4 * 25 * 16


def test_diverged_replicas_leave_and_the_others_are_unharmed() -> None:
    factory, data = MODULES["mlp"]
    job = make_job(factory, data, "cross_entropy", batch_size=16, total_steps=40)
    recipe = Recipe(OptimizerSettings("sgd", momentum=0.9), "constant")
    outcome = BatchedTrainer(job).train(recipe, [Run(1e-2, 0), Run(1e4, 0), Run(2e-2, 0)], 40, seed=0)
    alone = SequentialTrainer(job).train(recipe, [Run(1e-2, 0), Run(2e-2, 0)], 40, seed=0)
    assert outcome.losses[1] is None
    assert [outcome.losses[0], outcome.losses[2]] == pytest.approx(list(alone.losses), rel=2e-3)
    assert outcome.gradient_samples < 3 * 40 * 16


def test_dropout_differs_between_seeds_and_repeats_with_the_seed() -> None:
    _, data = MODULES["mlp"]
    job = make_job(
        lambda: nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 3)),
        data,
        "cross_entropy",
        batch_size=16,
        total_steps=40,
    )
    runs = [Run(1e-2, 0), Run(1e-2, 0)]
    first = BatchedTrainer(job).train(RECIPES["adamw"], runs, 20, seed=5)
    again = BatchedTrainer(job).train(RECIPES["adamw"], runs, 20, seed=5)
    other = BatchedTrainer(job).train(RECIPES["adamw"], runs, 20, seed=6)
    assert first.losses[0] == first.losses[1] != other.losses[0]  # equal runs end alike
    assert first.losses == again.losses


def test_out_of_memory_halves_the_runs_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    job = make_job(nn.Linear(4, 1), (x, x[:, :1]), "mse", batch_size=16, total_steps=20)
    recipe = Recipe(OptimizerSettings("sgd"), "constant")
    runs = [Run(0.01 * (index + 1), 0) for index in range(5)]
    whole = BatchedTrainer(job).train(recipe, runs, 20, seed=0)
    tried: list[int] = []
    stacked = BatchedTrainer._stack

    def small(self: BatchedTrainer, chosen: list[Run], positions: range) -> object:
        tried.append(len(chosen))
        if len(chosen) > 2:
            raise torch.OutOfMemoryError("out of memory")
        return stacked(self, chosen, positions)

    monkeypatch.setattr(BatchedTrainer, "_stack", small)
    found = BatchedTrainer(job).train(recipe, runs, 20, seed=0)
    assert tried == [5, 2, 3, 1, 2, 2]
    assert found.losses == pytest.approx(whole.losses, rel=1e-5)


@pytest.mark.parametrize("trainer", [BatchedTrainer, SequentialTrainer])
def test_a_batch_with_an_outlier_is_no_divergence(trainer: type[BatchedTrainer | SequentialTrainer]) -> None:
    x = torch.randn(320, 4, generator=torch.Generator().manual_seed(0))
    y = 0.1 * x[:, :1]
    y[::40] = 20.0  # a batch without one of them has a loss hundreds of times lower
    job = make_job(nn.Linear(4, 1), (x, y), "mse", validation=(x, y), batch_size=8, total_steps=200)
    recipe = Recipe(OptimizerSettings("adam"), "constant")
    found = trainer(job).train(recipe, [Run(1e-6, 0), Run(1e-3, 1), Run(1e9, 0)], 200, seed=0).losses
    assert found[0] is not None
    assert found[1] is not None
    assert found[2] is None


@pytest.mark.parametrize("trainer", [BatchedTrainer, SequentialTrainer])
def test_progress_is_told_from_the_start_and_within_a_run(trainer: type[BatchedTrainer | SequentialTrainer]) -> None:
    job = make_job(nn.Linear(6, 1), table(), "mse", batch_size=20, total_steps=40)
    told: list[float] = []
    recipe = Recipe(OptimizerSettings("adamw"), "constant")
    trainer(job).train(recipe, [Run(1e-3, 0), Run(1e-2, 0)], 40, seed=0, advance=told.append)
    assert told[0] == 0.0
    assert told == sorted(told)
    assert {0.25, 0.5, 0.75} <= {round(share, 2) for share in told}
