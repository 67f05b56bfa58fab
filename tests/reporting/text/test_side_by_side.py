"""Two results side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from advisor.cli import app
from advisor.facts import with_facts
from advisor.reporting.html.side_by_side import render
from advisor.reporting.text.side_by_side import in_words
from advisor.reporting.views.side_by_side import side_by_side
from advisor.results import Advice


def changed(advice: Advice) -> Advice:
    recommendation = advice.recommendation.replaced(learning_rate=6.4e-3, batch_size=128)
    facts = with_facts(advice.facts, {"plan.batch_size": 128})
    provenance = advice.provenance.model_copy(update={"seed": 7})
    return advice.model_copy(update={"recommendation": recommendation, "facts": facts, "provenance": provenance})


def test_a_result_beside_itself_differs_in_nothing(typical: Advice) -> None:
    found = side_by_side(typical, typical)
    assert found.differences == ()
    assert found.rules == ((), ())
    assert in_words(found, "a", "b").startswith("The two results say the same.\n")


def test_what_differs_is_named_first_and_marked(typical: Advice) -> None:
    found = side_by_side(typical, changed(typical))
    text = in_words(found, "a.json", "b.json")
    first = text.splitlines()[0]
    assert first.startswith("Different: Learning rate, Batch size")
    assert "plan.batch_size" in first
    assert "Optimizer" not in first
    flat = [" ".join(line.split()) for line in text.splitlines()]
    assert "≠ Learning rate 3.2e-3 6.4e-3 (× 2)" in flat
    assert "Optimizer AdamW AdamW" in flat
    assert "Different seeds hold out different rows, so held-out losses also differ by chance." in flat


def test_losses_of_other_data_are_not_to_be_compared(typical: Advice) -> None:
    other = typical.model_copy(update={"facts": with_facts(typical.facts, {"data.rows": 17})})
    assert "held-out losses cannot be compared" in " ".join(side_by_side(typical, other).remarks)


def test_rules_that_fired_on_one_side_are_named(typical: Advice) -> None:
    use = typical.recommendation.trace.contributions[0].rule

    def fired(*rules: str) -> Advice:
        trace = typical.recommendation.trace.model_copy(update={"fired": rules})
        return typical.model_copy(update={"recommendation": typical.recommendation.model_copy(update={"trace": trace})})

    left, right = side_by_side(fired("both", use.id), fired("both")).rules
    assert (left, right) == (((use.id, use.title),), ())
    assert f"{use.id}: {use.title}" in in_words(side_by_side(fired(use.id), fired()), "a", "b")


def test_no_case_breaks_it(advice: Advice, typical: Advice) -> None:
    text = in_words(side_by_side(advice, typical), "a", "b")
    assert "None" not in text
    assert "\x1b" not in text


def test_the_command_prints_both(typical: Advice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    typical.to_json(tmp_path / "a.advisor.json")
    changed(typical).to_json(tmp_path / "b.advisor.json")
    printed = CliRunner().invoke(app, ["report", "a.advisor.json", "b.advisor.json"])
    assert printed.stdout.startswith("Different: Learning rate")
    data = json.loads(CliRunner().invoke(app, ["report", "a.advisor.json", "b.advisor.json", "--json"]).stdout)
    assert "Learning rate" in data["differences"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.advisor.json", "b.advisor.json"]


def test_the_page_shows_both_and_marks_what_differs(
    typical: Advice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    typical.to_json(tmp_path / "a.advisor.json")
    changed(typical).to_json(tmp_path / "b.advisor.json")
    printed = CliRunner().invoke(app, ["report", "a.advisor.json", "b.advisor.json", "-o", "both.html"])
    assert printed.stdout == "Report: both.html\n"
    page = (tmp_path / "both.html").read_text(encoding="utf-8")
    assert '<h1 class="plain">Different: Learning rate, Batch size' in page
    assert page.count('class="chart"') == 2
    assert page.count('<tr class="changed">') == len(side_by_side(typical, changed(typical)).differences)
    assert CliRunner().invoke(app, ["report", "a.advisor.json", "b.advisor.json", "-o", "no/c.html"]).exit_code != 0


def test_no_case_breaks_the_page(advice: Advice, typical: Advice) -> None:
    page = render(advice, typical, ("<b>a</b>", "b"))
    assert "<b>a</b>" not in page
    assert "None" not in page
