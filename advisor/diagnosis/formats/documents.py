"""Mappings that hold a log in another shape than columns: rows inside, rows by epoch, series with own positions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from advisor.diagnosis.formats.cells import flattened

_POSITIONS: Final = ("steps", "step", "x", "iterations", "epochs")
_VALUES: Final = ("values", "value", "y")
"""Names of the two lists of a series: Sacred writes ``steps`` and ``values``, ClearML ``x`` and ``y``."""

_COUNT: Final = re.compile(r"^(?:epoch|step|iter(?:ation)?)?[ _-]?(\d+)$", re.IGNORECASE)


def rows_of(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rows that a mapping holds; empty where it holds columns, or no log.

    >>> rows_of({"0": {"loss": 2.0}, "1": {"loss": 1.0}})
    [{'epoch': 0, 'loss': 2.0}, {'epoch': 1, 'loss': 1.0}]
    >>> rows_of({"train.loss": {"steps": [0, 5], "values": [2.0, 1.0]}})
    [{'step': 0, 'train.loss': 2.0}, {'step': 5, 'train.loss': 1.0}]
    >>> rows_of({"run": 7, "metrics": [{"loss": 2.0}]}), rows_of({"loss": [2.0, 1.0]})
    ([{'loss': 2.0}], [])
    """
    return _rows_of_frame(document) or _rows_by_count(document) or _rows_of_series(document) or _rows_inside(document)


def _rows_by_count(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    counts = [_COUNT.match(str(name)) for name in document]
    if not all(counts) or not all(isinstance(row, Mapping) for row in document.values()):
        return []
    return [{"epoch": int(count[1]), **row} for count, row in zip(counts, document.values(), strict=True) if count]


def _rows_of_frame(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rows of a data frame, written by column and index or as ``columns`` and ``data``, as pandas does."""
    names, rows = document.get("columns", ()), document.get("data", ())
    if _is_list(names) and _is_list(rows) and rows and all(_is_list(row) and len(row) == len(names) for row in rows):
        return [dict(zip(map(str, names), row, strict=True)) for row in rows]
    columns = list(document.values())
    if not columns or not all(isinstance(column, Mapping) and column for column in columns):
        return []
    index = list(columns[0])
    numbered = all(str(key).isdecimal() and list(column) == index for column in columns for key in column)
    flat = not any(isinstance(value, Mapping) or _is_list(value) for column in columns for value in column.values())
    if not numbered or not flat or any(_COUNT.match(str(name)) for name in document):
        return []
    return [{name: column[key] for name, column in document.items()} for key in index]


def _rows_of_series(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    merged: dict[Any, dict[str, Any]] = {}
    for name, series in _series(document):
        for step, value in series:
            merged.setdefault(step, {"step": step})[name] = value
    return [merged[step] for step in sorted(merged)] if all(map(_is_number, merged)) else []


def _series(document: Mapping[str, Any], prefix: str = "") -> list[tuple[str, list[tuple[Any, Any]]]]:
    found = []
    for name, inner in document.items():
        if not isinstance(inner, Mapping):
            continue
        at = next((inner[key] for key in _POSITIONS if _is_list(inner.get(key))), None)
        values = next((inner[key] for key in _VALUES if _is_list(inner.get(key))), None)
        if at is not None and values is not None and len(at) == len(values):
            found.append((f"{prefix}{name}", list(zip(at, values, strict=True))))
        elif not prefix:
            found += _series(inner, f"{name}/")
    return found


def _rows_inside(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the longest list of mappings that lies in a mapping."""
    lists = [value for _, value in flattened(document) if _is_list(value) and value]
    rows: list[list[Mapping[str, Any]]] = [
        list(value) for value in lists if all(isinstance(row, Mapping) for row in value)
    ]
    return max(rows, key=len, default=[])


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
