"""why_not really flips the rule, what_if names the rules responsible, ask asks what matters."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.errors import FactError
from advisor.facts import Facts, read, with_facts
from advisor.facts.registry import registry
from advisor.facts.usual import is_usual
from advisor.inference import ask, infer, what_if, why_not
from advisor.knowledge import load_rules
from advisor.knowledge.base import RuleBase
from advisor.knowledge.conditions import evaluate
from advisor.knowledge.normal_form import clauses_of
from advisor.knowledge.rule import CONTRADICTION
from advisor.results import AppliedEffect, FactChange

MakeBase = Callable[[dict[str, dict[str, Any]]], RuleBase]

VALUES: dict[str, list[Any]] = {
    "data.scale.ratio": [1.0, 1.5, 3.0, 10.0],
    "data.rows": [10, 1000, 50_000],
    "model.depth": [0, 1, 2, 3, 7],
    "model.pretrained": [True, False],
    "model.family": ["mlp", "cnn", "rnn"],
    "plan.batch_size": [1, 32, 512],
    "plan.epochs": [1.0, 10.0],
    "plan.optimizer": ["sgd", "adam", "prodigy"],
}
TESTED = {
    **VALUES,
    "plan.total_steps": [10, 100, 5000],
    "plan.batch_share": [0.01, 0.1, 0.5],
    "plan.adaptive": [True, False],
    "data.samples_per_parameter": [0.1, 10.0],
}


@st.composite
def trees(draw: st.DrawFn) -> Any:
    fact = draw(st.sampled_from(sorted(TESTED)))
    item = registry()[fact]
    kind = draw(
        st.sampled_from(["is", "bound", "bound"] if item.type in {"count", "number"} else ["is", "is", "known"])
    )
    if kind == "known":
        return {fact: {"known": draw(st.booleans())}}
    value = draw(st.sampled_from(TESTED[fact]))
    if kind == "is" and not item.is_derived:
        return {fact: value}
    if kind == "is" and item.type == "flag":
        return {fact: value}
    return {fact: {draw(st.sampled_from(["ge", "gt", "le", "lt"])): value}}


conditions = st.recursive(
    trees(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=4,
)
fact_sheets = st.fixed_dictionaries({path: st.sampled_from([None, *values]) for path, values in VALUES.items()}).map(
    lambda values: with_facts(Facts(), values)
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(conditions, fact_sheets)
def test_applying_why_not_makes_the_rule_fire(make_base: MakeBase, condition: Any, facts: Facts) -> None:
    base = make_base({"rule": {"when": condition, "then": [{"scale": "learning_rate", "factor": 2}]}})
    found = why_not("rule", facts, base)
    if found.outcome == "fires":
        assert "rule" in infer(facts, base).trace.fired
        assert found.changes == ()
        return
    assert "rule" not in infer(facts, base).trace.fired
    if found.changes is None:
        return
    changed = with_facts(facts, {change.fact: change.to for change in found.changes})
    assert "rule" in infer(changed, base).trace.fired
    assert changed == found.facts
    for change in found.changes:
        assert read(facts, change.fact) == change.now
        assert change.now != change.to or change.fact == "plan.optimizer"  # what a rule had chosen may be fixed


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(trees(), trees(), fact_sheets)
def test_a_reachable_rule_over_stored_facts_is_always_reached(
    make_base: MakeBase, one: Any, two: Any, facts: Facts
) -> None:
    stored = [part for part in (one, two) if not registry()[next(iter(part))].is_derived]
    base = make_base(
        {"rule": {"when": {"all": stored or [{"model.depth": 1}]}, "then": [{"advise": "well done, you"}]}}
    )
    rule = base.get("rule")
    assert rule is not None
    unknown_plan = any(
        clause[path].unknown and not clause[path].names and path == "plan.optimizer"
        for clause in clauses_of(rule.when)
        for path in clause
    )
    found = why_not("rule", facts, base)
    if (
        clauses_of(rule.when) and not unknown_plan
    ):  # the optimizer is always settled, so it is never unknown to a late rule
        assert found.changes is not None


def test_fewest_changes_win_and_telling_beats_changing(make_base: MakeBase) -> None:
    when = {
        "any": [
            {"all": [{"model.depth": {"ge": 9}}, {"model.width": {"ge": 9}}]},
            {"model.family": "cnn"},
            {"data.modality": "image"},
        ]
    }
    base = make_base({"rule": {"when": when, "then": [{"scale": "learning_rate", "factor": 2}]}})
    facts = with_facts(Facts(), {"model.family": "mlp", "model.depth": 2, "model.width": 2})
    found = why_not("rule", facts, base)
    assert found.outcome == "undecided"
    assert found.changes is not None
    assert [(change.fact, change.now, change.to) for change in found.changes] == [("data.modality", None, "image")]


def test_derived_facts_are_reached_through_stored_ones(make_base: MakeBase) -> None:
    when = {"plan.total_steps": {"ge": 1000}}
    base = make_base({"rule": {"when": when, "then": [{"scale": "learning_rate", "factor": 2}]}})
    facts = with_facts(Facts(), {"data.rows": 320, "plan.batch_size": 32, "plan.epochs": 5})
    found = why_not("rule", facts, base)
    assert found.outcome == "silent"
    assert found.changes is not None
    assert len(found.changes) == 1
    assert found.facts is not None
    assert (read(found.facts, "plan.total_steps") or 0) >= 1000  # type: ignore[operator]


def test_what_rules_chose_can_be_changed_by_fixing_it(make_base: MakeBase) -> None:
    base = make_base({"rule": {"when": {"plan.optimizer": "sgd"}, "then": [{"scale": "learning_rate", "factor": 2}]}})
    found = why_not("rule", Facts(), base)
    assert found.changes is not None
    assert found.changes == (FactChange("plan.optimizer", None, "sgd"),)


def test_the_other_outcomes(make_base: MakeBase) -> None:
    base = make_base(
        {
            "never": {
                "when": {"all": [{"model.depth": 1}, {"model.depth": 2}]},
                "then": [{"advise": "never to be heard"}],
            },
            "law": {"then": [{"scale": "learning_rate", "law": {"times": 1, "powers": {"model.depth": 1}}}]},
            "lost": {"then": [{"scale": "learning_rate", "factor": 2}]},
            "won": {"then": [{"scale": "learning_rate", "factor": 3}], "overrides": ["lost"]},
        }
    )
    assert why_not("won", Facts(), base).outcome == "fires"
    lost, law = (why_not(name, Facts(), base) for name in ("lost", "law"))
    assert (lost.outcome, lost.by) == ("overridden", "won")
    assert (law.outcome, law.missing) == ("waits", ("model.depth",))
    never = why_not("never", Facts(), base)
    assert never.changes is None
    assert never.obstacles
    with pytest.raises(FactError, match="no rule is called 'wun'; did you mean 'won'"):
        why_not("wun", Facts(), base)


def test_what_if_names_the_rules_responsible(make_base: MakeBase) -> None:
    base = make_base(
        {
            "cnn": {"when": {"model.family": "cnn"}, "then": [{"choose": "optimizer", "value": "sgd"}]},
            "sgd": {"when": {"plan.optimizer": "sgd"}, "then": [{"anchor": "learning_rate", "value": 0.1}]},
            "deep": {
                "then": [{"scale": "learning_rate", "law": {"times": 1, "powers": {"model.depth": -1}}}],
            },
            "still": {"then": [{"advise": "always the same"}]},
        }
    )
    facts = with_facts(Facts(), {"model.family": "mlp", "model.depth": 2})
    found = what_if(facts, base, {"model.family": "cnn", "model.depth": 4})
    assert found.before == infer(facts, base)
    assert found.factor == pytest.approx(0.1 / 4 / (1e-3 / 2))
    assert {name for name, _, _ in found.settings()} == {"optimizer", "learning_rate"}
    assert {shift.rule for shift in found.rules} == {"cnn", "sgd", "deep", "default-anchor", "default-optimizer"}
    (deep,) = (shift for shift in found.rules if shift.rule == "deep")
    assert (deep.before, deep.after) == ((AppliedEffect("scale", 0.5),), (AppliedEffect("scale", 0.25),))
    with pytest.raises(FactError):
        what_if(facts, base, {"model.dept": 4})
    assert what_if(facts, base, {}).rules == ()


def test_ask_puts_the_weightiest_fact_first(make_base: MakeBase) -> None:
    base = make_base(
        {
            "small": {"when": {"model.pretrained": True}, "then": [{"scale": "learning_rate", "factor": 0.9}]},
            "large": {"when": {"data.scale.ratio": {"ge": 100}}, "then": [{"scale": "learning_rate", "factor": 0.1}]},
            "steps": {
                "then": [
                    {
                        "scale": "learning_rate",
                        "law": {"times": 1, "powers": {"plan.total_steps": {"exponent": -0.01, "reference": 500}}},
                    }
                ]
            },
            "words": {"when": {"model.width": {"ge": 9}}, "then": [{"advise": "words move nothing"}]},
        }
    )
    found = ask(Facts(), base)
    assert found[0].fact == "data.scale.ratio"
    assert found[0].moves == pytest.approx(10)
    assert {question.fact for question in found} >= {"data.scale.ratio", "model.pretrained", "plan.steps"}
    assert "model.width" not in {question.fact for question in found}
    for question in found:
        assert math.isfinite(question.weight)
        assert question.description
    told = with_facts(Facts(), {"data.scale.ratio": 1.0})
    assert "data.scale.ratio" not in {question.fact for question in ask(told, base)}


def test_a_condition_holds_after_the_change_as_evaluated(make_base: MakeBase) -> None:
    base = make_base({"rule": {"when": {"not": {"model.depth": {"gt": 3}}}, "then": [{"advise": "flat is fine"}]}})
    found = why_not("rule", with_facts(Facts(), {"model.depth": 9}), base)
    rule = base.get("rule")
    assert rule is not None
    assert found.facts is not None
    changed = found.facts
    assert evaluate(rule.when, lambda path: read(changed, path)) is True
    assert found.changes == (FactChange("model.depth", 9, 3),)


stored_leaves = trees().filter(lambda tree: not registry()[next(iter(tree))].is_derived)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(stored_leaves, min_size=1, max_size=3), st.sampled_from(["all", "any"]), fact_sheets)
def test_no_single_fact_would_have_done_when_several_are_named(
    make_base: MakeBase, parts: list[Any], kind: str, facts: Facts
) -> None:
    """Brute force over single facts: when one alone fires the rule, why_not names one alone."""
    base = make_base({"rule": {"when": {kind: parts}, "then": [{"scale": "learning_rate", "factor": 2}]}})
    found = why_not("rule", facts, base)
    if found.changes is not None and len(found.changes) < 2:
        return
    for path, values in VALUES.items():
        for value in (None, *values):
            assert "rule" not in infer(with_facts(facts, {path: value}), base).trace.fired, (path, value, str(found))


scales = st.builds(
    lambda when, factor, spread: {
        "when": when,
        "then": [{"scale": "learning_rate", "factor": factor, "spread": spread}],
    },
    conditions,
    factor=st.sampled_from([0.1, 0.5, 3.0]),
    spread=st.sampled_from([1.0, 2.0, 8.0]),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(scales, min_size=1, max_size=3), fact_sheets)
def test_what_ask_claims_of_rates_and_intervals_is_so(make_base: MakeBase, rules: list[Any], facts: Facts) -> None:
    base = make_base({f"rule-{index}": rule for index, rule in enumerate(rules)})
    now = infer(facts, base)
    for question in ask(facts, base):
        assert (question.learning_rate, question.interval_ratio) == (now.learning_rate, now.interval.ratio)
        told = [infer(with_facts(facts, {question.fact: answer.value}), base) for answer in question.answers]
        assert [answer.learning_rate for answer in question.answers] == [one.learning_rate for one in told]
        assert [answer.interval_ratio for answer in question.answers] == [one.interval.ratio for one in told]
        best = infer(with_facts(facts, {question.fact: question.narrowest.value}), base)
        assert question.narrows == pytest.approx(now.interval.ratio / best.interval.ratio)
        rates = [now.learning_rate, *(one.learning_rate for one in told)]
        assert question.moves == pytest.approx(max(rates) / min(rates))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(scales, min_size=1, max_size=2), fact_sheets)
def test_what_ask_leaves_out_changes_nothing(make_base: MakeBase, rules: list[Any], facts: Facts) -> None:
    base = make_base({f"rule-{index}": rule for index, rule in enumerate(rules)})
    now, asked = infer(facts, base), {question.fact for question in ask(facts, base)}
    for path, values in VALUES.items():
        if read(facts, path) is None and path not in asked and path != "plan.optimizer":  # the rules settle that one
            for value in (value for value in values if is_usual(path, value, facts)):
                told = infer(with_facts(facts, {path: value}), base)
                assert told.learning_rate == pytest.approx(now.learning_rate, rel=0.01), (path, value)
                assert told.interval.ratio >= now.interval.ratio * 0.99, (path, value)


def test_a_fact_that_one_rule_tests_and_another_derives_from_is_tried_at_typical_values_too(
    make_base: MakeBase,
) -> None:
    when = {"all": [{"data.rows": {"ge": 200}}, {"plan.batch_share": {"le": 0.01}}]}
    base = make_base({"rule": {"when": when, "then": [{"scale": "learning_rate", "factor": 0.1}]}})
    assert "data.rows" in {question.fact for question in ask(with_facts(Facts(), {"plan.batch_size": 1}), base)}


JOBS = (
    {"model.family": "mlp", "model.convex": False, "data.modality": "tabular", "data.rows": 1000},
    {"model.family": "linear", "model.convex": True, "data.rows": 500},
    {"model.family": "cnn", "data.modality": "image", "model.pretrained": False},
    {"model.family": "language_model", "model.pretrained": True},
    {},
)


@pytest.mark.parametrize("facts", JOBS, ids=lambda facts: str(facts.get("model.family", "nothing known")))
def test_ask_tries_only_what_a_user_could_answer(facts: dict[str, Any]) -> None:
    """No log before a run, no tokens of a table, no hundred thousand devices, no task that the samples rule out."""
    job = with_facts(Facts(), facts)
    for question in ask(job, load_rules()):
        assert not question.fact.startswith("history.")
        assert question.moves < 1e5, question.fact
        for answer in question.answers:
            assert is_usual(question.fact, answer.value, job), (question.fact, answer.value)
            told = infer(with_facts(job, {question.fact: answer.value}), load_rules())
            assert not [note.text for note in told.trace.notes if CONTRADICTION in note.rule.tags]
            if question.fact == "plan.devices":
                assert 1 <= float(str(answer.value)) <= 64
    asked = {question.fact for question in ask(job, load_rules())}
    if facts.get("data.modality") == "tabular":
        assert not asked & {"plan.tokens", "data.vocabulary", "model.adapter_rank", "model.experts", "model.pretrained"}


def test_the_length_of_a_run_is_asked_in_steps_that_usual_passes_come_to() -> None:
    job = with_facts(
        Facts(), {"model.family": "mlp", "data.rows": 344, "plan.batch_size": 32, "data.modality": "tabular"}
    )
    steps = [
        answer.value
        for question in ask(job, load_rules())
        if question.fact == "plan.steps"
        for answer in question.answers
    ]
    assert steps
    assert all(isinstance(value, int | float) and 11 <= value <= 300 * 11 for value in steps)


def test_a_log_is_asked_about_once_there_is_one() -> None:
    facts = with_facts(Facts(), {"model.family": "mlp", "plan.optimizer": "adamw", "history.slow": False})
    assert any(question.fact.startswith("history.") for question in ask(facts, load_rules()))


def test_a_number_that_must_not_be_another_is_tried_above_and_below(make_base: MakeBase) -> None:
    when = {"not": {"any": [{"data.rows": 200}, {"data.rows": {"lt": 200}}]}}
    base = make_base({"rule": {"when": when, "then": [{"scale": "learning_rate", "factor": 0.1}]}})
    assert [question.fact for question in ask(Facts(), base)] == ["data.rows"]


def test_a_fact_that_a_law_computes_with_is_tried_at_typical_values_too(make_base: MakeBase) -> None:
    law = {"times": 1, "powers": {"model.width": {"exponent": -0.5, "reference": 100}}}
    rule = {"when": {"model.width": {"known": True}}, "then": [{"scale": "learning_rate", "law": law}]}
    (question,) = ask(Facts(), make_base({"rule": rule}))
    assert question.moves > 10


def test_a_fact_that_a_typical_value_stands_for_is_still_asked_for(make_base: MakeBase) -> None:
    law = {"times": 1e-3, "powers": {"model.width": {"exponent": -0.5, "reference": 100, "typical": 100}}}
    rule = {"when": {"plan.optimizer": "adamw"}, "then": [{"anchor": "learning_rate", "law": law}]}
    base = make_base({"rule": rule})
    facts = with_facts(Facts(), {"plan.optimizer": "adamw"})
    found = infer(facts, base)
    assert found.learning_rate == pytest.approx(1e-3)
    assert [(item.rule, item.missing) for item in found.trace.undecided] == [("rule", ("model.width",))]
    assert infer(with_facts(facts, {"model.width": 100}), base).interval.ratio < found.interval.ratio
    assert "model.width" in {question.fact for question in ask(facts, base)}
