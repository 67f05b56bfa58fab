"""From a log to changes and their reasons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import advisor
from advisor.cli import app
from advisor.errors import DataError
from advisor.facts import Plan
from advisor.results import Change, Diagnosis

ROOT = Path(__file__).resolve().parents[2]
LOG = ROOT / "examples/training_log.csv"
TIME = np.arange(200) / 200
FALL = 2.0 * np.exp(-5 * TIME) + 0.3


def diagnosed(loss: np.ndarray, rate: float | None = 0.1, optimizer: str = "sgd") -> Diagnosis:
    rates = {"lr": [rate] * len(loss)} if rate is not None else {}
    return advisor.diagnose({"loss": loss.tolist(), **rates}, plan=Plan(optimizer=optimizer))


def change(found: Diagnosis, setting: str) -> Change:
    return next(item for item in found.changes if item.setting == setting)


def test_a_healthy_log_changes_nothing() -> None:
    cosine = (0.1 * (1 + np.cos(np.pi * TIME)) / 2).tolist()
    found = advisor.diagnose({"loss": FALL.tolist(), "lr": cosine}, plan=Plan(optimizer="sgd"))
    assert found.healthy
    assert found.changes == ()
    assert "What to change\n──────────────\n  nothing" in str(found)


def test_a_divergence_lowers_the_rate_that_was_used() -> None:
    found = diagnosed(np.where(TIME < 0.5, FALL, 0.45 * np.exp(8 * (TIME - 0.5))))
    rate = change(found, "learning_rate")
    assert rate.before == pytest.approx(0.1)
    assert rate.factor is not None
    assert rate.factor < 0.5
    assert rate.after == pytest.approx(0.1 * rate.factor)
    assert "diverged" in {rule.id for rule in rate.rules}
    assert change(found, "clip_norm").after == 1.0


def test_without_the_rate_there_is_a_factor_and_a_way_to_tell_it() -> None:
    slow = 2.3 - 0.2 * TIME
    found = diagnosed(slow, rate=None)
    rate = change(found, "learning_rate")
    assert rate.after is None
    assert rate.factor is not None
    assert rate.factor > 1.5
    assert any("--learning-rate" in item for item in found.missing)
    told = advisor.diagnose({"loss": slow.tolist()}, plan=Plan(optimizer="sgd"), learning_rate=1e-4)
    assert change(told, "learning_rate").after == pytest.approx(1e-4 * rate.factor)


def test_swings_at_a_constant_rate_want_decay() -> None:
    swings = FALL + 0.5 + np.where(TIME > 0.2, 0.4 * np.sin(np.arange(200) * 0.16), 0.0)
    found = diagnosed(swings)
    schedule = change(found, "schedule")
    assert (schedule.before, schedule.after) == ("constant", "cosine")


def test_nothing_hangs_on_an_optimizer_that_was_not_told() -> None:
    log = {"loss": FALL.tolist(), "val_loss": (0.6 + (TIME - 0.3) ** 2).tolist(), "epoch": list(range(200))}
    told = advisor.diagnose(log, plan=Plan(optimizer="adamw"))
    assert change(told, "weight_decay").after == 0.1
    untold = advisor.diagnose(log)
    assert "weight_decay" not in {item.setting for item in untold.changes}
    assert change(untold, "epochs") == change(told, "epochs")
    assert any("--optimizer" in item for item in untold.missing)


def test_json_round_trip() -> None:
    found = diagnosed(np.where(TIME < 0.5, FALL, np.nan))
    assert Diagnosis.from_json(found.to_json()) == found
    with pytest.raises(DataError, match="no diagnosis file"):
        Diagnosis.from_json("{}")


def test_the_command_on_the_example() -> None:
    shown = CliRunner().invoke(app, ["diagnose", str(LOG), "--optimizer", "sgd"])
    assert shown.exit_code == 0
    assert "loss grows without coming back" in shown.stdout
    assert "0.4 → 0.08" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 88
    as_json = CliRunner().invoke(app, ["diagnose", str(LOG), "--optimizer", "sgd", "--json"])
    assert Diagnosis.from_json(as_json.stdout).changes == advisor.diagnose(LOG, plan=Plan(optimizer="sgd")).changes
    with pytest.raises(DataError, match="no column 'nll'"):
        CliRunner().invoke(app, ["diagnose", str(LOG), "--loss-column", "nll"], catch_exceptions=False)
