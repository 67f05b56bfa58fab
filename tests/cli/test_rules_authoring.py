"""The tools for rule authors, called as an author calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from advisor.cli import app
from advisor.errors import AdvisorError

BROKEN = """\
id: broken
title: A rule whose example is wrong
when: {model.depth: {ge: 3}}
then: [{advise: mind the depth of your net}]
because: deep nets add up more steps
source: [{cite: judgement, at: p. 1, says: so}]
evidence: {grade: judgement}
examples: {match: [{name: flat one, facts: {model.depth: 2}}, {name: deep one, facts: {model.depth: 3}}]}
"""


def rules(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["rules", *arguments])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ADVISOR_RULES", raising=False)
    return tmp_path


def test_examples_of_all_rules_pass_and_of_one_are_listed(here: Path) -> None:
    everything = rules("test")
    assert everything.exit_code == 0
    assert everything.stdout.endswith("none failed\n")
    one = rules("test", "adam-batch")
    assert one.exit_code == 0
    assert one.stdout.count(": pass\n") > 2
    assert isinstance(rules("test", "adam-bach").exception, AdvisorError)


def test_an_example_that_does_not_hold_is_named(here: Path) -> None:
    (here / "own").mkdir()
    (here / "own/broken.yaml").write_text(BROKEN, encoding="utf-8")
    run = rules("test", "--rules", "own")
    assert run.exit_code == 1
    assert "broken  match    flat one: FAIL  the rule does not fire\n" in run.stdout
    assert "deep one" not in run.stdout
    assert run.stdout.endswith("1 failed\n")
    shown = json.loads(rules("test", "broken", "--rules", "own", "--json").stdout)
    assert [(item["name"], item["passed"]) for item in shown] == [("flat one", False), ("deep one", True)]


def test_a_new_rule_is_checked_by_the_next_command(here: Path) -> None:
    made = rules("new", "own-rule", "--topic", "batch", "--into", "own")
    assert made.exit_code == 0
    assert "advisor rules check --rules own" in made.stdout
    checked = rules("check", "--rules", "own")
    assert checked.exit_code == 1
    assert "[L206]" in checked.stdout
    path = here / "own/batch/own-rule.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("TODO", "said"), encoding="utf-8")
    assert rules("check", "--rules", "own").exit_code == 0
    assert rules("test", "own-rule", "--rules", "own").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["own-rule", "--topic", "batch"], "--into"),
        (["adam-batch", "--topic", "batch", "--into", "own"], "taken by a shipped rule"),
        (["own-rule", "--topic", "bach", "--into", "own"], "did you mean 'batch'"),
    ],
)
def test_what_new_refuses(arguments: list[str], message: str, here: Path) -> None:
    run = rules("new", *arguments)
    assert isinstance(run.exception, AdvisorError)
    assert message in str(run.exception)
    assert not (here / "own").exists()


def test_docs_are_written_and_checked(here: Path) -> None:
    assert rules("docs", "--out", "pages", "--check").exit_code == 1
    assert not (here / "pages").exists()
    assert rules("docs", "--out", "pages").exit_code == 0
    assert rules("docs", "--out", "pages", "--check").exit_code == 0
    (here / "pages/adam-batch.md").write_text("edited by hand", encoding="utf-8")
    stale = rules("docs", "--out", "pages", "--check")
    assert stale.exit_code == 1
    assert "adam-batch.md: stale" in stale.stdout


def test_diff_proposes_the_version(here: Path) -> None:
    for name in ("old", "new"):
        (here / name).mkdir()
        (here / name / "ruleset.yaml").write_text('version: 1.4.2\nfacts_version: "1"\n', encoding="utf-8")
        (here / name / "sources.yaml").write_text("judgement: {title: Ours, kind: judgement}\n", encoding="utf-8")
    (here / "new/broken.yaml").write_text(BROKEN, encoding="utf-8")
    run = rules("diff", "old", "new")
    assert run.exit_code == 0
    assert run.stdout.startswith("minor  broken: added\n1 change, so a minor version: 1.4.2 → 1.5.0")
    assert json.loads(rules("diff", "new", "old", "--json").stdout)["proposed"] == "2.0.0"
    assert "no changes, so no new version: 1.4.2 → 1.4.2" in rules("diff", "old", "old").stdout
    (here / "new/broken.yaml").write_text("id: [", encoding="utf-8")
    assert isinstance(rules("diff", "old", "new").exception, AdvisorError)


def test_schema_and_graphs_go_to_standard_output(here: Path) -> None:
    assert json.loads(rules("schema").stdout)["$defs"]["model.pretrained"] == {"type": "boolean"}
    assert rules("graph", "--topic", "convex").stdout.startswith("digraph rules {")
    assert rules("graph", "--topic", "convex", "--mermaid", "--facts").stdout.startswith("flowchart LR")
    assert "did you mean 'convex'" in str(rules("graph", "--topic", "convx").exception)


def test_check_says_what_would_pin_an_adjustment_and_commands_warn_of_a_change(here: Path) -> None:
    (here / "own").mkdir()
    overlay = here / "own/overlay.yaml"
    overlay.write_text("adjustments:\n  - {rule: adam-batch, turn: off, reason: not for us}\n", encoding="utf-8")
    run = rules("check", "--rules", "own")
    assert run.exit_code == 0
    (note, summary) = run.stdout.splitlines()
    assert note.startswith("note: own/overlay.yaml:2 an upstream change of adam-batch would go unnoticed")
    assert "rules with those of own" in summary
    assert "no problems" in summary
    assert "shipped rules" in rules("check").stdout


def test_ablate_shows_rules_with_what_was_measured(here: Path) -> None:
    facts = ["--set", "model.family=mlp", "--set", "plan.optimizer=adamw", "--set", "plan.steps=500"]
    shown = rules("ablate", *facts)
    assert shown.exit_code == 0
    assert "adam-net-on-rows: learning rate" in shown.stdout
    assert "median excess loss" in shown.stdout
    listed = json.loads(rules("ablate", *facts, "--json").stdout)
    assert {item["rule"] for item in listed} >= {"adaptive-default"}
