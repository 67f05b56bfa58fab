"""The catalogue of optimizers against torch, and against everything that trains with it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import advisor
from advisor.catalogue.optimizers import OPTIMIZER_INFO, OPTIMIZERS, OptimizerName
from advisor.errors import MeasurementError, PlanError
from advisor.recipe.optimizers import OptimizerSettings
from advisor.recipe.torch_objects import build_optimizer
from advisor.reporting.remarks import sentence_of
from advisor.training.batched.optimizer_steps import UpdateState, update_
from advisor.training.job import make_job
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer

IN_TORCH = [name for name in OPTIMIZERS if OPTIMIZER_INFO[name].torch_class]
ELSEWHERE = [name for name in OPTIMIZERS if not OPTIMIZER_INFO[name].torch_class]


def net() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))


def table() -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(160, 6, generator=torch.Generator().manual_seed(0))
    return x, x[:, :1] * 2 - x[:, 1:2]


def test_every_name_has_an_entry_that_says_where_to_get_it() -> None:
    assert tuple(OPTIMIZER_INFO) == OPTIMIZERS
    for info in OPTIMIZER_INFO.values():
        assert (info.torch_class is None) != (info.package is None)
        assert info.title
        assert info.update
        assert info.source


def test_torch_is_asked_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [name for name in OPTIMIZERS if OPTIMIZER_INFO[name].in_torch()] == IN_TORCH
    monkeypatch.delattr(torch.optim, "Muon")
    assert not OPTIMIZER_INFO["muon"].in_torch()
    with pytest.raises(PlanError, match="a torch newer than"):
        build_optimizer(OptimizerSettings("muon"), net(), 0.02)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_is_batched_has_an_update_rule_and_nothing_else_has(name: OptimizerName) -> None:
    theta = torch.ones(2, 3)
    step = (theta, torch.ones(2, 3), torch.full((2, 1), 0.1), UpdateState(), OptimizerSettings(name), 0)
    if OPTIMIZER_INFO[name].batched:
        update_(*step)
        assert (theta < 1).all()
    else:
        with pytest.raises(MeasurementError, match=name):
            update_(*step)


@pytest.mark.parametrize("name", IN_TORCH)
def test_trials_train_with_the_optimizer_that_advice_builds(name: OptimizerName) -> None:
    """The losses are those of a plain loop around the optimizer of that name."""
    job = make_job(net, table(), "mse", batch_size=32, total_steps=12)
    recipe = Recipe(OptimizerSettings(name, momentum=0.9), "constant")
    (loss,) = SequentialTrainer(job).train(recipe, [Run(1e-3, 0)], 12, seed=0).losses
    model = job.make_model(0)
    model.train()
    optimizer = build_optimizer(recipe.settings, model, 1e-3)
    assert type(optimizer).__name__.startswith(str(OPTIMIZER_INFO[name].torch_class))
    batches = job.data_split.draw(32, 0)
    for _ in range(12):
        optimizer.zero_grad()
        job.loss(model, next(batches)).backward()
        optimizer.step()
    assert loss == pytest.approx(job.held_out_loss(model, 0), rel=1e-6)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_torch_lacks_is_never_trained_as_something_else(name: OptimizerName) -> None:
    job = make_job(net, table(), "mse", batch_size=32, total_steps=12)
    with pytest.raises(PlanError, match=f"pip install {OPTIMIZER_INFO[name].package}"):
        SequentialTrainer(job).train(Recipe(OptimizerSettings(name), "constant"), [Run(0.01, 0)], 12, seed=0)


def test_muon_is_tried() -> None:
    advice = advisor.advise(net(), table(), "mse", optimizer="muon", epochs=20, batch_size=32, budget="quick")
    assert advice.verdict.status != "not_run"
    candidates = [trial for trial in advice.verdict.trials if trial.role == "candidate"]
    assert {trial.optimizer for trial in candidates} == {"muon"}
    assert any(trial.mean is not None for trial in candidates)


@pytest.mark.parametrize("name", ["lion", "prodigy", "schedule_free_adamw"])
def test_what_cannot_be_tried_is_said_plainly(name: OptimizerName) -> None:
    advice = advisor.advise(net(), table(), "mse", optimizer=name, epochs=20, batch_size=32, budget="quick")
    info = OPTIMIZER_INFO[name]
    assert advice.verdict.status == "not_run"
    (reason,) = advice.verdict.reasons
    assert (reason.code, dict(reason.values)) == ("optimizer_in_package", {"optimizer": name, "package": info.package})
    assert f"Not tried: {info.title} is not in torch (the package {info.package} has it)" in sentence_of(reason)
