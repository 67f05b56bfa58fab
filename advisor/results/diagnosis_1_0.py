"""Diagnosis files of schema 1.0, which carried sentences where later ones carry codes and numbers."""

from __future__ import annotations

import json
from typing import Final

from advisor.files import parse_json

SCHEMA: Final = "1.0"


def upgraded(text: str) -> str:
    """Return a diagnosis of schema 1.0 as one of schema 2.0 that keeps its sentences; any other text as it is.

    Titles and places are left out: both follow from what a file of schema 2.0 holds as well.
    """
    try:
        tree = parse_json(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(tree, dict) or tree.get("schema_version") != SCHEMA or not isinstance(tree.get("symptoms"), list):
        return text
    symptoms = [_symptom(item) if isinstance(item, dict) else item for item in tree["symptoms"]]
    return json.dumps({**tree, "schema_version": "2.0", "symptoms": symptoms})


def _symptom(old: dict[str, object]) -> dict[str, object]:
    kept = {name: value for name, value in old.items() if name not in {"title", "where", "says"}}
    return {**kept, "sentence": old.get("says", "")}
