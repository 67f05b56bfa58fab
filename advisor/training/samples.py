"""Training data of any kind as samples that can be drawn in seeded batches."""

from __future__ import annotations

import copy
import logging
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, default_collate

from advisor.errors import DataError
from advisor.isolation import Snapshot, independent_copy, process_state_kept, reads_once
from advisor.results import Remark, remark
from advisor.training.nested_batches import (
    Listing,
    join,
    listing_of,
    map_tree,
    rows_of,
    same_structure,
    tensors_of,
)
from advisor.training.redraw import Redraw, redraw_of

_log = logging.getLogger(__name__)

MAX_SAMPLES = 100_000
"""Held of a source at most. Judgement: with ``MAX_BYTES`` and ``MAX_BATCHES``, what a laptop reads in seconds."""
MAX_BYTES = 2**30
"""Judgement: a gigabyte."""
MAX_BATCHES = 2_000
"""Judgement: more batches than trials draw."""
STREAM_SAMPLES = 20_000
"""Drawn at most from an iterator that can be read only once. Judgement: they are lost to the user's own training."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples held in memory.

    Attributes:
        tree: tensors with one row per sample; None when batches cannot be joined.
        batches: ready batches, used only when ``tree`` is None.
        n: number of samples.
        batch_size: the loader's own; None when the data did not come in batches.
        total: samples in the source, of which ``n`` are held; None when it was cut short and does not say.
        notes: what the user should know about how they were drawn.
        listing: how ready batches list samples one by one; None: they are stacked.
        redraw: draws them anew, where they come out differently each time; ``tree`` holds each as it once came.
    """

    tree: Any
    batches: tuple[Any, ...]
    n: int
    batch_size: int | None = None
    total: int | None = None
    notes: tuple[Remark, ...] = ()
    listing: Listing | None = None
    redraw: Redraw | None = None

    def rows_in(self, batch: Any) -> int:
        """Return the samples of one of the batches."""
        return rows_of(batch, self.listing)

    def select(self, rows: Tensor) -> Any:
        """Return the batch made of these rows; ``rows`` may have any shape, which leads the result's shape."""
        return map_tree(lambda tensor: tensor[rows], self.tree)

    def training_batch(self, rows: Tensor, seed: int, step: int) -> Any:
        """Return the batch of these rows, shape (samples,), as a training with this seed sees it in a step."""
        return self.select(rows) if self.redraw is None else self.redraw.batch(rows, seed, step)

    def taken(self, rows: Tensor) -> Samples:
        """Return the samples of these rows."""
        return Samples(self.select(rows), (), len(rows), self.batch_size)

    def rows(self, batch_size: int, seed: int, *, among: Tensor | None = None) -> Iterator[Tensor]:
        """Yield, without end, the row numbers of shuffled batches; the last, smaller batch of a pass is dropped.

        Args:
            batch_size: rows in each, fewer where there are not that many.
            seed: of the shuffling.
            among: the rows to draw from; None: all.
        """
        order = torch.Generator().manual_seed(seed)
        count = self.n if among is None else len(among)
        size = min(batch_size, count)
        while True:
            shuffled = torch.randperm(count, generator=order)
            shuffled = shuffled if among is None else among[shuffled]
            for start in range(0, count - size + 1, size):
                yield shuffled[start : start + size]

    def draw(self, batch_size: int, seed: int) -> Iterator[Any]:
        """Yield shuffled batches without end."""
        if self.tree is not None:
            for step, rows in enumerate(self.rows(batch_size, seed)):
                yield self.training_batch(rows, seed, step)
        order = torch.Generator().manual_seed(seed)
        while True:
            for index in torch.randperm(len(self.batches), generator=order).tolist():
                yield self.batches[index]

    def first(self, count: int) -> Any:
        """Return the first batch in order."""
        return self.select(torch.arange(min(count, self.n))) if self.tree is not None else self.batches[0]

    def evaluation(self, batch_size: int, limit: int) -> list[tuple[Any, int]]:
        """Return batches of the first ``limit`` samples in order, in the memory of the samples, each with its size."""
        if self.tree is None:
            sized = [(batch, self.rows_in(batch)) for batch in self.batches]
            return sized[: max(1, limit // max(1, sized[0][1]))]
        stop = min(self.n, limit)
        bounds = [(start, min(start + batch_size, stop)) for start in range(0, stop, batch_size)]
        return [(map_tree(itemgetter(slice(*bound)), self.tree), bound[1] - bound[0]) for bound in bounds]

    def pair(self, limit: int) -> tuple[Tensor, Tensor] | None:
        """Return up to ``limit`` samples as (x, y) when the data are such pairs."""
        tree = self.tree if self.tree is not None else self.batches[0]
        if isinstance(tree, tuple | list) and len(tree) == 2 and all(isinstance(part, Tensor) for part in tree):
            return tree[0][:limit], tree[1][:limit]
        return None

    def limited(self, count: int) -> Samples:
        """Return at most the first ``count`` samples; ready batches are kept as wholes."""
        if self.n <= count:
            return self
        if self.tree is not None:
            return replace(self, tree=self.first(count), n=count)
        keep = max(1, len(self.batches) * count // self.n)
        batches = self.batches[:keep]
        return replace(self, batches=batches, n=sum(map(self.rows_in, batches)))

    def split_batches(self, share: float) -> tuple[Samples, Samples]:
        """Split ready batches into (rest, held out), as wholes."""
        cut = max(1, round(share * len(self.batches)))
        rest, held = self.batches[cut:], self.batches[:cut]
        if not rest:
            raise DataError("train: a single batch cannot be split; give validation data as well")
        return _of_batches(list(rest), self.batch_size), _of_batches(list(held), self.batch_size)


def samples_of(source: Any, *, seed: int = 0) -> Samples:
    """Hold any training data as samples.

    Args:
        source: tensors, arrays or frames in a tuple, list or dict, also nested; a Dataset; a DataLoader; an iterable of
            batches; or a function that returns one. At most 100,000 samples are kept. Of an iterator that can be read
            only once a bounded number of batches is drawn and held; they are gone for its owner, and a note says so.
        seed: of the choice of samples when a Dataset is larger than that.

    Raises:
        DataError: nothing in it, or arrays of different lengths.
    """
    if isinstance(source, Samples):
        return source
    with process_state_kept():
        return _samples_of(source, seed)


def _samples_of(source: Any, seed: int) -> Samples:
    if isinstance(source, DataLoader):
        return _of_loader(source)
    if isinstance(source, IterableDataset):
        return _of_stream(source)
    if isinstance(source, Dataset):
        return _of_dataset(source, seed)
    if callable(source):
        return _of_iterable(source())
    if isinstance(source, Iterator):
        return _of_iterator(source)
    if _is_arrays(source):
        return _of_arrays(source)
    if isinstance(source, Iterable):
        return _of_iterable(source)
    raise DataError(
        f"train: a {type(source).__name__} cannot be read as training data; give a table, (X, y), a Dataset, a "
        "DataLoader or batches"
    )


def joined(parts: Sequence[Samples]) -> Samples:
    """Return the samples of several sources of the same kind as one.

    Raises:
        DataError: some come in batches that fit together and some do not.
    """
    first = parts[0]
    totals = [part.total for part in parts]
    total = None if None in totals else sum(one or 0 for one in totals)
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    rows = sum(part.n for part in parts)
    if all(part.tree is None for part in parts):
        batches = tuple(batch for part in parts for batch in part.batches)
        return Samples(None, batches, rows, first.batch_size, total, notes, first.listing)
    trees = [part.tree for part in parts]
    if any(tree is None or not same_structure(first.tree, tree) for tree in trees):
        raise DataError("train: the ranks hold samples of different structure; give all of them the same kind")
    return Samples(join(trees, torch.cat), (), rows, first.batch_size, total, notes)


def _is_arrays(source: Any) -> bool:
    """Return whether a source is one array or a tuple or dict of them, rather than a list of batches."""
    if isinstance(source, Mapping):
        return bool(source) and all(_is_nested(value) for value in source.values())
    if not isinstance(source, tuple | list) or not source:
        return _is_array(source)
    if all(_is_array(value) for value in source):
        return len({len(value) for value in source}) <= 2
    # ((x, z), y) is nested arrays; [(x, y), (x, y)] is a list of batches.
    return isinstance(source, tuple) and any(map(_is_array, source)) and all(map(_is_nested, source))


def _is_nested(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(map(_is_nested, value.values()))
    return all(map(_is_nested, value)) if isinstance(value, tuple | list) and value else _is_array(value)


def _is_array(value: Any) -> bool:
    return isinstance(value, Tensor | np.ndarray) or hasattr(value, "to_numpy")


def _tensor(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        if value.layout != torch.strided or value.is_nested:
            raise DataError("train: a sparse or nested tensor has no rows that can be drawn; give X.to_dense()")
        return value.detach()
    array = value.to_numpy() if hasattr(value, "to_numpy") else np.asarray(value)
    if array.dtype == object:
        raise DataError("train: an array holds objects, not numbers; encode it first, or give the table itself")
    if array.dtype in (np.float64, np.longdouble):
        array = array.astype(np.float32)
    try:
        return torch.from_numpy(np.ascontiguousarray(array))
    except TypeError as error:
        raise DataError(
            f"train: an array of {array.dtype} holds no numbers that torch knows; give float32, integers or booleans"
        ) from error


def _tensors(source: Any) -> Any:
    if isinstance(source, Mapping):
        return {key: _tensors(value) for key, value in source.items()}
    return tuple(_tensors(value) for value in source) if isinstance(source, tuple | list) else _tensor(source)


def _of_arrays(source: Any) -> Samples:
    tree = _tensors(source)
    if any(tensor.ndim == 0 for tensor in tensors_of(tree)):
        raise DataError("train: a single number is no array of samples; give one row per sample")
    lengths = {len(tensor) for tensor in tensors_of(tree)}
    if len(lengths) != 1:
        raise DataError(
            f"train: arrays of different lengths, {', '.join(map(str, sorted(lengths)))}; they need one row per sample"
        )
    rows = lengths.pop()
    return _checked(Samples(tree, (), rows, total=rows))


def _of_loader(loader: DataLoader[Any]) -> Samples:
    """Read a copy of the loader in this process: its own workers, iterator and generators stay where they are."""
    own = copy.copy(loader)
    vars(own)["_iterator"] = None  # of persistent workers, which the user may be reading
    if loader.worker_init_fn is None:
        vars(own).update(num_workers=0, timeout=0, prefetch_factor=None, persistent_workers=False, pin_memory=False)
    drawn = _Recorded(loader.batch_sampler)
    by_position = loader.batch_sampler is not None and not isinstance(loader.dataset, IterableDataset)
    if by_position:
        vars(own)["batch_sampler"] = drawn
    with _positions_kept(loader, loader.dataset, loader.sampler, loader.batch_sampler) as once:
        batches, cut = _bounded(own, STREAM_SAMPLES if once else MAX_SAMPLES)
        found = _of_batches(batches, loader.batch_size)
        positions = [place for one in drawn.batches[: len(batches)] for place in one]
        if by_position and found.tree is not None and len(positions) == found.n:
            found = replace(found, redraw=redraw_of(loader.dataset, loader.collate_fn, positions, found.tree))
    return replace(
        found, total=_length_of(loader, found.n, cut=cut), notes=_notes(found, len(batches), once=once, cut=cut)
    )


class _Recorded:
    """A sampler of batches that remembers what it drew."""

    def __init__(self, sampler: Any) -> None:
        self.batches: list[list[int]] = []
        self._sampler = sampler

    def __iter__(self) -> Iterator[Any]:
        for batch in self._sampler:
            self.batches.append(list(batch))
            yield batch

    def __len__(self) -> int:
        return len(self._sampler)


def _length_of(loader: DataLoader[Any], held: int, *, cut: bool) -> int | None:
    if not cut:
        return held
    try:
        return len(loader) * (loader.batch_size or 1)
    except TypeError:
        return None


def _of_stream(source: IterableDataset[Any]) -> Samples:
    with _positions_kept(source) as once:
        found, cut = _of_items(source, "the iterable dataset", STREAM_SAMPLES if once else MAX_SAMPLES)
    return replace(found, total=None if cut else found.n, notes=_notes(found, found.n, once=once, cut=cut))


def _of_iterator(source: Iterator[Any]) -> Samples:
    """Draw from an iterator: from a copy where there is one, else from itself; what it keeps is put back."""
    own = independent_copy(source)
    return _of_iterable(source if own is None else own, once=reads_once(source) and not hasattr(source, "__dict__"))


def _of_iterable(source: Iterable[Any], *, once: bool = False) -> Samples:
    with _positions_kept(source, once=once) as reads_it_once:
        batches, cut = _bounded(source, STREAM_SAMPLES if reads_it_once else MAX_SAMPLES)
    found = _of_batches(batches, None)
    notes = _notes(found, len(batches), once=reads_it_once, cut=cut)
    return replace(found, total=None if cut else found.n, notes=notes)


@contextmanager
def _positions_kept(*owners: Any, once: bool = False) -> Iterator[bool]:
    """Put owners of data back to where they stand; yield whether they can be read only once, which is said before.

    What can be read only once cannot be put back: it is read within narrower bounds.
    """
    before = Snapshot(*owners, weights=False)
    once = once or bool(before.read_once)
    if once:
        _log.warning(
            "train: %s can be read only once, and up to %d samples of it are read now; "
            "give a function that returns one to keep it whole",
            before.read_once[0] if before.read_once else f"a {type(owners[0]).__name__}",
            STREAM_SAMPLES,
        )
    try:
        yield once
    finally:
        before.restore()


def _notes(found: Samples, batches: int, *, once: bool, cut: bool) -> tuple[Remark, ...]:
    """Return what is to be said of samples that were read: that they are gone, that there are more."""
    consumed = (remark("iterator_consumed", batches=batches),) if once else ()
    return (*consumed, remark("part_of_the_data", samples=found.n)) if cut else consumed


def _bounded(source: Iterable[Any], most: int = MAX_SAMPLES) -> tuple[list[Any], bool]:
    """Return the first batches, and whether there may be more."""
    batches: list[Any] = []
    samples = size = 0
    for batch in source:
        held = map_tree(lambda tensor: tensor.detach().clone(), batch, other=_held)
        batches.append(held)
        samples += rows_of(held)
        size += _bytes_of(held)
        if samples >= most or size >= MAX_BYTES or len(batches) >= MAX_BATCHES:
            return batches, True
    return batches, False


def _held(leaf: Any) -> Any:
    return _tensor(leaf).clone() if isinstance(leaf, np.ndarray) else leaf


def _of_batches(batches: list[Any], batch_size: int | None) -> Samples:
    if not batches:
        raise DataError("train: there is not a single batch in the data")
    listing = listing_of(batches[0], batch_size)
    rows = sum(rows_of(batch, listing) for batch in batches)
    size = batch_size or rows_of(batches[0], listing)
    if listing is not None:
        return Samples(None, tuple(batches), rows, size, listing=listing)
    if all(same_structure(batches[0], batch) for batch in batches[1:]) and any(True for _ in tensors_of(batches[0])):
        tree = join(batches, torch.cat)
        if len({len(tensor) for tensor in tensors_of(tree)}) == 1:
            return _checked(Samples(tree, (), rows, size))
    return Samples(None, tuple(batches), rows, size)


def _of_dataset(dataset: Any, seed: int) -> Samples:
    length = len(dataset)
    rows: Sequence[int] = range(length)
    if length > MAX_SAMPLES:  # memory for the rows drawn, not for all there are
        rows = random.Random(seed).sample(rows, MAX_SAMPLES)  # noqa: S311 - no secret
    with _positions_kept(dataset) as once:
        found, _ = _of_items((dataset[row] for row in rows), "the dataset", MAX_SAMPLES)
        found = replace(found, redraw=redraw_of(dataset, _collated, rows[: found.n], found.tree))
    return replace(found, total=length, notes=_notes(found, found.n, once=once, cut=found.n < length))


def _of_items(items: Iterable[Any], name: str, most: int) -> tuple[Samples, bool]:
    """Return the first items as samples, and whether there may be more."""
    kept, size = [], 0
    for item in islice(items, most):
        kept.append(item)
        size += _bytes_of(item)
        if size >= MAX_BYTES:
            break
    if not kept:
        raise DataError(f"train: {name} is empty")
    try:
        tree = _collated(kept)
    except (TypeError, RuntimeError) as error:
        raise DataError(
            f"train: the samples of {name} cannot be put into one batch ({error}); give a DataLoader"
        ) from error
    return _checked(Samples(tree, (), len(kept))), len(kept) >= most or size >= MAX_BYTES


def _collated(items: list[Any]) -> Any:
    tree = default_collate(items)
    return tuple(tree) if isinstance(tree, list) else tree


def _bytes_of(tree: Any) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors_of(tree))


def _checked(samples: Samples) -> Samples:
    if samples.n < 2:
        raise DataError(f"train: {samples.n} samples are too few to train on; give at least 2")
    return samples
