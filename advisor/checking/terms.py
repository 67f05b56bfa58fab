"""On which terms a check is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.facts.names import Budget
from advisor.progress import Progress, silent
from advisor.results import CheckPlan

if TYPE_CHECKING:
    from advisor.training.deadline import Deadline
    from advisor.training.workers.task import Workers


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
    """

    budget: Budget | float
    seed: int = 0
    progress: Progress = silent
    deadline: Deadline | None = None
    workers: Workers | None = None
    plan: CheckPlan | None = None
