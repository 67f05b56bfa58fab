"""A rule in words: when it fires, what it does, why, and where that comes from."""

from __future__ import annotations

import math
import textwrap
from typing import Any

from advisor.facts.derived import Value
from advisor.facts.registry import registry
from advisor.knowledge.base import RuleBase
from advisor.knowledge.conditions import AllOf, AnyOf, Between, Condition, Known, Leaf, Not, OneOf, Test, Unless
from advisor.knowledge.effects import Advise, Anchor, Choose, Law, Limit, Measure, Power, Scale, Warn
from advisor.knowledge.rule import Rule
from advisor.knowledge.strata import competes
from advisor.numerals import number

WIDTH = 100
"""Columns of a line. Judgement: fits a terminal beside its margin."""


def prose(rule: Rule, base: RuleBase) -> str:
    """Return a rule as a page of plain text."""
    beaten_by = [other.id for other in base.rules if rule.id in other.document.overrides]
    tags = f" · tags: {', '.join(rule.tags)}" if rule.tags else ""
    tier = f" · precedence: {rule.tier}" if competes(rule) else ""
    parts = [
        rule.title,
        f"{rule.id} · {rule.topic}{tier} · {rule.document.status} since {rule.document.since}{tags}",
        _section("When", when_in_words(rule.when)),
        _section("Then", [effect_in_words(effect) for effect in rule.then]),
        _section("Because", textwrap.wrap(" ".join(rule.document.because.split()), WIDTH - 2)),
        _section("Evidence", [rule.grade]),
        _section("Sources", [f"{cite.title}, {cite.at}: {cite.says} {cite.url}".rstrip() for cite in rule.citations]),
        _section("Overrides", list(rule.document.overrides)),
        _section("Gives way to", beaten_by),
    ]
    return "\n\n".join(part for part in parts if part)


def _section(title: str, lines: list[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines)]) if lines else ""


def when_in_words(condition: Condition) -> list[str]:
    """Return a condition as indented lines."""
    match condition:
        case AllOf(()):
            return ["always"]
        case AllOf(parts) | AnyOf(parts):
            head = "all of:" if isinstance(condition, AllOf) else "any of:"
            return [head, *(f"  {line}" for part in parts for line in when_in_words(part))]
        case Not(Leaf() as leaf):
            return [f"not: {leaf_in_words(leaf)}"]
        case Unless(Leaf() as leaf):
            return [f"unless {leaf_in_words(leaf)}"]
        case Unless(part):
            return ["unless:", *(f"  {line}" for line in when_in_words(part))]
        case Not(part):
            return ["not:", *(f"  {line}" for line in when_in_words(part))]
        case Leaf():
            return [leaf_in_words(condition)]


def leaf_in_words(leaf: Leaf) -> str:
    """Return a leaf with the unit of its bounds, such as ``model.depth ≥ 3 layers``."""
    item = registry()[leaf.fact]
    unit = (
        f" {item.unit}" if item.unit and item.unit not in {"share", "ratio"} and isinstance(leaf.test, Between) else ""
    )
    return f"{leaf.fact} {asked_in_words(leaf.test)}{unit}"


def asked_in_words(test: Test) -> str:
    """Return what a leaf asks of its fact, such as ``is adam or adamw`` or ``≥ 32 and < 4096``."""
    match test:
        case Known(wanted):
            return "is known" if wanted else "is unknown"
        case OneOf(values):
            return f"is {' or '.join(value_in_words(value) for value in values)}"
        case Between(lower, upper, lower_open, upper_open):
            bounds = []
            if lower != -math.inf:
                bounds.append(f"{'>' if lower_open else '≥'} {number(lower, 6)}")
            if upper != math.inf:
                bounds.append(f"{'<' if upper_open else '≤'} {number(upper, 6)}")
            return " and ".join(bounds)


def value_in_words(value: Value) -> str:
    """Return a fact's value for a reader."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value, 6) if isinstance(value, int | float) else str(value)


def effect_in_words(effect: Any) -> str:
    """Return an effect as a sentence."""
    match effect:
        case Anchor():
            bar = ", which no factor changes" if effect.fixed else ""
            amount = f"{_amount(effect.amount)}{_times(effect)}"
            return f"start the learning rate at {amount}{_range(effect)}{bar} ({effect.strength})"
        case Scale():
            return f"multiply the learning rate by {_amount(effect.amount)}{_range(effect)}"
        case Measure():
            return f"weigh in the measured learning rate {_amount(effect.law)}{_range(effect)}"
        case Limit():
            side = "at most" if effect.at_most is not None else "at least"
            return f"keep the learning rate {side} {_amount(effect.amount)}"
        case Choose():
            chosen = _amount(effect.law) if effect.law is not None else value_in_words(effect.value)
            return f"choose {effect.choose}: {chosen}{_times(effect)} ({effect.strength})"
        case Advise(advise=words) | Warn(warn=words):
            return f"{'advise' if isinstance(effect, Advise) else effect.severity}: {words}"
        case _:
            raise TypeError(effect)


def _times(effect: Anchor | Choose) -> str:
    return f" × what {effect.like} would get" if effect.like is not None else ""


def _amount(amount: float | Law | None) -> str:
    if not isinstance(amount, Law):
        return number(amount, 6) if amount is not None else ""
    factors = [] if amount.times == 1 else [number(amount.times, 6)]
    factors += [_power(fact, power) for fact, power in amount.powers.items()]
    clamp = f", within {number(amount.clamp[0], 6)} to {number(amount.clamp[1], 6)}" if amount.clamp else ""
    return f"{' · '.join(factors)}{clamp}"


def _power(fact: str, power: float | Power) -> str:
    exponent, reference = (power.exponent, power.reference) if isinstance(power, Power) else (power, 1.0)
    typical = power.typical if isinstance(power, Power) else None
    name = fact if typical is None else f"{fact} (or {number(typical, 6)})"
    base = name if reference == 1 else f"({name} / {number(reference, 6)})"
    return base if exponent == 1 else f"{base}^{number(exponent, 6)}"


def _range(effect: Anchor | Scale | Measure) -> str:
    if effect.range is not None:
        return f" (90 %: {number(effect.range[0], 6)} to {number(effect.range[1], 6)})"
    return f" (90 %: within a factor {number(effect.spread, 6)})" if effect.spread is not None else ""
