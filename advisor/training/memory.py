"""Running out of memory, told apart from other failures; and keeping what was freed at hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from advisor.training.deadline import OutOfMemoryStop


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
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


def keep_freed_memory() -> None:
    """Let the C library keep up to 62 MB of freed memory for the next step instead of returning it to the system.

    Fresh pages cost more than the operation that fills them. glibc learns from the largest block that was freed, below
    32 MB, what is worth keeping; this block is never touched. Elsewhere it does nothing.
    """
    torch.empty(31 * 2**20, dtype=torch.uint8)
