"""Which of many rules can fire together: a tree that parts them by the facts that they test.

Two rules that need ``model.family`` to be two different names never meet, and neither do two that need different ranges
of a number. The tree parts rules by one fact after another, so that only those in one leaf have to be compared; a rule
that leaves a fact open stands in every branch of it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from advisor.facts.derived import Value
from advisor.knowledge.normal_form import Clause
from advisor.knowledge.rule import Rule
from advisor.knowledge.value_sets import NumberRange, ValueSet

LEAF: Final = 8
"""Rules that are not parted further. Judgement: their pairs are compared faster than parted."""

MOST_FACTS: Final = 12
"""Facts by which a part is tried to be split, those that most rules test first. Judgement: others part hardly any."""

MOST_COPIES: Final = 1.3
"""Rules in all branches over those before from which on a split is not worth it. Judgement: rules that leave a fact
open stand in each branch, and their number would double with every split."""

LARGEST_BRANCH: Final = 0.8
"""Share of the rules that the largest branch may hold. Judgement: with less, depth stays near the logarithm."""

Box = Mapping[str, ValueSet]
"""What a rule needs of each fact that all its clauses test."""

Key = Value | None
"""A branch: a name or flag, ``low`` or ``high`` of a number, None where the fact is unknown or anything else."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Rules parted by a fact.

    Attributes:
        rules: of a leaf; empty above.
        fact: by which the branches part.
        cut: numbers below it are in ``low``, others in ``high``; None for names.
        branches: by key.
    """

    rules: tuple[Rule, ...] = ()
    fact: str = ""
    cut: float | None = None
    branches: Mapping[Key, Tree] | None = None

    def meeting(self, box: Box) -> Iterator[Rule]:
        """Yield the rules that can fire where a box lies, some of them several times."""
        if self.branches is None:
            yield from self.rules
            return
        for key in _keys(box.get(self.fact), self.cut, self.branches):
            yield from self.branches[key].meeting(box)

    def covering(self, box: Box) -> Sequence[Rule]:
        """Return the rules that can fire in all of a box: those of the smallest leaf that it touches."""
        if self.branches is None:
            return self.rules
        touched = _keys(box.get(self.fact), self.cut, self.branches)
        return min((self.branches[key].covering(box) for key in touched), key=len, default=())


def box_of(clauses: Sequence[Clause]) -> Box:
    """Return the smallest box around clauses; facts that one of them leaves open are open."""
    shared = set(clauses[0]).intersection(*clauses[1:]) if clauses else set()
    return {fact: _hull([clause[fact] for clause in clauses]) for fact in sorted(shared)}


def tree_of(rules: Sequence[Rule], boxes: Mapping[str, Box]) -> Tree:
    """Part rules by the facts of their boxes.

    Args:
        rules: in order.
        boxes: by path of the rule.
    """
    if len(rules) <= LEAF:
        return Tree(tuple(rules))
    tested = Counter(fact for rule in rules for fact in boxes[rule.path])
    best: tuple[int, str, float | None, dict[Key, list[Rule]]] | None = None
    for fact, _ in tested.most_common(MOST_FACTS):
        cut = _middle([boxes[rule.path].get(fact) for rule in rules])
        parts = _parts(rules, boxes, fact, cut)
        size, largest = sum(map(len, parts.values())), max(map(len, parts.values()))
        if largest > LARGEST_BRANCH * len(rules) or size > MOST_COPIES * len(rules):
            continue
        if best is None or largest < best[0]:
            best = largest, fact, cut, parts
    if best is None:
        return Tree(tuple(rules))
    _, fact, cut, parts = best
    return Tree(fact=fact, cut=cut, branches={key: tree_of(part, boxes) for key, part in parts.items()})


def _parts(rules: Sequence[Rule], boxes: Mapping[str, Box], fact: str, cut: float | None) -> dict[Key, list[Rule]]:
    sets = [boxes[rule.path].get(fact) for rule in rules]
    keys: dict[Key, list[Rule]] = {None: []}
    if cut is not None:
        keys |= {"low": [], "high": []}
    else:
        keys |= {name: [] for one in sets if one is not None and not one.others for name in sorted(one.names, key=repr)}
    for rule, one in zip(rules, sets, strict=True):
        for key in _keys(one, cut, keys):
            keys[key].append(rule)
    return keys


def _keys(values: ValueSet | None, cut: float | None, known: Mapping[Key, object]) -> list[Key]:
    """Return the branches that a set of values touches; all of them where the fact is open."""
    if values is None:
        return list(known)
    found: list[Key] = [None] if values.unknown or values.others else []
    if cut is not None:
        found += ["low"] if any(part.lower < cut for part in values.intervals) else []
        found += ["high"] if any(part.upper >= cut for part in values.intervals) else []
        return found
    if values.others:  # all names but some
        return found + [name for name in known if name is not None and name not in values.names]
    return [*found, *(name for name in values.names if name in known)] or [None]


def _middle(sets: Sequence[ValueSet | None]) -> float | None:
    """Return the median of the lower ends of ranges of numbers above the lowest; None where a fact is no number."""
    ends = sorted(one.intervals[0].lower for one in sets if one is not None and one.intervals)
    if not ends:
        return None
    above = [end for end in ends if end > ends[0]]
    return ends[len(ends) // 2] if ends[len(ends) // 2] > ends[0] else above[0] if above else math.inf


def _hull(sets: Sequence[ValueSet]) -> ValueSet:
    parts = [part for one in sets for part in one.intervals]
    whole = (NumberRange(min(part.lower for part in parts), max(part.upper for part in parts)),) if parts else ()
    others = [one for one in sets if one.others]
    excepted = frozenset.intersection(*(one.names for one in others)) if others else frozenset()
    named = frozenset(name for one in sets if not one.others for name in one.names)
    return ValueSet(any(one.unknown for one in sets), whole, excepted - named if others else named, others=bool(others))
