"""Advice files of schema 1.0, which carried sentences where later ones carry codes and values."""

from __future__ import annotations

import json
from typing import Any, Final

from advisor.files import parse_json

SCHEMA: Final = "1.0"


def upgraded(text: str) -> str:
    """Return an advice of schema 1.0 as one of schema 2.0 that keeps its sentences; any other text as it is."""
    try:
        tree = parse_json(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(tree, dict) or tree.get("schema_version") != SCHEMA:
        return text
    for holder in (tree, tree.get("baseline")):
        if isinstance(holder, dict) and isinstance(holder.get("verdict"), dict):
            holder["verdict"] = _verdict(holder["verdict"])
    if isinstance(tree.get("probe"), dict):
        tree["probe"] = _probe(tree["probe"])
    return json.dumps({**tree, "schema_version": "2.0"})


def _verdict(old: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in old.items() if name != "reason"}
    return {**kept, "reasons": [_recorded(old.get("reason", ""))], "notes": _all_recorded(old)}


def _probe(old: dict[str, Any]) -> dict[str, Any]:
    test = old.get("range_test")
    if isinstance(test, dict):
        reason = test.get("reason")
        test = {**test, "reason": _recorded(reason) if reason else None}
    return {**old, "range_test": test, "notes": _all_recorded(old)}


def _all_recorded(holder: dict[str, Any]) -> list[dict[str, Any]]:
    notes = holder.get("notes", [])
    return [_recorded(note) for note in notes] if isinstance(notes, list) else []


def _recorded(sentence: object) -> dict[str, Any]:
    return {"code": "recorded", "values": [["text", sentence]]}
