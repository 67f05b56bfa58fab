"""torch's random generators: the processor's, and those of accelerators that have been used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch


def put_back_generators() -> Callable[[], None]:
    """Remember the state of every generator of torch, and return what puts them back."""
    before = torch.get_rng_state()
    accelerators = _put_back_accelerators()

    def put_back() -> None:
        torch.set_rng_state(before)
        accelerators()

    return put_back


@contextmanager
def generators_kept() -> Iterator[None]:
    """Put every generator of torch back afterwards."""
    put_back = put_back_generators()
    try:
        yield
    finally:
        put_back()


def seed_generators(seed: int) -> None:
    """Seed the processor's generator, and those of accelerators that have been used.

    ``torch.manual_seed`` would also leave the seed, with a stack trace, for accelerators that are not in use yet: they
    would begin with our last seed instead of the caller's, and each call would keep a little memory.
    """
    torch.default_generator.manual_seed(seed)
    module = _accelerator()
    if module is not None:
        getattr(module, "manual_seed_all", module.manual_seed)(seed)


def generator_states() -> list[torch.Tensor]:
    """Return the states of every generator of torch, the processor's first."""
    return [torch.get_rng_state(), *_accelerator_states()]


def _accelerator_states() -> list[torch.Tensor]:
    """Return the states of the generators of all devices of the accelerator; none before it is first used."""
    module = _accelerator()
    if module is None:
        return []
    if hasattr(module, "get_rng_state_all"):
        return list(module.get_rng_state_all())
    return [module.get_rng_state()] if hasattr(module, "get_rng_state") else []


def _put_back_accelerators() -> Callable[[], None]:
    module, states = _accelerator(), _accelerator_states()
    if module is None or not states:
        return lambda: None
    if hasattr(module, "set_rng_state_all"):
        return lambda: module.set_rng_state_all(states)
    return lambda: module.set_rng_state(states[0])


def _accelerator() -> Any | None:
    """Return torch's module of the accelerator: ``torch.cuda``, ``torch.mps`` and their like."""
    device = torch.accelerator.current_accelerator(check_available=True)
    if device is None:
        return None
    module = torch.get_device_module(device)
    is_initialized = getattr(module, "is_initialized", lambda: True)
    return module if is_initialized() else None
