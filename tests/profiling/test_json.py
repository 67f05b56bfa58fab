"""The ways in which JSON holds a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.errors import DataError
from advisor.profiling.study import profile

ROWS = [{"a": i % 7, "b": i + 0.5, "word": f"w{i % 3}"} for i in range(60)]
NAMES = list(ROWS[0])
HELD: dict[str, Any] = {
    "rows in a list": ROWS,
    "rows under a name": {"meta": {"count": 60}, "results": ROWS},
    "lists of columns": {name: [row[name] for row in ROWS] for name in NAMES},
    "names and lists of cells": {"columns": NAMES, "index": list(range(60)), "data": [list(r.values()) for r in ROWS]},
    "columns by number": {name: {str(i): row[name] for i, row in enumerate(ROWS)} for name in NAMES},
    "rows by number": {str(i): row for i, row in enumerate(ROWS)},
    "rows by name": {f"id {i}": row for i, row in enumerate(ROWS)},
    "rows deep in an answer": {"status": "ok", "data": {"items": ROWS, "total": 60}, "paging": {"next": None}},
    "rows by date below a title": {
        "About": {"symbol": "X"},
        "Series": {f"2020-01-{i}": row for i, row in enumerate(ROWS)},
    },
    "lists below a list of names": [NAMES, *(list(row.values()) for row in ROWS)],
    "numbers among words": [row | {"b": row["b"] if i % 5 else str(row["b"])} for i, row in enumerate(ROWS)],
    "features of a map": {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": row, "geometry": {"type": "Point"}} for row in ROWS],
    },
}


@pytest.mark.parametrize("how", HELD)
@pytest.mark.parametrize("written", ["in one line", "indented", "with a byte order mark"])
def test_the_same_table(how: str, written: str, tmp_path: Path):
    path = tmp_path / "t.json"
    text = json.dumps(HELD[how], indent=2 if written == "indented" else None)
    path.write_text(text, encoding="utf-8-sig" if written == "with a byte order mark" else "utf-8")
    facts = profile(path, target="b")
    columns = {column.name: column for column in facts.columns}
    assert facts.rows == 60
    assert (columns["b"].max, columns["a"].distinct, columns["word"].distinct) == (59.5, 7, 3)


def test_a_cell_that_is_missing_is_missing(tmp_path: Path):
    rows = [{name: value for name, value in row.items() if name != "b" or i % 4} for i, row in enumerate(ROWS)]
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"data": rows}))
    columns = {column.name: column for column in profile(path, target="a").columns}
    assert columns["b"].missing == 0.25


@pytest.mark.parametrize("rest", [20, 700])
def test_a_file_that_ends_early_is_refused(rest: int, tmp_path: Path):
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"data": ROWS})[:-rest])
    with pytest.raises(DataError, match=r"t\.json: .*complete JSON"):
        profile(path)


def test_no_folder_is_told(tmp_path: Path):
    path = tmp_path / "t.json"
    path.write_text(json.dumps(ROWS)[:-20])
    with pytest.raises(DataError) as refused:
        profile(path)
    assert str(tmp_path) not in str(refused.value)


def test_objects_inside_rows_give_a_column_for_each_name(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    rows = [{"ms": i, "user": {"id": i % 4, "place": {"city": "Rom"}}, "tags": ["a"]} for i in range(60)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    facts = profile(path)
    assert [column.name for column in facts.columns] == ["ms", "user.id", "user.place.city"]
    assert facts.columns[1].max == 3
    assert any("objects inside the rows" in note for note in facts.reading)
