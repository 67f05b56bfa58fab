"""Pages for readers and contributors: links lead somewhere, versions agree, every decision has a status."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import advisor
from advisor.cli import app
from advisor.knowledge import load_rules

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs/decisions").glob("*.md")])


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_a_status_and_stands_in_the_list(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    title = re.match(r"# (\d{4} .+)\n", text)
    status = re.search(r"^Status: (proposed|accepted|superseded by \d{4})$", text, re.MULTILINE)
    assert title is not None
    assert status is not None
    assert f"| [{title[1]}]({page.name}) | {status[1]} |" in (page.parent / "README.md").read_text(encoding="utf-8")
    parts = ["Context", "Decision", "Consequences", "What would change it"]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == parts


def test_decisions_are_numbered_without_gaps() -> None:
    assert len(DECISIONS) >= 7
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_the_newest_versions_of_both_changelogs_are_those_that_are_shipped() -> None:
    for page, version in (("CHANGELOG.md", advisor.__version__), ("docs/ruleset-changelog.md", load_rules().version)):
        versions = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
        assert versions[0] == version, page
        assert len(versions) == len(set(versions)), page


def test_issue_forms_are_read_as_github_reads_them() -> None:
    forms = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml"))
    assert len(forms) >= 3
    for form in forms:
        read = yaml.safe_load(form.read_text(encoding="utf-8"))
        assert read["name"]
        assert read["description"]
        fields = [field for field in read["body"] if field["type"] != "markdown"]
        assert len({field["id"] for field in fields}) == len(fields) >= 3
        assert all(field["attributes"]["label"] for field in fields)


def test_hooks_call_the_ruff_of_the_set_up() -> None:
    read = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    entries = [hook["entry"] for repository in read["repos"] for hook in repository["hooks"]]
    assert all(repository["repo"] == "local" for repository in read["repos"])
    assert [entry.split()[:2] for entry in entries] == [[".venv/bin/ruff", "check"], [".venv/bin/ruff", "format"]]


def test_every_command_stands_on_the_page_of_commands() -> None:
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    known = {str(command.name) for command in app.registered_commands} | {
        str(group.name) for group in app.registered_groups
    }
    assert set(re.findall(r"^\| `advisor ([\w-]+)", page, re.MULTILINE)) == known
