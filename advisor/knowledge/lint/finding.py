"""What lints look at and what they find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

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
MAX_PAIRS = 50_000
"""Pairs of rules that one lint compares at most, in some two seconds. Judgement: the shipped rules make a tenth."""


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

    def may_compare(self, code: str) -> bool:
        """Count a pair of rules that a lint is about to compare, and return whether it still may."""
        self.compared[code] += 1
        return self.compared[code] <= MAX_PAIRS


class Lint(Protocol):
    """One code."""

    code: ClassVar[str]

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:
        """Yield what is wrong with a rule."""
        ...
