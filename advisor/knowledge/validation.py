"""Validate parts of a file against their models, each error at its line and in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from advisor.errors import did_you_mean
from advisor.knowledge.effects import EFFECTS, MAX_ITEMS, Law, Part, Power
from advisor.knowledge.rule import Cite, Evidence, Example, Examples, Waiver
from advisor.knowledge.yaml_reader import Document, Place

Model = TypeVar("Model", bound=BaseModel)

_BRANCHES = {*EFFECTS, "number", "law", "power"}
_PARTS: Mapping[str, type[Part]] = {
    "source": Cite,
    "evidence": Evidence,
    "examples": Examples,
    "match": Example,
    "no_match": Example,
    "unknown": Example,
    "allow": Waiver,
    "law": Law,
    "power": Power,
    **EFFECTS,
}


def validated(model: type[Model], content: Any, document: Document, place: Place = ()) -> Model | None:
    """Return the model; problems (E107) go to the document, and None comes back when there were any."""
    if not isinstance(content, dict):
        document.problem(place, "E107", "must be a map of fields")
        return None
    try:
        return model.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        for item in found[:MAX_ITEMS]:
            where = _where(item["loc"])
            document.problem((*place, *where), "E107", _sentence(item, model, (*place, *where)))
        if len(found) > MAX_ITEMS:
            document.problem(place, "E107", f"and {len(found) - MAX_ITEMS} more problems with fields")
        return None


def _where(location: tuple[int | str, ...]) -> Place:
    """Drop the names of union branches that pydantic puts into a location: after an index, or after a field."""
    kept: list[int | str] = []
    skip = False
    for index, part in enumerate(location):
        branch = part in _BRANCHES and index > 0 and not skip and _is_branch(location, index)
        if not branch:
            kept.append(part)
        skip = branch
    return tuple(kept)


def _is_branch(location: tuple[int | str, ...], index: int) -> bool:
    before = location[index - 1]
    if isinstance(before, int):
        return location[0] == "then" and index == 2
    if location[index] in {"number", "law"}:
        return before in {"at_most", "at_least"} or location[index - 2] == "powers"
    return location[index] == "power" and index >= 2 and location[index - 2] == "powers"


def _sentence(item: Mapping[str, Any], model: type[BaseModel], where: Place) -> str:
    location: tuple[int | str, ...] = item["loc"]
    name = ".".join(str(part) for part in where)
    if item["type"] == "extra_forbidden":
        around = next((_PARTS[str(part)] for part in reversed(location[:-1]) if part in _PARTS), None)
        known = (model if around is None else around).model_fields
        wrong = str(location[-1])
        hint = did_you_mean(wrong, known) or f" (known: {', '.join(known)})"
        return f"{name}: no field is called {wrong!r}{hint}"
    if item["type"] == "missing":
        return f"{name}: this field is missing"
    text = str(item["msg"]).removeprefix("Value error, ")
    text = text[:1].lower() + text[1:]
    given = item.get("input")
    if item["type"] == "string_type" and isinstance(given, int | float):
        return f"{name}: {text}; put {given} in quotes"
    if given is None or isinstance(given, bool | int | float) or (isinstance(given, str) and len(given) <= 40):
        return f"{name}: {text}, not {given!r}"
    return f"{name}: {text}"
