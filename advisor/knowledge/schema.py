"""The JSON Schema that editors complete and check rule files with: every fact's own type, bounds and names."""

from __future__ import annotations

import json
from typing import Any, get_args

from advisor.facts.registry import FactInfo, registry
from advisor.knowledge.effects import Setting
from advisor.knowledge.examples import UNKNOWN
from advisor.knowledge.rule import RuleDocument


def rule_schema() -> dict[str, Any]:
    """Return the schema of a rule file."""
    schema = RuleDocument.model_json_schema()
    parts = schema["$defs"]
    parts["Condition"] = _condition()
    parts |= {path: _value(item) for path, item in registry().items()}
    parts |= {f"test {path}": _test(item) for path, item in registry().items()}
    described = {
        "when": "the facts that make the rule fire",
        "unless": "facts that keep the rule from firing where they are known to hold",
    }
    for key, description in described.items():
        schema["properties"][key] = {"$ref": "#/$defs/Condition", "description": description}
    numbers = [path for path, item in registry().items() if item.type in {"count", "number"}]
    parts["Law"]["properties"]["powers"]["propertyNames"] = {"enum": numbers}
    parts["Example"]["properties"]["facts"] = _facts("facts that differ from the base", unknown=True)
    parts["Examples"]["properties"]["base"] = _facts("facts that every example shares unless it differs")
    parts["Choose"]["allOf"] = [
        {
            "if": {"properties": {"choose": {"const": name}}},
            "then": {"properties": {"value": {"$ref": f"#/$defs/plan.{name}"}}},
        }
        for name in get_args(Setting)
        if f"plan.{name}" in registry()
    ]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """Return the schema as the text of ``rules/schema.json``: for editors, so one line."""
    return json.dumps(rule_schema(), ensure_ascii=False, separators=(",", ":")) + "\n"


def _condition() -> dict[str, Any]:
    node = {"$ref": "#/$defs/Condition"}
    group = {"type": "array", "items": node, "minItems": 1}
    leaves = {path: {"$ref": f"#/$defs/test {path}"} for path in registry()}
    return {
        "type": "object",
        "description": "exactly one of all, any, not or one fact",
        "properties": {"all": group, "any": group, "not": node, **leaves},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _test(item: FactInfo) -> dict[str, Any]:
    value = {"$ref": f"#/$defs/{item.path}"}
    several = {"type": "array", "items": value, "minItems": 1}
    tests: dict[str, Any] = {"known": {"type": "boolean"}, "is": value, "in": several}
    if item.type in {"count", "number"}:
        tests |= {name: {"type": "number"} for name in ("ge", "gt", "le", "lt")}
    mapped = {"type": "object", "properties": tests, "additionalProperties": False, "minProperties": 1}
    unit = f" [{item.unit}]" if item.unit else ""
    return {"description": f"{item.description}{unit}", "anyOf": [value, several, mapped]}


def _value(item: FactInfo) -> dict[str, Any]:
    match item.type:
        case "flag":
            return {"type": "boolean"}
        case "name":
            return {"enum": list(item.choices)}
        case "text":
            return {"type": "string"}
        case _:
            bounds: dict[str, Any] = {}
            if item.lower is not None:
                bounds["exclusiveMinimum" if item.lower_open else "minimum"] = item.lower
            if item.upper is not None:
                bounds["maximum"] = item.upper
            return {"type": "integer" if item.type == "count" else "number", **bounds}


def _facts(description: str, *, unknown: bool = False) -> dict[str, Any]:
    """Return the schema of facts by path; ``unknown`` allows the word that takes a fact of the base away."""
    one = {path: {"$ref": f"#/$defs/{path}"} for path in registry()}
    absent = [{"const": UNKNOWN}] if unknown else []
    return {
        "type": "object",
        "description": f"{description}; a list of values stands for one fact sheet each",
        "properties": {
            path: {"anyOf": [value, {"type": "array", "items": value, "minItems": 1}, *absent]}
            for path, value in one.items()
        },
        "additionalProperties": False,
    }
