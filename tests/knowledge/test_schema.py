"""The editor schema is fresh, and agrees with the loader on what a rule is."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from advisor._data import data_dir
from advisor.facts.registry import registry
from advisor.knowledge.schema import rule_schema, schema_text
from advisor.knowledge.yaml_reader import read_yaml

GOOD = {
    "id": "a-rule",
    "title": "A rule that is good",
    "when": {"all": [{"model.depth": {"ge": 3}}, {"not": {"plan.optimizer": ["adam", "adamw"]}}]},
    "then": [
        {"anchor": "learning_rate", "value": 1e-3, "range": [1e-4, 1e-2]},
        {"choose": "optimizer", "value": "adam"},
        {"limit": "learning_rate", "at_most": {"times": 2, "powers": {"probe.curvature": -1}}},
    ],
    "because": "it was found to be so in the book",
    "examples": {"match": [{"name": "one", "facts": {"model.depth": [3, 4]}}]},
}


def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(rule_schema())


def test_the_shipped_schema_is_fresh() -> None:
    path = data_dir("rules") / "schema.json"
    assert path.read_text(encoding="utf-8") == schema_text(), "python -m advisor.knowledge --schema writes it anew"


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(rule_schema())


def test_a_good_rule_passes() -> None:
    assert list(validator().iter_errors(GOOD)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"when": {"model.dept": 3}},
        {"when": {"model.family": "transfomer"}},
        {"when": {"model.depth": 1, "model.width": 2}},
        {"when": {"model.depth": {"above": 3}}},
        {"when": {"all": []}},
        {"then": []},
        {"then": [{"choose": "optimizer", "value": "admw"}]},
        {"then": [{"scale": "learning_rate", "law": {"times": 1, "powers": {"model.family": 1}}}]},
        {"titel": "no such field"},
        {"id": "Not An Id"},
        {"examples": {"match": [{"name": "one", "facts": {"model.depth": "deep"}}]}},
    ],
    ids=str,
)
def test_a_bad_rule_does_not(change: dict[str, object]) -> None:
    assert list(validator().iter_errors({**GOOD, **change}))


def test_every_fact_is_offered_with_its_description() -> None:
    offered = rule_schema()["$defs"]
    for path, item in registry().items():
        assert offered[f"test {path}"]["description"].startswith(item.description)


RULE_FILES = sorted(path for path in data_dir("rules").glob("*/*.yaml") if path.parent.name != "scenarios")


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.stem)
def test_every_shipped_rule_passes(path: Path) -> None:
    assert list(validator().iter_errors(read_yaml(path).value)) == []
