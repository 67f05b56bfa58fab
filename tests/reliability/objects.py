"""Models, loaders and losses with state of every kind, and what that state is."""

from __future__ import annotations

import copy
import itertools
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.nn.utils import prune
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

X = torch.randn(64, 6, generator=torch.Generator().manual_seed(1))
Y = X[:, :1].clone()


@dataclass
class Case:
    """A job, and what else must stay as it is."""

    model: Any
    train: Any = (X, Y)
    loss: Any = "mse"
    watched: list[Any] = field(default_factory=list)


def net(*extra: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), *extra, nn.ReLU(), nn.Linear(8, 1))


class Teacher(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.student = net()
        self.teacher = copy.deepcopy(self.student).requires_grad_(False)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        if self.training:
            with torch.no_grad():
                for mine, theirs in zip(self.teacher.parameters(), self.student.parameters(), strict=True):
                    mine.mul_(0.9).add_(theirs, alpha=0.2)
        return F.mse_loss(self.student(x), y) + F.mse_loss(self.student(x), self.teacher(x) + 1)


class WritesData(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer, self.calls, self.seen = nn.Linear(6, 1), 0, []
        self.register_buffer("mean", torch.zeros(6))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.seen.append(1)
        self.layer.weight.data.clamp_(-0.01, 0.01)
        self.mean.copy_(0.5 * self.mean + 1.0)
        return self.layer(x)


class DrawsFromItsOwn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer, self.noise = nn.Linear(6, 1), np.random.default_rng(3)
        self.python, self.counter = random.Random(4), itertools.count()  # noqa: S311

    def forward(self, x: Tensor) -> Tensor:
        next(self.counter)
        return self.layer(x) * (1.0 + 0.01 * float(self.noise.standard_normal()) + 0.01 * self.python.random())


class ChangesTheProcess(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 1)

    def forward(self, x: Tensor) -> Tensor:
        os.environ["ADVISOR_TEST_LEFT_BEHIND"] = "1"
        random.random()  # noqa: S311
        np.random.rand()  # noqa: NPY002
        return self.layer(x) + 0 * torch.rand(1)


class Counting(Dataset):
    def __init__(self) -> None:
        self.calls, self.noise, self.log = 0, np.random.default_rng(1), []

    def __len__(self) -> int:
        return 64

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor]:
        self.calls += 1
        self.log.append(row)
        return X[row] + float(self.noise.standard_normal()), Y[row]


class Stream(IterableDataset):
    def __init__(self) -> None:
        self.position, self.rows = 0, iter(range(64))

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for row in self.rows:
            self.position += 1
            yield X[row], Y[row]


class Epochs:
    """Re-iterable, and it counts its passes, moves a generator and fills a list."""

    def __init__(self) -> None:
        self.epoch, self.generator, self.log = 0, torch.Generator().manual_seed(2), []

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        self.epoch += 1
        self.log.append(self.epoch)
        for rows in torch.randperm(64, generator=self.generator).split(16):
            yield X[rows], Y[rows]


class Inner:
    """An iterator over an iterator that it keeps."""

    def __init__(self) -> None:
        self.inner = iter([(X[:16], Y[:16])] * 4)

    def __iter__(self) -> Inner:
        return self

    def __next__(self) -> tuple[Tensor, Tensor]:
        return next(self.inner)


def with_gradients() -> Case:
    model = net()
    F.mse_loss(model(X), Y).backward()
    return Case(model)


def with_modes() -> Case:
    model = net(nn.BatchNorm1d(8), nn.Dropout())
    model[1].eval()
    model[0].weight.requires_grad_(False)
    return Case(model)


def with_hooks() -> Case:
    model, seen = net(), []
    model[0].register_forward_hook(lambda *given: seen.append(len(given)))
    model[2].register_forward_pre_hook(lambda *given: seen.append(len(given)))
    model[2].register_full_backward_hook(lambda *given: seen.append(len(given)))
    return Case(model, watched=[seen])


def tied() -> Case:
    model = nn.Sequential(nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 6), nn.Linear(6, 1))
    model[2].weight = model[0].weight
    return Case(model)


def inference_mode() -> Case:
    with torch.inference_mode():
        return Case(net())


def shared_factory() -> Case:
    body = net()
    return Case(lambda: nn.Sequential(body, nn.Linear(1, 1)), watched=[body])


