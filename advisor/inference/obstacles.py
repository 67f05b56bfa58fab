"""The parts of a condition that do not hold on a fact sheet."""

from __future__ import annotations

import math

from advisor.knowledge.conditions import AllOf, AnyOf, Between, Condition, Known, Leaf, Lookup, Not, OneOf, Unless
from advisor.results.questions import Obstacle, UnmetAlternatives, UnmetTest


def unmet_parts(condition: Condition, lookup: Lookup, *, negated: bool = False) -> tuple[Obstacle, ...]:
    """Return what keeps a condition from being true; empty when it is.

    Negations are pushed down to single tests by De Morgan's laws, so that what is left is a list of tests and of groups
    of tests of which one would do.

    Args:
        condition: to be explained.
        lookup: gives each fact's value.
        negated: whether the condition is wanted false instead.
    """
    if condition.judge(lookup) is (not negated):
        return ()
    match condition:
        case Leaf():
            return (_unmet(condition, lookup, negated=negated),)
        case Not(part) | Unless(part):
            return unmet_parts(part, lookup, negated=not negated)
        case AllOf(parts) | AnyOf(parts):
            groups = tuple(unmet_parts(part, lookup, negated=negated) for part in parts)
            if isinstance(condition, AllOf) != negated:
                return tuple(obstacle for group in groups for obstacle in group)
            return groups[0] if len(groups) == 1 else (UnmetAlternatives(groups),)


def _unmet(leaf: Leaf, lookup: Lookup, *, negated: bool) -> UnmetTest:
    now = lookup(leaf.fact)
    match leaf.test:
        case Known(wanted):
            return UnmetTest(leaf.fact, now, known=wanted != negated)
        case OneOf(values):
            return UnmetTest(leaf.fact, now, negated=negated, one_of=values)
        case Between(lower, upper, lower_open, upper_open):
            below, above = (None if math.isinf(end) else end for end in (lower, upper))
            return UnmetTest(
                leaf.fact,
                now,
                negated=negated,
                lower=below,
                upper=above,
                lower_open=lower_open,
                upper_open=upper_open,
            )
