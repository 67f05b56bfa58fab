"""Evaluation equals a literal Kleene twin; clauses are exactly where a condition is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.facts.names import OPTIMIZERS
from advisor.facts.registry import registry
from advisor.inference.reachability import contains
from advisor.knowledge.conditions import (
    ALWAYS,
    AllOf,
    AnyOf,
    Between,
    Condition,
    Known,
    Leaf,
    Not,
    OneOf,
    Unless,
    evaluate,
    facts_of,
    missing,
    specificity,
)
from advisor.knowledge.normal_form import clauses_of, common_part, subtract, witness
from advisor.knowledge.value_sets import ValueSet, accepted_values, complement, domain

Sheet = dict[str, Any]

VALUES: dict[str, list[Any]] = {
    "data.scale.ratio": [1.0, 1.5, 2.0, 3.0, 10.0],
    "model.depth": [0, 1, 2, 3, 4, 7],
    "model.pretrained": [True, False],
    "model.activation": ["relu", "gelu", "tanh", "other"],
    "data.noise.method": ["a", "b", "c"],
    "plan.optimizer": ["sgd", "adam", "lars", "prodigy"],
    "plan.adaptive": [True, False],
}
NUMBERS = {"data.scale.ratio": [1.0, 1.5, 2.0, 3.0], "model.depth": [0.0, 1.0, 1.5, 2.0, 3.0]}


@st.composite
def asked(draw: st.DrawFn, fact: str) -> Any:
    kinds = ["one_of", "known", "between"] if fact in NUMBERS else ["one_of", "known"]
    kind = draw(st.sampled_from(kinds))
    if kind == "known":
        return Known(draw(st.booleans()))
    if kind == "one_of":
        return OneOf(tuple(draw(st.lists(st.sampled_from(VALUES[fact]), min_size=1, max_size=3, unique=True))))
    ends = NUMBERS[fact]
    lower, upper = draw(st.sampled_from([float("-inf"), *ends])), draw(st.sampled_from([float("inf"), *ends]))
    return Between(lower, upper, draw(st.booleans()), draw(st.booleans()))


leaf = st.sampled_from(sorted(VALUES)).flatmap(lambda fact: asked(fact).map(lambda test: Leaf(fact, test)))
plain_leaf = leaf.filter(lambda part: not isinstance(part.test, Known))


def trees(leaves_of_tree: st.SearchStrategy[Leaf], *more: Callable[..., Any]) -> st.SearchStrategy[Condition]:
    """Conditions over such leaves, by all, any, not and ``more`` of one part."""
    return st.recursive(
        leaves_of_tree,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf(tuple(parts))),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
            inner.map(Not),
            *(inner.map(one) for one in more),
        ),
        max_leaves=6,
    )


conditions = trees(leaf, Unless)


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    sheet = {fact: draw(st.sampled_from([None, *values])) for fact, values in VALUES.items()}
    optimizer = sheet["plan.optimizer"]
    sheet["plan.adaptive"] = None if optimizer is None else optimizer not in {"sgd", "lars"}
    return sheet


def literal(condition: Condition, sheet: Sheet) -> float:
    """Kleene's logic as Łukasiewicz wrote it: 0, ½, 1 with minimum, maximum and 1 - x."""
    match condition:
        case AllOf(parts):
            return min((literal(part, sheet) for part in parts), default=1.0)
        case AnyOf(parts):
            return max((literal(part, sheet) for part in parts), default=0.0)
        case Not(part):
            return 1.0 - literal(part, sheet)
        case Unless(part):
            return 0.0 if literal(part, sheet) == 1.0 else 1.0
        case Leaf(fact, Known(wanted)):
            return float((sheet[fact] is not None) is wanted)
        case Leaf(fact, OneOf(values)):
            return 0.5 if sheet[fact] is None else float(sheet[fact] in list(values))
        case Leaf(fact, Between(lower, upper, lower_open, upper_open)):
            value = sheet[fact]
            if value is None:
                return 0.5
            return float(
                (lower < value or (lower == value and not lower_open))
                and (value < upper or (upper == value and not upper_open))
            )
    raise AssertionError(condition)


def judged(condition: Condition, sheet: Sheet) -> bool | None:
    return evaluate(condition, sheet.get)


@given(conditions, sheets())
def test_evaluation_equals_brute_force(condition: Condition, sheet: Sheet) -> None:
    assert judged(condition, sheet) == {0.0: False, 0.5: None, 1.0: True}[literal(condition, sheet)]


