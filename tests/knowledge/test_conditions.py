"""Evaluation equals a literal Kleene twin; boxes are exactly where a condition is true."""

from __future__ import annotations

from typing import Any as AnyValue

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from advisor.facts.names import OPTIMIZERS
from advisor.facts.registry import registry
from advisor.inference.reachability import contains
from advisor.knowledge.conditions import (
    ALWAYS,
    All,
    Any,
    Between,
    Condition,
    Known,
    Leaf,
    Not,
    OneOf,
    evaluate,
    facts_of,
    missing,
    specificity,
)
from advisor.knowledge.normal_form import boxes, overlap, without, witness
from advisor.knowledge.value_sets import Region, complement, domain, holds_in

Sheet = dict[str, AnyValue]

VALUES: dict[str, list[AnyValue]] = {
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
def asked(draw: st.DrawFn, fact: str) -> AnyValue:
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
conditions = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Any(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=6,
)


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    sheet = {fact: draw(st.sampled_from([None, *values])) for fact, values in VALUES.items()}
    optimizer = sheet["plan.optimizer"]
    sheet["plan.adaptive"] = None if optimizer is None else optimizer not in {"sgd", "lars"}
    return sheet


def literal(condition: Condition, sheet: Sheet) -> float:
    """Kleene's logic as Łukasiewicz wrote it: 0, ½, 1 with minimum, maximum and 1 - x."""
    match condition:
        case All(parts):
            return min((literal(part, sheet) for part in parts), default=1.0)
        case Any(parts):
            return max((literal(part, sheet) for part in parts), default=0.0)
        case Not(part):
            return 1.0 - literal(part, sheet)
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
    assert judged(Not(All(tuple(parts))), sheet) == judged(Any(negated), sheet)
    assert judged(Not(Any(tuple(parts))), sheet) == judged(All(negated), sheet)


@given(conditions, sheets())
def test_missing_facts_are_unknown_and_decide(condition: Condition, sheet: Sheet) -> None:
    found = missing(condition, sheet.get)
    assert (judged(condition, sheet) is None) == bool(found)
    assert all(sheet[fact] is None for fact in found)
    assert set(found) <= set(facts_of(condition))


@given(conditions, sheets(), sheets())
def test_telling_more_never_takes_back_a_verdict(condition: Condition, sheet: Sheet, more: Sheet) -> None:
    assume(not any(isinstance(part.test, Known) for part in _leaves(condition)))
    filled = {fact: more[fact] if value is None else value for fact, value in sheet.items()}
    before = judged(condition, sheet)
    if before is not None:
        assert judged(condition, filled) is before


def _leaves(condition: Condition) -> list[Leaf]:
    from advisor.knowledge.conditions import leaves

    return list(leaves(condition))


def within(box: dict[str, Region], sheet: Sheet) -> bool:
    return all(contains(region, sheet[fact]) for fact, region in box.items())


@settings(max_examples=300)
@given(conditions, sheets())
def test_boxes_are_exactly_where_a_condition_is_true(condition: Condition, sheet: Sheet) -> None:
    assert (judged(condition, sheet) is True) == any(within(box, sheet) for box in boxes(condition))


@settings(max_examples=300)
@given(conditions)
def test_a_witness_fires(condition: Condition) -> None:
    for box in boxes(condition):
        sheet = witness(box)
        assert evaluate(condition, sheet.get) is True


@settings(max_examples=200)
@given(conditions, conditions, sheets())
def test_overlap_and_difference_are_exact(one: Condition, two: Condition, sheet: Sheet) -> None:
    first, second = boxes(one), boxes(two)
    both = judged(one, sheet) is True and judged(two, sheet) is True
    met = [box for a in first for b in second if (box := overlap(a, b)) is not None]
    assert any(within(box, sheet) for box in met) == both
    left = [piece for box in first for piece in without(box, second)]
    only_one = judged(one, sheet) is True and judged(two, sheet) is not True
    assert any(within(piece, sheet) for piece in left) == only_one


@given(leaf, sheets())
def test_regions_and_their_complements_split_the_domain(part: Leaf, sheet: Sheet) -> None:
    item = registry()[part.fact]
    region = holds_in(part.test, item)
    value = sheet[part.fact]
    assert contains(region, value) != contains(complement(region, item), value)
    assert contains(domain(item), value)


def test_counts_are_whole() -> None:
    depth = registry()["model.depth"]
    assert holds_in(Between(2, 3, lower_open=True, upper_open=True), depth).empty
    assert holds_in(Between(upper=0, upper_open=True), depth).empty
    assert not holds_in(Between(2, 3, lower_open=True, upper_open=True), registry()["data.scale.ratio"]).empty


def test_derived_flags_follow_their_names() -> None:
    contradiction = All((Leaf("plan.optimizer", OneOf(("sgd",))), Leaf("plan.adaptive", OneOf((True,)))))
    assert boxes(contradiction) == ()
    agreement = All((Leaf("plan.optimizer", OneOf(OPTIMIZERS)), Leaf("plan.adaptive", OneOf((False,)))))
    (box,) = boxes(agreement)
    assert box["plan.optimizer"].names == {"sgd", "lars"}


def test_specificity_counts_different_facts_on_the_true_path() -> None:
    deep, wide = Leaf("model.depth", Between(lower=3)), Leaf("model.width", Between(lower=64))
    cnn = Leaf("model.family", OneOf(("cnn",)))
    sheet = {"model.depth": 5, "model.width": 8, "model.family": "cnn"}
    assert specificity(ALWAYS, sheet.get) == 0
    assert specificity(All((deep, deep, cnn)), sheet.get) == 2
    assert specificity(Any((All((deep, cnn)), wide, cnn)), sheet.get) == 2
    assert specificity(Any((All((wide, deep, cnn)), cnn)), sheet.get) == 1


@pytest.mark.parametrize("value", [True, False])
def test_known_decides_on_unknown(value: bool) -> None:
    assert evaluate(Leaf("model.depth", Known(value)), lambda _: None) is not value
