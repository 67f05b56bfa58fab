"""On which terms a check is done."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from advisor.facts.names import Budget
from advisor.progress import Progress, silent
from advisor.results import CheckPlan

if TYPE_CHECKING:
    from advisor.training.deadline import Clock, Deadline
    from advisor.training.workers.task import Workers


@dataclass(frozen=True, slots=True)
class Start:
    """When a call began, in seconds of the clocks that budgets are told by.

    Attributes:
        processor: of this process.
        thread: of the thread that calls.
        wall: of the wall.
    """

    processor: float = field(default_factory=time.process_time)
    thread: float = field(default_factory=time.thread_time)
    wall: float = field(default_factory=time.perf_counter)

    def since(self, clock: Clock) -> float:
        """Return the seconds that one of these clocks has gone on."""
        if clock is time.thread_time:
            return clock() - self.thread
        return clock() - (self.processor if clock is time.process_time else self.wall)


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything about a check but its job and the rules.

    Attributes:
        budget: its name or seconds.
        seed: of weights, orders and dropout.
        progress: called with what is being done and the share done; told the plan before the trials start.
        deadline: by which all ends; None: there is none.
        workers: who trains; None: this process.
        plan: of an earlier check that is repeated; None: one is made.
        start: of the call, whose reading and reasoning count as well; None: the check alone counts.
    """

    budget: Budget | float
    seed: int = 0
    progress: Progress = silent
    deadline: Deadline | None = None
    workers: Workers | None = None
    plan: CheckPlan | None = None
    start: Start | None = None
