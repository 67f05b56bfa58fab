"""Tables of every kind that people have: read right, or refused with a remedy.

Each file under ``cases`` has a JSON file beside it that holds the options given, and the facts or the error expected.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.errors import DataError
from advisor.facts import ColumnFacts
from advisor.profiling.kinds import column_facts
from advisor.profiling.reading.options import reading_options
from advisor.profiling.study import scan_table

CASES = Path(__file__).parent / "cases"


def expected(name: str) -> dict[str, Any]:
    return json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))


def names(*, refused: bool) -> list[str]:
    return sorted(path.stem for path in CASES.glob("*.json") if ("error" in expected(path.stem)) is refused)


def read(case: dict[str, Any]) -> tuple[int, dict[str, ColumnFacts], list[str]]:
    scan = scan_table(CASES / case["file"], options=reading_options(case.get("options")))
    columns = column_facts(scan, scan.sample())
    return scan.rows, {one.name: one for one in columns}, [*scan.table.notes, *(one.note or "" for one in columns)]


@pytest.mark.parametrize("name", names(refused=False))
def test_it_is_read_as_it_was_meant(name: str) -> None:
    case = expected(name)
    rows, columns, notes = read(case)
    assert rows == case["rows"]
    for column, facts in case["columns"].items():
        for fact, value in facts.items():
            assert getattr(columns[column], fact) == (pytest.approx(value) if isinstance(value, float) else value), (
                column
            )
    for part in case.get("notes", []):
        assert any(part in note for note in notes), notes
    assert notes[0].startswith("Read as")


@pytest.mark.parametrize("name", names(refused=True))
def test_it_is_refused_with_a_remedy(name: str) -> None:
    case = expected(name)
    with pytest.raises(DataError) as refused:
        read(case)
    assert case["error"] in str(refused.value)
    assert case["file"] in str(refused.value)
