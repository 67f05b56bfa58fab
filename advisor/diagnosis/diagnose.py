"""A training log to a diagnosis: symptoms, then rules, then a changed recipe."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Literal

import numpy as np

from advisor._version import __version__
from advisor.diagnosis.changes import rate_change, setting_changes
from advisor.diagnosis.expectation import expected_rate, with_expectation
from advisor.diagnosis.history import Array, History, Series
from advisor.diagnosis.objective import objective_of
from advisor.diagnosis.run_context import RunContext
from advisor.diagnosis.symptoms import Symptoms, detect_symptoms
from advisor.facts import Facts, read
from advisor.inference import infer
from advisor.knowledge import Rule, RuleBase
from advisor.knowledge.conditions import evaluate, facts_of, missing
from advisor.results import Diagnosis, LoggedCurve, Provenance, Symptom, Undecided
from advisor.results.diagnosis import ColumnChoice, Objective, RateGroup

CHART_POINTS: Final = 200
"""Judgement: more points than that a chart does not show."""
CurveRole = Literal["loss", "validation_loss", "learning_rate"]


def diagnosis_of(
    log: History,
    context: RunContext,
    base: RuleBase,
    *,
    constant_loss: float | None = None,
    symptoms: Symptoms | None = None,
) -> Diagnosis:
    """Diagnose a log that has been read.

    Args:
        log: what was logged.
        context: what is known about the run besides.
        base: the rule base.
        constant_loss: loss of the best constant prediction, by which a run that learned nothing is recognised.
        symptoms: what the log shows, where it has been looked for already.
    """
    objective = objective_of(log.names, context.data, context.model)
    symptoms = symptoms or detect_symptoms(
        log,
        constant_loss=constant_loss,
        clip_norm=context.plan.clip_norm,
        final_fraction=context.final_fraction,
        objective=objective.code if objective else None,
        start=context.start,
    )
    expected = expected_rate(context, symptoms.facts, base)
    history_facts = with_expectation(context.complete(symptoms.facts), expected)
    facts = Facts(data=context.data, model=context.model, plan=context.fixed_plan, history=history_facts)
    trace = infer(facts, base).trace
    firing = _firing_log_rules(facts, base)
    recipe = context.recipe(history_facts)
    rate = rate_change([item for item in trace.contributions if item.rule.id in firing], recipe)
    chosen = [item for item in trace.choices if item.rule is not None and item.rule.id in firing]
    return Diagnosis(
        source=log.source,
        unit=log.unit,
        points=len(log.watched),
        span=log.span,
        facts=facts,
        symptoms=_symptoms(symptoms),
        recipe=recipe,
        objective=Objective(code=objective.code, columns=objective.columns) if objective else None,
        columns=tuple(
            ColumnChoice(role=item.role, names=item.names, alternatives=item.alternatives) for item in log.choices
        ),
        rate_groups=tuple(
            RateGroup(name=item.name, peak=item.peak, falls_first=item.falls_first) for item in log.rate_groups
        ),
        expected=expected,
        changes=(*((rate,) if rate else ()), *setting_changes(chosen, recipe)),
        notes=tuple(note for note in trace.notes if note.rule.id in firing),
        undecided=_undecided(facts, base, symptoms),
        curves=_curves(log),
        provenance=Provenance(
            advisor=__version__,
            ruleset=base.version,
            overlays=tuple(base.overlays),
            python=platform.python_version(),
            source=log.source,
        ),
    )


def _tests_the_log(rule: Rule) -> bool:
    return any(path.startswith("history.") for path in facts_of(rule.when))


def _firing_log_rules(facts: Facts, rules: RuleBase) -> frozenset[str]:
    """Return the rules that test the log and fire on the given facts alone.

    Inference fills settings that are not known: an optimizer that the rules would choose is not the one that the run
    used, so a rule that fires only because of it does not count here.
    """
    known = partial(read, facts)
    return frozenset(rule.id for rule in rules.rules if _tests_the_log(rule) and evaluate(rule.when, known) is True)


def _undecided(facts: Facts, rules: RuleBase, symptoms: Symptoms) -> tuple[Undecided, ...]:
    """Return the rules that a symptom of this log would make fire if a setting of the run were known."""
    known = partial(read, facts)
    asks_for_schedule = any(finding.code == "flat_at_an_unknown_rate" for _, finding in symptoms.findings)
    schedule_decides = {"history.plateau"} if asks_for_schedule else set()
    undecided = []
    for rule in rules.rules:
        open_facts = missing(rule.when, known)
        can_be_given = all(path in schedule_decides or _is_a_setting(path) for path in open_facts)
        if open_facts and _tests_the_log(rule) and can_be_given:
            undecided.append(Undecided(rule=rule.id, title=rule.title, missing=open_facts))
    return tuple(undecided)


def _is_a_setting(path: str) -> bool:
    """Return whether a fact is one about the run and not a symptom, which only the log could show."""
    about_the_run = {"history.learning_rate", "history.warmup_fraction", "history.final_fraction", "history.epochs"}
    return path in about_the_run or path.startswith(("plan.", "model."))


def _symptoms(symptoms: Symptoms) -> tuple[Symptom, ...]:
    return tuple(
        Symptom(
            name=name,
            present=finding.present,
            start=finding.start,
            end=finding.end,
            code=finding.code,
            numbers=finding.numbers,
            column=finding.column,
        )
        for name, finding in symptoms.findings
    )


def _curves(log: History) -> tuple[LoggedCurve, ...]:
    logged: tuple[tuple[CurveRole, Series | None], ...] = (
        ("loss", log.loss),
        ("validation_loss", log.validation_loss),
        ("learning_rate", log.learning_rate),
    )
    return tuple(_condensed(log, role, series) for role, series in logged if series is not None and len(series))


def _condensed(log: History, role: CurveRole, series: Series) -> LoggedCurve:
    """Return medians of equal parts with their lowest and highest value; a part that is not all finite has none."""
    parts = np.array_split(np.arange(len(series)), min(len(series), CHART_POINTS))
    shares = log.shares(series.at)
    whole = len(parts) < len(series)

    def each(of: Callable[[Array], np.floating[Any]]) -> tuple[float | None, ...]:
        found = [float(of(series.values[part])) for part in parts]
        return tuple(value if math.isfinite(value) else None for value in found)

    return LoggedCurve(
        name=series.name,
        role=role,
        shares=tuple(float(shares[part].mean()) for part in parts),
        values=each(_median),
        lows=each(np.min) if whole else (),
        highs=each(np.max) if whole else (),
    )


def _median(values: Array) -> np.floating[Any]:
    return np.median(values) if np.isfinite(values).all() else np.float64(np.nan)
