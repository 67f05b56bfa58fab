"""What belongs to the whole process: random generators, environment, folder, and torch's switches."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from advisor.border import environment_kept
from advisor.isolation.generators import put_back_generators

_LOCK = threading.RLock()
"""Trainings draw from the generators of the process, so one thread at a time works: same seed, same answer."""


@contextmanager
def process_state_kept() -> Iterator[None]:
    """Let one thread work, and put back the state of the process afterwards."""
    with _LOCK, states_kept():
        yield


@contextmanager
def states_kept() -> Iterator[None]:
    """Put back the state of the process afterwards; whoever calls sees to it that one thread works at a time."""
    saved = [(put_back, read()) for read, put_back in _STATES]
    try:
        with environment_kept():
            yield
    finally:
        for put_back, before in saved:
            put_back(before)


def _folder() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # it was removed while the process stood in it
        return None


def _set_folder(before: Path | None) -> None:
    if before is not None and _folder() != before:
        os.chdir(before)


def deterministic() -> tuple[bool, bool]:
    """Return whether torch is held to deterministic algorithms, and whether it only warns where there is none."""
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def set_deterministic(wanted: tuple[bool, bool]) -> None:
    """Set what ``deterministic`` returns, unless it is set: torch imports its compiler for it, which takes a second."""
    if wanted != deterministic():
        torch.use_deterministic_algorithms(wanted[0], warn_only=wanted[1])


_STATES: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (random.getstate, random.setstate),
    (np.random.get_state, np.random.set_state),
    (put_back_generators, lambda put_back: put_back()),
    (_folder, _set_folder),
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    (torch.is_grad_enabled, torch.set_grad_enabled),
    (deterministic, set_deterministic),
)
"""How each state is read and put back."""
