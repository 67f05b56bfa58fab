"""Running out of memory, told apart from other failures; and what becomes of memory that was freed."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from advisor.training.deadline import OutOfMemoryStop

_NO_MEMORY = (
    "out of memory",  # CUDA, ROCm, MPS, XPU
    "can't allocate memory",  # the processor, Linux
    "not enough memory",  # the processor, Windows
    "invalid buffer size",  # Metal, beyond its largest buffer
    "status_alloc_failed",  # cuBLAS, cuDNN
    "resource_exhausted",  # XLA
)


@contextmanager
def ends_when_memory_runs_out() -> Iterator[None]:
    """Turn memory that runs out into the end of a check.

    Raises:
        OutOfMemoryStop: memory ran out.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemoryStop from error


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory ran out; CPU allocators raise a plain ``RuntimeError``."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in text for words in _NO_MEMORY)


def keep_freed_memory() -> None:
    """Let the C library keep up to 62 MB of freed memory for the next step instead of returning it to the system.

    Fresh pages cost more than the operation that fills them. glibc learns from the largest block that was freed, below
    32 MB, what is worth keeping; this block is never touched. Elsewhere it does nothing.
    """
    torch.empty(31 * 2**20, dtype=torch.uint8)


def return_freed_memory() -> None:
    """Give freed memory back to the system, so that the peak of a process is that of its largest stage.

    The C library keeps what lies between pieces that are still in use; after a training that is more than the model.
    On accelerators, and where the C library is not glibc, it does nothing.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
