"""Which stored facts to change so that a fact, possibly a derived one, takes a wanted value."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

from advisor.errors import FactError
from advisor.facts import Facts, info, read, with_facts
from advisor.facts.derived import DERIVED, Value
from advisor.facts.registry import FactInfo, parse
from advisor.knowledge.dependencies import inputs_of
from advisor.knowledge.regions import Interval, Region

MAX_DEPTH: Final = 3
"""Unknown facts that may be filled in on the way to one derived fact."""

GRID: Final = tuple(sorted(range(-60, 61), key=lambda step: (abs(step), step)))
"""Half-octaves around the present value, nearest first: twelve powers of a thousandth to a thousandfold and beyond."""

Changes = Mapping[str, Value]


def contains(region: Region, value: Value) -> bool:
    """Return whether a value, None for unknown, lies in a region."""
    if value is None:
        return region.unknown
    if isinstance(value, bool | str):
        return (value in region.names) != region.others
    return any(not part.meet(Interval(value, value)).empty for part in region.intervals)


def reach(path: str, region: Region, facts: Facts, depth: int = MAX_DEPTH) -> Changes | None:
    """Return changes of stored facts that bring a fact into a region, the smallest found; None when there are none."""
    if contains(region, read(facts, path)):
        return {}
    if path not in DERIVED:
        value = nearest(region, read(facts, path), info(path))
        return {path: value} if value is not None or region.unknown else None
    inputs = inputs_of(path, facts)
    for name in inputs:
        for value in _values_near(name, facts):
            changed = _with(facts, {name: value})
            if changed is not None and contains(region, read(changed, path)):
                return {name: value}
    if depth:
        for name in (name for name in inputs if read(facts, name) is None):
            for value in typical(info(name)):
                changed = _with(facts, {name: value})
                more = reach(path, region, changed, depth - 1) if changed is not None else None
                if more is not None and name not in more:
                    return {name: value, **more}
    return None


def nearest(region: Region, value: Value, item: FactInfo) -> Value:
    """Return the value in a region nearest to the present one; a simple one when that is unknown."""
    if region.intervals and isinstance(value, int | float):
        ends = [end for part in region.intervals for end in _ends(part)]
        closest = min(ends, key=lambda end: abs(end - value), default=region.witness())
    else:
        closest = region.witness()
    return round(closest) if item.type == "count" and isinstance(closest, float) else closest


def _ends(part: Interval) -> Iterator[float]:
    """Yield the ends of an interval, moved a little inside where they are open."""
    width = part.upper - part.lower
    for end, inward, is_open in ((part.lower, 1.0, part.lower_open), (part.upper, -1.0, part.upper_open)):
        if math.isinf(end):
            continue
        inside = min(abs(end) * 0.01 or 0.01, width / 2)
        yield end + inward * inside if is_open else end


def typical(item: FactInfo) -> tuple[Value, ...]:
    """Return a few values that a fact commonly has, by its type and bounds."""
    if item.type == "flag":
        return (True, False)
    if item.type == "name":
        return item.choices
    if item.type == "text":
        return ()
    found = (1, 10, 32, 100, 1000, 10_000, 100_000) if item.upper is None else (0.0, 0.01, 0.1, 0.5, 0.9, 1.0)
    return tuple(value for value in found if _fits(item, value))


def _values_near(path: str, facts: Facts) -> Iterator[Value]:
    item, present = info(path), read(facts, path)
    if item.type not in {"count", "number"}:
        yield from (value for value in typical(item) if value != present)
        return
    start = present if isinstance(present, int | float) and present > 0 else (0.001 if item.upper is not None else 1.0)
    seen: set[float] = set()
    for step in GRID:
        value = start * 2.0 ** (step / 2)
        value = round(value) if item.type == "count" else float(f"{value:.3g}")
        if value not in seen and value != present and _fits(item, value):
            seen.add(value)
            yield value


def _fits(item: FactInfo, value: Value) -> bool:
    try:
        parse(item, value)
    except FactError:
        return False
    return True


def _with(facts: Facts, values: Changes) -> Facts | None:
    try:
        return with_facts(facts, values)
    except FactError:
        return None
