"""The pages in docs/rules are what the rules say, and say all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor._data import data_dir
from advisor.errors import RuleError
from advisor.knowledge import load_rules
from advisor.knowledge.authoring import INDEX, pages_of, stale_pages, write_pages
from advisor.knowledge.base import joined, read_rules
from advisor.knowledge.conditions import facts_of

ROOT = Path(__file__).resolve().parents[3]
MakeFolder = Callable[[dict[str, str]], Path]

RULE = """\
id: {id}
title: "{title}"
tags: [vision]
when:
  all: [{{model.depth: {{ge: 3}}}}, {{not: {{model.pretrained: true}}}}, {{plan.optimizer: [adam, adamw]}}]
then: [{{scale: learning_rate, factor: 0.5, range: [0.3, 0.8]}}]
because: deep nets add up more steps
source: [{{cite: book, at: p. 1, says: so}}]
evidence: {{grade: measured}}
overrides: [{overrides}]
examples:
  match: [{{name: deep one, facts: {{model.depth: 3, model.pretrained: false, plan.optimizer: [adam, adamw]}}}}]
  unknown: [{{name: nothing told, facts: {{}}}}]
"""
ABLATION = {
    "rule": "one",
    "command": "python -m benchmarks.ablate one",
    "tasks_fired": 7,
    "median_excess_with": 0.012,
    "median_excess_without": 0.034,
    "p90_excess_with": 0.1,
    "p90_excess_without": None,
    "failures_with": 0,
    "failures_without": 2,
    "more": "left alone",
}


def folder_of(rule_folder: MakeFolder, **files: str) -> Path:
    return rule_folder(
        {
            "sources.yaml": "book: {title: A book, kind: paper, url: 'https://example.org/book'}\n",
            "model/one.yaml": RULE.format(id="one", title="Halve <b>it</b> for a|b", overrides=""),
            "model/two.yaml": RULE.format(id="two", title="Halve it a second time", overrides="one"),
            "batch/three.yaml": RULE.format(id="three", title="Halve it for no reason", overrides=""),
            **files,
        }
    )


def test_the_shipped_pages_are_fresh() -> None:
    pages = pages_of(load_rules(), data_dir("rules"))
    assert stale_pages(pages, ROOT / "docs/rules") == (), "`advisor rules docs` writes them anew"


def test_every_rule_has_a_page_with_all_it_says_and_every_link_leads_somewhere() -> None:
    base = load_rules()
    pages = pages_of(base, data_dir("rules"))
    assert set(pages) == {INDEX, *(f"{rule.id}.md" for rule in base.rules)}
    for rule in base.rules:
        page = pages[f"{rule.id}.md"]
        assert f"[{rule.id}]({rule.id}.md)" in pages[INDEX]
        for fact in facts_of(rule.when):
            assert f"`{fact}`" in page
        for heading in ("When", "What it does", "Why", "Sources", "Evidence", "Examples"):
            assert f"\n## {heading}\n" in page
        for cite in rule.citations:
            url = cite.url.replace("docs/", "../", 1) if cite.url.startswith("docs/") else cite.url
            assert not url or f"]({url})" in page
        for target in re.findall(r"\]\(([a-z0-9A-Z-]+\.md)\)", page):
            assert target in pages


def test_a_page_shows_neighbours_evidence_and_hostile_titles_as_text(rule_folder: MakeFolder) -> None:
    folder = folder_of(rule_folder, **{"evidence/one.json": json.dumps(ABLATION)})
    pages = pages_of(joined(read_rules(folder)), folder)
    one = pages["one.md"]
    assert "# Halve &lt;b&gt;it&lt;/b&gt; for a\\|b\n" in one
    assert "  - `model.depth` ≥ 3 layers\n  - not: `model.pretrained` is yes\n" in one
    assert "- [A book](https://example.org/book), p. 1: so\n" in one
    assert "Fired in 7 tasks" in one
    assert "| median | 1.2 % | 3.4 % |\n| 90th percentile | 10 % | not measured |\n| failures | 0 | 2 |" in one
    assert "`python -m benchmarks.ablate one`" in one
    assert "- Gives way to: [two](two.md)\n- Settles the same on the same facts: [three](three.md)\n" in one
    assert "- Overrides: [one](one.md)\n" in pages["two.md"]
    assert "| undecided | nothing told | nothing known |" in one
    assert pages[INDEX].index("## Model") < pages[INDEX].index("## Batch")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not an ablation"),
        (json.dumps({**ABLATION, "rule": "two"}), "is of the rule 'two'"),
        (json.dumps({**ABLATION, "tasks_fired": -1}), "tasks_fired"),
    ],
)
def test_evidence_that_cannot_be_quoted_stops_the_pages(rule_folder: MakeFolder, text: str, message: str) -> None:
    folder = folder_of(rule_folder, **{"evidence/one.json": text})
    with pytest.raises(RuleError, match=message):
        pages_of(joined(read_rules(folder)), folder)


def test_pages_are_written_once_and_those_of_gone_rules_go(rule_folder: MakeFolder, tmp_path: Path) -> None:
    folder = folder_of(rule_folder)
    pages = pages_of(joined(read_rules(folder)), folder)
    out = tmp_path / "docs" / "rules"
    assert write_pages(pages, out) == len(pages) == 4
    assert write_pages(pages, out) == 0
    (out / "gone.md").write_text(pages["one.md"], encoding="utf-8")
    (out / "guide.md").write_text("# Written by hand\n", encoding="utf-8")
    (out / "one.md").write_text("stale", encoding="utf-8")
    (out / "two.md").unlink()
    assert stale_pages(pages, out) == ("gone.md", "one.md", "two.md")
    write_pages(pages, out)
    assert stale_pages(pages, out) == ()
    assert sorted(path.name for path in out.iterdir()) == sorted([*pages, "guide.md"])
