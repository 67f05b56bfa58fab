"""Conditions as unions of boxes: where exactly a condition is true.

A box gives a region for some facts and leaves the others free. A condition is true on a fact sheet exactly when one of
its boxes holds the sheet: in Kleene's logic ``all`` is true where every part is and ``any`` where some part is, so
pushing ``not`` to the leaves loses nothing, unknown facts included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from advisor.facts import Facts, Plan
from advisor.facts.derived import DERIVED, Value
from advisor.facts.names import OPTIMIZERS, SCHEDULES
from advisor.facts.registry import registry
from advisor.knowledge.conditions import All, Any, Condition, Leaf, Not
from advisor.knowledge.value_sets import Region, complement, domain, holds_in

Box = Mapping[str, Region]

MAX_BRANCHES = 64
"""Nested ``any`` multiply; a condition that needs more boxes is too tangled for a reader as well."""


class TooManyBranches(Exception):  # noqa: N818 - a signal inside the room, not an error of the user's
    """A condition has more than MAX_BRANCHES boxes."""


def boxes(condition: Condition) -> tuple[Box, ...]:
    """Return the boxes in which a condition is true; empty when it never is.

    Raises:
        TooManyBranches: the condition is too tangled to be decided.
    """
    return tuple(box for found in _boxes(condition, negated=False) if (box := settled(found)) is not None)


def _boxes(condition: Condition, *, negated: bool) -> list[Box]:
    match condition:
        case Leaf(fact, test):
            region = holds_in(test, registry()[fact], negated=negated)
            return [] if region.empty else [{fact: region}]
        case Not(part):
            return _boxes(part, negated=not negated)
        case All(parts) | Any(parts):
            branches = [_boxes(part, negated=negated) for part in parts]
            if isinstance(condition, All) != negated:
                return _product(branches)
            return _capped([box for branch in branches for box in branch])


def _product(branches: list[list[Box]]) -> list[Box]:
    found: list[Box] = [{}]
    for branch in branches:
        joined = (meet(one, two) for one in found for two in branch)
        found = _capped([box for box in joined if box is not None])
    return found


def _capped(found: list[Box]) -> list[Box]:
    if len(found) > MAX_BRANCHES:
        raise TooManyBranches
    return found


def meet(one: Box, two: Box) -> Box | None:
    """Return the common part of two boxes; None when there is none."""
    joined = dict(one)
    for fact, region in two.items():
        common = joined[fact].meet(region) if fact in joined else region
        if common.empty:
            return None
        joined[fact] = common
    return joined


def overlap(one: Box, two: Box) -> Box | None:
    """Return the common part of two boxes that a real fact sheet can reach; None when there is none."""
    joined = meet(one, two)
    return settled(joined) if joined is not None else None


def settled(box: Box) -> Box | None:
    """Return the box with what its derived facts say about the names they follow from; None when they contradict."""
    for path, name, values in _implications():
        region = box.get(path)
        if region is None:
            continue
        source = registry()[name]
        allowed = Region(
            unknown=region.unknown,
            names=frozenset(choice for choice, value in values.items() if value in region.names),
        )
        narrowed = meet(box, {name: domain(source).meet(allowed)})
        if narrowed is None:
            return None
        box = narrowed
    return box


def without(box: Box, taken: Iterable[Box]) -> list[Box]:
    """Return boxes that cover ``box`` except what lies in one of ``taken``.

    Raises:
        TooManyBranches: the remainder is too tangled.
    """
    left: list[Box] = [box]
    for other in taken:
        left = _capped([piece for part in left for piece in _minus(part, other)])
    return left


def _minus(box: Box, taken: Box) -> list[Box]:
    if overlap(box, taken) is None:
        return [box]
    pieces: list[Box] = []
    rest: Box = box
    for fact, region in taken.items():
        item = registry()[fact]
        around = rest.get(fact, domain(item))
        outside = around.meet(complement(region, item))
        if not outside.empty:
            piece = settled({**rest, fact: outside})
            if piece is not None:
                pieces.append(piece)
        rest = {**rest, fact: around.meet(region)}
    return pieces


def witness(box: Box) -> dict[str, Value]:
    """Return one fact sheet inside the box, by path; facts that may stay unknown are left out when only that fits."""
    found = {fact: (region.witness(), registry()[fact]) for fact, region in box.items()}
    return {
        fact: int(value) if item.type == "count" and isinstance(value, float) else value
        for fact, (value, item) in found.items()
        if value is not None
    }


@cache
def _implications() -> tuple[tuple[str, str, dict[str, Value]], ...]:
    """Derived flags that follow from one name alone: (derived fact, name, name's choice → flag)."""
    by_optimizer: dict[str, Facts] = {name: Facts(plan=Plan(optimizer=name)) for name in OPTIMIZERS}
    by_schedule: dict[str, Facts] = {name: Facts(plan=Plan(schedule=name)) for name in SCHEDULES}
    return (
        *(
            (path, "plan.optimizer", {name: DERIVED[path].compute(sheet) for name, sheet in by_optimizer.items()})
            for path in ("plan.adaptive", "plan.adam_family")
        ),
        ("plan.decays", "plan.schedule", {name: DERIVED["plan.decays"].compute(s) for name, s in by_schedule.items()}),
    )
