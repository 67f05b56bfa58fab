"""Frozen parameters are shared; passes keep to the memory of a training step; memory that runs out is not the end."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

import advisor
from advisor.errors import PlanError
from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.isolation import preserved_state
from advisor.training.job import Job, make_job
from advisor.training.memory import LARGE_MODEL
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer
from advisor.training.trial_optimizer import trial_optimizer

X = torch.randn(96, 300, generator=torch.Generator().manual_seed(1))
Y = X[:, :1].clone()
SGD = Recipe(OptimizerSettings("sgd"), "constant")
KINDS = [
    torch.OutOfMemoryError("CUDA out of memory"),
    RuntimeError("MPS backend out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    MemoryError(),
]


class Adapted(nn.Module):
    """A frozen base with an adapter."""

    def __init__(self) -> None:
        super().__init__()
        self.base = nn.Sequential(nn.Linear(300, 400), nn.ReLU(), nn.Linear(400, 300)).requires_grad_(False)
        self.adapter = nn.Linear(300, 4)
        self.head = nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.adapter(self.base(x)))


class WithTeacher(nn.Module):
    """A student, and an average of it that training moves every few steps."""

    def __init__(self, every: int) -> None:
        super().__init__()
        self.student = nn.Linear(300, 300)
        self.teacher = copy.deepcopy(self.student).requires_grad_(False)
        self.every, self.steps = every, 0

    def forward(self, x: Tensor) -> Tensor:
        self.steps += self.training
        if self.training and self.steps % self.every == 0:
            with torch.no_grad():
                for mean, own in zip(self.teacher.parameters(), self.student.parameters(), strict=True):
                    mean.mul_(0.9).add_(own, alpha=0.2)
        return (self.student(x) - self.teacher(x) - 1).square().mean()


class Codebook(nn.Module):
    """Frozen codes of their own shape, which every step moves."""

    def __init__(self, every: int = 1) -> None:
        super().__init__()
        self.layer = nn.Linear(300, 300)
        self.codes = nn.Parameter(torch.randn(512, 300), requires_grad=False)
        self.every, self.steps = every, 0

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.layer(x)
        self.steps += self.training
        if self.training and self.steps % self.every == 0:
            self.codes.data.mul_(0.99)
            with torch.no_grad():
                self.codes.add_(0.01 * hidden.detach().mean(0))
        return (hidden - self.codes.mean(0)).square().mean()


def own_loss(model: nn.Module, batch: Any) -> Tensor:
    return model(batch[0])


def memory_of(model: nn.Module) -> set[int]:
    return {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}


def bytes_beside(model: nn.Module, other: nn.Module) -> int:
    """Return the bytes of parameters that a model does not share with another."""
    theirs = memory_of(other)
    return sum(
        one.numel() * one.element_size() for one in model.parameters() if one.untyped_storage().data_ptr() not in theirs
    )


@pytest.mark.parametrize("as_function", [False, True])
def test_a_copy_of_an_adapted_model_costs_the_adapter(as_function: bool) -> None:
    model = Adapted()
    job = make_job((lambda: model) if as_function else model, (X, Y), "mse", batch_size=8, total_steps=4)
    trainable = sum(4 * one.numel() for one in model.parameters() if one.requires_grad)
    small = 4 * (400 + 300)  # biases of the base
    assert bytes_beside(job.make_model(0), model) == trainable + small
    assert bytes_beside(job.make_model(1), job.make_model(0)) == trainable + small
    assert not any(one.requires_grad for one in job.make_model(0).base.parameters())


def test_nothing_remembers_the_values_of_what_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    model, cloned = Adapted(), []
    clone = Tensor.clone

    def counted(tensor: Tensor, **settings: Any) -> Tensor:
        cloned.append(tensor.numel())
        return clone(tensor, **settings)

    monkeypatch.setattr(Tensor, "clone", counted)
    with preserved_state(model, None, (X, Y)):
        pass
    assert cloned
    assert max(cloned) < 300 * 400


@pytest.mark.parametrize("make", [partial(WithTeacher, 1), partial(WithTeacher, 3), Codebook], ids=str)
def test_frozen_parameters_that_training_moves_are_copied_and_the_own_stay(make: Callable[[], nn.Module]) -> None:
    model = make()
    before = copy.deepcopy(model.state_dict())
    with preserved_state(model, own_loss, X):
        job = make_job(model, TensorDataset(X), own_loss, batch_size=8, total_steps=6)
        assert bytes_beside(job.make_model(0), model) == sum(4 * one.numel() for one in model.parameters())
        assert SequentialTrainer(job).train(SGD, [Run(1e-3, 0)], 6, seed=0).losses[0] is not None
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_late_write_to_what_is_shared_is_an_error_not_a_wrong_result() -> None:
    job = make_job(Codebook(every=3), TensorDataset(X), own_loss, batch_size=8, total_steps=6)
    with pytest.raises(PlanError, match="give a function that makes the model"):
        SequentialTrainer(job).train(SGD, [Run(1e-3, 0), Run(1e-2, 0)], 6, seed=0)


def wide_net() -> nn.Module:
    """A net that keeps a megabyte of every sample."""
    return nn.Sequential(nn.Linear(300, 60_000), nn.Sigmoid(), nn.Linear(60_000, 1))


def test_judging_and_curvature_keep_to_the_memory_of_a_training_step() -> None:
    job = make_job(wide_net(), (X, Y), "mse", batch_size=64, total_steps=4)
    assert job.activations == pytest.approx(240_000, rel=0.1)
    assert job.evaluation_batch == pytest.approx(32 * 2**20 / job.activations, abs=1)
    assert job.rows_within(256, 3.0) < 64
    small = make_job(nn.Linear(300, 1), (X, Y), "mse", batch_size=8, total_steps=4)
    assert small.evaluation_batch == 1_024
    assert small.rows_within(256, 3.0) == 256


def test_a_loss_of_the_users_own_is_judged_at_the_size_of_a_forward_pass() -> None:
    job = make_job(
        nn.Linear(300, 1), (X, Y), lambda m, b: (m(b[0]) - b[1]).square().mean(), batch_size=16, total_steps=4
    )
    assert job.evaluation_batch == 16
    halves = make_job(nn.Linear(300, 1), (X, Y), own_loss_of_pairs, batch_size=16, total_steps=4, accumulation=2)
    assert halves.evaluation_batch == 8


def own_loss_of_pairs(model: nn.Module, batch: Any) -> Tensor:
    return (model(batch[0]) - batch[1]).square().mean()


class Tight(nn.Module):
    """A model that runs out of memory beyond so many samples at a time, in training or in evaluation."""

    def __init__(self, error: BaseException, *, training: int, evaluation: int) -> None:
        super().__init__()
        self.layer = nn.Linear(300, 1)
        self.error, self.limits = error, (evaluation, training)

    def forward(self, x: Tensor) -> Tensor:
        if ARMED and x.shape[-2] > self.limits[torch.is_grad_enabled()]:
            raise copy.copy(self.error)
        return self.layer(x)


ARMED: list[bool] = []


def tight_job(error: BaseException, *, training: int = 1_000, evaluation: int = 1_000) -> Job:
    ARMED.clear()
    job = make_job(Tight(error, training=training, evaluation=evaluation), (X, Y), "mse", batch_size=16, total_steps=6)
    ARMED.append(True)
    return job


@pytest.mark.parametrize("error", KINDS, ids=repr)
def test_when_judging_runs_out_of_memory_it_goes_on_in_parts(error: BaseException) -> None:
    tight = tight_job(error, evaluation=3)
    found = tight.held_out_losses(tight.make_model(0), 0)
    ARMED.clear()
    assert found == pytest.approx(tight.held_out_losses(tight.make_model(0), 0), rel=1e-5)


@pytest.mark.parametrize("error", KINDS, ids=repr)
def test_a_check_that_fits_nothing_keeps_the_rules_and_says_why(error: BaseException) -> None:
    ARMED.clear()
    calls = [0]

    class Full(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            calls[0] += 1
            if calls[0] > 60:
                raise copy.copy(error)
            return super().forward(x)

    advice = advisor.advise(Full(300, 1), (X, Y), "mse", epochs=4, batch_size=16, optimizer="adafactor", budget="quick")
    assert "out_of_memory" in {one.code for one in (*advice.verdict.reasons, *advice.verdict.notes)}
    assert "Memory ran out" in advice.explain()


BLOCKS = """
import ctypes, torch
from advisor.training.memory import LARGE_MODEL, keep_freed_memory, large_blocks_apart

