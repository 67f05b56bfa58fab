"""An optimizer of the user's own: kind, settings and the ratios between its groups are kept."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

import advisor
from advisor.errors import PlanError
from advisor.recipe.optimizers import OptimizerSettings
from advisor.recipe.torch_groups import groups_of
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.job import make_job
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer

X = torch.randn(96, 6, generator=torch.Generator().manual_seed(1))
Y = (X[:, 0] > 0).long()


def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))


def two_groups(model: nn.Module) -> torch.optim.Optimizer:
    groups = [
        {"params": model[0].parameters(), "lr": 1e-4, "weight_decay": 0.1},
        {"params": model[2].parameters(), "lr": 1e-3, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, betas=(0.8, 0.95))


def test_ratios_settings_and_state_are_kept() -> None:
    model = net()
    optimizer = two_groups(model)
    nn.functional.cross_entropy(model(X), Y).backward()
    optimizer.step()
    before = copy.deepcopy(optimizer.state_dict())
    advice = advisor.advise(
        model, (X, Y), "cross_entropy", epochs=3, batch_size=16, budget="quick", optimizer=optimizer
    )
    after = optimizer.state_dict()
    assert after["param_groups"] == before["param_groups"]
    assert all(torch.equal(after["state"][k][n], v) for k, s in before["state"].items() for n, v in s.items())
    chosen = advice.recommendation
    assert (chosen.optimizer, chosen.beta1, chosen.beta2, chosen.weight_decay) == ("adamw", 0.8, 0.95, 0.1)
    assert advisor.Advice.from_json(advice.to_json()) == advice
    built, _ = advice.build(model, total_steps=10)
    peaks = [group.get("max_lr", group["initial_lr"]) for group in built.param_groups]
    assert peaks == pytest.approx([chosen.learning_rate / 10, chosen.learning_rate])
    assert [group["weight_decay"] for group in built.param_groups] == [0.1, 0.0]
    scheduler = advice.apply(optimizer, total_steps=10)
    assert [group.get("max_lr", group["initial_lr"]) for group in optimizer.param_groups] == pytest.approx(peaks)
    assert optimizer.state_dict()["state"].keys() == before["state"].keys()
    optimizer.step()
    scheduler.step()


def test_trials_train_each_group_at_its_share() -> None:
    model = net()
    job = make_job(model, (X, Y), "cross_entropy", validation=(X, Y), batch_size=96, total_steps=20)
    recipe = Recipe(OptimizerSettings("sgd", weight_decay=0.1), "constant", groups=groups_of(two_groups(model), model))
    (found,) = SequentialTrainer(job).train(recipe, [Run(0.5, 0)], 20, seed=0).losses
    for _ in range(20):  # full batches, so that the order of samples does not matter
        model.zero_grad()
        nn.functional.cross_entropy(model(X), Y).backward()
        with torch.no_grad():
            for layer, rate, decay in ((model[0], 0.05, 0.1), (model[2], 0.5, 0.0)):
                for parameter in layer.parameters():
                    parameter.sub_(rate * (parameter.grad + decay * parameter))
    assert found == pytest.approx(nn.functional.cross_entropy(model(X), Y).item(), rel=1e-4)


def test_own_groups_and_scaled_gradients_are_not_batched() -> None:
    model = net()
    job = make_job(model, (X, Y), "cross_entropy", batch_size=32, total_steps=20)
    plain = Recipe(OptimizerSettings("adamw"), "constant")
    assert BatchedTrainer.takes(job, plain)
    assert not BatchedTrainer.takes(job, replace(plain, groups=groups_of(two_groups(model), model)))
    assert not BatchedTrainer.takes(replace(job, scaled=True), plain)


def test_both_trainers_spare_the_same_weights_from_decay() -> None:
    def make() -> nn.Module:
        return nn.Sequential(nn.Unflatten(1, (2, 3)), nn.LayerNorm((2, 3)), nn.Flatten(), nn.Linear(6, 2))

    job = make_job(make, (X, Y), "cross_entropy", batch_size=32, total_steps=30)
    recipe = Recipe(OptimizerSettings("adamw", weight_decay=5.0), "constant")
    runs = [Run(0.02, 0)]
    (batched,) = BatchedTrainer(job).train(recipe, runs, 30, seed=0).losses
    (sequential,) = SequentialTrainer(job).train(recipe, runs, 30, seed=0).losses
    assert batched == pytest.approx(sequential, rel=1e-4)


def test_what_does_not_fit_is_named() -> None:
    advice = advisor.advise(net(), (X, Y), "cross_entropy", epochs=3, batch_size=16, budget="none", optimizer="adamw")
    with pytest.raises(PlanError, match="for adamw, not SGD"):
        advice.apply(torch.optim.SGD(net().parameters(), lr=0.1))
    for wrong, message in ((torch.optim.SGD(net().parameters(), lr=0.1), "not the model's"), (3, "give a name")):
        with pytest.raises(PlanError, match=message):
            advisor.advise(net(), (X, Y), "cross_entropy", epochs=3, batch_size=16, optimizer=wrong)
