"""Linear algebra on small matrices, done by one thread."""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager

from threadpoolctl import ThreadpoolController


@functools.cache
def _controller() -> ThreadpoolController:
    """Return what controls the BLAS libraries that are loaded, which takes milliseconds to find."""
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[object]:
    """Let BLAS use one thread: on small matrices several wait for each other longer than they compute."""
    return _controller().limit(limits=1, user_api="blas")
