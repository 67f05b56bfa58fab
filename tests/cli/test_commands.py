"""The command line, called as a user calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import run_here

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "advisor", *arguments]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **environment}
    return subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True)


def advise(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run("profile", *arguments, "--budget", "none", cwd=cwd)


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["profile"],
        ["facts"],
        ["inspect"],
        ["recommend"],
        ["explain"],
        ["why-not"],
        ["what-if"],
        ["ask"],
        ["report"],
        ["code"],
        ["rules"],
        ["rules", "list"],
    ],
    ids=" ".join,
)
def test_help_teaches(command: list[str], tmp_path: Path) -> None:
    shown = run(*command, "--help", cwd=tmp_path)
    assert shown.returncode == 0
    assert "Usage: " in shown.stdout
    if command and command != ["rules"]:
        assert "Example" in shown.stdout


def test_facts_are_listed_with_units(tmp_path: Path) -> None:
    listed = run("facts", "--json", cwd=tmp_path)
    by_path = {item["path"]: item for item in json.loads(listed.stdout)}
    assert by_path["plan.total_steps"]["unit"] == "steps"
    assert by_path["plan.total_steps"]["is_derived"]
    assert "plan.total_steps" in run("facts", cwd=tmp_path).stdout


def test_facts_of_a_file(tmp_path: Path) -> None:
    found = run("facts", str(ROOT / "examples/penguins.csv"), "--target", "species", "--json", cwd=tmp_path)
    facts = json.loads(found.stdout)
    assert (facts["rows"], facts["task"], facts["target"]["classes"]) == (344, "multiclass", 3)


def test_recommend_from_facts_alone(tmp_path: Path) -> None:
    stated = ["--set", "model.family=mlp", "--set", "plan.optimizer=adam", "--set", "plan.schedule=cosine"]
    found = json.loads(run("recommend", *stated, "--json", cwd=tmp_path).stdout)
    assert found["optimizer"] == "adam"
    assert found["interval"]["lower"] <= found["learning_rate"] <= found["interval"]["upper"]


def test_recommend_reads_a_fact_sheet(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.json"
    sheet.write_text('{"model": {"family": "mlp"}, "plan.optimizer": "sgd"}', encoding="utf-8")
    found = run("recommend", "--facts", str(sheet), "--json", cwd=tmp_path)
    assert json.loads(found.stdout)["optimizer"] == "sgd"


def test_explain_names_rules_and_factors(tmp_path: Path) -> None:
    told = ("model.family=cnn", "plan.optimizer=adam", "plan.batch_size=512", "data.rows=50000")
    text = run("explain", *(part for fact in told for part in ("--set", fact)), cwd=tmp_path).stdout
    assert "learning rate" in text.lower()
    assert "×" in text or "→" in text


def test_profile_writes_report_and_json_and_report_renders_again(tmp_path: Path) -> None:
    done = advise(str(ROOT / "examples/penguins.csv"), "--target", "species", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = tmp_path / "penguins.advisor.html"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    again = run("report", "penguins.advisor.json", "-o", "again.html", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()
    explained = run("explain", "penguins.advisor.json", cwd=tmp_path)
    assert "learning rate" in explained.stdout.lower()


def test_json_goes_alone_to_standard_output(tmp_path: Path) -> None:
    done = advise(str(ROOT / "examples/penguins.csv"), "--target", "species", "--json", "--no-report", cwd=tmp_path)
    assert json.loads(done.stdout)["recommendation"]["learning_rate"] > 0
    assert list(tmp_path.iterdir()) == []


def test_inspect_a_preset_and_a_factory(tmp_path: Path) -> None:
    shown = run("inspect", "mlp:128,64", "--inputs", "20", "--outputs", "3", "--json", cwd=tmp_path)
    facts = json.loads(shown.stdout)
    assert (facts["depth"], facts["width"]) == (2, 128)
    module = tmp_path / "mine.py"
    module.write_text("from torch import nn\ndef build():\n    return nn.Linear(3, 1)\n", encoding="utf-8")
    assert json.loads(run("inspect", "mine:build", "--json", cwd=tmp_path).stdout)["parameters"] == 4


def test_rules_can_be_listed_shown_and_checked(tmp_path: Path) -> None:
    listed = json.loads(run("rules", "list", "--json", cwd=tmp_path).stdout)
    assert len(listed) >= 60
    shown = run("rules", "show", listed[0]["id"], cwd=tmp_path)
    assert listed[0]["title"] in shown.stdout
    assert run("rules", "check", cwd=tmp_path).returncode == 0
    missing = run("rules", "show", listed[0]["id"] + "x", cwd=tmp_path)
    assert missing.returncode == 2
    assert "did you mean" in missing.stderr


BAD_TABLES = {
    "empty.csv": b"",
    "header.csv": b"a,b,c\n",
    "one_row.csv": b"a,b,c\n1,2,3\n",
    "binary.csv": bytes(range(256)) * 40,
    "duplicate_names.csv": b"a,a,y\n" + b"1,2,3\n4,5,7\n" * 20,
    "constant_target.csv": b"a,y\n" + b"".join(b"%d,1\n" % i for i in range(40)),
    "empty_target.csv": b"a,y\n" + b"".join(b"%d,\n" % i for i in range(40)),
    "id_target.csv": b"a,y\n" + b"".join(b"%d,id-%05d\n" % (i % 7, i) for i in range(200)),
    "nothing_usable.csv": b"a,y\n" + b"".join(b"7,%d\n" % (i % 5) for i in range(40)),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_table_that_cannot_be_used_ends_with_a_clear_error(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(BAD_TABLES[name])
    target = ["--target", "a"] if name == "duplicate_names.csv" else []
    done = run_here("profile", name, *target, "--budget", "none", cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert name in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.csv"], "missing.csv"),
        (["t.csv", "--target", "prize"], "did you mean 'price'"),
        (["t.csv", "--optimizer", "admw"], "did you mean 'adamw'"),
        (["t.csv", "--schedule", "cosin"], "did you mean 'cosine'"),
        (["t.csv", "--model", "mpl"], "did you mean 'mlp'"),
        (["t.csv", "--epochs", "0"], "epochs"),
        (["t.csv", "--batch-size", "-4"], "batch_size"),
        (["t.csv", "--batch-size", "100000"], "larger than"),
        (["t.csv", "--budget", "qick"], "did you mean 'quick'"),
        (["t.csv", "--rules", "nowhere"], "nowhere"),
        (["t.csv", "--output", "nowhere"], "nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_cannot_be_used_end_with_a_clear_error(arguments: list[str], message: str, tmp_path: Path) -> None:
    rows = "".join(f"{i % 17},{i % 5},{i * 0.5}\n" for i in range(120))
    (tmp_path / "t.csv").write_text("rooms,floor,price\n" + rows, encoding="utf-8")
    done = run_here("profile", *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_a_known_fact_is_told_to_a_profile(tmp_path: Path) -> None:
    rows = "".join(f"{n % 7},{n % 5},{n % 7 + 2 * (n % 5)}\n" for n in range(200))
    (tmp_path / "t.csv").write_text("a,b,c\n" + rows, encoding="utf-8")
    told = ("t.csv", "--json", "--no-report", "--set", "plan.early_stopping=true")
    found = json.loads(advise(*told, cwd=tmp_path).stdout)
    assert found["facts"]["plan"]["early_stopping"] is True
    assert found["recommendation"]["schedule"] == "constant"
    wrong = advise("t.csv", "--set", "plan.early_stoping=true", cwd=tmp_path)
    assert (wrong.returncode, "did you mean 'plan.early_stopping'?" in wrong.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("profile", "t.csv", "--report", "x.html"),
            "\n--report takes no value; python -m advisor profile --help says what it takes",
        ),
        (("profile", "t.csv", "more.csv"), "\npython -m advisor profile --help says what it takes"),
        (
            ("what-if", "t.csv", "plan.epochs=9"),
            "\na fact is given as --set plan.epochs=9; python -m advisor what-if --help says what it takes",
        ),
        (("profile",), "\npython -m advisor profile --help says what it takes"),
        (("rules", "lst"), "\npython -m advisor rules --help says what it takes"),
    ],
)
def test_a_wrong_command_line_ends_with_where_to_look(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
