"""Loading: one base from many files, overlays over it, hostile folders ended quickly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.errors import RuleError
from advisor.knowledge.base import RuleBase, joined, load_rules, read_rules
from advisor.knowledge.overlays import content_hash, unpinned
from advisor.knowledge.prose import prose

MakeFolder = Callable[[dict[str, str]], Path]


def rule_text(name: str, *, tags: str = "[]", extra: str = "", depth: int = 3) -> str:
    return f"""\
id: {name}
title: Halve the learning rate of {name}
tags: {tags}
when:
  all:
    - model.depth: {{ge: {depth}}}
    - plan.optimizer: [adam, adamw]
    - not: {{model.pretrained: true}}
then:
  - scale: learning_rate
    law: {{times: 0.5, powers: {{model.depth: {{exponent: -0.5, reference: 3}}}}, clamp: [0.1, 1]}}
    spread: 2
because: it was found to be so in the book
source: [{{cite: book, at: p. 1, says: so}}]
evidence: {{grade: published}}
examples:
  match: [{{name: deep one, facts: {{model.depth: {depth}, plan.optimizer: [adam, adamw], model.pretrained: false}}}}]
  no_match:
    - {{name: flat one, facts: {{model.depth: {depth - 1}, plan.optimizer: adam, model.pretrained: false}}}}
    - {{name: sgd, facts: {{model.depth: {depth}, plan.optimizer: sgd, model.pretrained: false}}}}
    - {{name: tuned, facts: {{model.depth: {depth}, plan.optimizer: adam, model.pretrained: true}}}}
  unknown: [{{name: not given, facts: {{}}}}]
{extra}
"""


def load(folder: Path, *overlays: Path) -> RuleBase:
    return joined(read_rules(folder, overlays))


def test_rules_come_in_order_with_topics_and_sources(rule_folder: MakeFolder) -> None:
    base = load(
        rule_folder(
            {
                "model/b.yaml": rule_text("b"),
                "data/c.yaml": rule_text("c"),
                "model/a.yaml": rule_text("a"),
                "model/draft.yaml": rule_text("draft", extra="status: draft"),
                "model/old.yaml": rule_text("old", extra="status: deprecated\nreplaced_by: a"),
            }
        )
    )
    assert [(rule.topic, rule.id) for rule in base.rules] == [("data", "c"), ("model", "a"), ("model", "b")]
    assert base.version == "0.1.0"
    (cite,) = base.rules[0].citations
    assert (cite.title, cite.at) == ("A book on learning rates", "p. 1")
    assert base.get("a") is base.rules[1]
    assert base.get("draft") is None
    assert [rule.id for rule, _ in base.claims("scale")] == ["c", "a", "b"]
    assert base.claims("optimizer") == ()


def test_an_overlay_adds_rules_and_adjusts_in_order(rule_folder: MakeFolder, tmp_path: Path) -> None:
    shipped = rule_folder({f"model/{name}.yaml": rule_text(name, tags="[vision]") for name in "ab"})
    team = tmp_path / "team"
    team.mkdir()
    (team / "own.yaml").write_text(rule_text("own", extra="overrides: [a]"), encoding="utf-8")
    current = load(shipped).get("b")
    assert current is not None
    (team / "overlay.yaml").write_text(
        f"""\
adjustments:
  - {{tag: vision, turn: off, reason: we do tables only}}
  - {{rule: b, turn: on, reason: but for this, sha256: "{content_hash(current)[:12]}"}}
