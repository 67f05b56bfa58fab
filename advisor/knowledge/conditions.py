"""Conditions: ``all`` / ``any`` / ``not`` over leaves that test one fact each; three-valued (Kleene).

A leaf tests a number against an interval, or a name, flag or text against a set, or only whether a fact is known. An
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

    def holds(self, value: Value) -> bool:
        """Return whether a known number lies within."""
        if not isinstance(value, int | float):
            return False
        above = value > self.lower if self.lower_open else value >= self.lower
        return above and (value < self.upper if self.upper_open else value <= self.upper)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value out of a list, in the order of the file."""

    values: tuple[Value, ...]

    def holds(self, value: Value) -> bool:
        """Return whether a known value is listed; True is not 1."""
        return any(value == item and isinstance(value, bool) == isinstance(item, bool) for item in self.values)


@dataclass(frozen=True, slots=True)
class Known:
    """Whether a fact is known at all; the only test that an unknown fact decides."""

    wanted: bool


Test = Between | OneOf | Known


@dataclass(frozen=True, slots=True)
class Leaf:
    """One fact, one test."""

    fact: str
    test: Test


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition


Condition = Leaf | All | Any | Not
ALWAYS = All(())


def evaluate(condition: Condition, lookup: Lookup) -> bool | None:
    """Judge a condition: True, False, or None when unknown facts leave it open.

    >>> facts = {"model.depth": 3, "model.convex": None}
    >>> deep = Leaf("model.depth", Between(lower=2))
    >>> convex = Leaf("model.convex", OneOf((True,)))
    >>> evaluate(Any((deep, convex)), facts.get), evaluate(All((deep, convex)), facts.get)
    (True, None)
    """
    match condition:
        case Leaf(fact, Known(wanted)):
            return (lookup(fact) is not None) == wanted
        case Leaf(fact, test):
            value = lookup(fact)
            return None if value is None else test.holds(value)  # type: ignore[union-attr]  # Known is matched above
        case Not(part):
            judged = evaluate(part, lookup)
            return None if judged is None else not judged
        case All(parts):
            return _settle((evaluate(part, lookup) for part in parts), decisive=False)
        case Any(parts):
            return _settle((evaluate(part, lookup) for part in parts), decisive=True)


def _settle(judged: Iterator[bool | None], *, decisive: bool) -> bool | None:
    undecided = False
    for value in judged:
        if value is decisive:
            return decisive
        undecided = undecided or value is None
    return None if undecided else not decisive


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Yield every leaf in reading order."""
    match condition:
        case Leaf():
            yield condition
        case Not(part):
            yield from leaves(part)
        case All(parts) | Any(parts):
            for part in parts:
                yield from leaves(part)


def facts_of(condition: Condition) -> tuple[str, ...]:
    """Return the facts a condition tests, each once, in reading order."""
    return tuple(dict.fromkeys(leaf.fact for leaf in leaves(condition)))


def missing(condition: Condition, lookup: Lookup) -> tuple[str, ...]:
    """Return the unknown facts that keep a condition undecided, each once; empty when it is decided."""
    if evaluate(condition, lookup) is not None:
        return ()
    match condition:
        case Leaf(fact, _):
            return (fact,)
        case Not(part):
            return missing(part, lookup)
        case All(parts) | Any(parts):
            return tuple(dict.fromkeys(fact for part in parts for fact in missing(part, lookup)))


def specificity(condition: Condition, lookup: Lookup) -> int:
    """Return how many different facts a condition that holds has tested; of ``any`` the most specific true part."""
    return len(_constrained(condition, lookup))


def _constrained(condition: Condition, lookup: Lookup) -> frozenset[str]:
    match condition:
        case Leaf(fact, _):
            return frozenset({fact})
        case Not(part):
            return frozenset(leaf.fact for leaf in leaves(part))
        case All(parts):
            return frozenset().union(*(_constrained(part, lookup) for part in parts))
        case Any(parts):
            true = [_constrained(part, lookup) for part in parts if evaluate(part, lookup) is True]
            return max(true, key=len, default=frozenset())
