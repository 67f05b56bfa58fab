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
def preserved_state(*objects: Any) -> Iterator[None]:
    """Restore random states, and modes and gradients of the modules given, also after an error or an interrupt.

    Weights need no restoring: all training happens on copies. Buffers are restored, because a loss that reaches for the
    user's own model can move the statistics of a batch norm before it is refused.

    Args:
        *objects: what the user handed over; modules among them are looked after.
    """
    modules = [module for item in objects if isinstance(item, nn.Module) for module in item.modules()]
    modes = [(module, module.training) for module in modules]
    python_state, numpy_state, torch_state = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    cuda_states = torch.cuda.get_rng_state_all() if torch.cuda.is_available() and torch.cuda.is_initialized() else None
    held = [buffer for module in modules for buffer in module.buffers(recurse=False) if _is_held(buffer)]
    buffers = [(buffer, buffer.detach().clone()) for buffer in held]
    try:
        yield
    finally:
        with torch.no_grad():
            for buffer, before in buffers:  # a loss may reach for the user's own model
                if not torch.equal(buffer, before):
                    buffer.copy_(before)
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002 - the user's global state is what must survive
        torch.set_rng_state(torch_state)
        if cuda_states is not None:
            torch.cuda.set_rng_state_all(cuda_states)
        for module, training in modes:
            module.training = training


def _is_held(buffer: torch.Tensor) -> bool:
    return not isinstance(buffer, nn.UninitializedBuffer)


@contextmanager
def positions_kept(*owners: Any) -> Iterator[None]:
    """Restore where datasets, samplers and loaders stand: their attributes and the generators they hold.

    An iterator kept as an attribute cannot be turned back; the attribute is restored, what it read is not.
    """
    held = [(vars(owner), dict(vars(owner))) for owner in owners if hasattr(owner, "__dict__")]
    values = [value for _, attributes in held for value in attributes.values()]
    torch_states = [(value, value.get_state()) for value in values if isinstance(value, torch.Generator)]
    numpy_states = [
        (value.bit_generator, value.bit_generator.state) for value in values if isinstance(value, np.random.Generator)
    ]
    python_states = [(value, value.getstate()) for value in values if isinstance(value, random.Random)]
    try:
        yield
    finally:
        for attributes, before in held:
            attributes.clear()
            attributes.update(before)
        for generator, torch_state in torch_states:
            generator.set_state(torch_state)
        for bits, numpy_state in numpy_states:
            bits.state = numpy_state
        for drawn, python_state in python_states:
            drawn.setstate(python_state)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one CPU thread: for small models, threads wait for each other longer than they compute."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
