"""Hostile rule files end in precise errors, all at once, within bounds of time and memory that the system enforces."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS, BYTES = 5, 1_500_000_000
"""Processor time and address space; starting python and reading the shipped rules takes one second or two of it."""

PROGRAM = """
import sys
from pathlib import Path
from advisor.knowledge.base import load_rules, read_rules
from advisor.knowledge.lint import lint
folder = Path(sys.argv[1])
loaded = read_rules(folder)
for problem in sorted({*loaded.problems, *lint(loaded.rules, folder)}):
    print(problem)
try:
    load_rules([folder])
except Exception as error:
    print("REFUSED", type(error).__name__)
"""


def rule(name: str, **fields: Any) -> str:
    """Return a sound rule with some fields replaced, as JSON, which is YAML."""
    sound = {
        "id": name,
        "title": f"Do something about {name}",
        "when": {"model.depth": {"ge": 3}},
        "then": [{"advise": "mind the depth"}],
        "because": "depth matters more than one would think",
        "source": [{"cite": "book", "at": "p. 1", "says": "so"}],
        "evidence": {"grade": "published"},
        "examples": {
            "match": [{"name": "deep", "facts": {"model.depth": 3}}],
            "no_match": [{"name": "flat", "facts": {"model.depth": 2}}],
            "unknown": [{"name": "not given", "facts": {}}],
        },
    }
    return json.dumps({**sound, **fields})


NUMBERS = ("model.depth", "model.width", "data.rows", "plan.batch_size", "plan.steps", "plan.accumulation")
LEAF = {"model.depth": {"ge": 3}}
ANY_OF = [{"any": [{fact: {"ge": low, "lt": low + 1}} for low in range(1, 16, 3)]} for fact in NUMBERS]

MANY_POWERS = {"times": 1, "powers": {f"model.w{i}": 1 for i in range(5000)}}
ONE = {"name": "one", "facts": {"model.depth": 3}}
ALL = {"name": "all", "facts": {fact: list(range(1, 60)) for fact in NUMBERS}}
UNKNOWN = [{"name": "one", "facts": {f"x{i}": 1}} for i in range(490)]

HOSTILE: dict[str, tuple[str, str]] = {
    "wrong-facts": (rule("wrong-facts", when={"any": [{f"plan.x{i}": 1} for i in range(5000)]}), "E110"),
    "many-leaves": (rule("many-leaves", when={"all": [LEAF] * 3000}), "E110"),
    "wrong-cites": (rule("wrong-cites", source=[{"cite": f"boo{i}"} for i in range(5000)]), "E107"),
    "wrong-overrides": (rule("wrong-overrides", overrides=[f"no-{i}" for i in range(9000)]), "E107"),
    "wrong-fields": (rule("wrong-fields", **{f"field{i}": 1 for i in range(9000)}), "E107"),
    "wrong-powers": (rule("wrong-powers", then=[{"scale": "learning_rate", "law": MANY_POWERS}]), "E104"),
    "wrong-effects": (rule("wrong-effects", then=[{"scal": 1}] * 4000), "E107"),
    "wrong-settings": (rule("wrong-settings", then=[{"choose": "epochs", "value": -1}] * 3000), "E106"),
    "many-examples": (rule("many-examples", examples={"match": [ONE] * 2000}), "E107"),
    "wrong-examples": (rule("wrong-examples", examples={"match": UNKNOWN}), "L231"),
    "many-sheets": (rule("many-sheets", examples={"match": [ALL]}), "E107"),
    "tangled": (rule("tangled", when={"all": ANY_OF}), "L213"),
    "contradiction": (rule("contradiction", when={"all": [LEAF, {"not": LEAF}]}), "L210"),
    "long-key": (rule("long-key", when={"k" * 900_000: 1}), "E102"),
    "long-value": (rule("long-value", when={"model.family": "k" * 900_000}), "E106"),
    "long-number": (rule("long-number").replace("3", "3" * 200_000), "E106"),
    "huge-number": (rule("huge-number").replace('"ge": 3', '"ge": 1e999'), "E106"),
    "wrong-types": (json.dumps(dict.fromkeys(("id", "title", "then", "because", "source", "examples"), 7)), "E107"),
    "aliases": ("a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(4000)), "E103"),
    "deep": ("when: " + "{not: " * 100_000, "E101"),
    "tag": ("id: !!python/object/apply:os.system [exit]\n", "E103"),
    "twice": ("id: twice\nid: twice\n", "E105"),
    "not-text": ("\x00\x01", "E102"),
}


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def problems_of(folder: Path) -> list[str]:
    (folder / "ruleset.yaml").write_text('version: 0.1.0\nfacts_version: "1"\n', encoding="utf-8")
    (folder / "sources.yaml").write_text("book: {title: A book, kind: paper}\n", encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=limited,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-500:]
    return run.stdout.splitlines()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "rules"
    (made / "data").mkdir(parents=True)
    return made


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_in_its_error(name: str, folder: Path) -> None:
    text, code = HOSTILE[name]
    (folder / f"data/{name}.yaml").write_text(text, encoding="utf-8")
    found = problems_of(folder)
    assert any(line.startswith(f"rules/data/{name}.yaml:") and f"[{code}]" in line for line in found), found[:5]
    assert max(len(line) for line in found) < 1200


def test_all_of_them_together_are_all_named(folder: Path) -> None:
    """Six at a time, as files of one folder, with links, pipes and a circle of overrides between them."""
    small = ("tag", "twice", "deep", "aliases", "huge-number", "many-sheets")
    for name in small:
        (folder / f"data/{name}.yaml").write_text(HOSTILE[name][0], encoding="utf-8")
    for index in range(50):
        text = rule(f"r{index}", overrides=[f"r{(index + 1) % 50}"])
        (folder / f"data/r{index}.yaml").write_text(text, encoding="utf-8")
    with (folder / "data/large.yaml").open("wb") as file:
        file.truncate(15_000_000)
    (folder / "data/nowhere.yaml").symlink_to(folder / "absent.yaml")
    (folder / "data/itself.yaml").symlink_to(folder / "data/itself.yaml")
    (folder / "data/folder.yaml").mkdir()
    os.mkfifo(folder / "data/pipe.yaml")
    found = problems_of(folder)
    for name in (*small, "large", "nowhere", "itself", "folder", "pipe"):
        assert any(f"data/{name}.yaml:" in line for line in found), name
    assert sum("[E112]" in line for line in found) == 1
    assert found[-1] == "REFUSED RuleError"


def test_a_huge_file_and_a_huge_folder_are_not_read(folder: Path) -> None:
    with (folder / "data/huge.yaml").open("wb") as file:
        file.truncate(100_000_000)
    (line, refused) = problems_of(folder)
    assert "[E101] too large for rules" in line
    assert refused == "REFUSED RuleError"
    (folder / "data/huge.yaml").unlink()
    for index in range(5001):
        (folder / f"data/r{index}.yaml").touch()
    assert "[E101] too large for rules: 5003 files" in problems_of(folder)[0]


def test_a_hostile_overlay_ends_in_its_errors(folder: Path) -> None:
    adjustments = "".join(f"  - {{rule: no-{i}, turn: off, reason: too many}}\n" for i in range(4000))
    (folder / "overlay.yaml").write_text(f"adjustments:\n{adjustments}", encoding="utf-8")
    assert problems_of(folder) == ["REFUSED RuleError"]
    (folder / "overlay.yaml").unlink()
    os.mkfifo(folder / "overlay.yaml")
    assert problems_of(folder) == []
