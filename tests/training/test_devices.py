"""Batches go where the model is; generators of every device are put back; precision is the user's."""

from __future__ import annotations

from collections import UserDict, namedtuple
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_sequence
from torch.utils.data import DataLoader

import advisor
from advisor.isolation import generators, process_state_kept
from advisor.training import devices
from advisor.training.devices import autocast_precision, moved, without_autocast
from advisor.training.job import make_job
from advisor.training.nested_batches import map_tree, tensors_of
from tests.training.fake_device import FakeDevice

X, Y = torch.randn(64, 6, generator=torch.Generator().manual_seed(1)), torch.zeros(64, 1)
Pair = namedtuple("Pair", ["x", "y"])  # noqa: PYI024


@dataclass(frozen=True)
class Sentence:
    tokens: Tensor
    name: str = "a"


class Encoding(UserDict):  # type: ignore[type-arg]  # as tokenizers return it
    def __getattr__(self, name: str) -> Any:
        return self.data[name]


class Graph:
    """An object of another library, which moves itself in place and returns itself."""

    def __init__(self) -> None:
        self.nodes = torch.ones(3)

    def to(self, device: torch.device) -> Graph:
        self.nodes = self.nodes.to(device)
        return self


NESTS: dict[str, Any] = {
    "tuple": (X, [Y, None, "text"]),
    "dict": {"x": X, "deep": {"y": (Y,)}},
    "named tuple": Pair(X, Y),
    "dataclass": Sentence(X),
    "encoding": Encoding({"x": X}),
}


@pytest.mark.parametrize("name", NESTS)
def test_batches_of_any_nesting_are_moved_and_keep_their_class(name: str) -> None:
    batch = NESTS[name]
    there = moved(batch, torch.device("meta"))
    assert type(there) is type(batch)
    assert [tensor.device.type for tensor in tensors_of(there)] == ["meta"] * len(list(tensors_of(batch)))
    assert all(tensor.device.type == "cpu" for tensor in tensors_of(batch))
    here = moved(batch, torch.device("cpu"))
    assert all(a is b for a, b in zip(tensors_of(here), tensors_of(batch), strict=True))


def test_objects_that_move_themselves_are_copied_first() -> None:
    graph = Graph()
    there, packed = moved((graph, pack_sequence([X[0], X[1]])), torch.device("meta"))
    assert there.nodes.device.type == "meta"
    assert graph.nodes.device.type == "cpu"
    assert isinstance(packed, PackedSequence)
    assert (packed.data.device.type, packed.batch_sizes.device.type) == ("meta", "cpu")


def test_attributes_of_a_mapping_survive() -> None:
    doubled = map_tree(lambda tensor: tensor * 2, Encoding({"x": X}))
    assert torch.equal(doubled.x, 2 * X)


def net() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 1))


def of_dict(model: nn.Module, batch: Any) -> Tensor:
    return nn.functional.mse_loss(model(batch["x"]), batch["y"])


@pytest.mark.parametrize("kind", ["pairs", "loader", "accumulated"])
@pytest.mark.parametrize("optimizer", ["adamw", "adafactor"])  # together, and one after another
def test_a_whole_check_runs_on_another_device_than_the_data(
    kind: str, optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "WITHOUT_FLOAT64", frozenset({"meta"}))
    samples = [{"x": x, "y": y} for x, y in zip(X, Y, strict=True)]
    source: Any = DataLoader(samples, batch_size=16) if kind == "loader" else (X, Y)
    loss: Any = of_dict if kind == "loader" else "mse"
    settings: dict[str, Any] = {"accumulation": 2} if kind == "accumulated" else {}
    model = net().to("meta")
    device = FakeDevice()
    with device:
        advice = advisor.advise(
            model, source, loss, epochs=6, batch_size=16, optimizer=optimizer, budget="quick", **settings
        )
    assert advice.probe is not None
    assert advice.verdict.trials
    assert device.arrived > 100
    with pytest.raises(RuntimeError):
        model(X)  # what the device is there to catch


def test_generators_of_an_accelerator_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    states = [torch.tensor([1]), torch.tensor([2])]

    def put_back(before: list[Tensor]) -> None:
        states[:] = before

    two = SimpleNamespace(get_rng_state_all=lambda: list(states), set_rng_state_all=put_back)
    one = SimpleNamespace(get_rng_state=lambda: states[0], set_rng_state=lambda before: states.__setitem__(0, before))
    for module in (two, one):
        monkeypatch.setattr(generators, "_accelerator", lambda module=module: module)
        with process_state_kept():
            states[0] = torch.tensor([7])
        assert states[0].item() == 1
        assert len(generators.generator_states()) == (3 if module is two else 2)


def test_the_autocast_of_the_caller_is_the_precision_of_the_trials() -> None:
    kinds: set[torch.dtype] = set()

    def loss(model: nn.Module, batch: Any) -> Tensor:
        found = model(batch[0])
        kinds.add(found.dtype)
        return (found.float() - batch[1]).square().mean()

    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 1))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert autocast_precision(model) == "bfloat16"
        advice = advisor.advise(model, (X, Y), loss, epochs=2, batch_size=16, budget="quick")
        assert torch.is_autocast_enabled("cpu")
        with without_autocast():
            assert autocast_precision(model) is None
    assert advice.facts.plan.precision == "bfloat16"
    assert kinds == {torch.bfloat16}
    assert autocast_precision(model) is None


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "adafactor"])
def test_weights_in_bfloat16_take_floats_and_train(optimizer: str) -> None:
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 1)).bfloat16()
    advice = advisor.advise(model, (X, X[:, :1]), "mse", epochs=6, batch_size=16, optimizer=optimizer, budget="quick")
    assert advice.verdict.trials
    assert all(one.dtype == torch.bfloat16 for one in model.parameters())


def test_copies_keep_the_memory_format() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 2)).to(memory_format=torch.channels_last)
    x = torch.randn(24, 3, 8, 8).to(memory_format=torch.channels_last)
    job = make_job(model, (x, torch.zeros(24, dtype=torch.long)), "cross_entropy", batch_size=8, total_steps=4)
    assert job.make_model(0)[0].weight.is_contiguous(memory_format=torch.channels_last)
