"""Each file in ``cases/`` holds rule files and the exact problems they have; a new case needs no Python.

``# file: <path>`` starts a rule file, ``# problems`` the expected lines, each a comment.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.errors import RuleError
from advisor.knowledge.base import joined, read_rules
from advisor.knowledge.lint import LINTS, lint

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
FILE, PROBLEMS = "# file: ", "# problems"


def split(text: str) -> tuple[dict[str, str], list[str]]:
    head, _, expected = text.partition(f"{PROBLEMS}\n")
    files: dict[str, str] = {}
    for part in head.split(FILE)[1:]:
        name, _, body = part.partition("\n")
        files[name.strip()] = body
    return files, [line.removeprefix("# ") for line in expected.splitlines()]


def problems_of(folder: Path) -> list[str]:
    loaded = read_rules(folder)
    return [str(problem) for problem in sorted({*loaded.problems, *lint(loaded.rules, folder)})]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_case_has_exactly_its_problems(case: Path, rule_folder: Callable[[dict[str, str]], Path]) -> None:
    files, expected = split(case.read_text(encoding="utf-8"))
    assert expected, "a case without problems shows nothing"
    assert problems_of(rule_folder(files)) == expected


def test_every_lint_has_a_case() -> None:
    shown = "".join(case.read_text(encoding="utf-8") for case in CASES)
    assert [one.code for one in LINTS if f"[{one.code}]" not in shown] == []


def test_a_base_with_problems_is_refused_with_all_of_them(rule_folder: Callable[[dict[str, str]], Path]) -> None:
    files, expected = split(CASES[[case.stem for case in CASES].index("shape")].read_text(encoding="utf-8"))
    with pytest.raises(RuleError) as caught:
        joined(read_rules(rule_folder(files)))
    assert len(caught.value.problems) == len(expected)
