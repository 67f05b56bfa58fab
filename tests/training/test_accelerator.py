"""A training step on another device than the CPU, torch's "meta", whose tensors have shapes and no memory.

They refuse to be mixed with the CPU's, and to hand a value to Python, which would make a step wait for an accelerator.
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.batched import ensemble as home
from advisor.training.batched.optimizer_steps import clip_, update_
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.data_split import fixed_split
from advisor.training.job import Job
from advisor.training.losses import mse
from advisor.training.runs import Run
from advisor.training.samples import Samples


class Reader(nn.Module):
    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.layer = kind(4, 6, batch_first=True, bidirectional=True)
        self.head = nn.Linear(12, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layer(x)[0][:, -1])


MODELS = {
    "stacked": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.LayerNorm(5), nn.ReLU(), nn.Linear(5, 1))),
    "vmap": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.BatchNorm1d(5), nn.ELU(), nn.Linear(5, 1))),
    "gru": lambda: Reader(nn.GRU),
    "lstm": lambda: Reader(nn.LSTM),
}


def moved(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    return mse(model, (batch[0].to("meta"), batch[1].to("meta")))


@pytest.mark.parametrize("seeds", [1, 2])
@pytest.mark.parametrize("data", ["meta", "cpu"])
@pytest.mark.parametrize("optimizer", ["sgd", "adagrad", "rmsprop", "adamw"])
@pytest.mark.parametrize("name", MODELS)
def test_a_step_stays_on_its_device(
    monkeypatch: pytest.MonkeyPatch, name: str, optimizer: str, data: str, seeds: int
) -> None:
    monkeypatch.setattr(home, "_look_at_a_step", lambda *_: (0, False))  # asks for addresses, once
    with torch.device("meta"):
        model = MODELS[name]()
    tree = torch.randn(40, 3, 4, device=data), torch.randn(40, 1, device=data)
    held = Samples(tree, (), 40)
    job = Job(
        lambda _seed: model, mse if data == "meta" else moved, fixed_split(held, held), batch_size=8, total_steps=10
    )
    trainer = BatchedTrainer(job)
    assert trainer.members.has_layers == (name == "stacked" and data == "meta")
    stack = trainer._stack([Run(rate, seed) for rate in (0.1, 0.2) for seed in range(seeds)], range(2 * seeds))
    trainer.members.module.train()
    settings = OptimizerSettings(optimizer, momentum=0.9, weight_decay=0.1)  # type: ignore[arg-type]
    for _ in range(3):
        value = trainer._differentiate(stack, torch.zeros(seeds, 8, dtype=torch.long, device=data), range(seeds))
        clip_(stack.gradient, 1.0)
        rates = stack.rates * 0.5
        update_(stack.theta, stack.gradient, rates, stack.state, settings, trainer.members.decayed)
    assert value.device.type == stack.theta.device.type == stack.gradient.device.type == "meta"
    assert value.shape == (2 * seeds,)
    with pytest.raises(RuntimeError):
        value.sum().item()  # what these tensors are there to catch
    with pytest.raises(RuntimeError):
        value + torch.zeros(len(value))
