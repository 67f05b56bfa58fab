"""From the ``when`` of a rule file to a condition, typed against the fact registry."""

from __future__ import annotations

import math
from typing import Any

from advisor.errors import FactError, did_you_mean
from advisor.facts.derived import Value
from advisor.facts.registry import FactInfo, parse, registry
from advisor.knowledge.conditions import AllOf, AnyOf, Between, Condition, Known, Leaf, Not, OneOf, Test
from advisor.knowledge.yaml_reader import Document, Place

NODES = ("all", "any", "not")
BOUNDS = ("ge", "gt", "le", "lt")
TESTS = (*BOUNDS, "is", "in", "known")


def parse_condition(tree: Any, document: Document, place: Place) -> Condition | None:
    """Parse a condition; problems go to the document, and None comes back when there were any here."""
    if not isinstance(tree, dict):
        document.problem(place, "E110", "a condition is a map: all:, any:, not: or one fact")
        return None
    if len(tree) != 1:
        found = ", ".join(map(str, tree)) or "nothing"
        document.problem(place, "E110", f"a condition has exactly one key, here {found}; join facts with all: or any:")
        return None
    ((key, value),) = tree.items()
    if key in {"all", "any"}:
        return _parse_group(key, value, document, (*place, key))
    if key == "not":
        part = parse_condition(value, document, (*place, key))
        return Not(part) if part is not None else None
    return _parse_leaf(key, value, document, (*place, key))


def _parse_group(key: str, value: Any, document: Document, place: Place) -> Condition | None:
    if not isinstance(value, list) or not value:
        document.problem(place, "E110", f"{key}: needs a list of conditions, at least one")
        return None
    parts = [parse_condition(item, document, (*place, index)) for index, item in enumerate(value)]
    if any(part is None for part in parts):
        return None
    made = tuple(part for part in parts if part is not None)
    return AllOf(made) if key == "all" else AnyOf(made)


def _parse_leaf(path: str, value: Any, document: Document, place: Place) -> Condition | None:
    item = registry().get(path)
    if item is None:
        document.problem(place, "E104", f"no fact is called {path!r}{did_you_mean(path, [*registry(), *NODES])}")
        return None
    test = (
        _parse_map(item, value, document, place) if isinstance(value, dict) else _one_of(item, value, document, place)
    )
    return Leaf(path, test) if test is not None else None


def _one_of(item: FactInfo, value: Any, document: Document, place: Place) -> Test | None:
    listed = value if isinstance(value, list) else [value]
    if not listed:
        document.problem(place, "E106", f"{item.path}: an empty list matches nothing")
        return None
    parsed = [_value(item, one, document, (*place, index)) for index, one in enumerate(listed)]
    return None if any(one is None for one in parsed) else OneOf(tuple(parsed))


def _parse_map(item: FactInfo, tests: dict[str, Any], document: Document, place: Place) -> Test | None:
    unknown = [name for name in tests if name not in TESTS]
    if unknown or not tests:
        found = unknown[0] if unknown else ""
        known = ", ".join(TESTS)
        document.problem(
            place, "E106", f"{item.path}: no test is called {found!r}{did_you_mean(found, TESTS)} (known: {known})"
        )
        return None
    if not set(tests) <= set(BOUNDS):
        if len(tests) > 1:
            document.problem(place, "E106", f"{item.path}: {', '.join(tests)} cannot stand together; only bounds can")
            return None
        ((name, value),) = tests.items()
        if name == "known":
            if isinstance(value, bool):
                return Known(value)
            document.problem(place, "E106", f"{item.path}: known must be true or false, not {value!r}")
            return None
        return _one_of(item, value, document, (*place, name))
    return _between(item, tests, document, place)


def _between(item: FactInfo, tests: dict[str, Any], document: Document, place: Place) -> Test | None:
    if item.type not in {"count", "number"}:
        document.problem(place, "E106", f"{item.path} is a {item.type} and has no order; use a value, a list or known")
        return None
    if {"ge", "gt"} <= set(tests) or {"le", "lt"} <= set(tests):
        document.problem(place, "E106", f"{item.path}: two bounds on the same side")
        return None
    numbers: dict[str, float] = {}
    for name, raw in tests.items():
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
            document.problem((*place, name), "E106", f"{item.path}: {name} needs a finite number, not {raw!r}")
            return None
        numbers[name] = float(raw)
    return Between(
        lower=numbers.get("ge", numbers.get("gt", -math.inf)),
        upper=numbers.get("le", numbers.get("lt", math.inf)),
        lower_open="gt" in numbers,
        upper_open="lt" in numbers,
    )


def _value(item: FactInfo, raw: Any, document: Document, place: Place) -> Value:
    if item.type == "flag" and not isinstance(raw, bool):
        document.problem(place, "E106", f"{item.path}={raw!r}: must be true or false")
        return None
    if item.type in {"count", "number"} and isinstance(raw, str):
        document.problem(place, "E106", f"{item.path}={raw!r}: must be a number")
        return None
    try:
        value = parse(item, raw)
    except FactError as error:
        document.problem(place, "E106", str(error))
        return None
    if value is None:
        document.problem(place, "E106", f"{item.path}: an empty value matches nothing; use {{known: false}}")
    return value