""",
        encoding="utf-8",
    )
    base = load(shipped, team)
    assert [rule.id for rule in base.rules] == ["b", "own"]
    own = base.get("own")
    assert own is not None
    assert own.topic == "overlay"
    assert base.overlays == ("team (vision off: we do tables only; b on: but for this)",)
    assert base.warnings == ()

    second = tmp_path / "second"
    second.mkdir()
    (second / "overlay.yaml").write_text(
        "adjustments:\n  - {rule: a, turn: on, reason: needed here, sha256: '000000000000'}\n", encoding="utf-8"
    )
    base = load(shipped, team, second)
    assert [rule.id for rule in base.rules] == ["a", "b", "own"]
    (warning,) = base.warnings
    assert "rule a has changed" in warning


def test_a_tag_is_pinned_like_a_rule(rule_folder: MakeFolder, tmp_path: Path) -> None:
    files = {f"model/{name}.yaml": rule_text(name, tags="[vision]") for name in "ab"}
    team = tmp_path / "team"
    team.mkdir()
    overlay = team / "overlay.yaml"
    overlay.write_text("adjustments:\n  - {tag: vision, turn: off, reason: we do tables only}\n", encoding="utf-8")

    def hint() -> str:
        loaded = read_rules(rule_folder(files), [team])
        (found,) = unpinned(loaded.overlays[0], loaded.rules)
        return found

    first = hint()
    assert first.startswith("team/overlay.yaml:2 an upstream change of vision would go unnoticed; add sha256: '")
    pin = first.rpartition("sha256: ")[2]
    overlay.write_text(
        overlay.read_text(encoding="utf-8").replace("reason", f"sha256: {pin}, reason"), encoding="utf-8"
    )
    assert load(rule_folder(files), team).warnings == ()
    (warning,) = load(rule_folder({**files, "model/b.yaml": rule_text("b", tags="[vision]", depth=4)}), team).warnings
    assert "rules tagged vision have changed" in warning
    assert "off, we do tables only" in warning
    grown = {**files, "model/c.yaml": rule_text("c", tags="[vision]")}
    assert len(load(rule_folder(grown), team).warnings) == 1, "a rule that the tag takes in later is a change too"


def test_an_upstream_change_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "overlay.yaml").write_text(
        "adjustments:\n  - {rule: adam-batch, turn: on, reason: needed here, sha256: '000000000000'}\n",
        encoding="utf-8",
    )
    load_rules([tmp_path])
    (record,) = caplog.records
    assert "the rule adam-batch has changed" in record.getMessage()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "adjustments:\n  - {rule: aa, turn: off, reason: too low}\n",
            "team/overlay.yaml:2 [E109] no rule is called 'aa'",
        ),
        ("adjustments:\n  - {tag: vison, turn: off, reason: too low}\n", "team/overlay.yaml:2 [E109] no tag is called"),
        (
            "adjustments:\n  - {rule: a, turn: off}\n",
            "team/overlay.yaml:2 [E107] adjustments.0.reason: this field is missing",
        ),
        ("adjustments:\n  - {rule: a, turn: maybe, reason: who knows}\n", "[E107] adjustments.0.turn"),
        ("adjustments:\n  - {rule: a, tag: b, turn: off, reason: both of them}\n", "exactly one of rule, tag"),
        ("adjustment: []\n", "did you mean 'adjustments'?"),
        ("- 1\n", "must be a map"),
        ("adjustments: &a []\n", "[E103]"),
    ],
)
def test_an_overlay_says_what_is_wrong(rule_folder: MakeFolder, tmp_path: Path, text: str, problem: str) -> None:
    shipped = rule_folder({"model/a.yaml": rule_text("a", tags="[vision]")})
    team = tmp_path / "team"
    team.mkdir()
    (team / "overlay.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleError) as caught:
        load(shipped, team)
    assert problem in str(caught.value)


def test_an_overlay_must_be_a_folder_and_may_not_take_an_id(rule_folder: MakeFolder, tmp_path: Path) -> None:
    shipped = rule_folder({"model/a.yaml": rule_text("a")})
    with pytest.raises(RuleError, match=r"absent:0 \[E101\] no such folder"):
        load(shipped, tmp_path / "absent")
    team = tmp_path / "team"
    team.mkdir()
    (team / "a.yaml").write_text(rule_text("a"), encoding="utf-8")
    with pytest.raises(RuleError, match=r"\[E111\] the id 'a' is taken by rules/model/a.yaml"):
        load(shipped, team)


def test_the_hash_sees_content_not_comments(rule_folder: MakeFolder) -> None:
    def hashed(text: str) -> str:
        rule = load(rule_folder({"model/a.yaml": text})).get("a")
        assert rule is not None
        return content_hash(rule)

    text = rule_text("a")
    assert hashed(text) == hashed(f"# a comment\n{text}")
    assert hashed(text) != hashed(text.replace("ge: 3", "ge: 4"))
    assert hashed(text) != hashed(text.replace("times: 0.5", "times: 0.6"))


def test_broken_sources_and_ruleset_are_named(rule_folder: MakeFolder) -> None:
    folder = rule_folder(
        {
            "ruleset.yaml": "version: 1\n",
            "sources.yaml": "book: {title: A book, kind: novel}\nother: 3\npage: {title: A page, kind: docs, url: ftp://x}\n",
        }
    )
    with pytest.raises(RuleError) as caught:
        load(folder)
    lines = [(problem.path, problem.line) for problem in caught.value.problems]
    assert lines == [
        ("rules/ruleset.yaml", 1),
        ("rules/ruleset.yaml", 1),
        ("rules/sources.yaml", 1),
        ("rules/sources.yaml", 2),
        ("rules/sources.yaml", 3),
    ]


def test_shipped_rules_load_once() -> None:
    assert load_rules() is load_rules(())


def test_an_overlay_is_read_again_when_it_changes(tmp_path: Path) -> None:
    (tmp_path / "own-rule.yaml").write_text(
        rule_text("own-rule").replace("cite: book", "cite: bengio2012"), encoding="utf-8"
    )
    first = load_rules([tmp_path])
    assert first.get("own-rule") is not None
    assert load_rules([tmp_path]) is first
    (tmp_path / "own-rule.yaml").unlink()
    assert load_rules([tmp_path]).get("own-rule") is None


def test_a_hostile_folder_ends_within_a_second_with_every_file_named(rule_folder: MakeFolder) -> None:
    files = {f"data/r{i}.yaml": rule_text(f"r{i}", extra=f"overrides: [r{(i + 1) % 40}]") for i in range(40)}
    files |= {
        "data/aliases.yaml": "a: &a [x]\nb: [*a, *a]\n",
        "data/deep.yaml": "when: " + "{not: " * 5000,
        "data/tag.yaml": "when: !!python/object:os.system {}\n",
        "data/big.yaml": "a: " + "x" * 1_100_000,
        "data/tangle.yaml": "then:\n" + "- {scale: 1}\n" * 4000,
        "data/names.yaml": "when:\n  all:\n" + "".join(f"  - plan.optimizr{i}: adam\n" for i in range(100)),
    }
    folder = rule_folder(files)
    loaded = read_rules(folder)
    named = {problem.path.rpartition("/")[2] for problem in loaded.problems}
    assert named >= {"aliases.yaml", "deep.yaml", "tag.yaml", "big.yaml", "tangle.yaml", "names.yaml"}
    circle = [problem for problem in loaded.problems if problem.code == "E112"]
    assert len(circle) == 1
    assert circle[0].message.count("->") == 40


def test_prose_says_everything(rule_folder: MakeFolder) -> None:
    base = load(rule_folder({"model/a.yaml": rule_text("a"), "model/b.yaml": rule_text("b", extra="overrides: [a]")}))
    rule = base.get("a")
    assert rule is not None
    text = prose(rule, base)
    for words in (
        "Halve the learning rate of a",
        "model.depth ≥ 3 layers",
        "plan.optimizer is adam or adamw",
        "not: model.pretrained is yes",
        "multiply the learning rate by 0.5 · (model.depth / 3)^-0.5, within 0.1 to 1 (90 %: within a factor 2)",
        "it was found to be so in the book",
        "A book on learning rates, p. 1: so",
        "Gives way to\n  b",
    ):
        assert words in text
