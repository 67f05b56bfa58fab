"""A module that is looked at and called, without a copy of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from advisor.isolation.process import process_state_kept
from advisor.isolation.snapshot import Snapshot
from advisor.isolation.writes import WritesUndone


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Put back whatever reading a module or running its ``forward`` changes.

    Attributes, hooks and what they record, gradients, random states, and what operations write into its tensors, which
    are copied only when something is about to write to them.
    """
    before = Snapshot(model, weights=False)
    try:
        with process_state_kept(), WritesUndone([*model.parameters(), *model.buffers()]):
            yield
    finally:
        before.restore()
