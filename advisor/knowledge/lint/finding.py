"""What lints look at and what they find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

from advisor.knowledge.normal_form import Clause, TooManyClauses, clauses_of
from advisor.knowledge.rule import Rule
from advisor.knowledge.yaml_reader import Place


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a place in a rule's file."""

    place: Place
    message: str


@dataclass(slots=True)
class Context:
    """All rules at once, with their clauses computed once.

    Attributes:
        rules: every rule, drafts and deprecated ones too.
        folder: where the shipped rules lie, for files that rules name.
    """

    rules: tuple[Rule, ...]
    folder: Path
    _clauses: dict[str, tuple[Clause, ...] | None] = field(default_factory=dict)

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
        return next((rule for rule in self.rules if rule.id == rule_id), None)


class Lint(Protocol):
    """One code."""

    code: ClassVar[str]

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:
        """Yield what is wrong with a rule."""
        ...
