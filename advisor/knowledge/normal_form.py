"""Disjunctive normal form: the exact set of fact sheets on which a condition is true.

Notation: a condition C over facts f₁ … fₙ is written as C = ⋁ₖ ⋀ᵢ (fᵢ ∈ Vₖᵢ). Each conjunction is a *clause*: a
mapping fact → ``ValueSet``; a fact that it does not name is free. C is true on a fact sheet exactly when the sheet
satisfies one of its clauses. Kleene's three-valued logic obeys De Morgan's laws, so pushing ``not`` down to
the leaves loses nothing: "unknown" is one more value that a set holds or does not hold.

The number of clauses is exponential in the nesting of ``any`` within ``all``; it is capped at ``MAX_CLAUSES``.

Source:
    Kleene, Introduction to Metamathematics (1952), section 64, for the three-valued connectives
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from advisor.facts import Facts, Plan
from advisor.facts.derived import DERIVED, Value
from advisor.facts.names import OPTIMIZERS, SCHEDULES
from advisor.facts.registry import registry
from advisor.knowledge.conditions import AllOf, AnyOf, Condition, Leaf, Not, Unless
from advisor.knowledge.value_sets import ValueSet, accepted_values, complement, domain

Clause = Mapping[str, ValueSet]

MAX_CLAUSES = 64
"""Nested ``any`` multiply. Judgement: a condition that needs more clauses is too tangled for a reader as well."""


class TooManyClauses(Exception):  # noqa: N818 - a signal inside the room, not an error of the user's
    """A condition has more than MAX_CLAUSES clauses."""


def clauses_of(condition: Condition) -> tuple[Clause, ...]:
    """Return the clauses in which a condition is true; empty when it never is.

    Raises:
        TooManyClauses: the condition is too tangled to be decided.
    """
    expanded = _expand(condition, value=True, decided=True)
    return tuple(clause for found in expanded if (clause := with_implied_names(found)) is not None)


def _expand(condition: Condition, *, value: bool, decided: bool) -> list[Clause]:
    """Return where a condition has a truth value, not yet freed of contradictions.

    Args:
        condition: to be expanded.
        value: True or False.
        decided: whether it must have that value; otherwise it must not have the opposite one, so undecided will do.
    """
    match condition:
        case Leaf(fact, test):
            item = registry()[fact]
            if decided:
                value_set = accepted_values(test, item, negated=not value)
            else:
                value_set = complement(accepted_values(test, item, negated=value), item)
            return [] if value_set.empty else [{fact: value_set}]
        case Not(part):
            return _expand(part, value=not value, decided=decided)
        case Unless(part):  # never undecided itself
            return _expand(part, value=not value, decided=not value)
        case AllOf(parts) | AnyOf(parts):
            branches = [_expand(part, value=value, decided=decided) for part in parts]
            if isinstance(condition, AllOf) == value:
                return _product(branches)
            return _capped([clause for branch in branches for clause in branch])


def _product(branches: list[list[Clause]]) -> list[Clause]:
    found: list[Clause] = [{}]
    for branch in branches:
        joined = (intersect(one, two) for one in found for two in branch)
        found = _capped([clause for clause in joined if clause is not None])
    return found


def _capped(found: list[Clause]) -> list[Clause]:
    if len(found) > MAX_CLAUSES:
        raise TooManyClauses
    return found


def intersect(one: Clause, two: Clause) -> Clause | None:
    """Return the common part of two clauses; None when there is none."""
    joined = dict(one)
    for fact, value_set in two.items():
        common = joined[fact].intersect(value_set) if fact in joined else value_set
        if common.empty:
            return None
        joined[fact] = common
    return joined


def common_part(one: Clause, two: Clause) -> Clause | None:
    """Return the common part of two clauses that a real fact sheet can reach; None when there is none."""
    joined = intersect(one, two)
    return with_implied_names(joined) if joined is not None else None


def with_implied_names(clause: Clause) -> Clause | None:
    """Return the clause with what its derived facts say about the names they follow from; None when they contradict."""
    for path, name, values in _implications():
        value_set = clause.get(path)
        if value_set is None:
            continue
        source = registry()[name]
        allowed = ValueSet(
            unknown=value_set.unknown,
            names=frozenset(choice for choice, value in values.items() if value in value_set.names),
        )
        narrowed = intersect(clause, {name: domain(source).intersect(allowed)})
        if narrowed is None:
            return None
        clause = narrowed
    return clause


def subtract(clause: Clause, taken: Iterable[Clause]) -> list[Clause]:
    """Return clauses that cover ``clause`` except what lies in one of ``taken``.

    Raises:
        TooManyClauses: the remainder is too tangled.
    """
    left: list[Clause] = [clause]
    for other in taken:
        left = _capped([piece for part in left for piece in _minus(part, other)])
    return left


def _minus(clause: Clause, taken: Clause) -> list[Clause]:
    if common_part(clause, taken) is None:
        return [clause]
    pieces: list[Clause] = []
    rest: Clause = clause
    for fact, value_set in taken.items():
        item = registry()[fact]
        around = rest.get(fact, domain(item))
        outside = around.intersect(complement(value_set, item))
        if not outside.empty:
            piece = with_implied_names({**rest, fact: outside})
            if piece is not None:
                pieces.append(piece)
        rest = {**rest, fact: around.intersect(value_set)}
    return pieces


def witness(clause: Clause) -> dict[str, Value]:
    """Return one fact sheet that satisfies the clause, by path; facts that must be unknown are left out."""
    found = {fact: (value_set.witness(), registry()[fact]) for fact, value_set in clause.items()}
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
