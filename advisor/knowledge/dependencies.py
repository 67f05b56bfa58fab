"""Which stored facts a derived fact is computed from, found by watching it read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from advisor.facts import Facts
from advisor.facts.derived import DERIVED
from advisor.facts.leaf import FactSheet
from advisor.facts.registry import FactInfo, registry, with_facts

MAX_SHEETS: Final = 200
"""Fact sheets tried per derived fact while looking for further branches of its function. Judgement: more than any
shipped function has branches, and still instant."""


@dataclass(frozen=True, slots=True)
class _Watched:
    """A fact sheet that writes down which leaves are read; leaves in ``hidden`` read as unknown."""

    sheet: Any
    prefix: str
    seen: dict[str, None]
    hidden: frozenset[str] = frozenset()

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.sheet, name)
        if isinstance(value, FactSheet):
            return _Watched(value, f"{self.prefix}{name}.", self.seen, self.hidden)
        path = f"{self.prefix}{name}"
        self.seen[path] = None
        return None if path in self.hidden else value


def inputs_of(path: str, facts: Facts, hidden: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return the stored facts that a fact is read from on this sheet, itself when it is stored."""
    derived = DERIVED.get(path)
    if derived is None:
        return (path,)
    seen: dict[str, None] = {}
    watched: Any = _Watched(facts, "", seen, hidden)
    derived.compute(watched)
    return tuple(seen)


@cache
def all_inputs_of(path: str) -> frozenset[str]:
    """Return the stored facts that a derived fact can be read from: on a full sheet, and with read facts left out."""
    full = _full_sheet()
    found: set[str] = set()
    tried: set[frozenset[str]] = set()
    waiting: list[frozenset[str]] = [frozenset()]
    while waiting and len(tried) < MAX_SHEETS:
        hidden = waiting.pop(0)
        if hidden in tried:
            continue
        tried.add(hidden)
        read = inputs_of(path, full, hidden)
        found |= set(read)
        waiting += [hidden | {name} for name in read if name not in hidden]
    return frozenset(found)


@cache
def _full_sheet() -> Facts:
    stored = {path: _some(item) for path, item in registry().items() if not item.is_derived}
    return with_facts(Facts(), {**stored, "model.convex": True, "data.task": "binary", "plan.loss": "cross_entropy"})


def _some(item: FactInfo) -> Any:
    if item.type == "flag":
        return True
    if item.type == "name":
        return item.choices[0]
    return "text" if item.type == "text" else 1
