"""Iterators: which of them can be read twice."""

from __future__ import annotations

import copy
import itertools
import warnings
from collections.abc import Iterator
from typing import Any


class _Sequence:
    def __getitem__(self, index: int) -> int:
        raise IndexError(index)


_empty: tuple[Any, ...] = ([], (), "", b"", bytearray(), range(0), range(1 << 70, 1 << 71), {}, set(), _Sequence())
_COPYABLE = frozenset(type(iter(one)) for one in _empty) | {itertools.count, itertools.repeat}
"""Iterators whose copy moves on its own. Copies of others, such as ``zip``, share what they read from."""


def independent_copy(value: Any) -> Any:
    """Return a copy of an iterator that moves on its own; None where there is none, and for what is no iterator."""
    if type(value) not in _COPYABLE:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.14 takes it from itertools
            return copy.copy(value)
    except TypeError:
        return None


def reads_once(value: Any) -> bool:
    """Return whether a value is an iterator that cannot be read twice."""
    return isinstance(value, Iterator) and type(value) not in _COPYABLE
