"""Modules of the benchmarks import each other in one direction, inside functions too."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(tree: ast.AST, modules: set[str]) -> set[str]:
    """Return the modules of a set that a syntax tree imports at any depth; a package counts where only it is named."""
    named: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            named |= inner & modules or {node.module}
    return named & modules


def import_graph() -> dict[str, set[str]]:
    paths = {module_name(path): path for path in (ROOT / "benchmarks").rglob("*.py")}
    trees = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in paths.items()}
    return {name: imports_of(tree, set(paths)) for name, tree in trees.items()}


def test_no_circle_of_imports_is_left() -> None:
    graph = import_graph()
    assert len(graph) > 30
    assert sum(map(len, graph.values())) > 80
    assert graph["benchmarks.regret.__main__"] >= {"benchmarks.regret.report", "benchmarks.regret.page"}
    TopologicalSorter(graph).prepare()


def test_a_circle_through_a_function_is_found() -> None:
    modules = {"benchmarks.one", "benchmarks.two"}
    lazy = ast.parse("def later():\n    from benchmarks import two")
    back = ast.parse("from benchmarks.one import later")
    graph = {"benchmarks.one": imports_of(lazy, modules), "benchmarks.two": imports_of(back, modules)}
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()
