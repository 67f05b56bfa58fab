"""``advisor diagnose`` and ``advisor tune-plan``, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import advisor
from advisor.api.advice import Advice
from advisor.api.diagnosis import Diagnosis
from advisor.api.tuning import TuningPlan
from advisor.api.verdict import Verdict
from advisor.cli import app
from advisor.errors import DataError, FactError, PlanError
from advisor.results import Provenance, not_run, remark

ROOT = Path(__file__).resolve().parents[2]
LOG = str(ROOT / "examples" / "fuel_economy_run.csv")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports are written to the working folder."""
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_the_example_log_is_diagnosed_as_the_readme_says() -> None:
    found = run("diagnose", LOG, "--optimizer", "adamw", "--batch-size", "16")
    assert found.exit_code == 0
    text = " ".join(found.stdout.split())
    assert "! plateau, from epoch 4 of 100 on" in text
    assert "Learning rate 0.2 → 0.02" in text
    assert "The loss stopped falling at a constant rate" in text


def test_explain_adds_rules_and_sources() -> None:
    found = run("diagnose", LOG, "--optimizer", "adamw", "--explain")
    assert "(thrown-off-at-a-high-rate)" in found.stdout
    assert "source:" in found.stdout
    assert max(len(line) for line in found.stdout.splitlines()) <= 88


def test_json_is_the_librarys_answer() -> None:
    found = run("diagnose", LOG, "--optimizer", "adamw", "--learning-rate", "0.2", "--json")
    assert Diagnosis.from_json(found.stdout) == advisor.diagnose(LOG, optimizer="adamw", learning_rate=0.2)


def test_facts_can_be_told_by_set_and_by_sheet(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.json"
    sheet.write_text('{"plan.optimizer": "adamw", "model.convex": false}', encoding="utf-8")
    by_sheet = run("diagnose", LOG, "--facts", str(sheet), "--json").stdout
    assert (
        by_sheet
        == run("diagnose", LOG, "--set", "plan.optimizer=adamw", "--set", "model.convex=false", "--json").stdout
    )
    assert json.loads(by_sheet)["recipe"]["optimizer"] == "adamw"


def test_columns_are_chosen_by_name(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("a,b\n" + "".join(f"{2 - i / 10},{1e-3}\n" for i in range(10)), encoding="utf-8")
    found = json.loads(run("diagnose", str(log), "--loss-column", "a", "--rate-column", "b", "--json").stdout)
    assert found["recipe"]["learning_rate"] == 1e-3


def test_a_page_and_its_data_are_written_and_the_page_can_be_drawn_again(tmp_path: Path) -> None:
    found = run("diagnose", LOG, "--optimizer", "adamw", "-o", str(tmp_path))
    page, data = tmp_path / "fuel_economy_run.diagnosis.html", tmp_path / "fuel_economy_run.diagnosis.json"
    assert found.stdout.endswith(f"Report: {page}\nData: {data}\n")
    first = page.read_text(encoding="utf-8")
    assert Diagnosis.from_json(data.read_text(encoding="utf-8")).to_html() == first
    page.unlink()
    assert run("report", str(data)).exit_code == 0
    assert page.read_text(encoding="utf-8") == first
    assert run("report", str(data), "--json").stdout == data.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", [[], ["--json"], ["--explain"]])
def test_nothing_is_written_when_no_report_is_wanted(form: list[str]) -> None:
    assert run("diagnose", LOG, "--no-report", *form).exit_code == 0
    assert list(Path().iterdir()) == []
    assert run("diagnose", LOG, *form).exit_code == 0
    assert sorted(path.name for path in Path().iterdir()) == [
        "fuel_economy_run.diagnosis.html",
        "fuel_economy_run.diagnosis.json",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty; give a log with a header"),
        ("step,loss\n" + "1,bad\n" * 9, "the column 'loss' holds no number; log the loss as a number"),
        ("epoch,val_accuracy\n" + "1,0.5\n2,0.6\n" * 9, "accuracies and other scores cannot stand in for it"),
        ("step,loss\n1,2\n2,1\n", "only 2 points of a loss were logged; at least 5"),
    ],
)
def test_a_log_that_cannot_be_used_says_what_and_why(text: str, says: str, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(text, encoding="utf-8")
    found = run("diagnose", str(log))
    assert isinstance(found.exception, DataError)
    assert str(found.exception).startswith("log.csv: ")
    assert says in str(found.exception)


def test_a_diagnosis_is_no_log_and_its_page_is_pointed_to() -> None:
    run("diagnose", LOG)
    found = run("diagnose", "fuel_economy_run.diagnosis.json")
    assert "advisor report fuel_economy_run.diagnosis.json" in str(found.exception)


def test_a_report_of_something_else_is_refused(tmp_path: Path) -> None:
    for text in ("{}", "[", '{"symptoms": []}', "[1]"):
        (tmp_path / "x.json").write_text(text, encoding="utf-8")
        assert isinstance(run("report", str(tmp_path / "x.json")).exception, DataError)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (["nowhere.csv"], DataError, "nowhere.csv: cannot be read"),
        ([LOG, "--loss-column", "los"], DataError, "no column 'los'"),
        ([LOG, "--optimizer", "admw"], PlanError, "did you mean 'adamw'"),
        ([LOG, "--learning-rate", "-1"], PlanError, "learning_rate"),
        ([LOG, "-o", "nowhere"], DataError, "--output nowhere: no such folder"),
        ([LOG, "--set", "history.slow=true"], FactError, "read from the log"),
        ([str(ROOT / "examples" / "penguins.csv")], DataError, "no column is recognised as a loss"),
    ],
)
def test_bad_input_is_an_input_error(arguments: list[str], error: type[Exception], says: str) -> None:
    found = run("diagnose", *arguments)
    assert isinstance(found.exception, error)
    assert says in str(found.exception)


def test_tune_plan_of_a_table_takes_its_preset() -> None:
    found = run("tune-plan", str(ROOT / "examples" / "fuel_economy.csv"), "--target", "hwy")
    assert found.exit_code == 0
    assert [line[:2] for line in found.stdout.splitlines() if line[:2] in {f"{n}." for n in range(1, 6)}] == [
        "1.",
        "2.",
        "3.",
        "4.",
        "5.",
    ]


def test_tune_plan_of_an_advice_starts_from_its_trials(tmp_path: Path) -> None:
    rec = advisor.recommend(model=advisor.ModelFacts(family="mlp")).replaced(learning_rate=0.0123)
    made = Advice(
        facts=advisor.Facts(model=advisor.ModelFacts(family="mlp")),
        recommendation=rec,
        verdict=Verdict.of(not_run(rec.learning_rate, rec.interval, remark("no_budget"))),
        provenance=Provenance(advisor="0", ruleset="0"),
    )
    path = tmp_path / "x.advisor.json"
    made.to_json(path)
    assert run("tune-plan", str(path)).stdout == str(made.tune_plan())
    changed = run("tune-plan", str(path), "--set", "model.family=cnn", "--json").stdout
    assert TuningPlan.model_validate_json(changed).recommendation.learning_rate != 0.0123


def test_tune_plan_in_json_is_the_librarys_answer() -> None:
    found = run("tune-plan", "--set", "model.family=mlp", "--set", "plan.epochs=10", "--json")
    expected = advisor.tune_plan(model=advisor.ModelFacts(family="mlp"), plan=advisor.Plan(epochs=10))
    assert TuningPlan.model_validate_json(found.stdout) == expected