def loader(**settings: Any) -> Callable[[], Case]:
    generator = torch.Generator().manual_seed(7)
    made = {"batch_size": 16, "shuffle": True, "generator": generator, **settings}
    return lambda: Case(net(), DataLoader(TensorDataset(X, Y), **made), watched=[generator])


def stateful(make: Callable[[], Any]) -> Callable[[], Case]:
    def case() -> Case:
        data = make()
        return Case(net(), data, watched=[data])

    return case


def stateful_dataset(make: Callable[[], Any]) -> Callable[[], Case]:
    def case() -> Case:
        data = make()
        return Case(net(), DataLoader(data, batch_size=16), watched=[data])

    return case


def old_norm(norm: Callable[[nn.Module], nn.Module]) -> Callable[[], Case]:
    def case() -> Case:
        model = net()
        model[0] = norm(model[0])
        return Case(model.train())

    return case


def quantised() -> Case:
    return Case(nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 1), torch.quantization.QuantStub()))


CASES: dict[str, Callable[[], Case]] = {
    "batch norm": lambda: Case(net(nn.BatchNorm1d(8))),
    "batch norm without momentum": lambda: Case(net(nn.BatchNorm1d(8, momentum=None))),
    "weight norm": old_norm(nn.utils.parametrizations.weight_norm),
    "spectral norm": old_norm(nn.utils.parametrizations.spectral_norm),
    "orthogonal": old_norm(nn.utils.parametrizations.orthogonal),
    "spectral norm as a hook": old_norm(nn.utils.spectral_norm),
    "pruned": old_norm(lambda layer: prune.l1_unstructured(layer, "weight", 0.5)),
    "moving average of itself": lambda: Case(Teacher(), loss=None),
    "writes through data": lambda: Case(WritesData()),
    "generators of its own": lambda: Case(DrawsFromItsOwn()),
    "changes the process": lambda: Case(ChangesTheProcess()),
    "gradients": with_gradients,
    "modes and frozen weights": with_modes,
    "hooks that record": with_hooks,
    "tied weights": tied,
    "weights made under inference_mode": inference_mode,
    "lazy": lambda: Case(nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.Linear(8, 1))),
    "float64": lambda: Case(net().double(), (X.double(), Y.double())),
    "recurrent": lambda: Case(nn.Sequential(nn.Linear(6, 8), nn.RReLU(), nn.Linear(8, 1))),
    "quantisation stubs": quantised,
    "factory with a shared body": shared_factory,
    "loader with a generator": loader(),
    "loader without": loader(generator=None),
    "data set that counts": stateful_dataset(Counting),
    "stream": stateful_dataset(Stream),
    "bare stream": stateful(Stream),
    "re-iterable with state": stateful(Epochs),
    "iterator that keeps an iterator": stateful(Inner),
}


def state_of(case: Case) -> dict[str, Any]:
    """Return everything that must be the same afterwards, as plain values."""
    found: dict[str, Any] = {
        "torch": torch.get_rng_state().tolist(),
        "numpy": repr(np.random.get_state()),  # noqa: NPY002
        "python": random.getstate(),
        "environment": dict(os.environ),
        "threads": torch.get_num_threads(),
        "dtype": torch.get_default_dtype(),
        "folder": str(Path.cwd()),
    }
    for number, item in enumerate([case.model, case.train, *case.watched]):
        found[f"object {number}"] = _plain(item, set())
    return found


def _plain(item: Any, seen: set[int]) -> Any:
    if isinstance(item, Tensor):
        lazy = isinstance(item, nn.UninitializedParameter | nn.UninitializedBuffer)
        values = None if lazy else item.detach().clone().flatten().tolist()
        return id(item), values, item.requires_grad, _plain(item.grad, seen) if item.is_leaf else None
    if isinstance(item, torch.Generator):
        return item.get_state().tolist()
    if isinstance(item, np.random.Generator):
        return repr(item.bit_generator.state)
    if isinstance(item, random.Random):
        return item.getstate()
    if isinstance(item, itertools.count):
        return repr(item)
    if hasattr(item, "__length_hint__"):
        return id(item), item.__length_hint__()
    if isinstance(item, dict | list | tuple | set):
        values = item.items() if isinstance(item, dict) else item
        return [_plain(value, seen) for value in values]
    if (hasattr(item, "__dict__") and not callable(item)) or isinstance(item, nn.Module):
        if id(item) in seen:
            return id(item)
        seen.add(id(item))
        return type(item).__name__, [(name, _plain(value, seen)) for name, value in vars(item).items()]
    return item if isinstance(item, str | int | float | bool | None) else id(item)
