"""Tests of facts that do not hold, as indented lines."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.facts.registry import registry
from advisor.reporting.formatting import fact_value, number
from advisor.results.questions import Obstacle, UnmetAlternatives, UnmetTest

_BARE_UNITS = frozenset({"", "share", "ratio"})


def unmet_lines(obstacles: Sequence[Obstacle]) -> list[str]:
    """Return one line for each test, each with the fact's present value; alternatives stand indented."""
    return [line for obstacle in obstacles for line in _lines(obstacle)]


def _lines(obstacle: Obstacle) -> list[str]:
    match obstacle:
        case UnmetTest():
            now = "it is unknown" if obstacle.now is None else f"it is {fact_value(obstacle.now)}"
            return [f"{_wanted(obstacle)} ({now})"]
        case UnmetAlternatives(groups):
            lines = ["any of"]
            for group in groups:
                inner = unmet_lines(group)
                lines += [f"  {line}" for line in (inner if len(group) == 1 else ["all of", *_indented(inner)])]
            return lines


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _wanted(test: UnmetTest) -> str:
    if test.known is not None:
        return f"{test.fact} is {'known' if test.known else 'unknown'}"
    if test.one_of:
        verb = "is not" if test.negated else "is"
        return f"{test.fact} {verb} {' or '.join(fact_value(value) for value in test.one_of)}"
    unit = registry()[test.fact].unit
    shown = f" {unit}" if unit not in _BARE_UNITS else ""
    return f"{'not: ' if test.negated else ''}{test.fact} {_bounds(test)}{shown}"


def _bounds(test: UnmetTest) -> str:
    bounds = []
    if test.lower is not None:
        bounds.append(f"{'>' if test.lower_open else '≥'} {number(test.lower)}")
    if test.upper is not None:
        bounds.append(f"{'<' if test.upper_open else '≤'} {number(test.upper)}")
    return " and ".join(bounds)
