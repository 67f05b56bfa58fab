"""Lints on examples: they exist, they hold, and every leaf of a condition is needed by one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from advisor.errors import FactError
from advisor.knowledge.conditions import (
    ALWAYS,
    AllOf,
    AnyOf,
    Between,
    Condition,
    Known,
    Leaf,
    Not,
    OneOf,
    Unless,
    evaluate,
    leaves,
)
from advisor.knowledge.example_runs import EXPECTED, Group, run_examples
from advisor.knowledge.examples import sheets
from advisor.knowledge.lint.finding import Context, Finding
from advisor.knowledge.rule import Rule


class ExamplesExist:
    """L230: a rule is shown from all sides."""

    code: ClassVar[str] = "L230"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:  # noqa: ARG002
        """Require one example of every outcome that is possible."""
        decided = all(isinstance(leaf.test, Known) for leaf in leaves(rule.when))
        possible: list[Group] = ["match"]
        if not rule.always:
            possible += ["no_match"] if decided else ["no_match", "unknown"]
        for group in possible:
            if not getattr(rule.document.examples, group):
                yield Finding(("examples",), f"no example under {group}")


class ExamplesHold:
    """L231: examples say what is so."""

    code: ClassVar[str] = "L231"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:  # noqa: ARG002
        """Judge the rule on every example."""
        for run in run_examples(rule):
            if not run.passed:
                yield Finding(("examples", run.group, run.index), f"example {run.name!r}: {run.problem}")


class EveryLeafMatters:
    """L232: every leaf, bound and list value is needed by some example."""

    code: ClassVar[str] = "L232"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:  # noqa: ARG002
        """Drop each in turn; some example must come out differently."""
        examples = rule.document.examples
        try:
            judged = [
                (sheet.lookup, evaluate(rule.when, sheet.lookup))
                for group in EXPECTED
                for example in getattr(examples, group)
                for sheet in sheets(example, examples.base)
            ]
        except FactError:
            return  # L231 says so
        if not judged:
            return  # L230 says so
        for what, mutant in mutants(rule.when):
            if all(evaluate(mutant, lookup) is found for lookup, found in judged):
                yield Finding(("examples",), f"no example needs {what}; add one that comes out differently without it")


def mutants(condition: Condition) -> Iterator[tuple[str, Condition]]:
    """Yield the condition with one leaf, bound or list value dropped, and what was dropped."""
    match condition:
        case Leaf(fact, test):
            yield fact, ALWAYS
            for what, smaller in _smaller(test):
                yield f"{what} of {fact}", Leaf(fact, smaller)
        case Not(part) | Unless(part):
            kind = type(condition)
            yield from ((what, kind(mutant) if mutant != ALWAYS else ALWAYS) for what, mutant in mutants(part))
        case AllOf(parts) | AnyOf(parts):
            group = type(condition)
            for index, part in enumerate(parts):
                before, after = parts[:index], parts[index + 1 :]
                for what, mutant in mutants(part):
                    rest = (*before, *after) if mutant == ALWAYS else (*before, mutant, *after)
                    yield what, group(rest) if rest else ALWAYS


def _smaller(test: Between | OneOf | Known) -> Iterator[tuple[str, Between | OneOf]]:
    match test:
        case Between(lower, upper, lower_open, upper_open) if abs(lower) != float("inf") and abs(upper) != float("inf"):
            yield f"the lower bound {lower:g}", Between(upper=upper, upper_open=upper_open)
            yield f"the upper bound {upper:g}", Between(lower=lower, lower_open=lower_open)
        case OneOf(values) if len(values) > 1:
            for value in values:
                yield f"the value {value}", OneOf(tuple(other for other in values if other != value))
        case _:
            return
