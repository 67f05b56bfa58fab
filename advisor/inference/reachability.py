"""Inverse of derived facts: which stored facts to change so that a fact takes a value in a given set.

A derived fact is a function of stored ones that has no inverse in general, so the search sets each stored input in turn
to values near its present one, nearest first, and then also sets unknown inputs to typical values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from advisor.errors import FactError
from advisor.facts import Facts, info, read
from advisor.facts.derived import DERIVED, Value
from advisor.facts.leaf import FactSheet
from advisor.facts.registry import FactInfo, parse
from advisor.facts.usual import USUAL
from advisor.knowledge.dependencies import inputs_of
from advisor.knowledge.value_sets import NumberRange, ValueSet

MAX_DEPTH: Final = 5
"""Unknown facts that may be filled in to reach one derived fact. Judgement: derived facts rest on fewer, and a user can
answer no more."""

MAX_SHEETS: Final = 3000
"""Fact sheets tried before a derived fact is called out of reach. Judgement: some tenths of a second at most."""

GRID: Final = tuple(sorted(range(-60, 61), key=lambda step: (abs(step), step)))
"""Half-octaves around the present value, nearest first. Judgement: a billionth to a billionfold spans every fact."""

Changes = Mapping[str, Value]
Sheet = TypeVar("Sheet", bound=FactSheet)


def contains(value_set: ValueSet, value: Value) -> bool:
    """Return whether a value, None for unknown, lies in a value set."""
    if value is None:
        return value_set.unknown
    if isinstance(value, bool | str):
        return (value in value_set.names) != value_set.others
    return any(not part.intersect(NumberRange(value, value)).empty for part in value_set.intervals)


def changes_reaching(path: str, value_set: ValueSet, facts: Facts) -> Iterator[Changes]:
    """Yield changes of stored facts that give a fact a value in the set, small ones first."""
    if contains(value_set, read(facts, path)):
        yield {}
    elif path in DERIVED:
        yield from _Search(path, value_set).solve(facts)
    else:
        value = nearest(value_set, read(facts, path), info(path))
        if value is not None or value_set.unknown:
            yield {path: value}


@dataclass(slots=True)
class _Search:
    """The search for stored facts behind one derived fact: one at a time, then with unknown ones filled in."""

    path: str
    value_set: ValueSet
    sheets: int = 0

    def solve(self, facts: Facts, depth: int = 0) -> Iterator[Changes]:
        """Yield changes from these facts on, at most one for each input."""
        inputs = inputs_of(self.path, facts)
        for name in inputs:
            for value in typical(info(name)) if depth else _values_near(name, facts):
                if self.sheets >= MAX_SHEETS:
                    return
                if self._hits(with_value(facts, name, value)):
                    yield {name: value}
                    break
        if depth < MAX_DEPTH:
            for name in (name for name in inputs if read(facts, name) is None):
                usual = typical(info(name))
                for value in dict.fromkeys((*usual[:1], *usual[-1:])):  # from end to end
                    for more in self.solve(with_value(facts, name, value), depth + 1):
                        if name not in more:
                            yield {name: value, **more}
                            break

    def _hits(self, facts: Facts) -> bool:
        self.sheets += 1
        return contains(self.value_set, read(facts, self.path))


def with_value(facts: Facts, path: str, value: Value) -> Facts:
    """Return a copy with one stored fact replaced, unchecked: for values that are known to fit."""
    return _replaced(facts, path.split("."), value)


def _replaced(sheet: Sheet, parts: list[str], value: Value) -> Sheet:
    head, *rest = parts
    inner = _replaced(getattr(sheet, head), rest, value) if rest else value
    return sheet.model_copy(update={head: inner})


def nearest(value_set: ValueSet, value: Value, item: FactInfo) -> Value:
    """Return the value in a value set nearest to the present one; a simple one when that is unknown."""
    if value_set.intervals and isinstance(value, int | float):
        ends = [end for part in value_set.intervals for end in _ends(part)]
        closest = min(ends, key=lambda end: abs(end - value), default=value_set.witness())
    else:
        closest = value_set.witness()
        usual = USUAL.get(item.path, ())
        if usual and isinstance(closest, int | float) and not min(usual) <= closest <= max(usual):
            closest = next((one for one in usual if contains(value_set, one)), closest)
    return round(closest) if item.type == "count" and isinstance(closest, float) else closest


def _ends(part: NumberRange) -> Iterator[float]:
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
    common = (1, 10, 32, 100, 1000, 10_000, 100_000) if item.upper is None else (0.0, 0.01, 0.1, 0.5, 0.9, 1.0)
    return tuple(value for value in USUAL.get(item.path, common) if _fits(item, value))


def _values_near(path: str, facts: Facts) -> Iterator[Value]:
    """Yield values to try: unknown, the neighbourhood of the present value, and what is typical."""
    item, present = info(path), read(facts, path)
    if present is not None:
        yield None
    tried: set[Value] = {present}
    for value in (
        (*_grid(item, present), *typical(item)) if present is not None else (*typical(item), *_grid(item, 1.0))
    ):
        if value not in tried:
            tried.add(value)
            yield value


def _grid(item: FactInfo, center: Value) -> Iterator[Value]:
    if item.type not in {"count", "number"} or isinstance(center, str | None):
        return
    for step in GRID:
        value = (center or 0.001) * 2.0 ** (step / 2)
        value = round(value) if item.type == "count" else float(f"{value:.3g}")
        if _fits(item, value):
            yield value


def _fits(item: FactInfo, value: Value) -> bool:
    try:
        parse(item, value)
    except FactError:
        return False
    return True
