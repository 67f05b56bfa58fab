"""The fact sheets of a rule's examples: one base sheet, and what each example changes in it.

An example's value ``unknown`` takes a fact of the base away. A list of values stands for one sheet each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from advisor.errors import FactError
from advisor.facts import Facts, info, read, with_facts
from advisor.facts.derived import Value
from advisor.facts.registry import parse
from advisor.knowledge.rule import Example

UNKNOWN: Final = "unknown"
"""An example's word for a fact of the base that is not known there."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Facts, and derived facts that an example states directly instead of the facts they follow from."""

    facts: Facts
    stated: Mapping[str, Value]

    def lookup(self, path: str) -> Value:
        """Return a fact's value; None when unknown."""
        value = self.stated.get(path)
        return value if value is not None else read(self.facts, path)


def stated_facts(example: Example, base: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of an example in full, by path: the base with the example's own facts laid over it."""
    return {path: value for path, value in {**base, **example.facts}.items() if value != UNKNOWN}


def sheets(example: Example, base: Mapping[str, Any]) -> Iterator[Sheet]:
    """Yield the fact sheets of an example: one for each combination of the values that stand in lists.

    Raises:
        FactError: an unknown fact, or a value that does not fit.
    """
    stated = stated_facts(example, base)
    paths = list(stated)
    choices = [value if isinstance(value, list) else [value] for value in stated.values()]
    for values in product(*choices):
        given = dict(zip(paths, values, strict=True))
        derived = {path: _parsed(path, value) for path, value in given.items() if info(path).is_derived}
        stored = {path: _parsed(path, value) for path, value in given.items() if path not in derived}
        yield Sheet(with_facts(Facts(), stored), derived)


def _parsed(path: str, value: object) -> Value:
    """Parse a value of a rule file, where a number is never written as text."""
    item = info(path)
    if isinstance(value, str) and item.type not in {"name", "text"}:
        raise FactError(f"{path}={value!r}: must be {'true or false' if item.type == 'flag' else 'a number'}")
    return parse(item, value)
