"""Lint compares rules that can meet, and its work grows with their number, not with the number of pairs."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from advisor._data import data_dir
from advisor.facts.registry import registry
from advisor.knowledge.base import read_rules
from advisor.knowledge.lint.conflicts import Tie
from advisor.knowledge.lint.finding import Context
from advisor.knowledge.lint.lint import findings_in
from advisor.knowledge.lint.logic import Shadowed
from advisor.knowledge.lint.overlap import box_of, tree_of
from advisor.knowledge.normal_form import common_part, subtract
from advisor.knowledge.rule import Rule

OPTIMIZERS = ("sgd", "adam", "adamw", "lion", "muon")
PAIRS = 20
"""Pairs for each rule. Judgement: those of one leaf of the tree, and no more when rules are ten times as many."""


def anchor(number: int, when: Any, tier: str = "class") -> str:
    return json.dumps(
        {
            "id": f"rule-{number}",
            "title": f"Start somewhere in case {number}",
            "tier": tier,
            "when": when,
            "then": [{"anchor": "learning_rate", "value": 1e-3 * (1 + number % 7), "range": [1e-5, 1.0]}],
            "because": "there are many cases, and each has its own rate",
            "source": [{"cite": "book", "at": "p. 1", "says": "so"}],
            "evidence": {"grade": "published"},
            "status": "stable",
            "since": "0.1.0",
        }
    )


def apart(count: int) -> dict[str, str]:
    """Return rules for families, optimizers and ranges of the batch that never meet."""
    cases = list(product(registry()["model.family"].choices, OPTIMIZERS))
    ranges = -(-count // len(cases))
    return {
        f"model/rule-{number}.yaml": anchor(
            number,
            {
                "all": [
                    {"model.family": family},
                    {"plan.optimizer": optimizer},
                    {"plan.batch_size": {"ge": 1 + 10 * step, "lt": 11 + 10 * step}},
                ]
            },
        )
        for number, ((family, optimizer), step) in enumerate(product(cases, range(ranges)))
        if number < count
    }


def on_one_fact(count: int) -> dict[str, str]:
    return {
        f"model/rule-{i}.yaml": anchor(i, {"plan.batch_size": {"ge": 1 + 10 * i, "lt": 11 + 10 * i}})
        for i in range(count)
    }


def over_tiers(count: int) -> dict[str, str]:
    tiers = ("default", "family", "class", "measured")
    return {
        f"model/rule-{i}.yaml": anchor(
            i, {"data.rows": {"ge": 1 + 10 * (i // 4), "lt": 11 + 10 * (i // 4)}}, tiers[i % 4]
        )
        for i in range(count)
    }


@pytest.mark.parametrize("make", [apart, on_one_fact, over_tiers])
def test_thousands_of_rules_take_a_few_comparisons_each(
    make: Callable[[int], dict[str, str]], rule_folder: Callable[[dict[str, str]], Path]
) -> None:
    folder = rule_folder(make(4_900))
    loaded = read_rules(folder)
    assert len(loaded.rules) == 4_900
    context = Context(tuple(loaded.rules), folder)
    for rule in context.rules:
        for one in (Tie(), Shadowed()):
            list(one.check(rule, context))
    assert sum(context.compared.values()) <= PAIRS * 4_900


def test_copies_of_one_rule_are_named_and_not_all_compared(rule_folder: Callable[[dict[str, str]], Path]) -> None:
    folder = rule_folder({f"model/rule-{i}.yaml": anchor(i, {"model.family": "mlp"}) for i in range(500)})
    context = Context(tuple(read_rules(folder).rules), folder)
    found = [problem for problem in findings_in(context) if problem.code == "L220"]
    assert len(found) >= 499
    assert context.compared["L220"] <= PAIRS * 500


def any_condition(draw: np.random.Generator) -> Any:
    """Return a condition over a few facts: names, ranges, flags, what is unknown or excluded, one of two."""
    families, low = registry()["model.family"].choices, int(draw.integers(1, 900))
    parts: list[Any] = [
        {"model.family": [str(name) for name in draw.choice(families, draw.integers(1, 4), replace=False)]},
        {"plan.batch_size": {"ge": low, "lt": low + int(draw.integers(2, 400))}},
        {"plan.optimizer": str(draw.choice(OPTIMIZERS))},
        {"not": {"plan.optimizer": str(draw.choice(OPTIMIZERS))}},
        {"model.pretrained": bool(draw.integers(2))},
        {"data.rows": {"known": bool(draw.integers(2))}},
        {"any": [{"model.depth": {"ge": low}}, {"model.depth": {"lt": max(low // 2, 2)}}]},
    ]
    chosen = [parts[place] for place in sorted(draw.choice(len(parts), draw.integers(1, 5), replace=False))]
    return chosen[0] if len(chosen) == 1 else {"all": chosen}


@pytest.mark.parametrize("seed", range(3))
def test_rules_that_meet_are_in_one_leaf(seed: int, rule_folder: Callable[[dict[str, str]], Path]) -> None:
    draw = np.random.default_rng(seed)
    folder = rule_folder({f"model/rule-{i}.yaml": anchor(i, any_condition(draw)) for i in range(200)})
    rules = read_rules(folder).rules
    context = Context(tuple(rules), folder)
    boxes = {rule.path: context.box(rule) for rule in rules}
    tree = tree_of(rules, boxes)
    for one in rules:
        met = {other.path for other in tree.meeting(boxes[one.path])}
        assert {two.path for two in rules if meets(context, one, two)} <= met
        cover = {two.path for two in rules if covers(context, two, one)}
        assert cover <= {other.path for other in tree.covering(boxes[one.path])}


def covers(context: Context, two: Rule, one: Rule) -> bool:
    own, theirs = context.clauses(one), context.clauses(two)
    return bool(own and theirs) and not any(subtract(clause, theirs or ()) for clause in own or ())


def meets(context: Context, one: Rule, two: Rule) -> bool:
    return any(
        common_part(first, second) is not None
        for first in context.clauses(one) or ()
        for second in context.clauses(two) or ()
    )


def test_a_box_is_open_in_what_one_clause_leaves_open() -> None:
    rules = read_rules(data_dir("rules")).rules
    context = Context(tuple(rules), data_dir("rules"))
    for rule in rules:
        clauses = context.clauses(rule) or ()
        box = box_of(clauses)
        assert all(fact in clause for fact in box for clause in clauses)
        assert all(not clause[fact].intersect(box[fact]).empty for fact in box for clause in clauses)
