"""Conditions: ``all`` / ``any`` / ``not`` over leaves that test one fact each; three-valued (Kleene).

A rule's ``unless`` becomes one more node: it is false where its part is known to hold and true everywhere else, unknown
facts included.

A leaf tests a number against an interval, or a name, flag or text against a list, or only whether a fact is known. An
unknown fact makes its leaf undecided (None). There are no strings to evaluate and no comparisons between two facts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from advisor.facts.derived import Value

Lookup = Callable[[str], Value]


@dataclass(frozen=True, slots=True)
class Between:
    """A number within an interval; infinite ends are open-ended."""

    lower: float = -math.inf
    upper: float = math.inf
    lower_open: bool = False
    upper_open: bool = False

    def judge(self, value: Value) -> bool | None:
        """Return whether the number lies within; None when unknown."""
        if value is None or isinstance(value, str):
            return None if value is None else False
        above = value > self.lower if self.lower_open else value >= self.lower
        return above and (value < self.upper if self.upper_open else value <= self.upper)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value out of a list, in the order of the file."""

    values: tuple[Value, ...]

    def judge(self, value: Value) -> bool | None:
        """Return whether the value is listed; None when unknown."""
        return None if value is None else value in self.values


@dataclass(frozen=True, slots=True)
class Known:
    """Whether a fact is known at all; the only test that an unknown fact decides."""

    wanted: bool

    def judge(self, value: Value) -> bool | None:
        """Return whether the value is as known as wanted."""
        return (value is not None) == self.wanted


Test = Between | OneOf | Known


@dataclass(frozen=True, slots=True)
class Leaf:
    """One fact, one test."""

    fact: str
    test: Test

    def judge(self, lookup: Lookup) -> bool | None:
        """Return the test's verdict on the fact."""
        return self.test.judge(lookup(self.fact))


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Condition, ...]

    def judge(self, lookup: Lookup) -> bool | None:
        """Return False at the first part that does not hold, else None when one is undecided."""
        found: bool | None = True
        for part in self.parts:
            judged = part.judge(lookup)
            if judged is False:
                return False
            if judged is None:
                found = None
        return found


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]

    def judge(self, lookup: Lookup) -> bool | None:
        """Return True at the first part that holds, else None when one is undecided."""
        found: bool | None = False
        for part in self.parts:
            judged = part.judge(lookup)
            if judged is True:
                return True
            if judged is None:
                found = None
        return found


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition

    def judge(self, lookup: Lookup) -> bool | None:
        """Return the opposite; what is undecided stays so."""
        judged = self.part.judge(lookup)
        return None if judged is None else not judged


@dataclass(frozen=True, slots=True)
class Unless:
    """The part is not known to hold; never undecided."""

    part: Condition

    def judge(self, lookup: Lookup) -> bool | None:
        """Return False where the part holds, True where it does not or is undecided."""
        return self.part.judge(lookup) is not True


Condition = Leaf | AllOf | AnyOf | Not | Unless
ALWAYS = AllOf(())


def evaluate(condition: Condition, lookup: Lookup) -> bool | None:
    """Judge a condition: True, False, or None when unknown facts leave it open.

    >>> facts = {"model.depth": 3, "model.convex": None}
    >>> deep = Leaf("model.depth", Between(lower=2))
    >>> convex = Leaf("model.convex", OneOf((True,)))
    >>> evaluate(AnyOf((deep, convex)), facts.get), evaluate(AllOf((deep, convex)), facts.get)
    (True, None)
    """
    return condition.judge(lookup)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Yield every leaf in reading order."""
    match condition:
        case Leaf():
            yield condition
        case Not(part) | Unless(part):
            yield from leaves(part)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)


def facts_of(condition: Condition) -> tuple[str, ...]:
    """Return the facts a condition tests, each once, in reading order."""
    return tuple(dict.fromkeys(leaf.fact for leaf in leaves(condition)))


def missing(condition: Condition, lookup: Lookup) -> tuple[str, ...]:
    """Return the unknown facts that keep a condition undecided, each once; empty when it is decided."""
    return () if condition.judge(lookup) is not None else tuple(dict.fromkeys(_missing_of_open(condition, lookup)))


def _missing_of_open(condition: Condition, lookup: Lookup) -> Iterator[str]:
    """Yield the unknown facts of a condition that is known to be undecided."""
    if isinstance(condition, Leaf):
        yield condition.fact
    else:
        for part in (condition.part,) if isinstance(condition, Not | Unless) else condition.parts:
            if part.judge(lookup) is None:
                yield from _missing_of_open(part, lookup)


def specificity(condition: Condition, lookup: Lookup) -> int:
    """Return how many different facts a condition that holds has tested; of ``any`` the most specific true part."""
    return len(_constrained(condition, lookup))


def _constrained(condition: Condition, lookup: Lookup) -> frozenset[str]:
    match condition:
        case Leaf(fact, _):
            return frozenset({fact})
        case Not(part) | Unless(part):
            return frozenset(leaf.fact for leaf in leaves(part))
        case AllOf(parts):
            return frozenset().union(*(_constrained(part, lookup) for part in parts))
        case AnyOf(parts):
            true = [_constrained(part, lookup) for part in parts if evaluate(part, lookup) is True]
            return max(true, key=len, default=frozenset())
