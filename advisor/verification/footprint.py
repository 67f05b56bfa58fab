"""Leave no trace: every random generator and training mode is as it was, whatever happens inside."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn


@contextmanager
def untouched(*objects: Any) -> Iterator[None]:
    """Restore random states, and modes and gradients of the modules given, also after an error or an interrupt.

    Weights and buffers need no restoring: all training happens on copies.

    Args:
        *objects: what the user handed over; modules among them are looked after.
    """
    modules = [module for item in objects if isinstance(item, nn.Module) for module in item.modules()]
    modes = [(module, module.training) for module in modules]
    python_state, numpy_state, torch_state = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    cuda_states = torch.cuda.get_rng_state_all() if torch.cuda.is_available() and torch.cuda.is_initialized() else None
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002 - the user's global state is what must survive
        torch.set_rng_state(torch_state)
        if cuda_states is not None:
            torch.cuda.set_rng_state_all(cuda_states)
        for module, training in modes:
            module.training = training


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one CPU thread: for small models, threads wait for each other longer than they compute."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
