"""Lints on when a rule fires, decided exactly on its disjunctive normal form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from advisor.facts.registry import registry
from advisor.knowledge.conditions import Not, evaluate
from advisor.knowledge.lint.finding import MAX_NAMED, Context, Finding
from advisor.knowledge.normal_form import MAX_CLAUSES, TooManyClauses, clauses_of, subtract
from advisor.knowledge.rule import TIERS, Rule
from advisor.knowledge.strata import UNCONTESTED, slots_of
from advisor.knowledge.value_sets import domain

WHEN = ("when",)


class NeverTrue:
    """L210: a rule can fire."""

    code: ClassVar[str] = "L210"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:
        """Look for a condition without a satisfiable clause."""
        if context.clauses(rule) == ():
            yield Finding(WHEN, "no fact sheet makes this true; its parts contradict each other or a fact's bounds")


class AlwaysTrue:
    """L211: a condition separates something from something."""

    code: ClassVar[str] = "L211"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:  # noqa: ARG002
        """Look for a negation that no sheet with known facts makes true."""
        if rule.always:
            return
        try:
            negation = clauses_of(Not(rule.when))
        except TooManyClauses:
            return  # L213 says so
        decided = all(
            any(
                value_set.intersect(domain(registry()[fact], unknown=False)).empty for fact, value_set in clause.items()
            )
            for clause in negation
        )
        if decided:
            yield Finding(WHEN, "true whenever its facts are known; drop it or tighten it")


class FiresOnNothing:
    """L212: a rule needs a reason to fire."""

    code: ClassVar[str] = "L212"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:  # noqa: ARG002
        """Judge the rule on an empty fact sheet."""
        if evaluate(rule.when, lambda _: None) is True:
            yield Finding(WHEN, "fires on an empty fact sheet; test a fact, or waive this if the rule is a last resort")


class TooTangled:
    """L213: a condition can be decided, and read."""

    code: ClassVar[str] = "L213"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:
        """Look for a condition whose normal form is too large."""
        if context.clauses(rule) is None:
            yield Finding(WHEN, f"more than {MAX_CLAUSES} branches; split the rule, or test a derived fact")


class Shadowed:
    """L214: a rule can have an effect."""

    code: ClassVar[str] = "L214"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:
        """Look for one rule that takes precedence over every effect of this one wherever it fires."""
        own = context.clauses(rule)
        if not own:
            return
        found = 0
        for other in _above(rule, context):
            if found >= MAX_NAMED:
                return
            context.compared[self.code] += 1
            theirs = context.clauses(other)
            if not theirs or not _settles_all_of(other, rule):
                continue
            try:
                left = [piece for clause in own for piece in subtract(clause, theirs)]
            except TooManyClauses:
                continue
            if not left:
                found += 1
                yield Finding(WHEN, f"{other.id} takes precedence over this rule wherever it fires")


def _above(rule: Rule, context: Context) -> Iterator[Rule]:
    """Yield the rules that may take precedence over one: those that override it, and those of higher tiers."""
    overriding = context.sharing("overridden", rule.id, lambda other: other.document.overrides)
    yield from overriding
    slot = min(slots_of(rule) - UNCONTESTED, default=None)
    for tier in TIERS[TIERS.index(rule.tier) + 1 :] if slot is not None else ():
        ranked = context.tree("ranked", (slot, tier), lambda other: [(one, other.tier) for one in slots_of(other)])
        yield from (other for other in ranked.covering(context.box(rule)) if other not in overriding)


def _settles_all_of(other: Rule, rule: Rule) -> bool:
    """Return whether no effect of a rule counts where both fire: by an edge, or by the tier where one can win only."""
    if not slots_of(rule) <= slots_of(other):
        return False
    above = TIERS.index(other.tier) - TIERS.index(rule.tier)
    if above and slots_of(rule).isdisjoint(UNCONTESTED):
        return above > 0
    return rule.id in other.document.overrides
