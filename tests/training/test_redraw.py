"""Augmentation falls anew in every epoch, the same for the same seed, whoever trains beside it."""

from __future__ import annotations

import random
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.job import make_job
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer
from advisor.training.sources import samples_of

X = torch.randn(40, 6, generator=torch.Generator().manual_seed(1))
KINDS = ["torch", "numpy", "random"]


class Augmented(Dataset[Any]):
    """Rows with noise from one of the three global generators."""

    def __init__(self, kind: str) -> None:
        self.kind, self.reads = kind, 0

    def __len__(self) -> int:
        return len(X)

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor]:
        self.reads += 1
        noise = {"torch": lambda: float(torch.randn(())), "numpy": np.random.randn, "random": random.random}[self.kind]
        return X[row] + 0.1 * noise(), X[row, :1]


def sources(kind: str) -> dict[str, Any]:
    data = Augmented(kind)
    return {"dataset": data, "loader": DataLoader(data, 8, shuffle=True), "workers": DataLoader(data, 8, num_workers=2)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("source", ["dataset", "loader", "workers"])
def test_every_pass_draws_anew_and_a_seed_repeats(kind: str, source: str) -> None:
    states = torch.get_rng_state(), random.getstate()
    samples = samples_of(sources(kind)[source])
    first, again, other = (list(islice(samples.draw(8, seed), 10)) for seed in (0, 0, 1))
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first, again, strict=True))
    targets = torch.cat([batch[1] for batch in first]).flatten()
    values, counts = targets.unique(return_counts=True)
    assert counts.tolist() == [2] * 40  # two passes
    for value in values[:5]:
        rows = torch.cat([batch[0] for batch in first])[targets == value]
        assert not torch.equal(rows[0], rows[1])
    assert not torch.equal(first[0][0], other[0][0])
    assert torch.equal(states[0], torch.get_rng_state())
    assert states[1] == random.getstate()


def test_samples_that_never_change_are_read_once() -> None:
    assert samples_of(TensorDataset(X, X[:, :1])).redraw is None
    assert samples_of(DataLoader(TensorDataset(X, X[:, :1]), 8)).redraw is None


def test_a_run_sees_the_same_augmentation_alone_and_beside_others() -> None:
    job = make_job(nn.Linear(6, 1), Augmented("numpy"), "mse", batch_size=8, total_steps=12)
    assert job.train.redraw is not None
    recipe, runs = Recipe(OptimizerSettings("adam"), "constant"), [Run(1e-2, 0), Run(1e-2, 1)]
    alone = [BatchedTrainer(job).train(recipe, [run], 12, seed=0).losses[0] for run in runs]
    beside = BatchedTrainer(job).train(recipe, runs, 12, seed=0).losses
    one_by_one = SequentialTrainer(job).train(recipe, runs, 12, seed=0).losses
    assert list(beside) == alone
    assert one_by_one == pytest.approx(beside, rel=1e-4)
    frozen = make_job(nn.Linear(6, 1), TensorDataset(X, X[:, :1]), "mse", batch_size=8, total_steps=12)
    assert beside != BatchedTrainer(frozen).train(recipe, runs, 12, seed=0).losses
