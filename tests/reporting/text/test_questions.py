"""Answers about the rules as text; the options that they print do what they say."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import pytest

from advisor.cli.options import assignments
from advisor.facts import Facts, with_facts
from advisor.inference import ablate, ask, infer, what_if, why_not
from advisor.knowledge import load_rules
from advisor.knowledge.base import RuleBase
from advisor.reporting.text.questions import (
    left_out_in_words,
    option,
    question_in_words,
    questions_in_words,
    what_if_in_words,
    why_not_in_words,
)
from advisor.results import FactChange

MakeBase = Callable[[dict[str, dict[str, Any]]], RuleBase]


def test_why_not_says_what_is_in_the_way_and_what_to_type(make_base: MakeBase) -> None:
    when = {
        "all": [
            {"model.depth": {"ge": 3}},
            {"any": [{"model.family": "cnn"}, {"model.pretrained": True}]},
            {"not": {"plan.optimizer": "adamw"}},
            {"data.rows": {"ge": 10}},
        ]
    }
    base = make_base({"rule": {"when": when, "then": [{"scale": "learning_rate", "factor": 2}]}})
    text = why_not_in_words(why_not("rule", with_facts(Facts(), {"model.depth": 2, "data.rows": 10}), base))
    assert text.startswith("rule does not fire: The rule called rule\n")
    for line in (
        "  model.depth ≥ 3 layers (it is 2)",
        "  any of",
        "    model.family is cnn (it is unknown)",
        "    model.pretrained is yes (it is unknown)",
        "  plan.optimizer is not adamw (it is adamw)",
        "  model.depth: 2 → 3 ",
    ):
        assert line in text
    assert "data.rows" not in text, "what holds is not in the way"


@pytest.mark.parametrize("name", [rule.id for rule in load_rules().rules])
def test_typing_what_why_not_says_fires_the_rule(name: str) -> None:
    base = load_rules()
    found = why_not(name, Facts(), base)
    if not found.changes:
        return
    last = why_not_in_words(found).splitlines()[-1]
    words = shlex.split(last)
    assert words[::2] == ["--set"] * len(found.changes)
    typed = with_facts(Facts(), assignments(words[1::2]))
    assert typed == found.facts
    assert name in infer(typed, base).trace.fired


@pytest.mark.parametrize("value", [True, False, 3, 0.1 + 0.2, 1e-7, "it's; rm", None])
def test_an_option_is_read_back_to_the_last_digit(value: Any) -> None:
    fact = {bool: "model.pretrained", int: "model.depth", str: "data.name"}.get(type(value), "plan.weight_decay")
    start = with_facts(Facts(), {"plan.weight_decay": 5.0})
    (_, typed) = shlex.split(option(FactChange(fact, None, value)))
    assert with_facts(start, assignments([typed])) == with_facts(start, {fact: value})


def test_what_if_shows_before_and_after_with_the_rules(make_base: MakeBase) -> None:
    base = make_base(
        {
            "deep": {"then": [{"scale": "learning_rate", "law": {"times": 1, "powers": {"model.depth": -1}}}]},
            "cnn": {"when": {"model.family": "cnn"}, "then": [{"choose": "optimizer", "value": "sgd"}]},
        }
    )
    facts = with_facts(Facts(), {"model.depth": 2})
    text = what_if_in_words(what_if(facts, base, {"model.depth": 4, "model.family": "cnn"}))
    assert text.startswith("model.depth: 2 → 4\nmodel.family: unknown → cnn\n\nLearning rate  5e-4")
    assert "→  2.5e-4  (× 0.5)\n" in text
    assert "Optimizer      AdamW" in text
    assert "  deep: × 0.5 → × 0.25\n    The rule called deep" in text
    assert what_if_in_words(what_if(facts, base, {"model.width": 4})).endswith("Nothing changes.")


def test_a_question_says_what_the_answers_would_change_and_how_to_tell(make_base: MakeBase) -> None:
    base = make_base(
        {
            "unsure": {
                "when": {"model.pretrained": {"known": False}},
                "then": [{"scale": "learning_rate", "factor": 1, "range": [0.1, 10]}],
            },
            "tuned": {
                "when": {"model.pretrained": True},
                "then": [{"scale": "learning_rate", "factor": 0.1}, {"choose": "weight_decay", "value": 0.5}],
            },
            "grown": {"when": {"history.diverged": True}, "then": [{"scale": "learning_rate", "factor": 0.5}]},
        }
    )
    first, second = ask(with_facts(Facts(), {"history.plateau": False}), base)
    text = question_in_words(first)
    assert text.startswith("model.pretrained: weights come from an earlier training\n")
    assert "  learning rate from 1e-4 (yes) to 1e-3 (no); 1e-3 while unknown\n" in text
    assert "  upper end of the interval over its lower end: " in text
    assert "  may change: weight decay\n" in text
    assert text.endswith("  --set model.pretrained=true|false")
    assert "read from the log of an earlier run, or --set history.diverged=true|false" in question_in_words(second)
    assert "2 more" not in questions_in_words((first, second), 2)
    assert "1 more unknown fact changes less: --top 2" in questions_in_words((first, second), 1)
    assert "model.pretrained narrows the interval most" in questions_in_words((first, second), 2)
    assert questions_in_words((), 5) == "No unknown fact would change the recommendation."


def test_nested_alternatives_and_negations_are_written_out(make_base: MakeBase) -> None:
    when = {
        "not": {
            "all": [
                {"model.depth": {"ge": 3}},
                {"any": [{"model.family": "cnn"}, {"data.rows": {"known": True}}]},
            ]
        }
    }
    base = make_base({"rule": {"when": when, "then": [{"scale": "learning_rate", "factor": 2}]}})
    facts = with_facts(Facts(), {"model.depth": 4, "model.family": "cnn", "data.rows": 10})
    lines = why_not_in_words(why_not("rule", facts, base)).splitlines()
    start = lines.index("  any of")
    assert lines[start + 1 : start + 5] == [
        "    not: model.depth ≥ 3 layers (it is 4)",
        "    all of",
        "      model.family is not cnn (it is cnn)",
        "      data.rows is unknown (it is 10)",
    ]


def test_outcomes_of_rules_that_fire(make_base: MakeBase) -> None:
    base = make_base(
        {
            "law": {"then": [{"scale": "learning_rate", "law": {"times": 1, "powers": {"model.depth": 1}}}]},
            "lost": {"then": [{"scale": "learning_rate", "factor": 2}]},
            "won": {"then": [{"scale": "learning_rate", "factor": 3}], "overrides": ["lost"]},
        }
    )
    assert why_not_in_words(why_not("won", Facts(), base)) == "won fires."
    assert why_not_in_words(why_not("lost", Facts(), base)) == "lost fires, but won takes precedence."
    assert why_not_in_words(why_not("law", Facts(), base)) == "law fires, but its formula needs model.depth."


def test_a_rule_left_out_is_said_with_what_changes() -> None:
    facts = with_facts(Facts(), {"model.family": "mlp", "model.depth": 12, "plan.optimizer": "adamw"})
    shown = {item.rule: left_out_in_words(item) for item in ablate(facts, load_rules())}
    assert shown["deep-clipping"] == "deep-clipping: gradient clipping norm 1 → not set"
    assert shown["schedule-default"] == "schedule-default: no recommendation is possible without it"
