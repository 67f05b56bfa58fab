"""``advisor code``, ``profile --code`` and ``profile --train``, called as a user calls them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import run_here

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "examples" / "penguins.csv"


def run(*arguments: str, cwd: Path, piped: str | None = None) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    command = [sys.executable, "-m", "advisor", *arguments]
    return subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, input=piped)


def test_the_program_of_a_result_is_that_of_the_profile(tmp_path: Path) -> None:
    shutil.copy(TABLE, tmp_path)
    made = run("profile", "penguins.csv", "--budget", "none", "--code", "train.py", cwd=tmp_path)
    assert "Program: train.py" in made.stdout
    text = (tmp_path / "train.py").read_text()
    assert text == run("code", "penguins.advisor.json", cwd=tmp_path).stdout
    assert run("code", "penguins.advisor.json", "-o", "other.py", cwd=tmp_path).stdout == "Program: other.py\n"
    assert (tmp_path / "other.py").read_text() == text.replace("python train.py", "python other.py")
    told = json.loads(run("code", "penguins.advisor.json", "--json", cwd=tmp_path).stdout)
    assert told == {"framework": "torch", "code": text}
    assert (
        "TrainingArguments(" in run("code", "penguins.advisor.json", "--framework", "huggingface", cwd=tmp_path).stdout
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["code", "penguins.advisor.json", "--framework", "lighning"], "did you mean 'lightning'"),
        (["code", "penguins.advisor.json", "-o", "nowhere/train.py"], "the folder nowhere does not exist"),
        (["code", "penguins.advisor.json", "-o", "my train.py"], "a name that Python can import"),
        (["code", "penguins.csv"], "is not a result; give a .advisor.json file"),
        (["profile", "penguins.csv", "--code", "train.txt"], "a name that Python can import"),
    ],
)
def test_what_cannot_be_written_is_said(arguments: list[str], said: str, tmp_path: Path) -> None:
    shutil.copy(TABLE, tmp_path)
    run_here("profile", "penguins.csv", "--budget", "none", cwd=tmp_path)
    done = run_here(*arguments, cwd=tmp_path)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


@pytest.mark.slow
def test_train_leaves_the_trained_model_beside_the_report(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    shutil.copy(TABLE, tmp_path / "my penguins.csv")
    options = ["--budget", "none", "--epochs", "10", "--train", "-o", "made"]
    done = run("profile", "my penguins.csv", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "held-out loss" in done.stdout
    made = {path.name for path in (tmp_path / "made").iterdir() if path.is_file()}
    assert made == {
        *("my penguins.advisor.html", "my penguins.advisor.json"),
        *("my_penguins_train.py", "my_penguins_train.joblib"),
    }
    predicted = [sys.executable, "made/my_penguins_train.py", "predict", "my penguins.csv"]
    assert subprocess.run(predicted, cwd=tmp_path, capture_output=True).returncode == 0
    assert (tmp_path / "my penguins.predictions.csv").is_file()


@pytest.mark.slow
def test_a_piped_table_is_trained_on_too(tmp_path: Path) -> None:
    options = ["--target", "species", "--budget", "none", "--epochs", "10", "--train"]
    done = run("profile", "-", *options, cwd=tmp_path, piped=TABLE.read_text())
    assert done.returncode == 0, done.stderr
    assert "held-out loss" in done.stdout
    assert (tmp_path / "stdin_train.joblib").is_file()
