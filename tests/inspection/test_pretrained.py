"""Weights that come from an earlier training are seen where they show it, and nowhere else."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from advisor.inspection import inspect


def net(norm: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, 32), norm, nn.ReLU(), nn.Linear(32, 2))


@pytest.mark.parametrize("norm", [nn.LayerNorm(32), nn.BatchNorm1d(32), nn.GroupNorm(4, 32), nn.RMSNorm(32)])
def test_scales_that_were_trained_show_it(norm: nn.Module) -> None:
    model = net(norm)
    assert inspect(model).pretrained is None
    norm.weight.data = 1.0 + 0.2 * torch.randn(32, generator=torch.Generator().manual_seed(0))
    assert inspect(model).pretrained is True


def test_a_training_shows_it_and_a_forward_pass_does_not() -> None:
    torch.manual_seed(0)
    model = net(nn.BatchNorm1d(32))
    x = torch.randn(64, 8)
    model(x)
    assert inspect(model).pretrained is None
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), (x[:, 0] > 0).long()).backward()
        optimizer.step()
    assert inspect(model).pretrained is True


def test_mostly_frozen_weights_show_it() -> None:
    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    assert inspect(model).pretrained is None
    model[:4].requires_grad_(False)
    assert inspect(model).pretrained is True


class Pair(nn.Module):
    """Two nets side by side."""

    def __init__(self, frozen: nn.Module, trained: nn.Module) -> None:
        super().__init__()
        self.frozen, self.trained = frozen.requires_grad_(requires_grad=False), trained


@pytest.mark.parametrize(
    ("frozen", "trained", "shown"),
    [
        (nn.Sequential(nn.Linear(8, 64), nn.Linear(64, 2)), nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 2)), None),
        (nn.Sequential(nn.Conv2d(3, 64, 3), nn.ReLU()), nn.Conv2d(3, 8, 3), None),
        (nn.Embedding(100, 16), nn.Sequential(nn.Embedding(100, 4), nn.Linear(4, 2)), None),
        (nn.Sequential(nn.Flatten(), nn.Linear(64, 2)), nn.Sequential(nn.Conv2d(1, 4, 8), nn.Linear(4, 2)), None),
        (nn.Sequential(nn.Linear(8, 64), nn.Linear(64, 16)), nn.Linear(16, 2), True),
        (nn.Linear(64, 64), nn.Sequential(nn.Linear(64, 8), nn.Linear(8, 64)), True),
        (nn.Conv2d(3, 64, 3), nn.Linear(64, 2), True),
    ],
    ids=[
        "teacher",
        "judge",
        "slow copy",
        "teacher of another kind",
        "head",
        "block after a block",
        "after a convolution",
    ],
)
def test_a_frozen_net_beside_another_says_nothing_of_it(
    frozen: nn.Module, trained: nn.Module, shown: bool | None
) -> None:
    assert inspect(Pair(frozen, trained)).pretrained is shown


def test_a_small_frozen_table_does_not() -> None:
    model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    model[4].requires_grad_(False)
    assert inspect(model).pretrained is None


def test_an_adapter_shows_it() -> None:
    model = net(nn.Identity())
    model.peft_config = {}
    assert inspect(model).pretrained is True


def test_weights_without_storage_show_nothing() -> None:
    with torch.device("meta"):
        assert inspect(net(nn.LayerNorm(32))).pretrained is None
