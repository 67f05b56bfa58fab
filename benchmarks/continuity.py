"""Continuity: a small change of one number changes the recommended rate by little.

    python -m benchmarks.continuity [--jobs N] [--fact PATH ...]

sweeps every numeric fact of data, model and plan over its range, for thirty jobs out of the published recipes, in steps
of 25 %. Between neighbours that share the optimizer the learning rate may change by a factor of ``MAX_JUMP`` at most,
and over a sweep it may turn once: a second turn is a zigzag. Where what is left to 1 counts (momentum, layer-wise
decay), that remainder goes in steps of 25 %. The share of frozen weights is left out: it decides whether a net or only
its head trains, which are two kinds of jobs.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final

from advisor.errors import AdvisorError
from advisor.facts import Facts, read, with_facts
from advisor.facts.derived import DERIVED
from advisor.facts.registry import FactInfo, registry
from advisor.inference import infer
from advisor.knowledge import RuleBase, load_rules
from advisor.knowledge.conditions import facts_of
from advisor.knowledge.dependencies import all_inputs_of
from advisor.knowledge.effects import law_of
from benchmarks.golden import Golden, golden

STEP: Final = 1.25
"""Ratio of neighbouring values, as the requirement has it."""

MAX_JUMP: Final = 1.6
"""Largest ratio of the rates of neighbouring values, as the requirement has it; a step of 25 % to the second power."""

TURN: Final = 1.1
"""Smallest change of the rate that counts as a turn; below it, rounding of whole numbers makes turns of its own."""

JOBS: Final = 30
DECADES: Final = 2.0
"""Range of a sweep around a known value, either way; beyond it the job is another one."""

LEFT_OUT: Final = frozenset(
    {"plan.learning_rate", "plan.reference_learning_rate", "plan.reference_batch_size", "model.frozen_share"}
)
"""Facts that are an answer or decide the kind of job."""

REMAINDERS: Final = frozenset({"plan.momentum", "plan.layerwise_decay"})
"""Facts of which 1 minus the value counts."""

_TYPICAL: Final = {"count": (1.0, 1e5), "share": (0.01, 1.0), "number": (1e-2, 1e3)}
"""Range of an unknown fact, by type."""


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the answer is not continuous.

    Attributes:
        job: id of the recipe.
        fact: that was swept.
        kind: jump or zigzag.
        at: the values on either side of the jump, or of the last two turns.
        factor: ratio of the rates there.
        rules: contributions that one side has and the other lacks.
    """

    job: str
    fact: str
    kind: str
    at: tuple[float, float]
    factor: float
    rules: tuple[str, ...] = ()

    def __str__(self) -> str:
        values = f"{self.at[0]:.4g} to {self.at[1]:.4g}"
        return (
            f"{self.job:<22} {self.fact:<28} {self.kind:<7} {values:<24} × {self.factor:<6.3g} {' '.join(self.rules)}"
        )


@dataclass(frozen=True, slots=True)
class Point:
    """One answer of a sweep."""

    value: float
    rate: float
    optimizer: str
    contributions: frozenset[tuple[str, float]]


def jobs(count: int = JOBS) -> tuple[Golden, ...]:
    """Return recipes of as many kinds of jobs as there are, by family, task and pretraining."""
    kinds: dict[tuple[Any, ...], Golden] = {}
    for recipe in golden("recipes"):
        key = tuple(recipe.facts.get(path) for path in ("model.family", "data.task", "model.pretrained"))
        kinds.setdefault(key, recipe)
    return tuple(kinds.values())[:count]


@cache
def numeric_facts() -> tuple[FactInfo, ...]:
    """Return the stored numeric facts of data, model and plan that some rule rests on."""
    used: set[str] = set()
    for rule in load_rules().rules:
        laws = [law for effect in rule.then if (law := law_of(effect))]
        for path in (*facts_of(rule.when), *(fact for law in laws for fact in law.facts)):
            used |= set(all_inputs_of(path)) if path in DERIVED else {path}
    items = (registry()[path] for path in sorted(used - LEFT_OUT) if path.startswith(("data.", "model.", "plan.")))
    return tuple(item for item in items if item.type in {"count", "number"} and not item.is_derived)


