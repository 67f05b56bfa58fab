"""The program of a shipped table runs in every framework, and ends as low as the torch program of the same advice."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

import advisor

pytestmark = pytest.mark.filterwarnings("ignore")

EXAMPLES = Path(__file__).parents[1] / "examples"
TARGETS = {"penguins": "species", "fuel_economy": "hwy", "texas_housing": "median"}
FRAMEWORKS = ["lightning", "huggingface", "keras"]


def advice_of(name: str, model: str, **plan: object) -> advisor.Advice:
    path = EXAMPLES / f"{name}.csv"
    return advisor.advise(model, path, target=TARGETS[name], plan=advisor.Plan(**plan), budget="none")


def run(folder: Path, advice: advisor.Advice, framework: str, name: str, capsys: pytest.CaptureFixture[str]) -> float:
    """Train, predict twenty rows with what was saved, and return the held-out loss that the program prints."""
    table, module = EXAMPLES / f"{name}.csv", f"train_{framework}"
    (folder / f"{module}.py").write_text(advice.code(framework, data=table), encoding="utf-8")
    (folder / "new.csv").write_text("".join(table.read_text().splitlines(keepends=True)[:21]))
    spec = importlib.util.spec_from_file_location(module, folder / f"{module}.py")
    space = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module, space)  # what is saved names its classes by this module
        patch.setattr(sys, "argv", [module])
        spec.loader.exec_module(space)
        space.main()
        assert space.predict(folder / "new.csv")["prediction"].notna().sum() == 20
    return float(capsys.readouterr().out.split("held-out loss ")[1].split()[0])


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == "penguins" else pytest.mark.slow) for name in TARGETS]
)
def test_every_framework_ends_where_torch_does(name: str, tmp_path: Path, capsys) -> None:
    advice = advice_of(name, "mlp:16,8", epochs={"texas_housing": 4}.get(name, 20), optimizer="adamw")
    constant = 1.0 if name != "penguins" else 1.04
    losses = {framework: run(tmp_path, advice, framework, name, capsys) for framework in ["torch", *FRAMEWORKS]}
    assert max(losses.values()) < 0.5 * constant
    assert max(losses.values()) - losses["torch"] < 0.1 * constant, losses


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "schedule"), [("linear", "cosine"), ("resnet-tabular:16,2", "cyclical"), ("mlp:8", "one_cycle")]
)
def test_every_model_and_early_stopping_run(model: str, schedule: str, tmp_path: Path, capsys) -> None:
    advice = advice_of("penguins", model, epochs=8, schedule=schedule, early_stopping=True)
    for framework in FRAMEWORKS:
        assert run(tmp_path, advice, framework, "penguins", capsys) < 1.2
