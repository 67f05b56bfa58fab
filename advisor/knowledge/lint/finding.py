"""What lints look at and what they find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from advisor.knowledge.lint.overlap import Box, Tree, box_of, tree_of
from advisor.knowledge.normal_form import Clause, TooManyClauses, clauses_of
from advisor.knowledge.rule import Rule
from advisor.knowledge.yaml_reader import Place


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a place in a rule's file."""

    place: Place
    message: str


MAX_NAMED = 3
"""Rules that a finding of one rule names at most; Judgement: copies of one rule would name each other all."""


@dataclass(slots=True)
class Context:
    """All rules at once, with their clauses computed once.

    Attributes:
        rules: every rule, drafts and deprecated ones too.
        folder: where the shipped rules lie, for files that rules name.
        compared: how many pairs of rules each lint has compared.
    """

    rules: tuple[Rule, ...]
    folder: Path
    compared: Counter[str] = field(default_factory=Counter)
    _clauses: dict[str, tuple[Clause, ...] | None] = field(default_factory=dict)
    _indices: dict[str, dict[Any, list[Rule]]] = field(default_factory=dict)
    _places: dict[str, int] = field(default_factory=dict)
    _boxes: dict[str, Box] = field(default_factory=dict)
    _trees: dict[tuple[str, Any], Tree] = field(default_factory=dict)

    def clauses(self, rule: Rule) -> tuple[Clause, ...] | None:
        """Return where a rule fires; None when its condition is too tangled to be decided."""
        if rule.path not in self._clauses:
            try:
                self._clauses[rule.path] = clauses_of(rule.when)
            except TooManyClauses:
                self._clauses[rule.path] = None
        return self._clauses[rule.path]

    def get(self, rule_id: str) -> Rule | None:
        """Return the rule with this id."""
        return next(iter(self.sharing("id", rule_id, lambda rule: [rule.id])), None)

    def sharing(self, name: str, key: Any, keys: Callable[[Rule], Iterable[Any]]) -> Sequence[Rule]:
        """Return the rules that have a key, in order; found once for all rules.

        Args:
            name: of the index.
            key: what they share.
            keys: of one rule.
        """
        if name not in self._indices:
            index: dict[Any, list[Rule]] = {}
            for rule in self.rules:
                for one in keys(rule):
                    index.setdefault(one, []).append(rule)
            self._indices[name] = index
        return self._indices[name].get(key, ())

    def earlier(self, rule: Rule, others: Iterable[Rule]) -> Sequence[Rule]:
        """Return those of other rules that stand before a rule, each once and in order."""
        if not self._places:
            self._places |= {one.path: place for place, one in enumerate(self.rules)}
        before = {other.path: other for other in others if self._places[other.path] < self._places[rule.path]}
        return sorted(before.values(), key=lambda other: self._places[other.path])

    def box(self, rule: Rule) -> Box:
        """Return the box around where a rule fires; open where that is not known."""
        if rule.path not in self._boxes:
            self._boxes[rule.path] = box_of(self.clauses(rule) or ())
        return self._boxes[rule.path]

    def tree(self, name: str, key: Any, keys: Callable[[Rule], Iterable[Any]]) -> Tree:
        """Return the rules that have a key, parted by when they fire; arguments as of ``sharing``."""
        if (name, key) not in self._trees:
            rules = self.sharing(name, key, keys)
            self._trees[name, key] = tree_of(rules, {rule.path: self.box(rule) for rule in rules})
        return self._trees[name, key]


class Lint(Protocol):
    """One code."""

    code: ClassVar[str]

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:
        """Yield what is wrong with a rule."""
        ...
