"""How the rules' learning rate depends on one fact at a time, around the job at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from advisor.errors import AdvisorError
from advisor.facts import Facts, read, with_facts
from advisor.inference.infer import infer
from advisor.knowledge.base import RuleBase
from advisor.results import Sensitivity, SensitivityPoint

POINTS: Final = 9
"""Values per fact, the present one in the middle. Judgement: enough to see where a rule bends."""
REACH: Final = 8.0
"""The values go from the present one over this to this many times it. Judgement: three doublings either way."""

Changes = Callable[[Facts, float], Mapping[str, Any]]


def _count(path: str) -> Changes:
    return lambda _, value: {path: max(1, round(value))}


def _width(facts: Facts, value: float) -> Mapping[str, Any]:
    """Change the width, and the parameters with it: as its square between hidden layers, in proportion with one."""
    changes: dict[str, Any] = {"model.width": max(1, round(value))}
    width, parameters = facts.model.width, facts.model.parameters
    if width and parameters:
        changes["model.parameters"] = parameters * (value / width) ** (2 if (facts.model.depth or 0) > 1 else 1)
    return changes


_VARIED: Final[dict[str, Changes]] = {
    "plan.batch_size": _count("plan.batch_size"),
    "plan.epochs": lambda _, value: {"plan.epochs": value},
    "data.rows": _count("data.rows"),
    "model.width": _width,
    "data.noise.level": lambda _, value: {"data.noise.level": value},
}
"""What is varied, and the facts that change with it. The founding document names these five first."""


def sensitivities(facts: Facts, rules: RuleBase) -> tuple[Sensitivity, ...]:
    """Return the rules' learning rate over each of a few facts, the others as they are.

    Settings that rules choose, such as the batch size, count with the value they chose. The optimizer and the schedule
    are held, because rates of two optimizers are not comparable. A fact that is unknown, that cannot be varied or that
    changes nothing is left out.
    """
    chosen = infer(facts, rules, undecided=False)
    settled = with_facts(
        facts,
        {
            "plan.optimizer": chosen.optimizer,
            "plan.schedule": chosen.schedule,
            "plan.learning_rate": None,
            "plan.batch_size": facts.plan.batch_size or chosen.batch_size,
            "plan.epochs": facts.plan.epochs or chosen.epochs,
        },
    )
    found = (_sensitivity(settled, rules, path, changes) for path, changes in _VARIED.items())
    return tuple(item for item in found if item is not None and item.changes)


def _sensitivity(facts: Facts, rules: RuleBase, path: str, changes: Changes) -> Sensitivity | None:
    present = read(facts, path)
    if not isinstance(present, int | float) or isinstance(present, bool) or present <= 0:
        return None
    points = []
    for index in range(POINTS):
        value = present * REACH ** (2.0 * index / (POINTS - 1) - 1.0)
        try:
            changed = with_facts(facts, changes(facts, value))
            rate = infer(changed, rules, undecided=False).learning_rate
        except AdvisorError:  # a value that the fact cannot have, such as a share above one
            continue
        reached = read(changed, path)  # a count is rounded
        if isinstance(reached, int | float):
            points.append(SensitivityPoint(value=float(reached), learning_rate=rate))
    return Sensitivity(fact=path, present=float(present), points=tuple(points)) if len(points) > 1 else None
