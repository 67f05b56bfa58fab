"""Every fact by its path: type, unit, bounds, allowed names, and how to read it from a sheet."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from advisor.errors import FactError, did_you_mean, shortened
from advisor.facts.derived import DERIVED, Value
from advisor.facts.leaf import UNIT, FactSheet, out_of_range
from advisor.facts.sheet import Facts
from advisor.facts.spelling import canonical
from advisor.numerals import number

FactType = Literal["flag", "count", "number", "name", "text"]


@dataclass(frozen=True, slots=True)
class FactInfo:
    """What is known about one fact's name.

    Attributes:
        path: dotted name, such as ``data.scale.ratio``.
        type: flag (bool), count (int), number (float), name (one of ``choices``) or text.
        unit: empty for flags and names.
        description: one sentence.
        choices: the allowed names, empty otherwise.
        lower, upper: inclusive bounds of a number (``lower_open``: the lower one is excluded).
        is_derived: computed from other facts.
    """

    path: str
    type: FactType
    unit: str
    description: str
    choices: tuple[str, ...] = ()
    lower: float | None = None
    upper: float | None = None
    lower_open: bool = False
    is_derived: bool = False


@cache
def registry() -> Mapping[str, FactInfo]:
    """Return every fact, stored and derived, by path in reading order."""
    found: dict[str, FactInfo] = {}
    _collect(Facts, "", found)
    for item in DERIVED.values():
        kind: FactType = "flag" if item.type is bool else "count" if item.type is int else "number"
        found[item.path] = FactInfo(
            item.path, kind, item.unit, item.description, lower=0.0 if kind != "flag" else None, is_derived=True
        )
    return types.MappingProxyType(found)


def info(path: str) -> FactInfo:
    """Return what is known about the fact called ``path``.

    Raises:
        FactError: there is no such fact; the message suggests the closest one.
    """
    try:
        return registry()[path]
    except KeyError:
        raise FactError(f"no fact is called {shortened(path)}{did_you_mean(path, registry())}") from None


def read(facts: Facts, path: str) -> Value:
    """Return the value of a fact; None when unknown.

    Raises:
        FactError: there is no such fact.
    """
    item = DERIVED.get(path)
    if item is not None:
        return item.compute(facts)
    if path not in registry():
        info(path)
    value: Any = facts
    for part in path.split("."):
        value = getattr(value, part)
    return value


def known(facts: Facts) -> dict[str, Value]:
    """Return all known facts of a sheet, derived ones included, by path."""
    return {path: value for path in registry() if (value := read(facts, path)) is not None}


def with_facts(facts: Facts, values: Mapping[str, Any]) -> Facts:
    """Return a copy of ``facts`` with some leaves replaced; values may be strings as typed on a command line.

    Raises:
        FactError: an unknown or derived fact, or a value that does not fit; the message names both.
    """
    tree = facts.model_dump()
    for path, raw in values.items():
        item = info(path)
        if item.is_derived:
            settable = [name for name, other in registry().items() if not other.is_derived]
            raise FactError(
                f"{path} is computed from other facts and cannot be set ({item.description})"
                f"{did_you_mean(path, settable)}"
            )
        *groups, leaf = path.split(".")
        branch = tree
        for part in groups:
            branch = branch[part]
        branch[leaf] = parse(item, raw)
    return Facts.model_validate(tree)


def parse(item: FactInfo, raw: Any) -> Value:
    """Turn a typed or given value into the fact's type and check its bounds.

    Raises:
        FactError: the value does not fit; the message says what would.
    """
    if raw is None or (
        isinstance(raw, str) and raw.strip().lower() in {"unknown", "none", "null", ""} and "none" not in item.choices
    ):
        return None
    if isinstance(raw, str) and item.type not in {"name", "text"}:
        raw = _number_or_flag(item, raw.strip())
    if item.type == "flag":
        if isinstance(raw, bool):
            return raw
        raise FactError(f"{item.path}={shortened(raw)}: must be true or false")
    if item.type in {"name", "text"}:
        return _parse_name(item, str(raw))
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not (isinstance(raw, int) or math.isfinite(raw)):
        raise FactError(f"{item.path}={shortened(raw)}: must be a finite number")
    if item.type == "count":
        if isinstance(raw, float) and raw != int(raw):
            raise FactError(f"{item.path}={shortened(raw)}: must be a whole number")
        raw = int(raw)
    if wanted := out_of_range(raw):
        raise FactError(f"{item.path}={shortened(raw)}: must be {wanted}")
    too_low = item.lower is not None and (raw <= item.lower if item.lower_open else raw < item.lower)
    if too_low or (item.upper is not None and raw > item.upper):
        raise FactError(f"{item.path}={shortened(raw)}: must be {_bounds(item)}")
    return raw


def _parse_name(item: FactInfo, raw: str) -> str:
    if not item.choices:
        return raw
    name = canonical(raw, item.choices)
    if name is None:
        near = did_you_mean(raw, item.choices)
        raise FactError(f"{item.path}={shortened(raw)}: must be one of {', '.join(item.choices)}{near}")
    return name


def _number_or_flag(item: FactInfo, raw: str) -> Any:
    if item.type == "flag":
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(raw.lower(), raw)
    try:
        number = float(raw.replace("_", ""))
    except ValueError:
        raise FactError(f"{item.path}={shortened(raw)}: must be a number") from None
    if not math.isfinite(number):
        raise FactError(f"{item.path}={shortened(raw)}: must be a finite number")
    return number


def _bounds(item: FactInfo) -> str:
    lower = (
        f"{'greater than' if item.lower_open else 'at least'} {number(item.lower, 6)}" if item.lower is not None else ""
    )
    upper = f"at most {number(item.upper, 6)}" if item.upper is not None else ""
    return " and ".join(part for part in (lower, upper) if part)


def _collect(model: type[FactSheet], prefix: str, found: dict[str, FactInfo]) -> None:
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, FactSheet):
            _collect(annotation, f"{path}.", found)
        elif field.default is None:  # tuples (columns, notes) are no leaves
            found[path] = _leaf(path, field)


def _leaf(path: str, field: FieldInfo) -> FactInfo:
    (annotation,) = (
        [part for part in get_args(field.annotation) if part is not type(None)]
        if _is_optional(field.annotation)
        else [field.annotation]
    )
    choices: tuple[str, ...] = ()
    kind: FactType
    if get_origin(annotation) is Literal:
        kind, choices = "name", get_args(annotation)
    else:
        kind = {bool: "flag", int: "count", float: "number", str: "text"}[annotation]  # type: ignore[assignment,index]
    bounds = {type(item).__name__: item for item in field.metadata}
    lower = getattr(bounds.get("Ge"), "ge", getattr(bounds.get("Gt"), "gt", None))
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return FactInfo(
        path=path,
        type=kind,
        unit=str(extra.get(UNIT, "")),
        description=field.description or "",
        choices=choices,
        lower=lower,
        upper=getattr(bounds.get("Le"), "le", None),
        lower_open="Gt" in bounds,
    )


def _is_optional(annotation: Any) -> bool:
    return get_origin(annotation) in {Union, types.UnionType}
