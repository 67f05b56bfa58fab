"""The five steps of tuning by hand carry the recommendation's numbers."""

from __future__ import annotations

import json
import math

from typer.testing import CliRunner

import advisor
from advisor.cli import app
from advisor.facts import ModelFacts, Plan
from advisor.results import TunePlan

MODEL = ModelFacts(family="mlp", width=64, depth=2)


def test_the_steps_of_the_founding_document_in_order() -> None:
    rec = advisor.recommend(model=MODEL, plan=Plan(optimizer="adamw", batch_size=64, steps=2_000))
    plan = rec.tune_plan()
    assert [step.title for step in plan.steps] == [
        "Range test",
        "Base training",
        "Schedule",
        "Batch size",
        "Fine-tuning",
    ]
    sweep, base, _, batch, _ = plan.steps
    assert "1e-07 to " in sweep.do[0]
    assert "200 steps" in base.do[0]
    assert all(f"{rec.learning_rate * factor:.2g}" in base.do[0] for factor in (1 / 3, 1.0, 3.0))
    assert f"batch 256: {rec.learning_rate * math.sqrt(4):.2g}" in batch.do[0]


def test_what_is_unknown_is_said_in_shares() -> None:
    plan = advisor.recommend(model=MODEL).tune_plan()
    assert "a tenth of the run" in plan.steps[1].do[0]
    assert "√(new batch / old batch)" in plan.steps[3].do[0]


def test_the_command() -> None:
    facts = ["--set", "model.family=cnn", "--set", "plan.batch_size=128"]
    shown = CliRunner().invoke(app, ["tune-plan", *facts])
    assert shown.exit_code == 0
    assert shown.stdout.startswith("1. Range test\n")
    assert max(map(len, shown.stdout.splitlines())) <= 88
    as_json = CliRunner().invoke(app, ["tune-plan", *facts, "--json"])
    assert str(TunePlan.model_validate(json.loads(as_json.stdout))) == shown.stdout
