"""The program of a shipped table runs in every framework, and ends as low as the torch program of the same advice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import advisor

EXAMPLES = Path(__file__).parents[1] / "examples"
TARGETS = {"penguins": "species", "fuel_economy": "hwy", "texas_housing": "median"}
FRAMEWORKS = ["lightning", "huggingface", "keras"]


def advice_of(name: str, model: str, **plan: object) -> advisor.Advice:
    path = EXAMPLES / f"{name}.csv"
    return advisor.advise(model, path, target=TARGETS[name], plan=advisor.Plan(**plan), budget="none")


def run(folder: Path, advice: advisor.Advice, framework: str, name: str) -> float:
    program = folder / f"train_{framework}.py"
    program.write_text(advice.code(framework, data=EXAMPLES / f"{name}.csv"), encoding="utf-8")
    rows = folder / "new.csv"
    rows.write_text("".join((EXAMPLES / f"{name}.csv").read_text().splitlines(keepends=True)[:21]))
    for arguments in ([], ["predict", str(rows)]):
        done = subprocess.run(
            [sys.executable, program, *arguments], capture_output=True, text=True, cwd=folder, check=False
        )
        assert done.returncode == 0, done.stderr
        if not arguments:
            loss = float(done.stdout.split("held-out loss ")[1].split()[0])
    assert len((folder / "new.predictions.csv").read_text().splitlines()) == 21
    return loss


@pytest.mark.parametrize("name", TARGETS)
def test_every_framework_ends_where_torch_does(name: str, tmp_path: Path) -> None:
    advice = advice_of(name, "mlp:16,8", epochs={"texas_housing": 4}.get(name, 20), optimizer="adamw")
    constant = 1.0 if name != "penguins" else 1.04
    losses = {framework: run(tmp_path, advice, framework, name) for framework in ["torch", *FRAMEWORKS]}
    assert max(losses.values()) < 0.5 * constant
    assert max(losses.values()) - losses["torch"] < 0.1 * constant, losses


@pytest.mark.parametrize(
    ("model", "schedule"), [("linear", "cosine"), ("resnet-tabular:16,2", "cyclical"), ("mlp:8", "one_cycle")]
)
def test_every_model_and_early_stopping_run(model: str, schedule: str, tmp_path: Path) -> None:
    advice = advice_of("penguins", model, epochs=8, schedule=schedule, early_stopping=True)
    for framework in FRAMEWORKS:
        assert run(tmp_path, advice, framework, "penguins") < 1.2
