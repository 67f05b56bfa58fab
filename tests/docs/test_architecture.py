"""The page on architecture is true: its rooms are those of the package, in order, and its walks can be walked."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "advisor"
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
ROOMS = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
WALKS = {
    title: re.findall(r"^\d+\. `(advisor/[\w/]+\.py):([\w.]+)`", text, re.MULTILINE)
    for title, text in re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
}
ON_A_TABLE = """
from advisor.cli import main
sys.argv = ["advisor", "profile", {table!r}, "--budget", "quick", "--epochs", "5", "--output", {folder!r}]
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
"""
ON_FACTS = """
import advisor
model = advisor.ModelFacts(family="transformer", parameters=1e8)
advisor.recommend(model=model, plan=advisor.Plan(tokens=2e9, batch_tokens=1e5)).explain()
"""


def functions_of(path: Path) -> set[str]:
    """Return the qualified names of a file's functions and methods."""
    found: set[str] = set()

    def collect(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                found.add(f"{prefix}{child.name}")
                collect(child, f"{prefix}{child.name}.")

    collect(ast.parse(path.read_text(encoding="utf-8")), "")
    return found


def calls_of(program: str) -> list[tuple[str, str]]:
    """Run a program by itself and return the functions of the package that it called, in order of their first call."""
    record = f"""
import sys
first = {{}}
def note(frame, event, _):
    code = frame.f_code
    if event == "call" and {str(PACKAGE)!r} in code.co_filename:
        first.setdefault((code.co_filename, code.co_qualname))
sys.setprofile(note)
{program}
sys.setprofile(None)
for file, name in first:
    print("CALL", file, name)
"""
    run = subprocess.run([sys.executable, "-c", record], capture_output=True, text=True, check=True)
    lines = [line.split(" ") for line in run.stdout.splitlines() if line.startswith("CALL ")]
    return [(Path(file).relative_to(ROOT).as_posix(), name) for _, file, name in lines]


def test_every_room_is_on_the_page_and_stands_below_what_it_imports() -> None:
    spec = importlib.util.spec_from_file_location("imports_of_rooms", ROOT / "tests/test_imports.py")
    assert spec is not None
    assert spec.loader is not None
    rules = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules)
    rooms = {path.name.removesuffix(".py") for path in PACKAGE.iterdir() if path.suffix in {"", ".py"}}
    assert set(ROOMS) == {room for room in rooms - rules.GROUND if not room.startswith("__")}
    for place, room in enumerate(ROOMS):
        assert rules.ALLOWED[room] & rooms <= {*ROOMS[:place], *rules.GROUND}, room


def test_the_walks_are_at_most_ten_stops() -> None:
    assert len(WALKS) == 3
    assert all(8 <= len(stops) <= 10 for stops in WALKS.values())


def test_every_function_that_the_page_names_exists() -> None:
    named = re.findall(r"`(advisor/[\w/]+\.py):([\w.]+)`", PAGE)
    assert len(named) == sum(map(len, WALKS.values()))
    assert [stop for stop in named if stop[1] not in functions_of(ROOT / stop[0])] == []


@pytest.mark.slow
@pytest.mark.parametrize("title", list(WALKS))
def test_the_stops_of_a_walk_are_called_in_order(title: str, tmp_path: Path) -> None:
    table = str(ROOT / "examples/penguins.csv")
    program = ON_FACTS if "rule" in title else ON_A_TABLE.format(table=table, folder=str(tmp_path))
    calls = calls_of(program)
    assert [call for call in calls if call in WALKS[title]] == WALKS[title]
