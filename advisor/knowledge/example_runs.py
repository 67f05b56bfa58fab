"""Run a rule's examples: does it fire, stay silent or stay undecided where its author says so?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from advisor.errors import FactError
from advisor.knowledge.conditions import Lookup, evaluate, missing
from advisor.knowledge.examples import sheets
from advisor.knowledge.rule import Example, Rule

Group = Literal["match", "no_match", "unknown"]
EXPECTED: Final[Mapping[Group, bool | None]] = {"match": True, "no_match": False, "unknown": None}


@dataclass(frozen=True, slots=True)
class ExampleRun:
    """One example, judged.

    Attributes:
        rule: id of the rule.
        group: what the author expects.
        index: place in the group.
        name: of the example.
        problem: what came out instead; empty when the example holds.
    """

    rule: str
    group: Group
    index: int
    name: str
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether the example holds."""
        return not self.problem


def run_examples(rule: Rule) -> tuple[ExampleRun, ...]:
    """Judge a rule on each of its examples, in the order of the file."""
    return tuple(
        ExampleRun(rule.id, group, index, example.name, _problem(rule, example, expected))
        for group, expected in EXPECTED.items()
        for index, example in enumerate(getattr(rule.document.examples, group))
    )


def _problem(rule: Rule, example: Example, expected: bool | None) -> str:
    try:
        judged = [(sheet, evaluate(rule.when, sheet.lookup)) for sheet in sheets(example, rule.document.examples.base)]
    except FactError as error:
        return str(error)
    return next((_outcome(rule, sheet.lookup, found) for sheet, found in judged if found is not expected), "")


def _outcome(rule: Rule, lookup: Lookup, found: bool | None) -> str:
    if found is None:
        return f"the rule is undecided; unknown: {', '.join(missing(rule.when, lookup))}"
    return "the rule fires" if found else "the rule does not fire"
