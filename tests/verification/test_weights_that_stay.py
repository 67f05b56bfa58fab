"""Trainings that never reach the weights are told apart from bad rates."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import advisor
from advisor.errors import InputError

X = torch.randn(160, 3, generator=torch.Generator().manual_seed(0))
DATA = (X, X.sum(1, keepdim=True))


class Rounded(nn.Module):
    """Rounds its weights, so that no gradient passes."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((3, 1), 2.3))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight.round()


class Copied(nn.Module):
    """Computes with a copy of its layer, as a wrapper that compiled it once does."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 1)
        self.shown = nn.Parameter(torch.zeros(1))
        self.frozen = [self.layer.weight.detach().clone(), self.layer.bias.detach().clone()]

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x, *self.frozen) + 0.0 * self.shown


class Dead(nn.Module):
    """Has units that no input wakes."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 4)
        nn.init.constant_(self.layer.bias, -1e3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.layer(x)).sum(1, keepdim=True)


class Detached(nn.Module):
    """Leaves the graph."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 1)

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.layer(x)
        return output.detach()


class Called(nn.Module):
    """Calls its layer with a state of its own, as a wrapper that keeps the weights elsewhere does."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 1)
        self.kept = [{name: tensor.detach().clone() for name, tensor in self.layer.named_parameters()}]

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = torch.func.functional_call(self.layer, self.kept[0], (x,))
        return output


@pytest.mark.parametrize("make", [Rounded, Copied, Dead])
def test_weights_that_do_not_move_are_no_bad_rate(make: Callable[[], nn.Module]) -> None:
    advice = advisor.advise(
        make(), DATA, "mse", epochs=4, batch_size=16, budget="quick", optimizer="adamw", schedule="cosine"
    )
    assert advice.verdict.status == "inconclusive"
    assert advice.verdict.reasons[0].code == "training_changes_nothing"


@pytest.mark.parametrize("make", [Detached, Called])
def test_a_loss_that_no_weight_changes_is_refused_before_anything_trains(make: Callable[[], nn.Module]) -> None:
    with pytest.raises(InputError, match="does not depend on"):
        advisor.advise(make(), DATA, "mse", epochs=4, batch_size=16, budget="quick", optimizer="adamw")


def test_what_the_user_trains_with_stands_beside_the_advice() -> None:
    model = nn.Linear(3, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-2)
    advice = advisor.advise(model, DATA, "mse", epochs=8, batch_size=16, optimizer=optimizer)
    own = [trial for trial in advice.verdict.trials if trial.role == "own"]
    won = {reason.code for reason in advice.verdict.reasons} & {"own_won", "own_ends_lower"}
    assert own or won
    assert all(trial.learning_rate == pytest.approx(3e-2) for trial in own)
    assert "Your own setting" in advice.explain()


def test_a_rate_that_the_user_fixed_is_kept_and_the_trials_say_what_ends_lower() -> None:
    advice = advisor.advise(
        nn.Linear(3, 1), DATA, "mse", epochs=8, batch_size=16, optimizer="adamw", schedule="cosine", learning_rate=1e-4
    )
    assert advice.recommendation.learning_rate == pytest.approx(1e-4)
    assert advice.verdict.proposed == pytest.approx(1e-4)
    assert advice.verdict.learning_rate > 1e-3
