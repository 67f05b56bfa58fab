"""Which rules a rule has to do with: by edges, and by testing the same facts for the same purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from advisor.knowledge.base import RuleBase
from advisor.knowledge.conditions import facts_of
from advisor.knowledge.effects import law_of
from advisor.knowledge.rule import Rule
from advisor.knowledge.strata import slots_of

MAX_ALIKE: Final = 6
"""Rules without an edge that are named. Judgement: more would hide the near ones."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Ids of the rules around one: those it overrides, those it gives way to, and the most alike of the others."""

    overrides: tuple[str, ...]
    gives_way_to: tuple[str, ...]
    alike: tuple[str, ...]


def neighbours_of(rule: Rule, base: RuleBase) -> Neighbours:
    """Return the neighbours of a rule; alike are rules that settle the same thing and share at least half the facts."""
    overrides = rule.document.overrides
    gives_way_to = tuple(other.id for other in base.rules if rule.id in other.document.overrides)
    near = []
    for other in base.rules:
        if other is rule or other.id in overrides or other.id in gives_way_to or not slots_of(rule) & slots_of(other):
            continue
        own, theirs = facts_used(rule), facts_used(other)
        shared = len(own & theirs) / max(1, len(own | theirs))
        if shared >= 0.5:
            near.append((-shared, other.id))
    return Neighbours(overrides, gives_way_to, tuple(name for _, name in sorted(near)[:MAX_ALIKE]))


def facts_used(rule: Rule) -> frozenset[str]:
    """Return the facts a rule tests, or computes with."""
    laws = [law for effect in rule.then if (law := law_of(effect))]
    return frozenset([*facts_of(rule.when), *(fact for law in laws for fact in law.facts)])
