"""The command and the library in a process that cannot import torch, as after a plain install."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PENGUINS = str(ROOT / "examples/penguins.csv")
WITHOUT_TORCH = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, NoTorch())
"""
COMMAND = WITHOUT_TORCH + "from advisor.cli import main\nmain()\n"


def python(code: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=cwd, env=environment, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def profiled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder with page and data of a profiled table, and what was printed."""
    folder = tmp_path_factory.mktemp("plain")
    done = python(COMMAND, "profile", PENGUINS, "--target", "species", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_a_table_is_profiled_and_the_page_written(profiled: tuple[Path, str]) -> None:
    folder, printed = profiled
    assert "peak learning rate" in printed
    assert (folder / "penguins.advisor.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    verdict = json.loads((folder / "penguins.advisor.json").read_text(encoding="utf-8"))["verdict"]
    assert (verdict["status"], verdict["trials"]) == ("not_run", [])


def test_one_line_says_that_nothing_was_trained_and_how_to_add_it(profiled: tuple[Path, str]) -> None:
    (line,) = [line for line in profiled[1].splitlines() if "torch is not installed" in line]
    assert "Nothing was trained" in line
    assert 'pip install "lr-advisor[torch]"' in line
    assert "whl/cpu" in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["recommend", "--set", "model.family=language_model", "--set", "model.parameters=1e9"],
        ["what-if", "penguins.advisor.json", "--set", "plan.batch_size=128"],
        ["ask", "penguins.advisor.json"],
        ["why-not", "adam-batch", "penguins.advisor.json"],
        ["explain", "penguins.advisor.json"],
        ["report", "penguins.advisor.json", "-o", "again.html"],
        ["tune-plan", "penguins.advisor.json"],
        ["facts", PENGUINS],
        ["inspect", "mlp:64"],
        ["rules", "list"],
        ["rules", "check"],
        ["rules", "ablate", "penguins.advisor.json"],
        ["diagnose", str(ROOT / "examples/fuel_economy_run.csv"), "--optimizer", "adamw"],
        ["profile", PENGUINS, "--budget", "none", "--no-report"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]).replace(str(ROOT), ""),
)
def test_every_other_command_needs_no_more(arguments: list[str], profiled: tuple[Path, str]) -> None:
    done = python(COMMAND, *arguments, cwd=profiled[0])
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "call",
    [
        "advisor.recommend(model=advisor.ModelFacts(family='mlp')).build(None, 10)",
        "advisor.recommend(model=advisor.ModelFacts(family='mlp')).apply(None, 10)",
        "advisor.advise('mlp', ([[0.0]] * 20, [0.0] * 20), epochs=2)",
    ],
)
def test_what_does_need_torch_says_how_to_add_it(call: str, tmp_path: Path) -> None:
    code = f"{WITHOUT_TORCH}\nimport advisor\ntry:\n    {call}\nexcept advisor.AdvisorError as error:\n    print(error)"
    done = python(code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert 'torch is not installed: pip install "lr-advisor[torch]"' in done.stdout


@pytest.mark.parametrize(
    ("fake", "sentence"),
    [
        ("__version__ = '2.5.1'", "torch 2.5.1 is too old"),
        ("raise OSError('libcudart.so.12: cannot open shared object file')", "torch cannot be imported (libcudart"),
        ("import no_such_part", "torch cannot be imported (No module named 'no_such_part')"),
    ],
    ids=["old", "library", "part"],
)
def test_a_torch_that_cannot_be_used_is_named(fake: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text(fake, encoding="utf-8")
    code = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nfrom advisor.cli import main\nmain()\n"
    done = python(code, "profile", PENGUINS, "--no-report", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sentence in done.stdout
