"""Every fenced block of README and guides does what its page says: programs and commands run, rules hold."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from advisor.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs/frameworks").glob("*.md"),
        *(ROOT / "docs/ko").glob("*.md"),
    ]
)
LANGUAGES = {"python", "sh", "yaml", "text"}
FRAMEWORKS = {"docs/frameworks"}  # their programs have tests of their own, with the frameworks installed
ON_A_CLUSTER = {"clusters.md"}
"""Names addresses of a cluster that a test cannot have; ``tests/profiling`` runs the engines on this machine."""
SET_UP = re.compile(r"pip install |make |python -m (pip|benchmarks)|git |uv ")
_FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [Block(page, text[: found.start()].count("\n") + 1, found[2], found[3]) for found in _FENCE.finditer(text)]


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
WITH_PROGRAMS = [
    page
    for page in PAGES
    if str(page.parent.relative_to(ROOT)) not in FRAMEWORKS
    and page.name not in ON_A_CLUSTER
    and any(block.language in {"python", "sh"} for block in blocks_of(page))
]


def commands(block: Block) -> list[list[str]]:
    """Return the commands of a block, as far as they are advisor's; the others have to be set-up."""
    found = []
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if Path(words[0]).name == "advisor":
            found.append(words[1:])
        else:
            assert SET_UP.search(line), f"{block.place}: nobody runs {line!r}"
    return found


def test_there_is_something_to_run() -> None:
    assert {block.language for block in BLOCKS} >= {"python", "sh", "yaml"}
    assert sum(len(commands(block)) for block in BLOCKS if block.language == "sh") >= 20


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_a_block_names_its_language(block: Block) -> None:
    assert block.language in LANGUAGES | {"toml", "json"}, block.place


@pytest.mark.slow
@pytest.mark.timeout(900)  # README and the quick start train what a reader would train
@pytest.mark.parametrize("page", WITH_PROGRAMS, ids=lambda page: page.name)
def test_programs_and_commands_run_in_the_order_of_the_page(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks_of(page):
        if block.language == "python":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a page teaches, and what torch deprecates is not its subject
                exec(compile("\n" * block.line + block.text, str(page), "exec"), names)  # noqa: S102
        elif block.language == "sh":
            for words in commands(block):
                run(words, block)


def run(words: list[str], block: Block) -> None:
    words, _, target = (words, "", "") if ">" not in words else (words[: words.index(">")], ">", words[-1])
    if "|" in words:
        words = words[: words.index("|")]
    found = CliRunner().invoke(app, words)
    finds_problems = words[:2] == ["rules", "check"] or words[:2] == ["rules", "test"]
    assert found.exit_code == 0 or finds_problems, f"{block.place}: {words}: {found.output} {found.exception}"
    if target:
        Path(target).write_text(found.stdout, encoding="utf-8")


def test_extras_and_targets_that_pages_name_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for block in BLOCKS:
        for named in re.findall(r"lr-advisor\[([\w,]+)\]", block.text):
            assert set(named.split(",")) <= set(extras), block.place
        for target in re.findall(r"^make ([a-z]+)", block.text, re.MULTILINE):
            assert target in targets, block.place
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {f"`[{name}]`" for name in extras} - {"`[torch]`"} <= set(re.findall(r"`\[\w+\]`", readme))


@pytest.mark.parametrize(
    "block",
    [block for block in BLOCKS if block.language == "yaml" and "id:" in block.text],
    ids=lambda block: block.place,
)
def test_rules_on_pages_are_sound_beside_the_shipped_ones(block: Block, tmp_path: Path) -> None:
    rule = yaml.safe_load(block.text)
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / f"{rule['id']}.yaml").write_text(block.text, encoding="utf-8")
    (tmp_path / "sources.yaml").write_text(
        "our-lab: {title: Our lab notes, kind: measurement, year: 2026, url: 'https://example.org'}\n", encoding="utf-8"
    )
    found = CliRunner().invoke(app, ["rules", "check", "--rules", str(tmp_path)])
    assert found.exit_code == 0, found.output
    tested = CliRunner().invoke(app, ["rules", "test", rule["id"], "--rules", str(tmp_path)])
    assert tested.exit_code == 0, tested.output
