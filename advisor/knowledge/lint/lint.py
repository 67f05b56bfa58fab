"""All lints over all rules, with waivers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from advisor.errors import Problem
from advisor.knowledge.lint.conflicts import IdleOverride, IdleTier, SettledLater, Tie
from advisor.knowledge.lint.examples import EveryLeafMatters, ExamplesExist, ExamplesHold
from advisor.knowledge.lint.finding import Context, Lint
from advisor.knowledge.lint.identity import (
    DeprecatedWithSuccessor,
    IdIsFileName,
    NothingLeftToDo,
    PublishedByOthers,
    SourceWithPlace,
    StableWithEvidence,
    UniqueTitle,
    UsableAblation,
)
from advisor.knowledge.lint.logic import AlwaysTrue, FiresOnNothing, NeverTrue, Shadowed, TooTangled
from advisor.knowledge.rule import Rule

LINTS: tuple[Lint, ...] = (
    *(IdIsFileName(), UniqueTitle(), SourceWithPlace(), StableWithEvidence(), DeprecatedWithSuccessor()),
    *(NothingLeftToDo(), UsableAblation(), PublishedByOthers()),
    *(NeverTrue(), AlwaysTrue(), FiresOnNothing(), TooTangled(), Shadowed()),
    *(Tie(), SettledLater(), IdleOverride(), IdleTier()),
    *(ExamplesExist(), ExamplesHold(), EveryLeafMatters()),
)
UNUSED_WAIVER = "L240"


def lint(rules: Sequence[Rule], folder: Path) -> list[Problem]:
    """Return what the lints find, less what the rules themselves waive with a reason."""
    context = Context(tuple(rules), folder)
    return findings_in(context)


def findings_in(context: Context) -> list[Problem]:
    """Return what the lints find in rules that are side by side already."""
    return [problem for rule in context.rules for problem in _lint_rule(rule, context)]


def _lint_rule(rule: Rule, context: Context) -> Iterator[Problem]:
    waived = {waiver.code for waiver in rule.document.allow}
    used: set[str] = set()
    for one in LINTS:
        for finding in one.check(rule, context):
            if one.code in waived:
                used.add(one.code)
            else:
                yield Problem(rule.path, rule.line(finding.place), one.code, finding.message)
    for index, waiver in enumerate(rule.document.allow):
        if waiver.code not in used:
            message = f"{waiver.code} finds nothing here; drop the waiver"
            yield Problem(rule.path, rule.line(("allow", index)), UNUSED_WAIVER, message)
