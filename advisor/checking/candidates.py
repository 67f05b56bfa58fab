"""What trials are given to compare: the rules' recommendation, its rivals, what the user trains with, the default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from advisor import results
from advisor.facts import Facts
from advisor.inference import infer
from advisor.knowledge import RuleBase

if TYPE_CHECKING:
    from advisor.preparation import Prepared
    from advisor.verification.comparisons import Comparison


def candidates_of(facts: Facts, base: RuleBase) -> list[results.Recommendation]:
    """Return the rules' recommendation, and its rivals in what the user left open."""
    first = infer(facts, base)
    rivals = {"optimizer": first.rival_optimizer, "schedule": first.rival_schedule}
    plans = [
        (name, facts.plan.model_copy(update={name: rival}))
        for name, rival in rivals.items()
        if rival not in {None, getattr(first, name)} and getattr(facts.plan, name) is None
    ]
    if facts.plan.learning_rate is not None:
        return [first]
    return [first, *(infer(facts.model_copy(update={"plan": plan}), base, trying={name}) for name, plan in plans)]


def comparisons_of(prepared: Prepared, facts: Facts, base: RuleBase) -> list[Comparison]:
    """Return what the user trains with, as far as it is known, and Adam at 1e-3."""
    from advisor.training.runs import ADAM_1E3
    from advisor.verification.comparisons import Comparison

    plan = facts.plan
    found = []
    if prepared.own_rate is not None:
        own = {"learning_rate": prepared.own_rate, "schedule": plan.schedule or "constant"}
        recipe = _trying(facts, base, own).replaced(groups=prepared.groups)
        if plan.schedule is None:
            recipe = recipe.replaced(warmup_fraction=plan.warmup_fraction or 0.0, final_fraction=None)
        found.append(Comparison("own", recipe, can_win=plan.learning_rate is None))
    default = {"optimizer": ADAM_1E3.settings.optimizer, "schedule": ADAM_1E3.schedule, "learning_rate": 1e-3}
    recipe = _trying(facts, base, default).replaced(
        beta1=None, beta2=None, epsilon=None, weight_decay=0.0, warmup_fraction=0.0, clip_norm=plan.clip_norm
    )
    is_open = plan.optimizer is None and plan.schedule is None and plan.learning_rate is None
    return [*found, Comparison("default", recipe, can_win=is_open)]


def _trying(facts: Facts, base: RuleBase, settings: Mapping[str, Any]) -> results.Recommendation:
    """Return what the rules say of a recipe whose settings trials are to try."""
    plan = facts.plan.model_copy(update=dict(settings))
    return infer(facts.model_copy(update={"plan": plan}), base, trying=set(settings))
