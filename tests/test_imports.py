"""Imports point one way, torch stays where it belongs, and light commands start light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import advisor

PACKAGE = Path(__file__).resolve().parents[1] / "advisor"
LOG = str(PACKAGE.parent / "examples" / "fuel_economy_run.csv")

# What each room may import of the others, at module level and inside functions alike. A room stands below all that it
# may import, so the table has no circle. ``reporting`` knows results and what they are made of, never who made them.
GROUND = {
    *("border", "cleaning", "errors", "files", "interrupts", "language", "numerals", "progress", "short_repr"),
    *("statistics", "torch_package", "_data", "_version"),
}
ALLOWED: dict[str, set[str]] = {
    "catalogue": set(),  # below the facts, whose names and derived facts come from it
    "facts": {"catalogue"},
    "results": {"facts", "catalogue"},
    "profiling": {"facts", "catalogue"},
    "isolation": set(),
    "inspection": {"facts", "catalogue", "isolation"},
    "knowledge": {"facts", "catalogue", "results"},
    "inference": {"facts", "catalogue", "results", "knowledge"},
    "diagnosis": {"facts", "catalogue", "results", "knowledge", "inference"},
    "recipe": {"facts", "catalogue", "results", "inspection"},
    "reporting": {"facts", "catalogue", "results"},
    "training": {"facts", "catalogue", "results", "recipe", "isolation"},
    "probing": {"facts", "catalogue", "results", "recipe", "isolation", "training"},
    "verification": {"facts", "catalogue", "results", "recipe", "isolation", "training", "probing"},
    "preparation": {"facts", "catalogue", "results", "profiling", "inspection", "training"},
    "api": {"facts", "catalogue", "results", "knowledge", "inference", "diagnosis", "recipe", "reporting"},
    "guard": {"facts", "catalogue", "results", "knowledge", "inference", "diagnosis", "recipe", "reporting"},
    "checking": {
        *("facts", "catalogue", "results", "knowledge", "inference", "training", "probing", "verification"),
        *("inspection", "preparation"),
    },
    "pipeline": {
        *("facts", "catalogue", "results", "knowledge", "inference", "recipe", "training", "probing", "verification"),
        *("profiling", "preparation", "api", "checking"),
    },
    "sklearn": {"facts", "inspection", "recipe", "pipeline"},
    "lightning": {"facts", "api", "guard", "recipe", "pipeline"},
    "huggingface": {"facts", "api", "guard", "recipe", "pipeline"},
    "fastai": {"facts", "results", "api", "guard", "recipe", "catalogue", "pipeline"},
    "keras": {"facts", "results", "api", "guard", "recipe", "catalogue", "pipeline"},
    "cli": {
        *("facts", "catalogue", "results", "profiling", "inspection", "knowledge", "inference", "reporting", "api"),
        *("pipeline", "recipe", "guard"),
    },
    "__main__": {"cli"},
}
TORCH_HOMES = ("isolation/", "inspection/torch", "recipe/torch", "training/", "probing/", "verification/")
FRAMEWORK_HOMES = ("sklearn.py", "lightning.py", "fastai.py", "huggingface.py", "keras.py")
"""Modules that only their users import, who have the framework."""
HEAVY = {"pandas", "scipy", "sklearn", "altair"}


def modules() -> list[Path]:
    """Return every module but the front door, whose lazy names are resolved by :func:`file_graph`."""
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def dotted(path: Path) -> str:
    """Return the name under which a file is imported."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path, *, module_level: bool = False, annotations: bool = True) -> set[str]:
    """Return the dotted names that a file imports: ``from a.b import c`` is ``a.b.c``.

    Args:
        path: the file.
        module_level: leave out imports inside functions, and those for annotations.
        annotations: count imports under ``if TYPE_CHECKING``, which no program ever runs.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in _nodes(tree, functions=not module_level, annotations=annotations and not module_level):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _nodes(tree: ast.AST, *, functions: bool, annotations: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(tree):
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        is_for_annotations = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if (is_function and not functions) or (is_for_annotations and not annotations):
            continue
        yield child
        yield from _nodes(child, functions=functions, annotations=annotations)


def file_graph() -> dict[str, set[str]]:
    """Return which file imports which, lazy imports included.

    An edge leads to the file that defines the imported module: ``from advisor.x import y`` to ``advisor/x/y.py`` where
    there is one, else to ``advisor/x/__init__.py``. Importing ``advisor.x.y`` is no edge to ``advisor/x/__init__.py``,
    although Python runs that file first: a package's ``__init__`` is a list of names for others, and only who asks it
    for a name depends on it. The front door has an edge to the home of each of its lazy names.
    """
    files = {dotted(path): path for path in modules()}
    graph = {
        name: {other for found in imports(path, annotations=False) if (other := _file_of(found, files))}
        for name, path in files.items()
    }
    return {**graph, "advisor": {f"advisor.{home}" for home in advisor._HOMES.values()}}


def _file_of(name: str, files: Collection[str]) -> str | None:
    if name.split(".", maxsplit=1)[0] != "advisor":
        return None
    return next((prefix for prefix in _prefixes(name) if prefix in files), "advisor")


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(len(parts), 1, -1)]


def circle_in(graph: Mapping[str, Collection[str]]) -> list[str]:
    """Return the files of a circle of imports, in order; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_file_imports_itself_on_any_way_round() -> None:
    assert not circle_in(file_graph())


