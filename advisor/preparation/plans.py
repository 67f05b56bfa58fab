"""What estimator, loader and loss add to the plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisor.facts import Plan
from advisor.preparation.losses import kind_of


def with_hints(plan: Plan, hints: Plan) -> Plan:
    """Fill what the plan leaves open with what the estimator or loader says."""
    stated = {name: value for name, value in dict(hints).items() if value is not None and getattr(plan, name) is None}
    return plan.model_copy(update=stated)


def with_loss(plan: Plan, loss: str | Callable[..., Any]) -> Plan:
    """Fill in what the rules call the loss."""
    return plan if plan.loss is not None else plan.model_copy(update={"loss": kind_of(loss)})
