"""Writes into tensors, seen as they happen and undone, without a copy of what nobody writes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn

from advisor.isolation.dispatch import DispatchMode


class WritesUndone(DispatchMode):
    """Put back what torch operations write into some tensors while this is entered, views and ``.data`` included.

    Args:
        tensors: what must stay as it is; their memory is copied only when something is about to write to it.
    """

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        super().__init__()
        self._watched = {_key(tensor) for tensor in tensors if _has_memory(tensor)}
        self._before: dict[int, tuple[torch.UntypedStorage, torch.UntypedStorage]] = {}

    @property
    def written(self) -> int:
        """How many of the tensors' storages were written to."""
        return len(self._before)

    def has_written_to(self, tensor: Tensor) -> bool:
        """Return whether something wrote to the memory of a tensor."""
        return _has_memory(tensor) and _key(tensor) in self._before

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, traceback)  # type: ignore[no-untyped-call]
        for storage, before in self._before.values():
            storage.copy_(before)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = dict(kwargs or {})
        if func._schema.is_mutable:  # noqa: SLF001 - the only place that says which arguments an operation writes to
            for tensor in _targets(func, args, given):
                self._keep(tensor)
        return func(*args, **given)

    def _keep(self, tensor: Tensor) -> None:
        if not _has_memory(tensor):
            return
        key = _key(tensor)
        if key in self._watched and key not in self._before:
            storage = tensor.untyped_storage()
            self._before[key] = (storage, storage.clone())


def _targets(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[Tensor]:
    """Yield the tensors that an operation writes to, as its schema says."""
    for place, argument in enumerate(func._schema.arguments):  # noqa: SLF001 - as above
        if argument.alias_info is None or not argument.alias_info.is_write:
            continue
        value = args[place] if place < len(args) else kwargs.get(argument.name)
        yield from (one for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, Tensor))


def _has_memory(tensor: Tensor) -> bool:
    if (
        isinstance(tensor, nn.UninitializedParameter | nn.UninitializedBuffer)
        or tensor.layout != torch.strided
        or tensor.is_meta
    ):
        return False
    return tensor.untyped_storage().nbytes() > 0


def _key(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata  # noqa: SLF001 - views of one memory share it, on every device
