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

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""Options of ``mallopt``. By definition: glibc, malloc.h."""
LARGE_MODEL = 16 * 2**20
"""Bytes of trainable parameters from which a model is large. Judgement: gradients and the state of Adam are four times
as much, more than a processor's cache, and by then more than half of what torch itself takes."""
LARGE_BLOCK = 4 * 2**20
"""Bytes of a block that has pages of its own. Judgement: the weights of a layer of a large model; the activations
of its batches are mostly smaller."""
LARGEST_ON_HEAP = 32 * 2**20
"""Bytes of a block that glibc keeps on its heap at most. By definition: malloc(3), M_MMAP_THRESHOLD."""


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


@contextmanager
def large_blocks_apart(trainable: float) -> Iterator[None]:
    """Give large blocks pages of their own, which go back to the system when they are freed, where a model is large.

    On the heap of the C library, gradients that come and go with every step find their old places taken by the
    activations of the next one, and the heap grows to half as much again as is in use. Pages begun anew are dearer than
    old ones; what remains of that is small where the optimizer makes no copies (``trial_optimizer``).

    Afterwards glibc is as it is once it has seen blocks of 32 MB. Elsewhere this does nothing.

    Args:
        trainable: bytes of the parameters that train.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if trainable < LARGE_MODEL or set_option is None:
        yield
        return
    set_option(_MMAP_THRESHOLD, LARGE_BLOCK)
    try:
        yield
    finally:
        set_option(_MMAP_THRESHOLD, LARGEST_ON_HEAP)
        set_option(_TRIM_THRESHOLD, 2 * LARGEST_ON_HEAP)


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