@given(st.lists(conditions, min_size=1, max_size=3), sheets())
def test_de_morgan(parts: list[Condition], sheet: Sheet) -> None:
    negated = tuple(Not(part) for part in parts)
    assert judged(Not(AllOf(tuple(parts))), sheet) == judged(AnyOf(negated), sheet)
    assert judged(Not(AnyOf(tuple(parts))), sheet) == judged(AllOf(negated), sheet)


@given(conditions, sheets())
def test_missing_facts_are_unknown_and_decide(condition: Condition, sheet: Sheet) -> None:
    found = missing(condition, sheet.get)
    assert (judged(condition, sheet) is None) == bool(found)
    assert all(sheet[fact] is None for fact in found)
    assert set(found) <= set(facts_of(condition))


@given(trees(plain_leaf), sheets(), sheets())
def test_telling_more_never_takes_back_a_verdict(condition: Condition, sheet: Sheet, more: Sheet) -> None:
    filled = {fact: more[fact] if value is None else value for fact, value in sheet.items()}
    before = judged(condition, sheet)
    if before is not None:
        assert judged(condition, filled) is before


def within(clause: dict[str, ValueSet], sheet: Sheet) -> bool:
    return all(contains(value_set, sheet[fact]) for fact, value_set in clause.items())


@settings(max_examples=300)
@given(conditions, sheets())
def test_boxes_are_exactly_where_a_condition_is_true(condition: Condition, sheet: Sheet) -> None:
    assert (judged(condition, sheet) is True) == any(within(clause, sheet) for clause in clauses_of(condition))


@settings(max_examples=300)
@given(conditions)
def test_a_witness_fires(condition: Condition) -> None:
    for clause in clauses_of(condition):
        sheet = witness(clause)
        assert evaluate(condition, sheet.get) is True


@settings(max_examples=200)
@given(conditions, conditions, sheets())
def test_overlap_and_difference_are_exact(one: Condition, two: Condition, sheet: Sheet) -> None:
    first, second = clauses_of(one), clauses_of(two)
    both = judged(one, sheet) is True and judged(two, sheet) is True
    met = [clause for a in first for b in second if (clause := common_part(a, b)) is not None]
    assert any(within(clause, sheet) for clause in met) == both
    left = [piece for clause in first for piece in subtract(clause, second)]
    only_one = judged(one, sheet) is True and judged(two, sheet) is not True
    assert any(within(piece, sheet) for piece in left) == only_one


@given(leaf, sheets())
def test_regions_and_their_complements_split_the_domain(part: Leaf, sheet: Sheet) -> None:
    item = registry()[part.fact]
    value_set = accepted_values(part.test, item)
    value = sheet[part.fact]
    assert contains(value_set, value) != contains(complement(value_set, item), value)
    assert contains(domain(item), value)


def test_counts_are_whole() -> None:
    depth = registry()["model.depth"]
    assert accepted_values(Between(2, 3, lower_open=True, upper_open=True), depth).empty
    assert accepted_values(Between(upper=0, upper_open=True), depth).empty
    assert not accepted_values(Between(2, 3, lower_open=True, upper_open=True), registry()["data.scale.ratio"]).empty


def test_derived_flags_follow_their_names() -> None:
    contradiction = AllOf((Leaf("plan.optimizer", OneOf(("sgd",))), Leaf("plan.adaptive", OneOf((True,)))))
    assert clauses_of(contradiction) == ()
    agreement = AllOf((Leaf("plan.optimizer", OneOf(OPTIMIZERS)), Leaf("plan.adaptive", OneOf((False,)))))
    (clause,) = clauses_of(agreement)
    assert clause["plan.optimizer"].names == {"sgd", "lars"}


def test_specificity_counts_different_facts_on_the_true_path() -> None:
    deep, wide = Leaf("model.depth", Between(lower=3)), Leaf("model.width", Between(lower=64))
    cnn = Leaf("model.family", OneOf(("cnn",)))
    sheet = {"model.depth": 5, "model.width": 8, "model.family": "cnn"}
    assert specificity(ALWAYS, sheet.get) == 0
    assert specificity(AllOf((deep, deep, cnn)), sheet.get) == 2
    assert specificity(AnyOf((AllOf((deep, cnn)), wide, cnn)), sheet.get) == 2
    assert specificity(AnyOf((AllOf((wide, deep, cnn)), cnn)), sheet.get) == 1


@pytest.mark.parametrize("value", [True, False])
def test_known_decides_on_unknown(value: bool) -> None:
    assert evaluate(Leaf("model.depth", Known(value)), lambda _: None) is not value
