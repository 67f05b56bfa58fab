"""Lints on how rules meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from advisor.facts.derived import Value
from advisor.knowledge.conditions import facts_of, specificity
from advisor.knowledge.effects import Anchor, Choose, law_of
from advisor.knowledge.lint.finding import MAX_NAMED, Context, Finding
from advisor.knowledge.normal_form import Clause, common_part, witness
from advisor.knowledge.rule import TIERS, Rule
from advisor.knowledge.strata import UNCONTESTED, competes, settled_in, slot_of, slots_of, stratum_of


class Tie:
    """L220: what is settled is settled by one rule."""

    code: ClassVar[str] = "L220"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:
        """Look for an earlier rule of the same tier that can fire with this one and claim the same slot as strongly."""
        found = 0
        for slot, (index, effect) in _claims(rule).items():
            key = (slot, rule.tier, effect.strength, rule.from_overlay)
            for other in context.earlier(rule, context.tree("claim", key, _claim_keys).meeting(context.box(rule))):
                if found >= MAX_NAMED:
                    break
                context.compared[self.code] += 1
                if other.id in rule.document.overrides or rule.id in other.document.overrides:
                    continue
                if _same(_claims(other)[slot][1], effect):
                    continue
                sheet = _tie(rule, other, context)
                if sheet is not None:
                    found += 1
                    where = ", ".join(f"{fact}={value}" for fact, value in sorted(sheet.items())) or "any facts"
                    message = (
                        f"ties with {other.id} about {slot} at {where}; add an overrides edge, test one more fact, "
                        "or change a tier or strength"
                    )
                    yield Finding(("then", index), message)


def _claim_keys(rule: Rule) -> list[tuple[Any, ...]]:
    """Return what a rule claims, slot, tier and strength, and for whom: a user's overlay wins over shipped rules."""
    return [(slot, rule.tier, effect.strength, rule.from_overlay) for slot, (_, effect) in _claims(rule).items()]


def _claims(rule: Rule) -> dict[str, tuple[int, Any]]:
    return {
        slot_of(effect): (index, effect)
        for index, effect in enumerate(rule.then)
        if isinstance(effect, Anchor | Choose) and rule.document.status == "stable"
    }


def _same(one: Any, two: Any) -> bool:
    return (one.value, one.law, one.like) == (two.value, two.law, two.like) and type(one.value) is type(two.value)


def _tie(one: Rule, two: Rule, context: Context) -> dict[str, Value] | None:
    """Return a fact sheet on which both rules fire and are equally specific."""
    for first in context.clauses(one) or ():
        for second in context.clauses(two) or ():
            common: Clause | None = common_part(first, second)
            if common is None:
                continue
            sheet = witness(common)
            if specificity(one.when, sheet.get) == specificity(two.when, sheet.get):
                return sheet
    return None


class SettledLater:
    """L221: an effect depends only on what is settled before it."""

    code: ClassVar[str] = "L221"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:  # noqa: ARG002
        """Compare each effect's stratum with those of the facts it rests on."""
        for index, effect in enumerate(rule.then):
            stratum, law = stratum_of(effect), law_of(effect)
            for fact in dict.fromkeys([*facts_of(rule.when), *(law.facts if law else ())]):
                if settled_in(fact) >= stratum:
                    yield Finding(
                        ("then", index),
                        f"{slot_of(effect)} is settled before or with {fact}, so it cannot depend on it",
                    )


class IdleOverride:
    """L222: an overrides edge can have an effect."""

    code: ClassVar[str] = "L222"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:
        """Look for edges to rules that settle nothing in common, have another tier or never fire together."""
        for index, name in enumerate(rule.document.overrides):
            other = context.get(name)
            if other is None:
                continue  # E109 says so
            shared = slots_of(rule) & slots_of(other)
            if not shared:
                yield Finding(("overrides", index), f"{name} has no effect of the same kind, so nothing gives way")
                continue
            if rule.tier != other.tier and shared.isdisjoint(UNCONTESTED):
                higher = rule.id if TIERS.index(rule.tier) > TIERS.index(other.tier) else name
                yield Finding(("overrides", index), f"{higher} is of a higher tier and wins anyway")
                continue
            own, theirs = context.clauses(rule), context.clauses(other)
            if own is None or theirs is None:
                continue
            if all(common_part(one, two) is None for one in own for two in theirs):
                yield Finding(("overrides", index), f"{name} never fires together with this rule")


class IdleTier:
    """L223: a tier can have an effect."""

    code: ClassVar[str] = "L223"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:  # noqa: ARG002
        """Look for a tier on a rule with neither an anchor nor a choice."""
        if "tier" in rule.document.model_fields_set and not competes(rule):
            yield Finding(("tier",), "a tier ranks anchors and choices; this rule has none")
