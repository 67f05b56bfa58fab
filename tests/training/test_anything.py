"""Models of every kind, memory and interrupts: the trials train copies, or say why not."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import advisor
from advisor.errors import ModelError, PlanError
from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.job import make_job
from advisor.training.modules import unwrap
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer

X = torch.randn(96, 6, generator=torch.Generator().manual_seed(1))
Y = (X[:, 0] > 0).long()
ADAM = Recipe(OptimizerSettings("adam"), "cosine", clip_norm=1.0)
RUNS = [Run(1e-2, 0), Run(3e-2, 1)]


def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))


def losses(model: Any, loss: Any = "cross_entropy", **settings: Any) -> tuple[float | None, ...]:
    job = make_job(model, (X, Y), loss, **{"batch_size": 16, "total_steps": 20, **settings})
    return SequentialTrainer(job).train(ADAM, RUNS, 20, seed=0).losses


def advise(model: Any, loss: Any = "cross_entropy", **settings: Any) -> advisor.Advice:
    return advisor.advise(model, (X, Y), loss, **{"epochs": 2, "batch_size": 16, "budget": "quick", **settings})


class OwnLoss(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.body, self.kind = net(), kind

    def forward(self, x: Tensor, y: Tensor) -> Any:
        loss = nn.functional.cross_entropy(self.body(x), y)
        if self.kind == "object":
            return type("Output", (), {"loss": loss, "logits": None})()
        return {"loss": loss} if self.kind == "dict" else loss


@pytest.mark.parametrize("kind", ["object", "dict", "scalar"])
def test_a_module_may_bring_its_own_loss(kind: str) -> None:
    assert losses(OwnLoss(kind), "model") == losses(
        OwnLoss(kind), lambda m, b: nn.functional.cross_entropy(m.body(b[0]), b[1])
    )
    assert advise(OwnLoss(kind), None).facts.plan.loss == "custom"


def test_no_loss_at_all_is_named() -> None:
    with pytest.raises(PlanError, match=r"give \"mse\""):
        advise(net(), None)


def test_accumulated_gradients_equal_those_of_the_whole_batch() -> None:
    whole = losses(net())
    assert losses(net(), accumulation=5) == pytest.approx(whole, rel=1e-4)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_mixed_precision_is_used_and_close(precision: Any) -> None:
    full, mixed = losses(net()), losses(net(), precision=precision)
    assert mixed != full
    assert mixed == pytest.approx(full, rel=0.1)


def test_lazy_layers_learn_their_shape_on_a_copy() -> None:
    model = nn.Sequential(nn.LazyLinear(16), nn.BatchNorm1d(16), nn.ReLU(), nn.LazyLinear(2))
    advice = advise(model)
    assert advice.facts.model.parameters == 6 * 16 + 16 + 32 + 16 * 2 + 2
    assert isinstance(model[0].weight, nn.UninitializedParameter)


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.enter, self.middle, self.leave = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 2)
        self.middle.weight = self.enter.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.leave(torch.tanh(self.middle(torch.tanh(self.enter(x)))))


def test_tied_weights_stay_tied_and_frozen_ones_frozen() -> None:
    model = Tied()
    model.leave.weight.requires_grad_(False)
    job = make_job(model, (X, Y), "cross_entropy", batch_size=16, total_steps=20)
    copied = job.make_model(0)
    assert copied.middle.weight is copied.enter.weight
    assert not copied.leave.weight.requires_grad
    assert advise(model).verdict.status != "not_run"


def test_a_function_that_hands_out_shared_tensors_trains_copies_of_them() -> None:
    body = net()
    before = copy.deepcopy(body.state_dict())
    advise(lambda: nn.Sequential(body, nn.Linear(2, 2)))
    advise(lambda: body)
    assert all(torch.equal(tensor, before[name]) for name, tensor in body.state_dict().items())
    assert all(parameter.grad is None for parameter in body.parameters())


def test_a_loss_that_reaches_for_another_model_is_refused_and_leaves_no_trace() -> None:
    mine = nn.Sequential(nn.BatchNorm1d(6), net())
    before = copy.deepcopy(mine.state_dict())
    with pytest.raises(PlanError, match="the model it is given"):
        advise(mine, lambda _model, batch: nn.functional.cross_entropy(mine(batch[0]), batch[1]))
    assert all(torch.equal(tensor, before[name]) for name, tensor in mine.state_dict().items())
    assert all(parameter.grad is None for parameter in mine.parameters())


def test_wrappers_are_taken_off() -> None:
    model = net()
    assert unwrap(nn.DataParallel(model)) is model
    sharded = type("FullyShardedDataParallel", (nn.Module,), {})()
    with pytest.raises(ModelError, match="a part of the model"):
        unwrap(sharded)


@pytest.mark.parametrize("kind", [torch.OutOfMemoryError, RuntimeError])
def test_when_memory_runs_out_batches_are_cut_and_the_result_is_the_same(kind: type[RuntimeError]) -> None:
    def tight(most: int) -> Any:
        def loss(model: nn.Module, batch: Any) -> Tensor:
            if torch.is_grad_enabled() and model.training and armed and len(batch[0]) > most:
                raise kind("DefaultCPUAllocator: out of memory")
            return nn.functional.cross_entropy(model(batch[0]), batch[1])

        return loss

    armed: list[int] = []
    job = make_job(net(), (X, Y), tight(5), batch_size=16, total_steps=20)
    armed.append(1)
    assert SequentialTrainer(job).train(ADAM, RUNS, 20, seed=0).losses == pytest.approx(losses(net()), rel=1e-4)
    armed.clear()
    to_prune = make_job(net(), (X, Y), tight(0), batch_size=16, total_steps=20)
    armed.append(1)
    given_up = SequentialTrainer(to_prune).train(ADAM, RUNS, 20, seed=0)
    assert (given_up.stop, given_up.missing) == ("out_of_memory", {0, 1})


@pytest.mark.parametrize("kind", [KeyboardInterrupt, torch.OutOfMemoryError, ZeroDivisionError])
def test_an_interrupt_in_the_middle_leaves_no_trace(kind: type[BaseException]) -> None:
    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 2))
    model[1].eval()
    before, modes = copy.deepcopy(model.state_dict()), [module.training for module in model.modules()]
    random_state, calls = torch.get_rng_state(), [0]

    def loss(module: nn.Module, batch: Any) -> Tensor:
        calls[0] += 1
        if calls[0] > 200:
            raise kind("stopped")
        return nn.functional.cross_entropy(module(batch[0]), batch[1])

    def stopped(why: str = "") -> None:  # trained one after another, so that every step calls the loss
        advice = advise(model, loss, optimizer="adafactor")
        assert why in {one.code for one in (*advice.verdict.reasons, *advice.verdict.notes)}

    if kind is ZeroDivisionError:
        with pytest.raises(kind):
            stopped()
    else:
        stopped("interrupted" if kind is KeyboardInterrupt else "out_of_memory")
    assert calls[0] > 200
    assert torch.equal(torch.get_rng_state(), random_state)
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks or module._backward_hooks for module in model.modules())
