"""Where a model is, what its batches need to get there, and what a device cannot do."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from advisor.facts.names import Precision
from advisor.training.nested_batches import map_tree

WITHOUT_FLOAT64 = frozenset({"mps"})
"""By definition: types of devices that have no float64."""
COPIES_ASIDE = frozenset({"cuda", "xpu"})
"""By definition: types of devices that a copy may still be on its way to while the host goes on. CUDA sets aside what
it reads of pageable memory; Metal does not, so that a batch may be gone before it has arrived."""
_PRECISIONS: dict[torch.dtype, Precision] = {torch.bfloat16: "bfloat16", torch.float16: "float16"}


def device_of(model: nn.Module) -> torch.device:
    """Return where a model takes its batches: where its first parameter or buffer is."""
    first = next(chain(model.parameters(), model.buffers()), None)
    return torch.device("cpu") if first is None else first.device


def moved(batch: Any, device: torch.device) -> Any:
    """Return a batch of any nesting on a device; what is there already is not copied.

    Objects that know how to move themselves (``.to``) are copied before they are asked.
    """

    def move(tensor: Tensor) -> Tensor:
        if tensor.device == device:
            return tensor
        if tensor.dtype == torch.float64 and device.type in WITHOUT_FLOAT64:
            tensor = tensor.float()
        return tensor.to(device, non_blocking=device.type in COPIES_ASIDE)

    def ask(leaf: Any) -> Any:
        if not callable(getattr(leaf, "to", None)):
            return leaf
        own: Any = leaf if isinstance(leaf, PackedSequence) else copy.copy(leaf)
        return own.to(device)

    return map_tree(move, batch, other=ask)


def wide(tensor: Tensor) -> Tensor:
    """Return a tensor in float64, or in float32 where its device has nothing wider."""
    return tensor.float() if tensor.device.type in WITHOUT_FLOAT64 else tensor.double()


def wait_for(device: torch.device) -> None:
    """Wait until a device has done what it was given."""
    if device.type not in {"cpu", "meta"}:
        torch.accelerator.synchronize(device)


def autocast_precision(model: Any) -> Precision | None:
    """Return the precision of the autocast that the caller is in; None outside one.

    Args:
        model: a module, whose device counts; anything else: an accelerator where there is one.
    """
    here = torch.accelerator.current_accelerator(check_available=True)
    default = "cpu" if here is None else here.type
    kind = device_of(model).type if isinstance(model, nn.Module) else default
    if kind == "meta" or not torch.is_autocast_enabled(kind):
        return None
    return _PRECISIONS.get(torch.get_autocast_dtype(kind))


@contextmanager
def without_autocast() -> Iterator[None]:
    """Leave the caller's autocast, which is for the forward pass of a model alone."""
    here = torch.accelerator.current_accelerator(check_available=True)
    kinds = ["cpu"] if here is None else ["cpu", here.type]
    active = [kind for kind in kinds if torch.is_autocast_enabled(kind)]
    for kind in active:
        torch.set_autocast_enabled(kind, False)
    try:
        yield
    finally:
        for kind in active:
            torch.set_autocast_enabled(kind, True)
