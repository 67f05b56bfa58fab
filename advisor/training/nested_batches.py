"""Batches of any shape: tuples, lists and dicts of tensors, mapped leaf by leaf."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Literal

from torch import Tensor

Listing = Literal["columns", "rows"]
"""``([image, image, …], [target, target, …])`` lists samples in columns, ``[(image, target), …]`` in rows."""


def map_tree(function: Callable[[Tensor], Any], tree: Any) -> Any:
    """Return a tree of the same shape with ``function`` applied to every tensor; other leaves stay."""
    if isinstance(tree, Tensor):
        return function(tree)
    if isinstance(tree, Mapping):
        return {key: map_tree(function, value) for key, value in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(map_tree(function, value) for value in tree))
    if isinstance(tree, list | tuple):
        return type(tree)(map_tree(function, value) for value in tree)
    return tree


def tensors_of(tree: Any) -> Iterator[Tensor]:
    """Yield the tensors of a tree in order."""
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from tensors_of(value)
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from tensors_of(value)


def same_structure(left: Any, right: Any) -> bool:
    """Return whether two batches can be joined along their first dimension."""
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        return left.dtype == right.dtype and left.shape[1:] == right.shape[1:] and left.ndim >= 1
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same_structure(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(same_structure(a, b) for a, b in zip(left, right, strict=True))
    return False


def join(batches: list[Any], combine: Callable[[list[Tensor]], Tensor]) -> Any:
    """Join batches of one structure leaf by leaf."""
    first = batches[0]
    if isinstance(first, Tensor):
        return combine(batches)
    if isinstance(first, Mapping):
        return {key: join([batch[key] for batch in batches], combine) for key in first}
    parts = [join([batch[index] for batch in batches], combine) for index in range(len(first))]
    if hasattr(first, "_fields"):
        return type(first)(*parts)
    return parts if isinstance(first, list) else tuple(parts)


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
