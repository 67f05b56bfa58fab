"""Programs of tables for other frameworks than torch; ``integrations`` runs those that need other packages."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

import advisor
from advisor.errors import PlanError
from advisor.recipe.code import FRAMEWORKS, programs

EXAMPLES = Path(__file__).parents[2] / "examples"
PACKAGES = {"torch": "torch", "lightning": "lightning", "huggingface": "transformers", "keras": "keras"}


def advice_of(model: object, name: str = "penguins", **plan: object) -> advisor.Advice:
    target = {"penguins": "species", "fuel_economy": "hwy"}[name]
    settings = {"epochs": 3, **plan}
    return advisor.advise(model, EXAMPLES / f"{name}.csv", target=target, plan=advisor.Plan(**settings), budget="none")


@pytest.mark.parametrize(
    ("model", "name", "schedule", "early_stopping"),
    [
        ("linear", "penguins", "cosine", False),
        ("mlp:16,8", "fuel_economy", "one_cycle", True),
        ("resnet-tabular:16,2", "penguins", "cyclical", True),
        ("mlp:8", "fuel_economy", "constant", False),
    ],
)
def test_every_program_is_python_without_advisor(model: str, name: str, schedule: str, early_stopping: bool) -> None:
    found = programs(advice_of(model, name, schedule=schedule, early_stopping=early_stopping))
    assert list(found) == list(PACKAGES)
    for framework, text in found.items():
        modules = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
        imported = {str(getattr(node, "module", None) or node.names[0].name).split(".")[0] for node in modules}
        assert PACKAGES[framework] in imported
        assert "advisor" not in imported
        assert max(map(len, text.splitlines())) <= 125
        assert ("PATIENCE" in text) == early_stopping


def test_without_torch_the_rest_of_the_program_needs_none() -> None:
    assert "import torch" not in advice_of("mlp:8").code("keras")
    assert "import torch" not in advice_of(MLPClassifier((8,), max_iter=3)).code("sklearn")


@pytest.mark.parametrize("framework", [one for one in FRAMEWORKS if one not in {"torch", "sklearn"}])
def test_the_same_data_and_the_same_report_in_every_framework(framework: str) -> None:
    def functions(text: str) -> dict[str, str]:
        return {node.name: ast.unparse(node) for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}

    advice = advice_of("mlp:8")
    mine, other = functions(advice.code()), functions(advice.code(framework))
    assert {name for name in mine if mine[name] == other.get(name)} >= {"read", "encoder", "report", "split"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (MLPClassifier((16,), max_iter=20), "penguins"),
        (MLPRegressor((16,), solver="sgd", activation="tanh", max_iter=20), "fuel_economy"),
    ],
)
def test_the_program_of_scikit_learn_trains_its_own_estimator_and_predicts(estimator, name, tmp_path: Path) -> None:
    path = EXAMPLES / f"{name}.csv"
    target = {"penguins": "species", "fuel_economy": "hwy"}[name]
    advice = advisor.advise(estimator, path, target=target, budget="quick")
    (tmp_path / "train.py").write_text(advice.code("sklearn", data=path), encoding="utf-8")
    for arguments in ([], ["predict", str(path)]):
        command = [sys.executable, tmp_path / "train.py", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        if not arguments:
            loss = float(done.stdout.split("held-out loss ")[1].split()[0])
            assert loss < 0.5 * advice.verdict.constant_loss
    (path.parent / f"{name}.predictions.csv").unlink()


def test_scikit_learn_is_refused_where_another_model_was_checked() -> None:
    with pytest.raises(PlanError, match=r"write advisor.advise\(MLPClassifier\(\.\.\.\), data\)"):
        advice_of("mlp:16").code("sklearn")
    with pytest.raises(PlanError, match="no AdamW"):
        advice_of(MLPClassifier((8,), max_iter=3), optimizer="adamw", schedule="constant").code("sklearn")
