"""Sources of training data of any kind, read as samples."""

from __future__ import annotations

import copy
import logging
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, default_collate

from advisor.errors import DataError
from advisor.isolation import Snapshot, independent_copy, process_state_kept, reads_once
from advisor.results import Remark, remark
from advisor.training.nested_batches import map_tree, rows_of, tensors_of
from advisor.training.redraw import redraw_of
from advisor.training.samples import Samples, enough, samples_of_batches

_log = logging.getLogger(__name__)

MAX_SAMPLES = 100_000
"""Held of a source at most. Judgement: with ``MAX_BYTES`` and ``MAX_BATCHES``, what a laptop reads in seconds."""
MAX_BYTES = 2**30
"""Judgement: a gigabyte."""
MAX_BATCHES = 2_000
"""Judgement: more batches than trials draw."""
STREAM_SAMPLES = 20_000
"""Drawn at most from an iterator that can be read only once. Judgement: they are lost to the user's own training."""


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


def is_indexed(source: Any) -> bool:
    """Return whether the owner of a source can look up its samples by number, from 0: arrays, and Datasets."""
    if isinstance(source, Samples | DataLoader | IterableDataset | Iterator) or callable(source):
        return False
    return isinstance(source, Dataset) or _is_arrays(source)


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
        raise DataError("train: a single number is not an array of samples; give one row per sample")
    lengths = {len(tensor) for tensor in tensors_of(tree)}
    if len(lengths) != 1:
        raise DataError(
            f"train: arrays of different lengths, {', '.join(map(str, sorted(lengths)))}; they need one row per sample"
        )
    rows = lengths.pop()
    return enough(Samples(tree, (), rows, total=rows))


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
        each = _rows_each(batches, drawn.batches) if by_position else 1.0
        found = samples_of_batches(batches, loader.batch_size, each)
        positions = [place for one in drawn.batches[: len(batches)] for place in one]
        if by_position and found.tree is not None and len(positions) == found.n:
            found = replace(found, redraw=redraw_of(loader.dataset, loader.collate_fn, positions, found.tree))
    return replace(
        found, total=_length_of(loader, found.n, cut=cut), notes=_notes(found, len(batches), once=once, cut=cut)
    )


def _rows_each(batches: Sequence[Any], drawn: Sequence[Sequence[int]]) -> float:
    """Return how many rows the batches have for each sample that was drawn for them; 1 where these are the rows."""
    pairs = [(rows_of(batch), len(places)) for batch, places in zip(batches, drawn, strict=False) if places]
    if all(rows == places for rows, places in pairs):
        return 1.0
    return sum(rows for rows, _ in pairs) / sum(places for _, places in pairs)


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
    found = samples_of_batches(batches, None)
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
    return enough(Samples(tree, (), len(kept))), len(kept) >= most or size >= MAX_BYTES


def _collated(items: list[Any]) -> Any:
    tree = default_collate(items)
    return tuple(tree) if isinstance(tree, list) else tree


def _bytes_of(tree: Any) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors_of(tree))
