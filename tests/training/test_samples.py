"""Data of any structure become samples, and what they came from stays where it stood."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from advisor.results import remark
from advisor.training.nested_batches import parts_of, tensors_of
from advisor.training.sources import samples_of

X, Z, Y = torch.arange(24.0).reshape(12, 2), torch.arange(12), torch.arange(12).float()
Batch = namedtuple("Batch", ["x", "y"])  # noqa: PYI024
STRUCTURES: dict[str, Any] = {
    "one tensor": X,
    "tuple": (X, Y),
    "three parts": (X, Z, Y),
    "list": [X, Y],
    "dict": {"x": X, "y": Y},
    "nested tuple": ((X, Z), Y),
    "nested dict": {"inputs": {"x": X, "z": Z}, "y": Y},
    "dict and target": ({"x": X, "z": Z}, Y),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_arrays_of_any_structure(name: str) -> None:
    samples = samples_of(STRUCTURES[name])
    assert (samples.n, samples.total) == (12, 12)
    batch = samples.select(torch.tensor([3, 5]))
    for drawn, whole in zip(tensors_of(batch), tensors_of(STRUCTURES[name]), strict=True):
        assert torch.equal(drawn, whole[[3, 5]])


def rows(source: Any, start: int) -> Any:
    if isinstance(source, dict):
        return {key: rows(value, start) for key, value in source.items()}
    if isinstance(source, Tensor):
        return source[start : start + 4]
    parts = [rows(value, start) for value in source]
    return type(source)(*parts) if isinstance(source, Batch) else type(source)(parts)


@pytest.mark.parametrize("source", [(X, Y), [X, Y], {"x": X, "y": Y}, ((X, Z), Y), [X, {"z": Z}], Batch(X, Y)], ids=str)
def test_batches_of_any_structure_keep_it(source: Any) -> None:
    samples = samples_of([rows(source, start) for start in (0, 4, 8)])
    batch = samples.select(torch.arange(12))
    assert type(batch) is type(source)
    assert str(batch) == str(source)
    assert samples.batch_size == 4


def test_batches_of_different_shapes_stay_whole() -> None:
    samples = samples_of([(torch.ones(4, 3), 1), (torch.ones(4, 5), 1)])
    assert (samples.tree, samples.n, len(samples.batches)) == (None, 8, 2)


def test_a_generator_is_read_within_bounds_and_the_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisor.training.sources.STREAM_SAMPLES", 40)
    endless = ((X, Y) for _ in iter(int, 1))
    samples = samples_of(endless)
    assert (samples.n, samples.total) == (48, None)
    assert samples.notes == (remark("iterator_consumed", batches=4), remark("part_of_the_data", samples=48))
    assert next(endless)[0] is X


def test_an_iterator_that_can_be_copied_stays_where_it_is() -> None:
    iterator = iter([(X, Y), (X, Y)])
    samples = samples_of(iterator)
    assert (samples.n, samples.notes) == (24, ())
    assert len(list(iterator)) == 2


class Noisy(Dataset):
    def __init__(self) -> None:
        self.noise = np.random.default_rng(1)
        self.calls = 0

    def __len__(self) -> int:
        return 12

    def __getitem__(self, row: int) -> Tensor:
        self.calls += 1
        return X[row] + self.noise.standard_normal()


class Stream(IterableDataset):
    def __init__(self) -> None:
        self.position = 2

    def __iter__(self) -> Iterator[Tensor]:
        while self.position < 12:
            yield X[self.position]
            self.position += 1


def test_datasets_keep_their_generators_and_positions() -> None:
    noisy, stream = Noisy(), Stream()
    state = noisy.noise.bit_generator.state
    samples_of(noisy)
    samples_of(DataLoader(noisy, batch_size=4))
    assert (noisy.noise.bit_generator.state, noisy.calls) == (state, 0)
    assert samples_of(stream).n == 10
    assert samples_of(DataLoader(stream, batch_size=4)).n == 10
    assert stream.position == 2


def test_a_loader_that_is_being_read_goes_on_where_it_was() -> None:
    loaders = [
        DataLoader(TensorDataset(X), batch_size=2, shuffle=True, generator=torch.Generator().manual_seed(5))
        for _ in range(2)
    ]
    readers = [iter(loader) for loader in loaders]
    for reader in readers:
        next(reader)
    samples_of(loaders[0])
    for own, other in zip(*readers, strict=True):
        assert torch.equal(own[0], other[0])
    assert torch.equal(*(next(iter(loader))[0] for loader in loaders))


def test_parts_cover_a_batch_in_order() -> None:
    parts = parts_of((X, {"y": Y}), 5)
    assert len(parts) == 5
    assert torch.equal(torch.cat([part[0] for part in parts]), X)
    assert torch.equal(torch.cat([part[1]["y"] for part in parts]), Y)


@pytest.mark.parametrize("kind", ["dataset", "stream", "loader"])
def test_what_is_left_out_for_its_size_is_said(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisor.training.sources.MAX_BYTES", 5 * 12)  # rows of two inputs and a target take 12 bytes

    class Stream(IterableDataset[Any]):
        def __iter__(self) -> Iterator[Any]:
            return iter(zip(X, Y, strict=True))

    dataset = TensorDataset(X, Y)
    sources: dict[str, Any] = {"dataset": dataset, "stream": Stream(), "loader": DataLoader(dataset, batch_size=1)}
    samples = samples_of(sources[kind])
    assert samples.n == 5
    assert samples.notes == (remark("part_of_the_data", samples=5),)
    monkeypatch.undo()
    assert samples_of(sources[kind]).notes == ()


def test_a_stream_is_sharded_by_its_workers_and_read_as_a_whole() -> None:
    class Shards(IterableDataset[Any]):
        def __iter__(self) -> Iterator[Any]:
            worker = torch.utils.data.get_worker_info()
            first, count = (0, 1) if worker is None else (worker.id, worker.num_workers)
            return iter([(X[row], Y[row]) for row in range(first, 12, count)])

    read = samples_of(DataLoader(Shards(), batch_size=2, num_workers=2))
    assert sorted(read.tree[1].tolist()) == Y.tolist()


def halves(pairs: list[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """Collate pairs as preference trainers do: all that was chosen, then all that was rejected."""
    return {"x": torch.stack([chosen for chosen, _ in pairs] + [rejected for _, rejected in pairs])}


def packed(pairs: list[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """Collate four pairs into a row."""
    return {"x": torch.stack([torch.cat(pair) for pair in pairs]).reshape(len(pairs) // 4, -1)}


@pytest.mark.parametrize(("collate", "rows"), [(halves, 16), (packed, 2)])
def test_rows_of_a_batch_that_are_no_samples_stay_together(
    collate: Callable[[list[tuple[Tensor, Tensor]]], Any], rows: int
) -> None:
    pairs = [(torch.full((3,), float(i)), torch.full((3,), -float(i))) for i in range(40)]
    samples = samples_of(DataLoader(pairs, batch_size=8, collate_fn=collate))
    assert (samples.n, samples.total, samples.batch_size, len(samples.batches)) == (40, 40, 8, 5)
    batch = next(samples.draw(8, 0))
    assert (len(batch["x"]), samples.rows_in(batch)) == (rows, 8)
    rest, held = samples.split_batches(0.2)
    assert (rest.n, held.n, samples.limited(16).n) == (32, 8, 16)
