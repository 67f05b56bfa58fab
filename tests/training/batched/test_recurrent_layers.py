"""The twins of recurrent layers equal torch's own layers, in outputs, states, gradients and whole trainings."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from advisor.errors import PlanError
from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.batched.recurrent_layers import with_batchable_recurrence
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.job import Job, make_job
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer

KINDS = {
    "rnn": (nn.RNN, {}),
    "rnn-relu": (nn.RNN, {"nonlinearity": "relu"}),
    "gru": (nn.GRU, {}),
    "lstm": (nn.LSTM, {}),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "batch-first": {"batch_first": True},
    "deep": {"num_layers": 3},
    "both-ways": {"bidirectional": True},
    "no-bias": {"bias": False},
    "all": {"num_layers": 2, "bidirectional": True, "batch_first": True},
}
ADAM = Recipe(OptimizerSettings("adamw", weight_decay=0.01), "cosine", clip_norm=1.0)


def leaves_of(result: Any) -> list[Tensor]:
    return [result] if isinstance(result, Tensor) else [leaf for part in result for leaf in leaves_of(part)]


@pytest.mark.parametrize("given", [False, True], ids=["zeros", "states"])
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_states_and_gradients_of_two_replicas_equal_torch(kind: str, setting: str, given: bool) -> None:
    torch.manual_seed(0)
    made, options = KINDS[kind]
    layers = [made(3, 4, **options, **SETTINGS[setting]).double() for _ in range(2)]
    x = torch.randn(2, 5, 7, 3, dtype=torch.float64)
    samples = 5 if SETTINGS[setting].get("batch_first") else 7
    first = None
    if given:
        count = layers[0].num_layers * (2 if layers[0].bidirectional else 1)
        first = torch.randn(2, count, samples, 4, dtype=torch.float64)
        first = (first, first.sin()) if kind == "lstm" else first
    names = list(dict(layers[0].named_parameters()))
    stacked = {n: torch.stack([p.get_parameter(n).detach() for p in layers]).requires_grad_() for n in names}
    twin = with_batchable_recurrence(copy.deepcopy(layers[0]))
    inputs = x.clone().requires_grad_()

    def call(weights: dict[str, Tensor], one: Tensor, states: Any) -> Any:
        return functional_call(twin, weights, (one, states))

    ours = leaves_of(vmap(call, in_dims=(0, 0, None if first is None else 0))(stacked, inputs, first))
    sum(leaf.sin().sum() for leaf in ours).backward()
    for member, layer in enumerate(layers):
        one = x[member].clone().requires_grad_()
        states = None if first is None else _of_replica(first, member)
        theirs = leaves_of(layer(one, states))
        sum(leaf.sin().sum() for leaf in theirs).backward()
        assert len(theirs) == len(ours)
        for left, right in zip(ours, theirs, strict=True):
            torch.testing.assert_close(left[member], right)
        torch.testing.assert_close(inputs.grad[member], one.grad)
        for name in names:
            torch.testing.assert_close(stacked[name].grad[member], layer.get_parameter(name).grad)


def _of_replica(first: Any, member: int) -> Any:
    return tuple(state[member] for state in first) if isinstance(first, tuple) else first[member]


@pytest.mark.parametrize("kind", KINDS)
def test_a_single_sequence_without_a_batch_equals_torch(kind: str) -> None:
    torch.manual_seed(0)
    made, options = KINDS[kind]
    layer = made(3, 4, num_layers=2, **options)
    x = torch.randn(6, 3)
    twin = with_batchable_recurrence(copy.deepcopy(layer))
    for ours, theirs in zip(leaves_of(twin(x)), leaves_of(layer(x)), strict=True):
        torch.testing.assert_close(ours, theirs)


class Reader(nn.Module):
    """Tokens or vectors through a recurrent layer to three classes."""

    def __init__(self, layer: nn.Module, width: int, packed: bool = False) -> None:
        super().__init__()
        self.layer, self.packed = layer, packed
        self.head = nn.Linear(width, 3)

    def forward(self, x: Tensor) -> Tensor:
        if self.packed:
            packed = nn.utils.rnn.pack_padded_sequence(x, torch.full((len(x),), 5), batch_first=True)
            return self.head(self.layer(packed)[1][-1])
        return self.head(self.layer(x)[0].mean(1))


def sequences() -> tuple[Tensor, Tensor]:
    x = torch.randn(120, 5, 4, generator=torch.Generator().manual_seed(1))
    return x, (x[:, 0, 0] > 0).long() + (x[:, -1, 1] > 0.5).long()


READERS = {
    "rnn": lambda: Reader(nn.RNN(4, 6, batch_first=True), 6),
    "gru": lambda: Reader(nn.GRU(4, 6, num_layers=2, batch_first=True), 6),
    "lstm": lambda: Reader(nn.LSTM(4, 6, batch_first=True, bidirectional=True), 12),
}


@pytest.mark.parametrize("name", READERS)
def test_batched_and_sequential_training_of_recurrent_nets_agree(name: str) -> None:
    job = make_job(READERS[name], sequences(), "cross_entropy", batch_size=16, total_steps=40)
    runs = [Run(rate, seed) for rate in (1e-3, 1e-2) for seed in (0, 1)]
    assert BatchedTrainer.takes(job, ADAM)
    together = BatchedTrainer(job).train(ADAM, runs, 25, seed=0)
    alone = SequentialTrainer(job).train(ADAM, runs, 25, seed=0)
    assert together.path == "batched"
    assert together.losses == pytest.approx(alone.losses, rel=2e-3)


def test_dropout_between_layers_acts_in_training_only() -> None:
    torch.manual_seed(0)
    layer = nn.LSTM(4, 6, num_layers=2, dropout=0.5, batch_first=True)
    twin = with_batchable_recurrence(copy.deepcopy(layer))
    x = sequences()[0]
    assert not torch.equal(twin(x)[0], twin(x)[0])
    torch.testing.assert_close(twin.eval()(x)[0], layer.eval()(x)[0])


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.filterwarnings("ignore:There is a performance drop")  # packing, before the packed layer is refused
def test_what_has_no_batched_form_is_refused_with_the_reason() -> None:
    class Own(nn.GRU):
        pass

    cases = {
        "proj_size=2": Reader(nn.LSTM(4, 6, proj_size=2, batch_first=True), 2),
        "Own": Reader(Own(4, 6, batch_first=True), 6),
        "packed sequence": Reader(nn.GRU(4, 6, batch_first=True), 6, packed=True),
    }
    for reason, model in cases.items():
        job = make_job(model, sequences(), "cross_entropy", batch_size=16, total_steps=40)
        with pytest.raises(NotImplementedError, match=reason):
            BatchedTrainer(job).train(ADAM, [Run(1e-3, 0)], 5, seed=0)


def test_the_users_layer_keeps_its_class() -> None:
    model = READERS["gru"]()
    job = make_job(model, sequences(), "cross_entropy", batch_size=16, total_steps=40)
    BatchedTrainer(job).train(ADAM, [Run(1e-3, 0)], 3, seed=0)
    assert type(model.layer) is nn.GRU
    assert type(job.make_model(0).layer) is nn.GRU


def _lstm_runs_in_bfloat16() -> bool:
    try:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            nn.LSTM(4, 4)(torch.zeros(2, 1, 4))
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_recurrent_nets_train_in_mixed_precision_or_the_processor_is_blamed(kind: str) -> None:
    def made() -> Job:
        return make_job(
            READERS[kind], sequences(), "cross_entropy", batch_size=16, total_steps=40, precision="bfloat16"
        )

    if kind == "lstm" and not _lstm_runs_in_bfloat16():
        with pytest.raises(PlanError, match="precision=bfloat16: this processor cannot run Reader"):
            made()
        return
    job, runs = made(), [Run(1e-2, 0), Run(1e-2, 1)]
    together = BatchedTrainer(job).train(ADAM, runs, 25, seed=0)
    alone = SequentialTrainer(job).train(ADAM, runs, 25, seed=0)
    assert together.losses == pytest.approx(alone.losses, rel=2e-2)
