"""What every shipped rule must be, one test per file, whatever rules exist."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from advisor._data import data_dir
from advisor.errors import Problem
from advisor.facts import Facts
from advisor.inference import why_not
from advisor.knowledge import check, load_rules, prose
from advisor.knowledge.conditions import evaluate
from advisor.knowledge.examples import sheets
from advisor.knowledge.rule import TOPICS

RULES = data_dir("rules")
FILES = sorted(path for path in RULES.glob("*/*.yaml") if path.parent.name != "scenarios")


@cache
def problems() -> tuple[Problem, ...]:
    return tuple(check())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_has_no_problems(path: Path) -> None:
    name = f"rules/{path.relative_to(RULES).as_posix()}"
    assert [str(problem) for problem in problems() if problem.path == name] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_lies_in_a_topic_under_its_id(path: Path) -> None:
    assert path.parent.name in TOPICS
    assert f"id: {path.stem}\n" in path.read_text(encoding="utf-8")


def test_nothing_else_has_problems() -> None:
    names = {f"rules/{path.relative_to(RULES).as_posix()}" for path in FILES}
    assert [str(problem) for problem in problems() if problem.path not in names] == []


def test_every_example_comes_out_as_it_says_and_every_rule_can_be_read() -> None:
    base = load_rules()
    for rule in base.rules:
        examples = rule.document.examples
        for group, expected in ((examples.match, True), (examples.no_match, False), (examples.unknown, None)):
            for example in group:
                for sheet in sheets(example, examples.base):
                    assert evaluate(rule.when, sheet.lookup) is expected, f"{rule.id}: {example.name}"
        assert rule.title in prose(rule, base)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_can_fire_in_a_whole_inference(path: Path) -> None:
    """From nothing known, some change of facts makes it fire, what other rules choose on the way included."""
    base = load_rules()
    if base.get(path.stem) is None:
        return  # a draft or a deprecated rule
    found = why_not(path.stem, Facts(), base)
    assert found.outcome in {"fires", "overridden", "waits"} or found.changes is not None, str(found)
