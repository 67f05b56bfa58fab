"""Imports point one way, torch stays where it belongs, and light commands start light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "advisor"
LOG = str(PACKAGE.parent / "examples" / "fuel_economy_run.csv")

# What each room may import of the others, at module level and inside functions alike.
FREE = {"errors", "progress", "_data", "statistics"}
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "progress": set(),
    "_data": set(),
    "statistics": set(),
    "facts": set(),
    "results": {"facts"},
    "profiling": {"facts"},
    "inspection": {"facts"},
    "knowledge": {"facts", "results"},
    "inference": {"facts", "results", "knowledge"},
    "diagnosis": {"facts", "results", "knowledge", "inference"},
    "recipe": {"facts", "results", "knowledge", "inference"},
    "training": {"facts", "results", "recipe"},
    "probing": {"facts", "results", "recipe", "training"},
    "verification": {"facts", "results", "recipe", "training"},
    "reporting": {"facts", "results"},
    "reasoning": {"facts", "results", "knowledge", "inference"},
    "preparation": {"facts", "results", "profiling", "inspection", "training"},
    "pipeline": {
        *("facts", "results", "profiling", "inspection", "knowledge", "inference", "recipe", "training"),
        *("preparation", "probing", "verification"),
    },
    "cli": {
        *("facts", "results", "profiling", "inspection", "knowledge", "inference", "diagnosis", "recipe", "reporting"),
        *("pipeline", "preparation", "training", "verification"),
    },
}
# Conveniences on results that call upwards when used: recommendation.build(), advice.to_html() …
UPWARD = {("results", "recipe"), ("results", "reporting"), ("results", "inference"), ("results", "knowledge")}
TORCH_HOMES = ("inspection/torch", "recipe/torch", "training/", "probing/", "verification/")
HEAVY = {"pandas", "scipy", "sklearn", "altair"}


def modules() -> list[Path]:
    return sorted(
        path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem not in {"__main__", "__init__"}
    )


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, *, module_level: bool = False) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in _outside_functions(tree) if module_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _outside_functions(tree: ast.AST) -> list[ast.AST]:
    nodes: list[ast.AST] = []
    for child in ast.iter_child_nodes(tree):
        type_checking = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or type_checking:
            continue
        nodes += [child, *_outside_functions(child)]
    return nodes


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    own = room(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "advisor" or len(parts) < 2 or parts[1] == "__version__":
            continue
        other = parts[1]
        assert other == own or other in FREE | ALLOWED[own] or (own, other) in UPWARD, f"{own} must not import {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_packages_are_imported_where_they_are_used(path: Path) -> None:
    place = str(path.relative_to(PACKAGE))
    heavy = HEAVY - {"scipy"} if place.startswith(TORCH_HOMES) else HEAVY | {"torch"}
    assert not {name.split(".")[0] for name in imports(path, module_level=True)} & heavy


@pytest.mark.parametrize(
    ("command", "absent"),
    [
        (["rules", "list"], {"torch", "pandas", "scipy", "sklearn", "altair", "duckdb", "pyarrow"}),
        (["--help"], {"torch", "pandas", "scipy", "sklearn", "altair", "duckdb", "pyarrow"}),
        (["facts"], {"torch", "pandas", "scipy", "sklearn", "altair"}),
        (
            ["diagnose", LOG, "--optimizer", "adamw", "--no-report"],
            {"torch", "pandas", "scipy", "sklearn", "altair", "duckdb"},
        ),
        (["tune-plan", "--set", "model.family=mlp"], {"torch", "pandas", "scipy", "sklearn", "altair", "duckdb"}),
        (["ask"], {"torch", "pandas", "scipy", "sklearn", "altair", "duckdb"}),
        (["recommend", "--set", "model.family=mlp"], {"torch", "pandas", "scipy", "sklearn", "altair", "duckdb"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_light_commands_load_nothing_heavy(command: list[str], absent: set[str]) -> None:
    program = (
        "import sys; sys.argv = ['advisor', *sys.argv[1:]]\n"
        "from advisor.cli import main\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code, stop.code\n"
        "print('LOADED', *sorted({name.split('.')[0] for name in sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", program, *command], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.splitlines()[-1].split())
    assert not loaded & absent
