"""What a file of text is read by can be said to every command that reads one, and what was assumed stands first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from advisor.cli import app
from advisor.errors import DataError

OPTIONS = {
    *("--delimiter", "--quote", "--encoding", "--decimal", "--thousands", "--na", "--header", "--no-header", "--skip"),
    *("--types", "--date-format"),
}


@pytest.mark.parametrize("name", ["profile", "facts", "why-not", "what-if", "ask", "tune-plan", "rules ablate"])
def test_every_command_that_reads_a_table_takes_the_options(name: str) -> None:
    command = get_command(app)
    for part in name.split():
        command = command.commands[part]
    named = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert named >= OPTIONS


def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.txt"
    lines = [
        f"'{i % 7:05d}':{1 + i % 9},{100 + i}:{i % 28 + 1:02d}/{i % 3 + 1:02d}/2020:{(i % 5, -999)[i % 6 == 0]}"
        for i in range(60)
    ]
    path.write_text("\n".join(["made by hand", *lines]), encoding="cp1252")
    return path


def test_all_of_them_reach_the_reader(tmp_path: Path) -> None:
    given = "--delimiter : --quote ' --encoding cp1252 --decimal , --thousands . --na -999 --no-header --skip 1"
    more = ["--types", "column 1=text", "--date-format", "%d/%m/%Y", "--json"]
    run = CliRunner().invoke(app, ["facts", str(table(tmp_path)), *given.split(), *more])
    assert run.exit_code == 0, run.output
    facts = json.loads(run.stdout)
    kinds = {column["name"]: column["kind"] for column in facts["columns"]}
    assert kinds == {"column 1": "categorical", "column 2": "numeric", "column 3": "date", "column 4": "integer"}
    columns = {column["name"]: column for column in facts["columns"]}
    assert columns["column 2"]["max"] < 10.0
    assert columns["column 4"]["missing"] == pytest.approx(1 / 6)
    assert facts["reading"][0].startswith("Read as CP1252 text")


def test_what_was_assumed_is_printed_first(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a;b;y\n" + "".join(f"{i};{i % 7};{i % 5}\n" for i in range(60)) + "1;2\n", encoding="utf-8")
    run = CliRunner().invoke(app, ["facts", str(path)])
    first, second = [line for line in run.stdout.splitlines() if line.strip()][:2]
    assert "fields separated by semicolons; names in line 1" in first
    assert "Line 62 has 2 fields" in second


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--delimiter", "abcde"], "at most four characters"),
        (["--types", "a"], "COLUMN=KIND"),
        (["--types", "a=colour"], "number, text, date, boolean"),
        (["--encoding", "klingon"], "encoding"),
        (["--decimal", "x"], "decimal"),
        (["--date-format", "day"], "date_format"),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path: Path, given: list[str], message: str) -> None:
    run = CliRunner().invoke(app, ["facts", str(table(tmp_path)), *given])
    assert isinstance(run.exception, DataError)
    assert message in str(run.exception)
