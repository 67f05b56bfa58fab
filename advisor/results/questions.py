"""Answers to questions about the rules, as data: why not, what if, what else to ask, and a rule left out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from advisor.facts import Facts
from advisor.facts.derived import Value
from advisor.results.recommendation import Recommendation
from advisor.short_repr import ShortRepr


@dataclass(frozen=True, slots=True)
class FactChange:
    """One fact as it is and as it would have to be; None is unknown."""

    fact: str
    now: Value
    to: Value


@dataclass(frozen=True, slots=True)
class UnmetTest:
    """A test of one fact that does not hold.

    Attributes:
        fact: path of the fact.
        now: its present value; None: unknown.
        negated: whether the condition asks for the opposite of what follows.
        known: whether the fact must be known (True) or unknown (False); None: the test is one of those below.
        one_of: the values allowed; empty: the test is about the bounds.
        lower, upper: bounds of a number; None: no bound on this side.
        lower_open, upper_open: whether the bound itself is excluded.
    """

    fact: str
    now: Value
    negated: bool = False
    known: bool | None = None
    one_of: tuple[Value, ...] = ()
    lower: float | None = None
    upper: float | None = None
    lower_open: bool = False
    upper_open: bool = False


@dataclass(frozen=True, slots=True)
class UnmetAlternatives:
    """Groups of tests of which one group would have to hold; within a group every test counts."""

    groups: tuple[tuple[Obstacle, ...], ...]


Obstacle = UnmetTest | UnmetAlternatives
Outcome = Literal["fires", "overridden", "waits", "undecided", "silent"]


@dataclass(frozen=True, slots=True, repr=False)
class WhyNot(ShortRepr):
    """Why a rule did not fire, and what would make it.

    Attributes:
        rule: its id.
        title: what it does.
        outcome: fires; overridden: fires, but another rule takes precedence; waits: fires, but facts in its formula are
            unknown; undecided: unknown facts leave its condition open; silent: its condition does not hold.
        by: the rule that takes precedence, or ``plan``.
        missing: unknown facts, for undecided and waiting rules.
        changes: the smallest change of facts that makes it fire; None when none was found.
        facts: the fact sheet after these changes.
        obstacles: the parts of its condition that do not hold.
    """

    rule: str
    title: str
    outcome: Outcome
    by: str = ""
    missing: tuple[str, ...] = ()
    changes: tuple[FactChange, ...] | None = ()
    facts: Facts | None = None
    obstacles: tuple[Obstacle, ...] = ()


@dataclass(frozen=True, slots=True)
class AppliedEffect:
    """One thing a rule did to a recommendation.

    Attributes:
        kind: what it did; ``choice`` sets a setting, ``advice``, ``warning`` and ``error`` are texts.
        value: the starting rate, factor, bound, measured rate or chosen value; None for a text.
        setting: which one was chosen; empty for the learning rate and texts.
    """

    kind: Literal["anchor", "scale", "limit", "measurement", "choice", "advice", "warning", "error"]
    value: Value = None
    setting: str = ""


@dataclass(frozen=True, slots=True)
class RuleShift:
    """What one rule did before and does after; empty where it did nothing."""

    rule: str
    title: str
    before: tuple[AppliedEffect, ...]
    after: tuple[AppliedEffect, ...]


@dataclass(frozen=True, slots=True, repr=False)
class WhatIf(ShortRepr):
    """A recommendation before and after a change of facts, and the rules that make the difference.

    Attributes:
        before, after: what the rules say.
        rules: what each rule did before and does after.
        changes: of the facts.
        advised: the answer that trials had moved away from ``before``; None where the rules' answer stands.
    """

    before: Recommendation
    after: Recommendation
    rules: tuple[RuleShift, ...]
    changes: tuple[FactChange, ...] = ()
    advised: Recommendation | None = None

    @property
    def factor(self) -> float:
        """The new learning rate over the old one, by the rules."""
        return self.after.learning_rate / self.before.learning_rate

    @property
    def carried_rate(self) -> float | None:
        """The learning rate after the change with the trials' correction of the rules kept.

        None where trials corrected nothing, or corrected another optimizer or schedule than the change leads to.
        """
        if self.advised is None or any(
            getattr(self.after, name) != getattr(self.before, name) for name in ("optimizer", "schedule")
        ):
            return None
        return self.advised.learning_rate * self.factor

    def settings(self) -> tuple[tuple[str, Any, Any], ...]:
        """Return (name, before, after) of every field of the recommendation that changes, trace and interval aside."""
        names = [name for name in Recommendation.model_fields if name not in {"trace", "interval"}]
        pairs = ((name, getattr(self.before, name), getattr(self.after, name)) for name in names)
        return tuple((name, old, new) for name, old, new in pairs if old != new)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a fact's value would make of the recommendation; the ratio is upper over lower end of the interval."""

    value: Value
    learning_rate: float
    interval_ratio: float


@dataclass(frozen=True, slots=True, repr=False)
class Question(ShortRepr):
    """An unknown fact that would change the recommendation.

    Attributes:
        fact: its path.
        description: what it is.
        unit: of its value.
        moves: largest learning rate over smallest among the answers.
        narrows: the interval's ratio now over the narrowest among the answers.
        settings: settings that some answer changes.
        answers: the values tried.
        learning_rate: as it is now.
        interval_ratio: the interval's upper over its lower end, as it is now.
    """

    fact: str
    description: str
    unit: str
    moves: float
    narrows: float
    settings: tuple[str, ...]
    answers: tuple[Answer, ...]
    learning_rate: float
    interval_ratio: float

    @property
    def narrowest(self) -> Answer:
        """The answer that leaves the narrowest interval."""
        return min(self.answers, key=lambda answer: answer.interval_ratio)

    @property
    def weight(self) -> float:
        """How much the answer matters: in natural log of the learning rate, a changed setting counting as a third."""
        return math.log(self.moves) + 0.5 * max(0.0, math.log(self.narrows)) + math.log(3.0) / 3 * len(self.settings)


@dataclass(frozen=True, slots=True, repr=False)
class LeftOut(ShortRepr):
    """What becomes of a recommendation when one rule is left out.

    Attributes:
        rule, title: which.
        factor: the learning rate without it over the one with it; None: no answer is left without it.
        settings: (name, with it, without it) of everything that changes.
    """

    rule: str
    title: str
    factor: float | None
    settings: tuple[tuple[str, Any, Any], ...]
