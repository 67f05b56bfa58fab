"""From the document of a rule file to a rule, with every problem of the file found at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from advisor.errors import FactError, did_you_mean
from advisor.facts.registry import parse, registry
from advisor.knowledge.condition_parser import NODES, parse_condition
from advisor.knowledge.conditions import ALWAYS, AllOf, Condition, Unless
from advisor.knowledge.effects import LAWS, MAX_ITEMS
from advisor.knowledge.rule import Rule, RuleDocument
from advisor.knowledge.sources import Source
from advisor.knowledge.validation import validated
from advisor.knowledge.yaml_reader import Document, Place
from advisor.results import Citation

MAX_LEAVES: Final = 64
"""Tests in one condition. Judgement: a reader is lost long before, and lints take time that grows with the square."""

MAX_SHEETS: Final = 500
"""Fact sheets that the examples of one rule stand for. Judgement: lists of values multiply, and each sheet is inferred
on."""


def read_rule(
    document: Document, topic: str, sources: Mapping[str, Source], *, from_overlay: bool = False
) -> Rule | None:
    """Turn one read file into a rule; problems go to the document, and None comes back when there were any.

    Args:
        document: the file.
        topic: the folder it lies in.
        sources: by key.
        from_overlay: whether a user's overlay holds it.
    """
    if document.problems:
        return None
    fields = validated(RuleDocument, document.value, document)
    if not isinstance(document.value, dict):
        return None
    when = _condition(document)
    for index, effect in enumerate(_items(document.value, "then")):
        _check_effect(effect, document, ("then", index))
    _check_examples(document)
    citations = _citations(document, sources)
    if fields is None or when is None or document.problems:
        return None
    kinds = frozenset(sources[cite.key].kind for cite in citations)
    return Rule(fields, when, topic, document.path, citations, kinds, document, from_overlay)


def _condition(document: Document) -> Condition | None:
    """Return the condition of ``when`` and ``unless`` together; None when one of them has problems."""
    when, unless = (_parsed(key, document) for key in ("when", "unless"))
    if when is None or unless is None:
        return None
    if unless == ALWAYS:
        return when
    parts = when.parts if isinstance(when, AllOf) else (when,)
    return AllOf((*parts, Unless(unless)))


def _parsed(key: str, document: Document) -> Condition | None:
    tree = document.value.get(key)
    if tree is None:
        return ALWAYS
    tests = _tests_in(tree)
    if tests <= MAX_LEAVES:
        return parse_condition(tree, document, (key,))
    text = f"{tests} tests in one condition, more than {MAX_LEAVES}; split the rule, or test a derived fact"
    document.problem((key,), "E110", text)
    return None


def _tests_in(tree: Any) -> int:
    if isinstance(tree, list):
        return sum(_tests_in(part) for part in tree)
    if isinstance(tree, dict):
        return sum(_tests_in(part) if key in NODES else 1 for key, part in tree.items())
    return 1


def _check_examples(document: Document) -> None:
    examples = document.value.get("examples")
    groups = [group for group in examples.values() if isinstance(group, list)] if isinstance(examples, dict) else []
    stated = [example.get("facts", {}) for group in groups for example in group if isinstance(example, dict)]
    base = examples.get("base") if isinstance(examples, dict) else None
    shared = base if isinstance(base, dict) else {}
    count = sum(math.prod(_choices({**shared, **facts})) for facts in stated if isinstance(facts, dict))
    if count > MAX_SHEETS:
        found = count if count < 10**6 else "over a million"
        text = f"examples stand for {found} fact sheets, more than {MAX_SHEETS}: lists of values multiply; shorten them"
        document.problem(("examples",), "E107", text)


def _choices(facts: Mapping[str, Any]) -> Iterator[int]:
    return (len(value) if isinstance(value, list) else 1 for value in facts.values())


def _items(content: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the maps in a list field; whatever else stands there is E107's business."""
    found = content.get(name)
    return [item if isinstance(item, dict) else {} for item in found[:MAX_ITEMS]] if isinstance(found, list) else []


def _check_effect(effect: dict[str, Any], document: Document, place: Place) -> None:
    for name in LAWS:
        law = effect.get(name)
        powers = law.get("powers") if isinstance(law, dict) else None
        for path in list(powers)[:MAX_ITEMS] if isinstance(powers, dict) else ():
            _check_law_fact(path, document, (*place, name, "powers", path))
    setting, value = effect.get("choose"), effect.get("value")
    if isinstance(setting, str) and value is not None:
        _check_choice(setting, value, document, (*place, "value"))


def _check_law_fact(path: str, document: Document, place: Place) -> None:
    item = registry().get(path)
    if item is None:
        document.problem(place, "E104", f"no fact is called {path!r}{did_you_mean(path, registry())}")
    elif item.type not in {"count", "number"}:
        document.problem(place, "E106", f"a law needs a number, and {path} is a {item.type}")


def _check_choice(setting: str, value: Any, document: Document, place: Place) -> None:
    item = registry().get(f"plan.{setting}")
    if item is None:  # final_fraction is a setting of the recipe, not of the plan
        known = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
        if setting == "final_fraction" and not known:
            document.problem(place, "E106", f"final_fraction={value!r}: must be between 0 and 1")
        return
    if isinstance(value, str) and item.type not in {"name", "text"}:
        wanted = "true or false" if item.type == "flag" else "a number"
        document.problem(place, "E106", f"{setting}={value!r}: must be {wanted}")
        return
    try:
        parse(item, value)
    except FactError as error:
        document.problem(place, "E106", str(error).removeprefix("plan."))


def _citations(document: Document, sources: Mapping[str, Source]) -> tuple[Citation, ...]:
    found = []
    for index, cite in enumerate(_items(document.value, "source")):
        key = cite.get("cite")
        source = sources.get(key) if isinstance(key, str) else None
        if source is not None:
            at, says = (str(cite.get(name) or "") for name in ("at", "says"))
            heading, url = source.place(at)
            found.append(Citation(key=str(key), title=source.title, url=url, at=heading, says=says))
            if source.sections and at not in source.sections:
                message = f"{key} has no section {at!r}{did_you_mean(at, source.sections)}"
                document.problem(("source", index), "E108", message)
        elif isinstance(key, str):
            message = f"sources.yaml has no {key!r}{did_you_mean(key, sources)}"
            document.problem(("source", index), "E108", message)
    return tuple(found)