class Allocated(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena a b c mapped d e f g h".split()]

library = ctypes.CDLL(None)
library.mallinfo2.restype = Allocated
kept = []  # a block that is freed may leave a place on the heap for the next

def mapped_by(trainable):
    with large_blocks_apart(trainable):
        before = library.mallinfo2().mapped
        kept.append(torch.empty(24 * 2**20, dtype=torch.uint8))
        return library.mallinfo2().mapped - before

keep_freed_memory()
print(mapped_by(0), mapped_by(LARGE_MODEL), mapped_by(0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the C library is glibc")
def test_blocks_of_a_large_model_go_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", BLOCKS], capture_output=True, text=True, check=True)
    small, large, after = map(int, done.stdout.split())
    assert (small, after) == (0, 0)
    assert large >= 24 * 2**20


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_the_optimizer_of_a_large_model_makes_no_copies_and_trains_as_stock(optimizer: Any) -> None:
    settings = OptimizerSettings(optimizer, weight_decay=0.1)
    wide = nn.Linear(300, LARGE_MODEL // 4 // 300 + 1)
    assert trial_optimizer(settings, wide, 1e-2).param_groups[0]["fused"]
    assert not trial_optimizer(settings, nn.Linear(300, 4), 1e-2).param_groups[0]["fused"]
    assert not trial_optimizer(settings, wide.to(torch.bfloat16), 1e-2).param_groups[0]["fused"]
    wide.float()
    stock = copy.deepcopy(wide)
    for model, built in ((wide, trial_optimizer(settings, wide, 1e-2)), (stock, _stock(optimizer, stock))):
        for step in range(5):
            built.zero_grad()
            (model(X[step * 8 : step * 8 + 8]).square().mean() + model.bias[0]).backward()
            built.step()
    torch.testing.assert_close(wide.weight, stock.weight, rtol=1e-4, atol=1e-6)


def _stock(optimizer: str, model: nn.Linear) -> torch.optim.Optimizer:
    """Return the plain optimizer with weight decay on the matrix alone."""
    kind = torch.optim.AdamW if optimizer == "adamw" else torch.optim.Adam
    groups = [{"params": [model.weight], "weight_decay": 0.1}, {"params": [model.bias], "weight_decay": 0.0}]
    return kind(groups, lr=1e-2, fused=False)