@pytest.mark.parametrize("text", ["import advisor.{}", "def f():\n    from advisor.{} import name"])
def test_a_circle_would_be_seen_also_when_it_is_lazy(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "advisor"
    folder.mkdir()
    for name, other in (("one", "two"), ("two", "three"), ("three", "one")):
        (folder / f"{name}.py").write_text(text.format(other), encoding="utf-8")
    files = {f"advisor.{name}": folder / f"{name}.py" for name in ("one", "two", "three")}
    graph = {name: {_file_of(found, files) for found in imports(path)} for name, path in files.items()}
    assert set(circle_in(graph)) == set(files)
    assert not circle_in({**graph, "advisor.three": set()})


def test_the_table_of_rooms_points_one_way_and_names_every_room() -> None:
    order = list(ALLOWED)
    for number, (name, others) in enumerate(ALLOWED.items()):
        assert others <= set(order[:number]), f"{name} stands above a room that it may import"
    assert {room(path) for path in modules()} - GROUND <= set(order)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    own = room(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "advisor":
            continue
        assert len(parts) > 1, "the front door is for users: import the module that has the name"
        assert parts[1] in {own} | GROUND | ALLOWED.get(own, set()), f"{own} must not import {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_packages_are_imported_where_they_are_used(path: Path) -> None:
    place = str(path.relative_to(PACKAGE))
    if place in FRAMEWORK_HOMES:
        return
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
        (
            ["recommend", "--set", "model.family=mlp"],
            {"torch", "pandas", "scipy", "sklearn", "altair", "duckdb", "pyarrow", "vl_convert", "jinja2"},
        ),
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


def test_importing_advisor_loads_its_version_and_nothing_else() -> None:
    program = (
        "import sys; before = set(sys.modules); import advisor\n"
        "new = set(sys.modules) - before\n"
        "print(*sorted(name for name in new if name.split('.')[0] not in sys.stdlib_module_names))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["advisor", "advisor._version"]


def test_a_wrong_path_is_said_before_torch_is_loaded(tmp_path: Path) -> None:
    program = (
        "import sys, advisor\nfrom advisor.errors import DataError\n"
        "try:\n    advisor.advise('auto', 'nope.csv')\n"
        "except DataError as error:\n    print(error, '|', 'torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stdout == "nope.csv: no such file; check the path | False\n"


def test_advice_without_trials_leaves_the_compiler_of_torch_unloaded() -> None:
    program = (
        "import sys, torch, advisor\n"
        "x = torch.randn(60, 4)\n"
        "loss = lambda model, batch: (model(batch[0]) - batch[1]).square().mean()\n"
        "advisor.advise(torch.nn.Linear(4, 1), (x, x[:, :1]), loss, epochs=2, batch_size=20, budget='none')\n"
        "print('torch._dynamo' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False"]