def values_of(item: FactInfo, known: float | None) -> list[float]:
    """Return the values of a sweep, lowest first, ``STEP`` apart; whole numbers further apart are left out."""
    if item.path in REMAINDERS:
        left = [STEP**-step for step in range(math.ceil(math.log(100) / math.log(STEP)))]
        return sorted(1 - part for part in left if 1 - part > 0)
    if known:
        lower, upper = known / 10**DECADES, known * 10**DECADES
    else:
        lower, upper = _TYPICAL["share" if item.upper == 1 else item.type]
    lower, upper = max(lower, item.lower or lower), min(upper, item.upper if item.upper is not None else upper)
    count = math.ceil(math.log(upper / lower) / math.log(STEP))
    values = [min(upper, lower * STEP**step) for step in range(count + 1)]
    return sorted(
        {float(round(value)) for value in values if round(value) >= 1} if item.type == "count" else set(values)
    )


def sweep(recipe: Golden, item: FactInfo, base: RuleBase) -> list[Point]:
    """Return the answers for one job over the range of one fact; values that do not fit are left out."""
    facts = with_facts(Facts(), recipe.facts)
    known = read(facts, item.path)
    points = []
    for value in values_of(item, float(known) if isinstance(known, int | float) and known else None):
        typed = int(value) if item.type == "count" else value
        try:
            found = infer(with_facts(facts, {item.path: typed}), base)
        except AdvisorError:
            continue
        steps = frozenset((step.rule.id, float(f"{step.value:.3g}")) for step in found.trace.contributions)
        points.append(Point(value, found.learning_rate, found.optimizer, steps))
    return points


def breaks(recipe: Golden, item: FactInfo, base: RuleBase) -> Iterator[Break]:
    """Yield the jumps and zigzags of one sweep."""
    points = sweep(recipe, item, base)
    for one, two in pairwise(points):
        factor = max(one.rate / two.rate, two.rate / one.rate)
        near = item.path in REMAINDERS or two.value / one.value <= STEP * 1.05
        if factor > MAX_JUMP and one.optimizer == two.optimizer and near:
            names = sorted({name for name, _ in one.contributions ^ two.contributions})
            yield Break(recipe.id, item.path, "jump", (one.value, two.value), factor, tuple(names))
    turns = list(_turns(points))
    if len(turns) > 1:
        first, last = turns[-2:]
        factor = max(first.rate / last.rate, last.rate / first.rate)
        yield Break(recipe.id, item.path, "zigzag", (first.value, last.value), factor)


def _turns(points: list[Point]) -> Iterator[Point]:
    """Yield where the rate turns by more than ``TURN``; a change of the optimizer begins anew."""
    extreme, direction = points[0] if points else None, 0
    for point in points[1:]:
        if extreme is None or point.optimizer != extreme.optimizer:
            extreme, direction = point, 0
            continue
        change = math.log(point.rate / extreme.rate)
        if direction == 0 and abs(change) > math.log(TURN):
            direction, extreme = int(math.copysign(1, change)), point
        elif direction * change > 0:
            extreme = point
        elif direction and abs(change) > math.log(TURN):
            yield extreme
            direction, extreme = -direction, point


def all_breaks(recipes: Iterable[Golden], items: Iterable[FactInfo]) -> list[Break]:
    """Return every break of some jobs and facts, the largest factor first."""
    base, chosen = load_rules(), tuple(items)
    found = [one for recipe in recipes for item in chosen for one in breaks(recipe, item, base)]
    return sorted(found, key=lambda one: -one.factor)


def main() -> None:
    """Print the breaks, the largest first, and how many sweeps are free of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.continuity", description=__doc__)
    parser.add_argument("--jobs", type=int, default=JOBS, help="how many of the jobs")
    parser.add_argument("--fact", action="append", help="these facts only, such as plan.batch_size; repeatable")
    options = parser.parse_args()
    recipes = jobs(options.jobs)
    items = tuple(item for item in numeric_facts() if not options.fact or item.path in options.fact)
    found = all_breaks(recipes, items)
    for one in found:
        print(one)
    broken = len({(one.job, one.fact) for one in found})
    sweeps = len(recipes) * len(items)
    print(f"{len(recipes)} jobs × {len(items)} facts: {sweeps - broken} sweeps continuous, {broken} not")


if __name__ == "__main__":
    main()
