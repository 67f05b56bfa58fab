"""``why-not``, ``what-if`` and ``ask``, with facts from every source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import advisor
from advisor import results
from advisor.api.advice import Advice
from advisor.api.recommendation import Recommendation
from advisor.api.verdict import Verdict
from advisor.cli import app
from advisor.errors import AdvisorError
from advisor.facts import Facts, with_facts
from advisor.inference import infer
from advisor.knowledge import load_rules
from advisor.reporting.formatting import rate
from advisor.reporting.text.questions import why_not_in_words
from advisor.results import Provenance, not_run, remark

ROOT = Path(__file__).resolve().parents[2]
FACTS = with_facts(Facts(), {"model.family": "mlp", "data.rows": 10_000, "plan.optimizer": "sgd"})


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def advice(tmp_path: Path) -> Path:
    found = infer(FACTS, load_rules())
    made = Advice(
        facts=FACTS,
        recommendation=Recommendation.of(found),
        verdict=Verdict.of(not_run(found.learning_rate, found.interval, remark("no_budget"))),
        provenance=Provenance(advisor="0", ruleset="0"),
    )
    path = tmp_path / "table.advisor.json"
    made.to_json(path)
    return path


def test_every_source_of_facts_gives_the_same_answer(advice: Path, tmp_path: Path) -> None:
    stated = ["model.family=mlp", "data.rows=10000", "plan.optimizer=sgd"]
    sheet = tmp_path / "sheet.json"
    sheet.write_text('{"model": {"family": "mlp"}, "data.rows": 10000, "plan": {"optimizer": "sgd"}}', encoding="utf-8")
    expected = why_not_in_words(advisor.why_not("adam-batch", FACTS.data, FACTS.model, FACTS.plan))
    for source in (
        [str(advice)],
        [str(sheet)],
        ["--facts", str(sheet)],
        [part for item in stated for part in ("--set", item)],
    ):
        found = run("why-not", "adam-batch", *source)
        assert found.exit_code == 0
        assert found.stdout.startswith(expected)


def test_stated_facts_win_over_the_source(advice: Path) -> None:
    found = run("why-not", "adam-batch", str(advice), "--set", "plan.optimizer=adam")
    assert found.stdout == "adam-batch fires.\n"


def test_a_table_is_profiled() -> None:
    def asked(*source: str) -> set[str]:
        found = run("ask", *source, "--set", "model.family=mlp", "--json")
        return {question["fact"] for question in json.loads(found.stdout)}

    table = str(ROOT / "examples/penguins.csv")
    assert "data.task" in asked()
    assert "data.task" not in asked(table, "--target", "species")


def test_what_if_starts_from_given_facts(advice: Path) -> None:
    found = run("what-if", str(advice), "--given", "plan.batch_size=64", "--set", "plan.batch_size=512")
    assert found.exit_code == 0
    assert found.stdout.startswith("plan.batch_size: 64 → 512\n\nLearning rate")
    assert "Rules responsible\n" in found.stdout
    forgotten = json.loads(run("what-if", str(advice), "--set", "plan.optimizer=unknown", "--json").stdout)
    assert forgotten["changes"] == [{"fact": "plan.optimizer", "now": "sgd", "to": None}]
    assert forgotten["before"]["optimizer"] == "sgd"
    assert forgotten["after"]["optimizer"] == "adamw"
    assert {"rule", "title", "before", "after"} == set(forgotten["rules"][0])


def test_why_not_says_where_the_rate_would_go(advice: Path) -> None:
    found = run("why-not", "adam-batch", str(advice))
    assert "--set plan.optimizer=adam" in found.stdout
    assert "learning rate would change from" in found.stdout
    shown = json.loads(run("why-not", "adam-batch", str(advice), "--json").stdout)
    assert shown["outcome"] == "silent"
    assert shown["changes"]


def test_ask_prints_the_weightiest_and_says_what_is_left(advice: Path) -> None:
    found = run("ask", str(advice), "--top", "2")
    assert found.stdout.startswith("1. ")
    assert "\n2. " in found.stdout
    assert "\n3. " not in found.stdout
    assert "more unknown facts change less" in found.stdout
    assert "narrows the interval" in found.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["why-not", "adam-bach"], "did you mean 'adam-batch'"),
        (["what-if"], "--set plan.batch_size=512"),
        (["what-if", "--set", "plan.batch_sise=3"], "did you mean 'plan.batch_size'"),
        (["what-if", "--set", "plan.total_steps=3"], "computed from other facts"),
        (["ask", "absent.json"], "absent.json"),
        (["ask", "absent.csv"], "absent.csv"),
        (["ask", "list.json"], "one JSON object"),
        (["ask", "advice.json"], "no advice file"),
    ],
)
def test_what_cannot_be_used_is_said(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("list.json").write_text("[]", encoding="utf-8")
    Path("advice.json").write_text('{"schema_version": "9"}', encoding="utf-8")
    found = run(*arguments)
    assert isinstance(found.exception, AdvisorError)
    assert message in str(found.exception)


def test_an_advice_answers_the_same_questions(advice: Path) -> None:
    made = Advice.from_json(advice.read_text(encoding="utf-8"))
    parts = (FACTS.data, FACTS.model, FACTS.plan)
    assert made.why_not("adam-batch") == advisor.why_not("adam-batch", *parts)
    assert made.what_if({"plan.batch_size": 512}) == advisor.what_if({"plan.batch_size": 512}, *parts)
    assert made.ask() == advisor.ask(*parts)


def moved_by_trials(advice: Path, **changes: Any) -> results.Recommendation:
    """Rewrite the advice as trials would have moved it, and return its recommendation."""
    made = Advice.from_json(advice.read_text(encoding="utf-8"))
    recommendation = made.recommendation.replaced(**changes)
    made.model_copy(update={"recommendation": recommendation}).to_json(advice)
    return recommendation


def test_what_if_keeps_what_the_trials_corrected(advice: Path) -> None:
    by_rules = infer(FACTS, load_rules()).learning_rate
    moved_by_trials(advice, learning_rate=0.5 * by_rules)
    text = run("what-if", str(advice), "--set", "plan.batch_size=512").stdout
    found = json.loads(run("what-if", str(advice), "--set", "plan.batch_size=512", "--json").stdout)
    assert found["advised"]["learning_rate"] == pytest.approx(0.5 * by_rules)
    carried = 0.5 * found["after"]["learning_rate"]
    assert f"Learning rate               {rate(0.5 * by_rules)} " in text
    assert f"→  {rate(carried)}" in text
    assert f"By the rules alone          {rate(by_rules)} " in text
    assert "The trials changed the rules' learning rate (× 0.5)" in text
    other = run("what-if", str(advice), "--set", "plan.optimizer=AdamW").stdout
    assert "→  not known" in other
    assert "says nothing about the new one" in other


def test_a_rival_that_won_the_trials_stays_what_questions_are_about(tmp_path: Path) -> None:
    facts = with_facts(Facts(), {"model.family": "mlp", "data.rows": 10_000})
    found = infer(facts, load_rules())
    winner = "sgd" if found.optimizer != "sgd" else "adamw"
    made = Advice(
        facts=facts,
        recommendation=Recommendation.of(found.replaced(optimizer=winner)),
        verdict=Verdict.of(not_run(found.learning_rate, found.interval, remark("no_budget"))),
        provenance=Provenance(advisor="0", ruleset="0"),
    )
    made.to_json(tmp_path / "a.advisor.json")
    compared = json.loads(run("what-if", str(tmp_path / "a.advisor.json"), "--set", "plan.epochs=7", "--json").stdout)
    assert (compared["before"]["optimizer"], compared["after"]["optimizer"]) == (winner, winner)
    assert made.what_if({"plan.epochs": 7}).after.optimizer == winner


@pytest.mark.parametrize("command", [["ask"], ["rules", "ablate"]], ids=" ".join)
def test_questions_name_the_answer_in_the_file_beside_the_rules(command: list[str], advice: Path) -> None:
    by_rules = infer(FACTS, load_rules()).learning_rate
    assert "trials included" not in run(*command, str(advice)).stdout
    moved_by_trials(advice, learning_rate=0.5 * by_rules)
    lead = f"The answer in the file is {rate(0.5 * by_rules)}, trials included; the rules alone say {rate(by_rules)}."
    assert run(*command, str(advice)).stdout.startswith(lead)
    assert "trials included" not in run(*command, str(advice), "--set", "plan.epochs=3").stdout


def test_a_result_can_be_piped(advice: Path) -> None:
    piped = CliRunner().invoke(app, ["ask", "-"], input=advice.read_text(encoding="utf-8"))
    assert piped.stdout == run("ask", str(advice)).stdout


@pytest.mark.parametrize(
    ("command", "name", "message"),
    [
        (["explain"], "table.advisor.html", "give the data written beside it, table.advisor.json"),
        (["report"], "table.advisor.html", "give the data written beside it, table.advisor.json"),
        (["ask"], "table.advisor.html", "give the data written beside it, table.advisor.json"),
        (["explain"], "table.csv", "such as table.advisor.json"),
        (["explain"], "other.csv", "(advisor profile other.csv writes it)"),
        (["explain"], "tabel.advisor.json", "did you mean 'table.advisor.json'"),
    ],
)
def test_another_file_of_the_same_run_is_told_what_to_give(
    command: list[str], name: str, message: str, advice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(advice.parent)
    if not name.startswith("tabel"):
        Path(name).write_text("a,b\n1,2\n", encoding="utf-8")
    found = run(*command, name)
    assert isinstance(found.exception, AdvisorError)
    assert message in str(found.exception)
