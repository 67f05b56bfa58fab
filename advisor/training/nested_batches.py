"""Batches of any shape: tuples, lists and dicts of tensors, mapped leaf by leaf."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from torch import Tensor


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


def rows_of(tree: Any) -> int:
    """Return the samples of a batch: the length of its first tensor; 1 when it holds none."""
    return next((len(tensor) for tensor in tensors_of(tree) if tensor.ndim), 1)
