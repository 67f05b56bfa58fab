"""What if: two recommendations side by side, with the rules responsible for the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from advisor.facts import Facts, read, with_facts
from advisor.inference.change import FactChange
from advisor.inference.infer import infer
from advisor.inference.prose import what_if_in_words
from advisor.knowledge.base import RuleBase
from advisor.knowledge.prose import value_in_words
from advisor.results import Recommendation


@dataclass(frozen=True, slots=True)
class RuleShift:
    """What a rule did before and does after; empty where it did nothing."""

    rule: str
    title: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule}: {', '.join(self.before) or 'nothing'} -> {', '.join(self.after) or 'nothing'}"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A recommendation before and after a change of facts, and the rules that make the difference."""

    before: Recommendation
    after: Recommendation
    rules: tuple[RuleShift, ...]
    changes: tuple[FactChange, ...] = ()

    def __str__(self) -> str:
        return what_if_in_words(self)

    @property
    def factor(self) -> float:
        """The new learning rate over the old one."""
        return self.after.learning_rate / self.before.learning_rate

    def settings(self) -> tuple[tuple[str, Any, Any], ...]:
        """Return (name, before, after) of every field of the recommendation that changes, the trace aside."""
        names = [name for name in Recommendation.model_fields if name not in {"trace", "interval"}]
        pairs = ((name, getattr(self.before, name), getattr(self.after, name)) for name in names)
        return tuple((name, old, new) for name, old, new in pairs if old != new)


def what_if(facts: Facts, rules: RuleBase, changes: Mapping[str, Any]) -> WhatIf:
    """Infer before and after some facts change.

    Args:
        facts: as they are.
        rules: the rule base.
        changes: fact path → new value, as typed or as given; None makes a fact unknown.

    Raises:
        FactError: an unknown or derived fact, or a value that does not fit.
        AdvisorError: as ``infer``.
    """
    changed = with_facts(facts, changes)
    before, after = infer(facts, rules), infer(changed, rules)
    old, new = _deeds(before), _deeds(after)
    titles = {rule.id: rule.title for rule in rules.rules}
    shifts = [
        RuleShift(name, titles[name], tuple(old.get(name, ())), tuple(new.get(name, ())))
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]
    stated = tuple(FactChange(path, read(facts, path), read(changed, path)) for path in changes)
    return WhatIf(before, after, tuple(shifts), stated)


def _deeds(recommendation: Recommendation) -> dict[str, list[str]]:
    """Return what each rule did, in words that are equal when the deed is."""
    trace = recommendation.trace
    found: dict[str, list[str]] = {}
    for step in trace.contributions:
        sign = {"anchor": "starts at", "scale": "×", "limit": "bounds to", "measurement": "measured"}[step.kind]
        found.setdefault(step.rule.id, []).append(f"{sign} {step.value:.3g}")
    for choice in trace.choices:
        if choice.rule is not None:
            found.setdefault(choice.rule.id, []).append(f"{choice.setting} {value_in_words(choice.value)}")
    for note in trace.notes:
        found.setdefault(note.rule.id, []).append(note.severity)
    return found
