"""A skeleton is a rule: only its TODOs are wrong with it, and nothing once they are filled in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.knowledge.authoring import write_skeleton
from advisor.knowledge.base import joined, read_rules
from advisor.knowledge.lint import lint
from advisor.knowledge.rule import TOPICS

SOURCES = "judgement: {title: The authors' judgement, kind: judgement}\n"


@pytest.mark.parametrize("topic", TOPICS)
def test_a_skeleton_is_clean_once_filled_in(topic: str, rule_folder: Callable[[dict[str, str]], Path]) -> None:
    folder = rule_folder({"sources.yaml": SOURCES})
    path = write_skeleton(folder, topic, "large-batches", "1.2.0")
    assert path == folder / topic / "large-batches.yaml"
    loaded = read_rules(folder)
    assert loaded.problems == []
    assert {problem.code for problem in lint(loaded.rules, folder)} == {"L206"}
    assert joined(loaded).rules == (), "a draft takes no part"

    text = path.read_text(encoding="utf-8").replace("TODO", "filled in").replace("status: draft", "status: stable")
    path.write_text(text, encoding="utf-8")
    loaded = read_rules(folder)
    assert [*loaded.problems, *lint(loaded.rules, folder)] == []
    (rule,) = joined(loaded).rules
    assert (rule.id, rule.topic, rule.document.since) == ("large-batches", topic, "1.2.0")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = write_skeleton(tmp_path, "batch", "mine", "0.1.0")
    path.write_text("precious", encoding="utf-8")
    with pytest.raises(InputError, match="exists already"):
        write_skeleton(tmp_path, "batch", "mine", "0.1.0")
    assert path.read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize(
    ("topic", "rule_id", "message"),
    [
        ("batchs", "mine", "did you mean 'batch'"),
        ("batch", "Mine", "not a rule id"),
        ("batch", "../../mine", "not a rule id"),
        ("batch", "mine\n", "not a rule id"),
        ("../batch", "mine", "no topic"),
    ],
)
def test_bad_names_write_nothing(topic: str, rule_id: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        write_skeleton(tmp_path, topic, rule_id, "0.1.0")
    assert list(tmp_path.rglob("*.yaml")) == []


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "batch").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="batch"):
        write_skeleton(tmp_path, "batch", "mine", "0.1.0")
