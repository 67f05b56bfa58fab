"""Each kind of change asks for its version."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.knowledge.authoring import RulesetDiff, compare
from advisor.knowledge.base import read_rules

WHEN = "{all: [{model.depth: {ge: 3}}, {plan.optimizer: [adam, adamw]}]}"
SAME = "{not: {any: [{model.depth: {lt: 3}}, {not: {plan.optimizer: [adamw, adam]}}]}}"
RULE = """\
id: one
title: Halve the learning rate of deep nets
tags: [deep]
when: {all: [{model.depth: {ge: 3}}, {plan.optimizer: [adam, adamw]}]}
then:
  - {scale: learning_rate, factor: 0.5, range: [0.3, 0.8]}
  - {limit: learning_rate, at_most: 0.1}
  - {choose: schedule, value: cosine}
  - {warn: mind the depth of your net}
because: deep nets add up more steps
source: [{cite: book, at: p. 1, says: so}]
evidence: {grade: published}
examples: {match: [{name: deep one, facts: {model.depth: 3, plan.optimizer: adam}}]}
"""
LAW = RULE.replace("factor: 0.5, range: [0.3, 0.8]", "law: {times: 0.5, powers: {model.depth: -0.5}}, spread: 2")
OTHER = RULE.replace("id: one", "id: two").replace("Halve", "Keep")


def write(folder: Path, *texts: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "ruleset.yaml").write_text('version: 1.4.2\nfacts_version: "1"\n', encoding="utf-8")
    (folder / "sources.yaml").write_text("book: {title: A book, kind: paper}\n", encoding="utf-8")
    for index, text in enumerate(texts):
        (folder / f"rule{index}.yaml").write_text(text, encoding="utf-8")
    return folder


def diff(tmp_path: Path, old: tuple[str, ...], new: tuple[str, ...]) -> RulesetDiff:
    loaded = [read_rules(write(tmp_path / name, *texts)) for name, texts in (("old", old), ("new", new))]
    assert [one.problems for one in loaded] == [[], []]
    return compare(*loaded)


@pytest.mark.parametrize(
    ("before", "after", "bump", "words"),
    [
        ("add up more", "add up many more", "patch", "because changed"),
        ("p. 1", "p. 2", "patch", "source changed"),
        ("published", "measured", "patch", "evidence changed"),
        ("deep one", "deeper one", "patch", "examples changed"),
        ("mind the depth", "think of the depth", "patch", "think of the depth"),
        (
            WHEN,
            "{not: {any: [{model.depth: {lt: 3}}, {not: {plan.optimizer: [adamw, adam]}}]}}",
            "patch",
            "means the same",
        ),
        ("factor: 0.5", "factor: 0.31", "minor", "0.5"),
        ("range: [0.3, 0.8]", "range: [0.2, 0.9]", "minor", "0.2 to 0.9"),
        ("tags: [deep]", "tags: [net]", "minor", "tags changed"),
        ("net}", "net, severity: error}", "minor", "error"),
        ("factor: 0.5", "factor: 0.29", "major", "0.29"),
        ("ge: 3", "ge: 4", "major", "condition changed"),
        ("[adam, adamw]", "[adam]", "major", "condition changed"),
        ("at_most: 0.1", "at_most: 0.2", "major", "at most 0.2"),
        ("at_most: 0.1", "at_least: 0.1", "major", "at least 0.1"),
        ("value: cosine", "value: linear", "major", "linear"),
        ("value: cosine", "value: cosine, strength: strong", "major", "strong"),
        ("  - {limit: learning_rate, at_most: 0.1}\n", "", "major", "effects changed"),
        ("evidence:", "overrides: [two]\nevidence:", "major", "overrides nothing, now two"),
        ("tags:", "status: draft\ntags:", "major", "no longer stable"),
    ],
)
def test_each_change_has_its_weight(before: str, after: str, bump: str, words: str, tmp_path: Path) -> None:
    assert before in RULE
    found = diff(tmp_path, (RULE, OTHER), (RULE.replace(before, after), OTHER))
    (change,) = found.changes
    assert (change.rule, change.bump) == ("one", bump)
    assert words in change.what


@pytest.mark.parametrize(
    ("before", "after", "bump"),
    [
        ("times: 0.5", "times: 0.9", "minor"),
        ("times: 0.5", "times: 1.1", "major"),
        ("model.depth: -0.5", "model.depth: -0.6", "major"),
        ("model.depth: -0.5", "model.width: -0.5", "major"),
        ("0.5, powers: {model.depth: -0.5}", "0.25, powers: {model.depth: {exponent: -0.5, reference: 4}}", "minor"),
        ("law: {times: 0.5, powers: {model.depth: -0.5}}", "factor: 0.5", "major"),
    ],
)
def test_laws_move_in_their_factor_only(before: str, after: str, bump: str, tmp_path: Path) -> None:
    assert before in LAW
    assert diff(tmp_path, (LAW,), (LAW.replace(before, after),)).bump == bump


def test_added_and_removed_rules(tmp_path: Path) -> None:
    added = diff(tmp_path / "a", (RULE,), (RULE, OTHER))
    assert (added.bump, added.proposed) == ("minor", "1.5.0")
    removed = diff(tmp_path / "b", (RULE, OTHER), (RULE,))
    assert (removed.bump, removed.proposed) == ("major", "2.0.0")
    same = diff(tmp_path / "c", (RULE,), (RULE,))
    assert (same.bump, same.proposed, same.changes) == ("none", "1.4.2", ())


def test_drafts_weigh_little_and_the_weightiest_change_comes_first(tmp_path: Path) -> None:
    draft = OTHER.replace("tags:", "status: draft\ntags:")
    changed = RULE.replace("p. 1", "p. 2").replace("ge: 3", "ge: 2")
    found = diff(tmp_path, (RULE, draft), (changed, draft.replace("ge: 3", "ge: 2")))
    expected = [("one", "major"), ("one", "patch"), ("two", "patch")]
    assert [(change.rule, change.bump) for change in found.changes] == expected
    assert found.bump == "major"
