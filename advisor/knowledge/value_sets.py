"""Exact sets of values of one fact, "unknown" among them, so that lint decides instead of guessing.

A value set is a union of disjoint intervals (numbers) or a finite or co-finite set (names, flags, text), and says
whether "unknown" belongs to it. Value sets are closed under intersection and complement. Counts are
whole: ``(2, 5)`` is ``[3, 4]``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.facts.derived import Value
from advisor.facts.registry import FactInfo
from advisor.knowledge.conditions import Between, Known, OneOf, Test


@dataclass(frozen=True, slots=True, order=True)
class NumberRange:
    """Numbers between two ends, each open or closed."""

    lower: float
    upper: float
    lower_open: bool = False
    upper_open: bool = False

    @property
    def empty(self) -> bool:
        """Whether no number lies within."""
        return self.lower > self.upper or (self.lower == self.upper and (self.lower_open or self.upper_open))

    def intersect(self, other: NumberRange) -> NumberRange:
        """Return the common part."""
        lower = max(self.lower, other.lower)
        upper = min(self.upper, other.upper)
        return NumberRange(
            lower,
            upper,
            any(part.lower_open for part in (self, other) if part.lower == lower),
            any(part.upper_open for part in (self, other) if part.upper == upper),
        )

    def whole(self) -> NumberRange:
        """Return the same whole numbers with closed ends."""
        lower, upper = self.lower, self.upper
        if math.isfinite(lower):
            lower = math.floor(lower) + 1 if self.lower_open else math.ceil(lower)
        if math.isfinite(upper):
            upper = math.ceil(upper) - 1 if self.upper_open else math.floor(upper)
        return NumberRange(lower, upper, math.isinf(lower), math.isinf(upper))

    def witness(self) -> float:
        """Return a number within, a simple one when possible."""
        if not self.lower_open and math.isfinite(self.lower):
            return self.lower
        if not self.upper_open and math.isfinite(self.upper):
            return self.upper
        if math.isinf(self.lower) and math.isinf(self.upper):
            return 0.0
        if math.isinf(self.upper):
            return self.lower + max(1.0, abs(self.lower))
        if math.isinf(self.lower):
            return self.upper - max(1.0, abs(self.upper))
        return (self.lower + self.upper) / 2


@dataclass(frozen=True, slots=True)
class ValueSet:
    """Values of one fact.

    Attributes:
        unknown: whether "unknown" belongs to it.
        intervals: for numbers, disjoint and in order.
        names: for names, flags and text.
        others: text not listed belongs to it too (``names`` are then the exceptions).
    """

    unknown: bool = False
    intervals: tuple[NumberRange, ...] = ()
    names: frozenset[Value] = frozenset()
    others: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing belongs to it."""
        return not (self.unknown or self.intervals or self.names or self.others)

    def intersect(self, other: ValueSet) -> ValueSet:
        """Return what belongs to both."""
        parts = (one.intersect(two) for one in self.intervals for two in other.intervals)
        if self.others and other.others:
            names = self.names | other.names
        elif self.others:
            names = other.names - self.names
        elif other.others:
            names = self.names - other.names
        else:
            names = self.names & other.names
        return ValueSet(
            self.unknown and other.unknown,
            tuple(sorted(part for part in parts if not part.empty)),
            names,
            self.others and other.others,
        )

    def witness(self) -> Value:
        """Return one value of it; None when only "unknown" belongs to it."""
        if self.intervals:
            return self.intervals[0].witness()
        if self.others:
            return next(name for name in ("anything", "something", "other", "else") if name not in self.names)
        return min(self.names, key=repr) if self.names else None


def domain(item: FactInfo, *, unknown: bool = True) -> ValueSet:
    """Return everything a fact can be."""
    if item.type == "flag":
        return ValueSet(unknown, names=frozenset({True, False}))
    if item.type == "name":
        return ValueSet(unknown, names=frozenset(item.choices))
    if item.type == "text":
        return ValueSet(unknown, others=True)
    lower = -math.inf if item.lower is None else item.lower
    upper = math.inf if item.upper is None else item.upper
    whole = NumberRange(lower, upper, item.lower_open or math.isinf(lower), math.isinf(upper))
    return ValueSet(unknown, intervals=(whole.whole() if item.type == "count" else whole,))


def complement(value_set: ValueSet, item: FactInfo) -> ValueSet:
    """Return everything a fact can be that does not belong to the value_set."""
    if item.type in {"flag", "name"}:
        rest = ValueSet(not value_set.unknown, names=domain(item).names - value_set.names)
    elif item.type == "text":
        rest = ValueSet(not value_set.unknown, names=value_set.names, others=not value_set.others)
    else:
        rest = ValueSet(not value_set.unknown, intervals=_gaps(value_set.intervals, item))
    return rest


def accepted_values(test: Test, item: FactInfo, *, negated: bool = False) -> ValueSet:
    """Return where a leaf is true, or, negated, where its ``not:`` is true; an unknown fact makes neither true."""
    known = domain(item, unknown=False)
    match test:
        case Known(wanted):
            return known if wanted != negated else ValueSet(unknown=True)
        case Between(lower, upper, lower_open, upper_open):
            within = NumberRange(lower, upper, lower_open or math.isinf(lower), upper_open or math.isinf(upper))
            found = known.intersect(ValueSet(intervals=(within,)))
            found = ValueSet(intervals=_tidy(found.intervals, item))
        case OneOf(values):
            if item.type in {"count", "number"}:
                points = tuple(NumberRange(float(one), float(one)) for one in values if isinstance(one, int | float))
                found = known.intersect(ValueSet(intervals=points))
            else:
                found = known.intersect(ValueSet(names=frozenset(values)))
    return known.intersect(complement(found, item)) if negated else found


def _gaps(intervals: tuple[NumberRange, ...], item: FactInfo) -> tuple[NumberRange, ...]:
    left = list(domain(item).intervals)
    for taken in intervals:
        below = NumberRange(-math.inf, taken.lower, lower_open=True, upper_open=not taken.lower_open)
        above = NumberRange(taken.upper, math.inf, lower_open=not taken.upper_open, upper_open=True)
        left = [part for one in left for part in (one.intersect(below), one.intersect(above)) if not part.empty]
    return _tidy(tuple(left), item)


def _tidy(intervals: tuple[NumberRange, ...], item: FactInfo) -> tuple[NumberRange, ...]:
    if item.type == "count":
        intervals = tuple(part.whole() for part in intervals)
    return tuple(sorted({part for part in intervals if not part.empty}))
