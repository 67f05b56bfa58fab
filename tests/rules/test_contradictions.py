"""Facts that contradict each other are reported with the names of both."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.facts import Facts, with_facts
from advisor.inference import ask, infer
from advisor.knowledge import load_rules
from advisor.knowledge.rule import CONTRADICTION
from benchmarks.golden import STAND_INS, golden

CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"model.family": "linear", "model.attention": True}, "model.family", "model.attention"),
    ({"model.parameters": 1e6, "model.trainable_parameters": 2e6}, "model.parameters", "model.trainable_parameters"),
    ({"data.task": "regression", "data.target.classes": 10}, "data.task", "data.target.classes"),
    ({"data.rows": 1000, "plan.batch_size": 10, "plan.epochs": 5, "plan.steps": 50}, "plan.epochs", "plan.steps"),
    ({"model.convex": True, "model.family": "transformer"}, "model.convex", "model.family"),
]


def contradictions(facts: dict[str, Any]) -> list[str]:
    notes = infer(with_facts(Facts(), facts), load_rules()).trace.notes
    return [note.text for note in notes if CONTRADICTION in note.rule.tags]


@pytest.mark.parametrize(("facts", "one", "other"), CASES)
def test_both_facts_are_named(facts: dict[str, Any], one: str, other: str) -> None:
    (text,) = contradictions(facts)
    assert one in text
    assert other in text


@pytest.mark.parametrize(("facts", "one", "other"), CASES)
def test_each_fact_alone_is_no_contradiction(facts: dict[str, Any], one: str, other: str) -> None:
    for left_out in (one, other):
        assert contradictions({path: value for path, value in facts.items() if path != left_out}) == []


def test_what_rules_choose_contradicts_nothing() -> None:
    assert contradictions({"data.rows": 10_000, "plan.epochs": 10, "plan.steps": 9}) == []
    assert contradictions({"model.family": "linear", "data.rows": 10_000, "plan.steps": 9}) == []


def test_no_published_recipe_contradicts_itself() -> None:
    for name in ("recipes", *STAND_INS):
        for recipe in golden(name):
            assert contradictions(recipe.facts) == [], recipe.id


def test_they_are_no_questions_to_the_user() -> None:
    known = with_facts(Facts(), {"model.family": "linear"})
    names = {rule.id for rule in load_rules().rules if CONTRADICTION in rule.tags}
    assert not names & {item.rule for item in infer(known, load_rules()).trace.undecided}
    assert "model.trainable_parameters" not in {question.fact for question in ask(known, load_rules())}
