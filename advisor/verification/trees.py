"""Batches of any shape: tuples, lists and dicts of tensors, mapped leaf by leaf."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
    return tuple(join([batch[index] for batch in batches], combine) for index in range(len(first)))
