"""The answers as a person reads them; what they tell one to type does what they say."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import pytest

from advisor.cli.options import assignments
from advisor.facts import Facts, with_facts
from advisor.inference import FactChange, ask, infer, what_if, why_not
from advisor.knowledge import load_rules
from advisor.knowledge.base import RuleBase

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
    text = str(why_not("rule", with_facts(Facts(), {"model.depth": 2, "data.rows": 10}), base))
    assert text.startswith("rule does not fire: The rule called rule\n")
    for line in (
        "  model.depth ≥ 3 layers (it is 2)",
        "  any of",
        "    model.family is cnn (it is unknown)",
        "    model.pretrained is yes (it is unknown)",
        "  not: plan.optimizer is adamw (it is adamw)",
        "  model.depth: 2 -> 3 ",
    ):
        assert line in text
    assert "data.rows" not in text, "what holds is not in the way"


@pytest.mark.parametrize("name", [rule.id for rule in load_rules().rules])
def test_typing_what_why_not_says_fires_the_rule(name: str) -> None:
    base = load_rules()
    found = why_not(name, Facts(), base)
    if not found.changes:
        return
    last = str(found).splitlines()[-1]
    words = shlex.split(last)
    assert words[::2] == ["--set"] * len(found.changes)
    typed = with_facts(Facts(), assignments(words[1::2]))
    assert typed == found.facts
    assert name in infer(typed, base).trace.fired


@pytest.mark.parametrize("value", [True, False, 3, 0.1 + 0.2, 1e-7, "it's; rm", None])
def test_an_option_is_read_back_to_the_last_digit(value: Any) -> None:
    fact = {bool: "model.pretrained", int: "model.depth", str: "data.name"}.get(type(value), "plan.weight_decay")
    start = with_facts(Facts(), {"plan.weight_decay": 5.0})
    (_, typed) = shlex.split(FactChange(fact, None, value).option)
    assert with_facts(start, assignments([typed])) == with_facts(start, {fact: value})


def test_what_if_shows_before_and_after_with_the_rules(make_base: MakeBase) -> None:
    base = make_base(
        {
            "deep": {"then": [{"scale": "learning_rate", "law": {"times": 1, "powers": {"model.depth": -1}}}]},
            "cnn": {"when": {"model.family": "cnn"}, "then": [{"choose": "optimizer", "value": "sgd"}]},
        }
    )
    facts = with_facts(Facts(), {"model.depth": 2})
    text = str(what_if(facts, base, {"model.depth": 4, "model.family": "cnn"}))
    assert text.startswith("model.depth: 2 -> 4\nmodel.family: unknown -> cnn\n\nlearning rate  0.0005")
    assert "->  0.00025  (× 0.5)\n" in text
    assert "optimizer      adamw" in text
    assert "  deep: × 0.5 -> × 0.25\n    The rule called deep" in text
    assert str(what_if(facts, base, {"model.width": 4})).endswith("Nothing changes.")


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
    first, second = ask(Facts(), base)
    text = str(first)
    assert text.startswith("model.pretrained: weights come from an earlier training?\n")
    assert "  learning rate 0.0001 (yes) to 0.001 (no), now 0.001\n" in text
    assert "  interval down to a factor" in text
    assert "  may change weight decay\n" in text
    assert text.endswith("  --set model.pretrained=true|false")
    assert "read from the log of an earlier run, or --set history.diverged=true|false" in str(second)
