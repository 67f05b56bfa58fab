"""What the commands print around their results: progress, paths, whole names in pipes, names as people write them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from advisor.cli import app
from advisor.cli.console import ProgressLines
from advisor.facts.registry import registry

ROOT = Path(__file__).resolve().parents[2]
PENGUINS = ROOT / "examples/penguins.csv"


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


def test_a_pipe_gets_whole_lines_without_blanks_behind_them() -> None:
    lines = run("facts").stdout.splitlines()
    for path in registry():
        assert sum(line.split()[:1] == [path] for line in lines) == 1, path
    assert not any(line.endswith(" ") for line in lines)


@pytest.mark.parametrize("width", [44, 60, 80, 139, 140])
def test_fact_names_are_never_broken(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    first = {line.split()[0] for line in run("facts").stdout.splitlines() if line.strip()}
    assert set(registry()) <= first


def test_profile_says_first_what_it_predicts_and_last_where_the_page_is() -> None:
    lines = run("profile", str(PENGUINS), "--budget", "none").stdout.splitlines()
    answer = next(number for number, line in enumerate(lines) if "peak learning rate" in line)
    assert any("Predicts species: classification with 3 classes." in line for line in lines[:answer])
    assert any("Target guessed from its name" in line for line in lines[:answer])
    assert not any("Target guessed" in line for line in lines[answer:])
    assert lines[-2:] == ["Report: penguins.advisor.html", "Data: penguins.advisor.json"]


def test_quiet_prints_the_paths_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    found = run("profile", str(PENGUINS), "--budget", "none", "--quiet", "-o", "out")
    assert found.output.splitlines() == ["out/penguins.advisor.html", "out/penguins.advisor.json"]
    assert all(Path(line).is_file() for line in found.output.splitlines())


def test_open_shows_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened: list[str] = []
    monkeypatch.setattr(typer, "launch", opened.append)
    run("diagnose", str(ROOT / "examples/fuel_economy_run.csv"), "--optimizer", "AdamW", "--lr", "0.2", "--open")
    assert opened == [(tmp_path / "fuel_economy_run.diagnosis.html").as_uri()]


def test_a_table_can_be_piped() -> None:
    table = PENGUINS.read_bytes()
    piped = json.loads(run("facts", "-", "--json", stdin=table).stdout)
    assert piped == json.loads(run("facts", str(PENGUINS), "--json").stdout) | {"name": piped["name"]}
    found = run("profile", "-", "--budget", "none", stdin=table)
    assert found.stdout.endswith("Report: stdin.advisor.html\nData: stdin.advisor.json\n")
    assert run("facts", "-", stdin=b"").exit_code != 0


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("plan.optimizer=AdamW", "adamw"),
        ("plan.optimizer=Schedule-Free AdamW", "schedule_free_adamw"),
        ("plan.schedule=one-cycle", "one_cycle"),
        ("plan.schedule=Cosine decay", "cosine"),
        ("plan.schedule=warm-up, stable, decay", "warmup_stable_decay"),
    ],
)
def test_names_are_taken_as_they_are_printed(written: str, meant: str) -> None:
    setting = written.partition("=")[0].removeprefix("plan.")
    found = run("recommend", "--set", "model.family=Language model", "--set", written, "--json")
    assert json.loads(found.stdout)[setting] == meant


def test_a_batch_in_tokens_is_said_in_tokens() -> None:
    stated = ["model.family=language_model", "plan.tokens=2e10", "plan.batch_tokens=5e5"]
    text = run("recommend", *(part for item in stated for part in ("--set", item))).stdout
    assert "batch 500,000 tokens, 40,000 steps" in text
    assert "batch 32" not in text


def test_long_work_shows_life_in_a_log_and_short_work_does_not() -> None:
    seconds = iter([0.0, 1.0, 12.0, 15.0, 42.0])
    stream = io.StringIO()
    report = ProgressLines(stream, lambda: next(seconds))
    report("reading", None)
    report("training", 0.0)
    report("training", 0.1)
    assert stream.getvalue() == "  12 s  training\n"
    report("training", 0.5)
    assert stream.getvalue().splitlines()[1] == "  42 s  training: 50 %, about 30 s left"


def test_examples_stand_one_on_a_line() -> None:
    for command in ("profile", "ask", "explain", "why-not", "what-if", "inspect", "tune-plan", "diagnose", "report"):
        lines = [line.strip() for line in run(command, "--help").stdout.splitlines()]
        start = next(number for number, line in enumerate(lines) if line in {"Example:", "Examples:"})
        assert lines[start + 1].startswith(("advisor ", "zcat "))
        assert all(line.count("advisor ") <= 1 for line in lines[start + 1 : start + 4])


def test_shell_completion_can_be_installed() -> None:
    assert "--install-completion" in run("--help").stdout
