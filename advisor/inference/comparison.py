"""What if: two recommendations side by side, with the rules responsible for the difference."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from advisor.facts import Facts, read, with_facts
from advisor.inference.infer import infer
from advisor.knowledge.base import RuleBase
from advisor.results import AppliedEffect, FactChange, Recommendation, RuleShift, WhatIf

_DIGITS = 3
"""Significant digits to which two effects of one rule count as the same. Judgement: a reader sees no more."""


def what_if(facts: Facts, rules: RuleBase, changes: Mapping[str, Any], advised: Recommendation | None = None) -> WhatIf:
    """Infer before and after some facts change.

    Args:
        facts: as they are.
        rules: the rule base.
        changes: fact path → new value, as typed or as given; None makes a fact unknown.
        advised: what an advice about these facts says, trials included: its optimizer and schedule are kept.

    Raises:
        FactError: an unknown or derived fact, or a value that does not fit.
        AdvisorError: as ``infer``.
    """
    if advised is not None:
        facts = as_advised(facts, rules, advised)
    changed = with_facts(facts, changes)
    before, after = infer(facts, rules), infer(changed, rules)
    old, new = _effects_by_rule(before), _effects_by_rule(after)
    titles = {rule.id: rule.title for rule in rules.rules}
    shifts = [
        RuleShift(name, titles[name], tuple(old.get(name, ())), tuple(new.get(name, ())))
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]
    made = tuple(FactChange(path, read(facts, path), read(changed, path)) for path in changes)
    moved = advised is not None and not math.isclose(advised.learning_rate, before.learning_rate, rel_tol=1e-9)
    return WhatIf(before, after, tuple(shifts), made, advised if moved else None)


def as_advised(facts: Facts, rules: RuleBase, advised: Recommendation) -> Facts:
    """Return the facts of an advice, with the optimizer and schedule fixed that its trials chose against the rules."""
    by_rules = infer(facts, rules)
    chosen = {
        f"plan.{name}": getattr(advised, name)
        for name in ("optimizer", "schedule")
        if getattr(advised, name) != getattr(by_rules, name)
    }
    return with_facts(facts, chosen) if chosen else facts


def _effects_by_rule(recommendation: Recommendation) -> dict[str, list[AppliedEffect]]:
    """Return what each rule did, in the order of the trace."""
    trace = recommendation.trace
    effects: dict[str, list[AppliedEffect]] = {}
    for step in trace.contributions:
        value = float(f"{step.value:.{_DIGITS}g}")
        effects.setdefault(step.rule.id, []).append(AppliedEffect(step.kind, value))
    for choice in trace.choices:
        if choice.rule is not None:
            effects.setdefault(choice.rule.id, []).append(AppliedEffect("choice", choice.value, choice.setting))
    for note in trace.notes:
        effects.setdefault(note.rule.id, []).append(AppliedEffect(note.severity))
    return effects
