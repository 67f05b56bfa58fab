"""The last good states of a run, to go back to."""

from __future__ import annotations

import copy
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

KEPT: Final = 2
"""States kept. Judgement: the newest may already hold what goes wrong; the one before does not."""
MARGIN: Final = 5
"""Steps before the beginning of a problem at which a state counts as good. Judgement: a loss shows a step late what
the weights hold."""


@dataclass(frozen=True, slots=True)
class _State:
    step: int
    model: dict[str, Any]
    optimizer: dict[str, Any] | None


class GoodStates:
    """Copies of model and optimizer, at most ``KEPT`` of them."""

    def __init__(self, model: Any, optimizer: Any) -> None:
        self._model, self._optimizer = model, optimizer
        self._kept: deque[_State] = deque(maxlen=KEPT)

    def keep(self, step: int) -> None:
        """Copy the states as they are now."""
        optimizer = None if self._optimizer is None else copy.deepcopy(self._optimizer.state_dict())
        self._kept.append(_State(step, copy.deepcopy(self._model.state_dict()), optimizer))

    def go_back(self, since: int) -> int | None:
        """Load the newest state from before a problem began, else the oldest; return its step, None without any."""
        if not self._kept:
            return None
        good = [state for state in self._kept if state.step <= since - MARGIN] or [self._kept[0]]
        state = good[-1]
        self._model.load_state_dict(copy.deepcopy(state.model))
        if self._optimizer is not None and state.optimizer is not None:
            self._optimizer.load_state_dict(copy.deepcopy(state.optimizer))
            self._optimizer.zero_grad()
        self._kept.clear()
        self._kept.append(state)
        return state.step
