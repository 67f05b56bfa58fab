"""Examples state one base sheet and what each changes in it."""

from __future__ import annotations

import re

import pytest

from advisor._data import data_dir
from advisor.errors import FactError
from advisor.knowledge import load_rules
from advisor.knowledge.examples import sheets, stated_facts
from advisor.knowledge.rule import Example, Rule

BASE = {"model.family": "mlp", "model.depth": 3}


def test_an_example_is_the_base_with_its_own_facts_laid_over_it() -> None:
    example = Example(name="wider", facts={"model.depth": 4, "model.width": 64})
    assert stated_facts(example, BASE) == {"model.family": "mlp", "model.depth": 4, "model.width": 64}
    assert stated_facts(Example(name="the base"), BASE) == BASE


def test_unknown_takes_a_fact_of_the_base_away() -> None:
    (sheet,) = sheets(Example(name="depth not given", facts={"model.depth": "unknown"}), BASE)
    assert sheet.lookup("model.depth") is None
    assert sheet.lookup("model.family") == "mlp"


def test_lists_stand_for_one_sheet_each() -> None:
    found = list(sheets(Example(name="several", facts={"model.depth": [1, 2], "model.family": ["mlp", "cnn"]}), BASE))
    assert {(sheet.lookup("model.depth"), sheet.lookup("model.family")) for sheet in found} == {
        (depth, family) for depth in (1, 2) for family in ("mlp", "cnn")
    }


def test_a_word_that_is_no_value_is_an_error() -> None:
    with pytest.raises(FactError, match=r"model\.depth"):
        list(sheets(Example(name="wrong", facts={"model.depth": "unknwon"}), BASE))


@pytest.mark.parametrize("rule", load_rules().rules, ids=lambda rule: rule.id)
def test_names_of_examples_say_something(rule: Rule) -> None:
    examples = rule.document.examples
    names = [example.name for group in (examples.match, examples.no_match, examples.unknown) for example in group]
    for name in names:
        assert not re.search(r"^typical|\b(data|model|plan|probe|history)\.[a-z]|[a-z]_[a-z]|\bNone\b", name), name
        assert len(name) <= 130, name
    for group in (examples.match, examples.no_match, examples.unknown):
        assert len({example.name for example in group}) == len(group), "two examples of one outcome have the same name"


def test_shipped_rule_files_have_no_empty_keys() -> None:
    empty = re.compile(r"^[ ]*[a-z_]+:[ ]*(\[\]|\{\}|''|\"\")[ ]*$|^[a-z_]+:[ ]*\n(?=\S)", re.MULTILINE)
    assert [
        path.name for path in data_dir("rules").rglob("*.yaml") if empty.search(path.read_text(encoding="utf-8"))
    ] == []
