"""Training data of any kind as samples that can be drawn in seeded batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, default_collate

from advisor.errors import DataError
from advisor.verification.trees import join, map_tree, same_structure, tensors_of

MAX_SAMPLES = 100_000
MAX_BYTES = 2**30
MAX_BATCHES = 2_000


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples held in memory.

    Attributes:
        tree: tensors with one row per sample; None when batches cannot be joined.
        batches: ready batches, used only when ``tree`` is None.
        n: number of samples.
        batch_size: the loader's own; None when the data did not come in batches.
    """

    tree: Any
    batches: tuple[Any, ...]
    n: int
    batch_size: int | None = None

    def select(self, rows: Tensor) -> Any:
        """Return the batch made of these rows; ``rows`` may have any shape, which leads the result's shape."""
        return map_tree(lambda tensor: tensor[rows], self.tree)

    def rows(self, batch_size: int, seed: int) -> Iterator[Tensor]:
        """Yield, without end, the row numbers of shuffled batches; the last, smaller batch of a pass is dropped."""
        order = torch.Generator().manual_seed(seed)
        size = min(batch_size, self.n)
        while True:
            shuffled = torch.randperm(self.n, generator=order)
            for start in range(0, self.n - size + 1, size):
                yield shuffled[start : start + size]

    def draw(self, batch_size: int, seed: int) -> Iterator[Any]:
        """Yield shuffled batches without end."""
        if self.tree is not None:
            for rows in self.rows(batch_size, seed):
                yield self.select(rows)
        order = torch.Generator().manual_seed(seed)
        while True:
            for index in torch.randperm(len(self.batches), generator=order).tolist():
                yield self.batches[index]

    def evaluation(self, batch_size: int, limit: int) -> list[tuple[Any, int]]:
        """Return batches of the first ``limit`` samples in order, each with its size."""
        if self.tree is None:
            sized = [(batch, _batch_rows(batch)) for batch in self.batches]
            return sized[: max(1, limit // max(1, sized[0][1]))]
        stop = min(self.n, limit)
        bounds = [(start, min(start + batch_size, stop)) for start in range(0, stop, batch_size)]
        return [(self.select(torch.arange(start, end)), end - start) for start, end in bounds]

    def pair(self, limit: int) -> tuple[Tensor, Tensor] | None:
        """Return up to ``limit`` samples as (x, y) when the data are such pairs."""
        tree = self.tree if self.tree is not None else self.batches[0]
        if isinstance(tree, tuple | list) and len(tree) == 2 and all(isinstance(part, Tensor) for part in tree):
            return tree[0][:limit], tree[1][:limit]
        return None

    def split(self, share: float, seed: int) -> tuple[Samples, Samples]:
        """Split into (rest, held out), seeded; ready batches are split as wholes."""
        order = torch.Generator().manual_seed(seed)
        if self.tree is None:
            cut = max(1, round(share * len(self.batches)))
            rest, held = self.batches[cut:], self.batches[:cut]
            return _of_batches(list(rest), self.batch_size), _of_batches(list(held), self.batch_size)
        shuffled = torch.randperm(self.n, generator=order)
        cut = max(1, round(share * self.n))
        parts = [
            Samples(self.select(rows), (), len(rows), self.batch_size) for rows in (shuffled[cut:], shuffled[:cut])
        ]
        return parts[0], parts[1]


def samples_of(source: Any, *, seed: int = 0) -> Samples:
    """Hold any training data as samples.

    Args:
        source: tensors, arrays or frames in a tuple, list or dict; a Dataset; a DataLoader; an iterable of batches; or
            a function that returns one. At most 100,000 samples are kept.
        seed: of the choice of samples when a Dataset is larger than that.

    Raises:
        DataError: nothing in it, an iterator that can be read only once, or arrays of different lengths.
    """
    if isinstance(source, Samples):
        return source
    if isinstance(source, DataLoader):
        return _of_loader(source)
    if isinstance(source, IterableDataset):
        return _of_items(iter(source), "the iterable dataset")
    if isinstance(source, Dataset):
        return _of_dataset(source, seed)
    if callable(source):
        return _of_iterable(source())
    if isinstance(source, Iterator):
        raise DataError(
            "train: an iterator can be read only once, and advisor must leave it untouched; "
            "give a list, a Dataset, a DataLoader or a function that returns a fresh iterator"
        )
    if _is_arrays(source):
        return _of_arrays(source)
    if isinstance(source, Iterable):
        return _of_iterable(source)
    raise DataError(f"train: a {type(source).__name__} is no training data that advisor knows")


def _is_arrays(source: Any) -> bool:
    """Return whether a source is one array or a tuple or dict of them, rather than a list of batches."""
    if isinstance(source, Mapping):
        return all(_is_array(value) for value in source.values())
    if isinstance(source, tuple | list):
        return bool(source) and all(_is_array(value) for value in source) and len({len(value) for value in source}) <= 2
    return _is_array(source)


def _is_array(value: Any) -> bool:
    return isinstance(value, Tensor | np.ndarray) or hasattr(value, "to_numpy")


def _tensor(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value.detach()
    array = value.to_numpy() if hasattr(value, "to_numpy") else np.asarray(value)
    if array.dtype == object:
        raise DataError("train: an array holds objects, not numbers; encode it first, or give the table itself")
    if array.dtype == np.float64:
        array = array.astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray(array))


def _of_arrays(source: Any) -> Samples:
    if isinstance(source, Mapping):
        tree: Any = {key: _tensor(value) for key, value in source.items()}
    elif isinstance(source, tuple | list):
        tree = tuple(_tensor(value) for value in source)
    else:
        tree = _tensor(source)
    lengths = {len(tensor) for tensor in tensors_of(tree)}
    if len(lengths) != 1:
        raise DataError(
            f"train: arrays of different lengths, {', '.join(map(str, sorted(lengths)))}; they need one row per sample"
        )
    return _checked(Samples(tree, (), lengths.pop()))


def _of_loader(loader: DataLoader[Any]) -> Samples:
    generators = {
        id(found): found
        for owner in (loader, loader.sampler, getattr(loader, "batch_sampler", None))
        if isinstance(found := getattr(owner, "generator", None), torch.Generator)
    }
    states = [(found, found.get_state()) for found in generators.values()]
    try:
        batches = _bounded(loader)
    finally:
        for found, state in states:
            found.set_state(state)
    return _of_batches(batches, loader.batch_size)


def _of_iterable(source: Iterable[Any]) -> Samples:
    return _of_batches(_bounded(source), None)


def _bounded(source: Iterable[Any]) -> list[Any]:
    batches: list[Any] = []
    samples = size = 0
    for batch in islice(source, MAX_BATCHES):
        held = map_tree(lambda tensor: tensor.detach().clone(), _as_batch(batch))
        batches.append(held)
        samples += _batch_rows(held)
        size += sum(tensor.numel() * tensor.element_size() for tensor in tensors_of(held))
        if samples >= MAX_SAMPLES or size >= MAX_BYTES:
            break
    return batches


def _as_batch(batch: Any) -> Any:
    if isinstance(batch, Mapping):
        return {key: _as_batch(value) for key, value in batch.items()}
    if isinstance(batch, np.ndarray):
        return _tensor(batch)
    return type(batch)(_as_batch(part) for part in batch) if type(batch) in {tuple, list} else batch


def _batch_rows(batch: Any) -> int:
    return next((len(tensor) for tensor in tensors_of(batch) if tensor.ndim), 1)


def _of_batches(batches: list[Any], batch_size: int | None) -> Samples:
    if not batches:
        raise DataError("train: there is not a single batch in the data")
    rows = sum(_batch_rows(batch) for batch in batches)
    size = batch_size or _batch_rows(batches[0])
    if all(same_structure(batches[0], batch) for batch in batches[1:]) and any(True for _ in tensors_of(batches[0])):
        tree = join(batches, torch.cat)
        if len({len(tensor) for tensor in tensors_of(tree)}) == 1:
            return _checked(Samples(tree, (), rows, size))
    return Samples(None, tuple(batches), rows, size)


def _of_dataset(dataset: Any, seed: int) -> Samples:
    length = len(dataset)
    rows: Iterable[int] = range(length)
    if length > MAX_SAMPLES:
        rows = torch.randperm(length, generator=torch.Generator().manual_seed(seed))[:MAX_SAMPLES].tolist()
    return _of_items((dataset[row] for row in rows), "the dataset")


def _of_items(items: Iterable[Any], name: str) -> Samples:
    kept = list(islice(items, MAX_SAMPLES))
    if not kept:
        raise DataError(f"train: {name} is empty")
    try:
        tree = default_collate(kept)
    except (TypeError, RuntimeError) as error:
        raise DataError(
            f"train: the samples of {name} cannot be put into one batch ({error}); give a DataLoader"
        ) from error
    tree = tuple(tree) if isinstance(tree, list) else tree
    return _checked(Samples(tree, (), len(kept)))


def _checked(samples: Samples) -> Samples:
    if samples.n < 2:
        raise DataError(f"train: {samples.n} samples are too few to train on; give at least 2")
    return samples
