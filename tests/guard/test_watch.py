"""A log that grows: new points are looked at once, and what begins is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from advisor.cli import app
from advisor.errors import DataError
from advisor.guard.watch import LogWatch


def write(path: Path, losses: np.ndarray) -> None:
    rows = "".join(f"{step},{loss},0.1\n" for step, loss in enumerate(losses))
    path.write_text("step,train_loss,lr\n" + rows)


def diverging() -> np.ndarray:
    rng = np.random.default_rng(0)
    losses = (0.2 + 2.0 * np.exp(-np.arange(400) / 60)) * np.exp(0.05 * rng.normal(size=400))
    losses[300:] *= 1.3 ** np.minimum(np.arange(100), 40)
    return losses


def test_what_begins_is_said_once(tmp_path: Path) -> None:
    losses, log = diverging(), tmp_path / "log.csv"
    watched = LogWatch(log)
    said = []
    for rows in (3, 100, 250, 311, 330, 400):
        write(log, losses[:rows])
        said.append([problem.symptom for problem in watched.look()])
    assert said == [[], [], [], [], ["diverged"], []]
    assert watched.problems[0].rate_factor == pytest.approx(0.2)
    assert not watched.look()
    assert not watched.has_grown


@pytest.mark.parametrize("kind", ["jsonl", "log", "json"])
def test_logs_of_other_forms_are_watched_as_they_grow(kind: str, tmp_path: Path) -> None:
    losses, log = diverging(), tmp_path / f"log.{kind}"
    rows = [{"step": step, "loss": float(loss), "learning_rate": 0.1} for step, loss in enumerate(losses)]
    lines = {
        "jsonl": [json.dumps(row) for row in rows],
        "log": [f"step {row['step']}/400 | loss {row['loss']:.4f} | lr 1.0e-01" for row in rows],
        "json": rows,
    }[kind]
    watched, said = LogWatch(log), []
    for length in (100, 311, 400):
        so_far = lines[:length]
        log.write_text(
            json.dumps({"log_history": so_far}) if kind == "json" else "".join(f"{line}\n" for line in so_far)
        )
        said.append([(problem.symptom, problem.step < 325) for problem in watched.look()])
    assert said == [[], [], [("diverged", True)]]


def test_the_command_ends_with_one_when_something_is_wrong(tmp_path: Path) -> None:
    write(tmp_path / "bad.csv", diverging())
    done = CliRunner().invoke(app, ["watch", str(tmp_path / "bad.csv"), "--once"])
    assert (done.exit_code, "divergence: since step" in done.stdout) == (1, True)
    told = CliRunner().invoke(app, ["watch", str(tmp_path / "bad.csv"), "--once", "--json"])
    assert json.loads(told.stdout)["symptom"] == "diverged"
    write(tmp_path / "good.csv", diverging()[:300])
    done = CliRunner().invoke(app, ["watch", str(tmp_path / "good.csv"), "--once"])
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "No problem seen.")
    assert "--total-steps, or afterwards `advisor diagnose" in done.stdout
    known = CliRunner().invoke(app, ["watch", str(tmp_path / "good.csv"), "--once", "--total-steps", "900"])
    assert (known.exit_code, known.stdout) == (0, "No problem seen.\n")
    waited = CliRunner().invoke(app, ["watch", str(tmp_path / "good.csv"), "--every", "0.1", "--patience", "0.1"])
    assert waited.stdout.startswith(f"{tmp_path / 'good.csv'}: 300 points so far. Looks every 0.1 s")


def test_a_log_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        LogWatch(tmp_path / "nothing.csv").look()
