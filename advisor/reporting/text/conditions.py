"""Tests of facts that do not hold, as indented lines."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.facts.registry import registry
from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting.formatting import fact_value, number
from advisor.reporting.sentences.template import fill
from advisor.results.questions import Obstacle, UnmetAlternatives, UnmetTest

_BARE_UNITS = frozenset({"", "share", "ratio"})


def unmet_lines(obstacles: Sequence[Obstacle]) -> list[str]:
    """Return one line for each test, each with the fact's present value; alternatives stand indented."""
    return [line for obstacle in obstacles for line in _lines(obstacle)]


def _lines(obstacle: Obstacle) -> list[str]:
    match obstacle:
        case UnmetTest():
            return [fill("{wanted} (it is {now})", wanted=_wanted(obstacle), now=fact_value(obstacle.now))]
        case UnmetAlternatives(groups):
            lines = [_("any of")]
            for group in groups:
                inner = unmet_lines(group)
                lines += [f"  {line}" for line in (inner if len(group) == 1 else [_("all of"), *_indented(inner)])]
            return lines


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _wanted(test: UnmetTest) -> str:
    if test.known is not None:
        return fill(phrase("{fact} is known") if test.known else phrase("{fact} is unknown"), fact=test.fact)
    if test.one_of:
        said = phrase("{fact} is not {values}") if test.negated else phrase("{fact} is {values}")
        return fill(said, fact=test.fact, values=_(" or ").join(fact_value(value) for value in test.one_of))
    unit = registry()[test.fact].unit
    shown = f" {_(unit)}" if unit not in _BARE_UNITS else ""
    bounds = f"{test.fact} {_bounds(test)}{shown}"
    return fill("not: {bounds}", bounds=bounds) if test.negated else bounds


def _bounds(test: UnmetTest) -> str:
    bounds = []
    if test.lower is not None:
        bounds.append(f"{'>' if test.lower_open else '≥'} {number(test.lower)}")
    if test.upper is not None:
        bounds.append(f"{'<' if test.upper_open else '≤'} {number(test.upper)}")
    return _(" and ").join(bounds)
