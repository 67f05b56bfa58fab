"""Compiled models are inspected, tried and left as their originals are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import advisor

X = torch.randn(120, 6, generator=torch.Generator().manual_seed(1))
Y = X[:, :1] * 2.0
JOB: dict[str, Any] = {"epochs": 2, "batch_size": 20, "budget": "quick", "optimizer": "adamw", "schedule": "cosine"}


def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))


class Inside(nn.Module):
    """A model with a compiled part."""

    def __init__(self, compiled: Callable[[nn.Module], Any]) -> None:
        super().__init__()
        self.body = compiled(net())
        self.head = nn.Linear(1, 1)

    def forward(self, x: Tensor) -> Tensor:
        predicted: Tensor = self.head(self.body(x))
        return predicted


def compiled(model: nn.Module) -> Any:
    return torch.compile(model, backend="eager")


def compiled_in_place(model: nn.Module) -> nn.Module:
    model.compile(backend="eager")
    return model


@pytest.mark.parametrize("ran", [False, True])
@pytest.mark.parametrize("how", [compiled, compiled_in_place])
def test_a_compiled_model_is_advised_on_as_its_original(how: Callable[[nn.Module], Any], ran: bool) -> None:
    model = how(net())
    if ran:  # from then on it has a graph of its own
        model.eval()(X[:20])
        model.train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    found, plain = (advisor.advise(one, (X, Y), "mse", **JOB) for one in (model, net()))
    assert found.facts.model == plain.facts.model
    assert found.recommendation == plain.recommendation
    assert [trial.losses for trial in found.verdict.trials] == [trial.losses for trial in plain.verdict.trials]
    assert list(before) == list(model.state_dict())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert model.training
    optimizer, _ = found.build(model)
    trained = {id(one) for group in optimizer.param_groups for one in group["params"]}
    assert trained == {id(one) for one in model.parameters()}


def test_a_model_with_a_compiled_part_and_a_function_that_compiles_are_tried() -> None:
    torch.manual_seed(0)
    inside = advisor.advise(Inside(compiled), (X, Y), "mse", **JOB)
    assert inside.verdict.trials
    made = advisor.advise(lambda: compiled(net()), (X, Y), "mse", **JOB)
    assert made.verdict.trials
