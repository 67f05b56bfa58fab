"""``--budget`` takes names and seconds."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from advisor.cli import app
from advisor.cli.profile_command import checked_budget
from advisor.errors import PlanError


def test_names_and_seconds() -> None:
    assert checked_budget("quick") == "quick"
    assert checked_budget("2.5") == 2.5


@pytest.mark.parametrize("wrong", ["0", "-3", "nan", "inf", "fast"])
def test_what_is_neither_is_told(wrong: str) -> None:
    with pytest.raises(PlanError, match=f"--budget {wrong}: must be a number of seconds or one of none, quick"):
        checked_budget(wrong)


def test_a_slip_of_the_pen_is_recognised() -> None:
    with pytest.raises(PlanError, match="quick"):
        checked_budget("quik")


@pytest.mark.slow
def test_an_earlier_check_is_told_and_repeated(tmp_path: Path) -> None:
    table = tmp_path / "numbers.csv"
    table.write_text(
        "a,b,c\n" + "".join(f"{n % 7},{n % 5},{n % 7 + 2 * (n % 5)}\n" for n in range(120)), encoding="utf-8"
    )
    for folder in ("first", "again"):
        (tmp_path / folder).mkdir()
    made = ["profile", str(table), "--target", "c", "--epochs", "2"]
    first = CliRunner().invoke(app, [*made, "--budget", "quick", "--output", str(tmp_path / "first")])
    assert first.exit_code == 0
    assert "Plan: one full training takes less than 1 s" in first.stderr
    earlier = tmp_path / "first" / "numbers.advisor.json"
    again = CliRunner().invoke(app, [*made, "--plan-from", str(earlier), "--output", str(tmp_path / "again")])
    assert again.exit_code == 0
    assert (tmp_path / "again" / "numbers.advisor.json").read_bytes() == earlier.read_bytes()


def test_a_plan_and_a_budget_exclude_each_other(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["profile", "no.csv", "--budget", "quick", "--plan-from", str(tmp_path / "a.json")])
    assert isinstance(found.exception, PlanError)
    assert "--plan-from repeats the check of its result; leave --budget out" in str(found.exception)
