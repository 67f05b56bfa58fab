"""Batches of any shape: tuples, lists, dicts and dataclasses of tensors, mapped leaf by leaf."""

from __future__ import annotations

import copy
import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Literal

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

Listing = Literal["columns", "rows"]
"""``([image, image, …], [target, target, …])`` lists samples in columns, ``[(image, target), …]`` in rows."""


def _stay(leaf: Any) -> Any:
    return leaf


def map_tree(function: Callable[[Tensor], Any], tree: Any, other: Callable[[Any], Any] = _stay) -> Any:
    """Return a tree of the same shape with ``function`` applied to every tensor.

    Args:
        function: tensor → anything.
        tree: tuples, named ones too, lists, mappings of any class and dataclasses, nested in each other.
        other: applied to leaves that are no tensors; None stays None.
    """
    if isinstance(tree, Tensor):
        return function(tree)
    parts = parts_by_key(tree)
    if parts is None:
        return tree if tree is None else other(tree)
    return rebuilt(tree, {key: map_tree(function, value, other) for key, value in parts.items()})


def parts_by_key(tree: Any) -> dict[Any, Any] | None:
    """Return what a container holds, by key, field or position; None of a leaf, as packed sequences are."""
    if isinstance(tree, PackedSequence):  # its fields belong together, and one of them stays on the processor
        return None
    if isinstance(tree, Mapping):
        return dict(tree.items())
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return {field.name: getattr(tree, field.name) for field in dataclasses.fields(tree)}
    return dict(enumerate(tree)) if isinstance(tree, list | tuple) else None


def rebuilt(tree: Any, parts: Mapping[Any, Any]) -> Any:
    """Return a container of the same class that holds other parts; ``parts_by_key`` takes it apart."""
    if type(tree) is dict:
        return dict(parts)
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*parts.values())
    if isinstance(tree, list | tuple):
        return type(tree)(parts.values())
    if isinstance(tree, Mapping) and not hasattr(tree, "__setitem__"):
        return dict(parts)
    made = copy.copy(tree)
    for key, value in parts.items():
        if isinstance(tree, Mapping):
            made[key] = value
        else:
            object.__setattr__(made, key, value)  # frozen dataclasses too
    return made


def tensors_of(tree: Any) -> Iterator[Tensor]:
    """Yield the tensors of a tree in order."""
    if isinstance(tree, Tensor):
        yield tree
        return
    for value in (parts_by_key(tree) or {}).values():
        yield from tensors_of(value)


def same_structure(left: Any, right: Any) -> bool:
    """Return whether two batches can be joined along their first dimension."""
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        return left.dtype == right.dtype and left.shape[1:] == right.shape[1:] and left.ndim >= 1
    ours, theirs = parts_by_key(left), parts_by_key(right)
    if ours is None or theirs is None or type(left) is not type(right):
        return False
    return ours.keys() == theirs.keys() and all(same_structure(ours[key], theirs[key]) for key in ours)


def join(batches: list[Any], combine: Callable[[list[Tensor]], Tensor]) -> Any:
    """Join batches of one structure leaf by leaf."""
    first = batches[0]
    if isinstance(first, Tensor):
        return combine(batches)
    parts = [parts_by_key(batch) or {} for batch in batches]
    return rebuilt(first, {key: join([one[key] for one in parts], combine) for key in parts[0]})


def parts_of(tree: Any, count: int) -> list[Any]:
    """Cut a batch along its first dimension into at most ``count`` nearly equal parts; one without rows stays whole."""
    rows = rows_of(tree)
    count = min(count, rows)
    if count <= 1:
        return [tree]
    bounds = [rows * index // count for index in range(count + 1)]
    return [map_tree(partial(_cut, start=start, end=end), tree) for start, end in itertools.pairwise(bounds)]


def _cut(tensor: Tensor, *, start: int, end: int) -> Tensor:
    return tensor[start:end] if tensor.ndim else tensor


def rows_of(tree: Any, listing: Listing | None = None) -> int:
    """Return the samples of a batch: the length of its first tensor, or of what lists them; 1 when it holds none.

    Args:
        tree: the batch.
        listing: how the batches of this source list samples; None: as this batch shows.
    """
    match listing or listing_of(tree):
        case "rows":
            return len(tree)
        case "columns":
            return len(tree[0])
        case _:
            return next((len(tensor) for tensor in tensors_of(tree) if tensor.ndim), 1)


def listing_of(tree: Any, batch_size: int | None = None) -> Listing | None:
    """Return how a batch lists samples one by one, as detection does; None for a batch of stacked tensors.

    Images of several sizes with a dict each, or single numbers as targets, cannot be rows of tensors. Where sizes do
    not tell, the loader's own batch size tells a list of 8 images from 8 inputs of a model.

    Args:
        tree: the batch.
        batch_size: the loader's own; None: it has none.
    """
    if not _is_sequence(tree) or not tree:
        return None
    found: list[tuple[Listing, int]] = []
    lists, lengths = [part for part in tree if _is_sequence(part)], {_length(part) for part in tree}
    if lists and len(lengths) == 1 and all(map(_all_alike, lists)):
        found.append(("columns", lengths.pop() or 0))
    if _all_alike(tree) and not isinstance(tree[0], Tensor) and any(True for _ in tensors_of(tree)):
        found.append(("rows", len(tree)))
    stacked = {len(tensor) if tensor.ndim else None for tensor in tensors_of(tree)}
    for listing, count in found:
        if count == batch_size and stacked != {batch_size}:
            return listing
    return found[0][0] if found and found[0][1] and (len(stacked) > 1 or None in stacked) else None


def _is_sequence(tree: Any) -> bool:
    return isinstance(tree, list | tuple) and not hasattr(tree, "_fields")


def _length(part: Any) -> int | None:
    if isinstance(part, Tensor):
        return len(part) if part.ndim else None
    return len(part) if _is_sequence(part) else None


def _all_alike(parts: Any) -> bool:
    """Return whether all parts of a list are of one kind: tensors of one rank, dicts of the same keys."""
    return len({_kind_of(part) for part in parts}) == 1


def _kind_of(part: Any) -> tuple[Any, ...]:
    if isinstance(part, Tensor):
        return (Tensor, part.ndim)
    if isinstance(part, Mapping):
        return (dict, frozenset(part))
    return (tuple, *map(_kind_of, part)) if _is_sequence(part) else (type(part),)
