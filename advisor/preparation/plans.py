"""What estimator, loader and loss add to the plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisor.errors import PlanError
from advisor.facts import Plan
from advisor.facts.names import Loss, Task


def with_hints(plan: Plan, hints: Plan) -> Plan:
    """Fill what the plan leaves open with what the estimator or loader says."""
    stated = {name: value for name, value in dict(hints).items() if value is not None and getattr(plan, name) is None}
    return plan.model_copy(update=stated)


def with_loss(plan: Plan, loss: str | Callable[..., Any], task: Task | None) -> Plan:
    """Fill in the loss by name.

    Raises:
        PlanError: a name that is no loss.
    """
    if plan.loss is not None:
        return plan
    name: Loss = "mse" if loss == "mse" else "cross_entropy" if loss == "cross_entropy" else "custom"
    if name == "custom" and loss != "model" and task is not None and not callable(loss):
        raise PlanError(f'loss={loss!r}: give "mse", "cross_entropy" or a function loss(model, batch) -> scalar')
    return plan.model_copy(update={"loss": name})
