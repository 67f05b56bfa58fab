"""Questions to the rules: why not this rule, what if a fact were different, what else to tell, how to tune by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from advisor import inference
from advisor.api.answers import Question, WhatIf, WhyNot
from advisor.api.tuning import TuningPlan
from advisor.border import checks_input
from advisor.facts import DataFacts, Facts, ModelFacts, Plan
from advisor.knowledge import load_rules

Folders = Sequence[str | Path]


@checks_input
def why_not(
    rule: str,
    data: DataFacts | None = None,
    model: ModelFacts | None = None,
    plan: Plan | None = None,
    *,
    rules: Folders = (),
) -> WhyNot:
    """Say why a rule does not fire on these facts, with the smallest change of facts that makes it fire.

    Args:
        rule: its id.
        data: what is known about the data; None: nothing.
        model: what is known about the model; None: nothing.
        plan: what is fixed; None: everything is free.
        rules: folders with rules of your own, used together with the shipped ones.

    Raises:
        FactError: there is no such rule.
        RuleError: rule files have problems.
    """
    return WhyNot.of(inference.why_not(rule, Facts.of(data, model, plan), load_rules(rules)))


@checks_input
def what_if(
    changes: Mapping[str, Any],
    data: DataFacts | None = None,
    model: ModelFacts | None = None,
    plan: Plan | None = None,
    *,
    rules: Folders = (),
) -> WhatIf:
    """Recommend before and after some facts change, and name the rules responsible.

    Args:
        changes: fact path → new value, such as ``{"plan.batch_size": 512}``; None makes a fact unknown.
        data: what is known about the data; None: nothing.
        model: what is known about the model; None: nothing.
        plan: what is fixed; None: everything is free.
        rules: folders with rules of your own, used together with the shipped ones.

    Raises:
        FactError: an unknown or derived fact, or a value that does not fit.
        RuleError: rule files have problems.
    """
    return WhatIf.of(inference.what_if(Facts.of(data, model, plan), load_rules(rules), changes))


@checks_input
def ask(
    data: DataFacts | None = None,
    model: ModelFacts | None = None,
    plan: Plan | None = None,
    *,
    rules: Folders = (),
) -> tuple[Question, ...]:
    """Return the unknown facts that would change the answer, the weightiest first.

    Args:
        data: what is known about the data; None: nothing.
        model: what is known about the model; None: nothing.
        plan: what is fixed; None: everything is free.
        rules: folders with rules of your own, used together with the shipped ones.

    Raises:
        RuleError: rule files have problems.
    """
    return tuple(Question.of(question) for question in inference.ask(Facts.of(data, model, plan), load_rules(rules)))


@checks_input
def tune_plan(
    data: DataFacts | None = None,
    model: ModelFacts | None = None,
    plan: Plan | None = None,
    *,
    rules: Folders = (),
) -> TuningPlan:
    """Return the five steps of tuning by hand, filled in for this task: what to try, what to look for, when to stop.

    Args:
        data: what is known about the data; None: nothing.
        model: what is known about the model; None: nothing.
        plan: what is fixed; None: everything is free.
        rules: folders with rules of your own, used together with the shipped ones.

    Raises:
        RuleError: rule files have problems.
    """
    return TuningPlan.of(inference.tune_plan(Facts.of(data, model, plan), load_rules(rules)))
