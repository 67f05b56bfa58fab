"""Trainings leave no trace on what the user handed over, and refuse a loss that writes to it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from advisor.errors import PlanError
from advisor.isolation import Snapshot, process_state_kept
from advisor.training.devices import without_autocast
from advisor.training.frozen import lent_parameters


@contextmanager
def preserved_state(model: Any = None, loss: Any = None, *data: Any, trains: bool = True) -> Iterator[None]:
    """Put everything back as it was, also after an error or an interrupt; one thread at a time works inside.

    All training happens on copies, and hooks are part of these copies: what they record is forgotten. A loss, and a
    function that makes models, may reach for modules of the user's; those stay as they were too.

    Args:
        model: a module, or a function that makes one.
        loss: a function, or a name.
        *data: training data, loaders and their like.
        trains: trainings may take place; without them, no values need to be remembered.

    Raises:
        PlanError: loss or hooks have written to weights of the user's, so that what was measured is worth nothing.
    """
    with process_state_kept(), without_autocast(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="There is a performance drop")  # of one operation under vmap
        is_module = isinstance(model, nn.Module)
        lent = lent_parameters(model) if isinstance(model, nn.Module) else []
        handed_over = Snapshot(model if is_module else None, *data, weights=trains, lent=lent)
        reached = Snapshot(loss, None if is_module else model, weights=trains, counters=False, lent=lent)
        try:
            yield
        except BaseException:
            _ = reached.restore(), handed_over.restore()
            raise
        written = (*reached.restore(), *handed_over.restore())
        if written:
            raise PlanError(
                f"loss: training copies of the model changed {written[0]} of your own, which is put back; work only on "
                "the first argument of loss(model, batch), and keep what is averaged or trained beside it in the model"
            )


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one CPU thread: for small models, threads wait for each other longer than they compute."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
