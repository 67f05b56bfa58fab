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
from advisor.diagnosis.history import Array, History, Series
from advisor.diagnosis.run_context import Told
from advisor.diagnosis.symptoms import Reading, read_symptoms
from advisor.diagnosis.wording import TITLES, where
from advisor.facts import Facts, read
from advisor.inference import infer
from advisor.knowledge import Rule, RuleBase
from advisor.knowledge.conditions import evaluate, facts_of, missing
from advisor.results import Diagnosis, LoggedCurve, Provenance, Symptom, Undecided

CHART_POINTS: Final = 200
CurveRole = Literal["loss", "validation_loss", "learning_rate"]


def diagnosis_of(log: History, known: Told, base: RuleBase, *, constant_loss: float | None = None) -> Diagnosis:
    """Diagnose a log that has been read.

    Args:
        log: what was logged.
        known: what is known about the run besides.
        base: the rule base.
        constant_loss: loss of the best constant prediction, which tells a run that learned nothing.
    """
    reading = read_symptoms(
        log,
        chance=constant_loss,
        clip_norm=known.plan.clip_norm,
        final_fraction=known.final_fraction,
        moving_target=known.data.task == "reinforcement_learning",
    )
    seen = known.completed(reading.facts)
    facts = Facts(data=known.data, model=known.model, plan=known.free, history=seen)
    trace = infer(facts, base).trace
    speaking = _speaking(facts, base)
    recipe = known.recipe(seen)
    rate = rate_change([item for item in trace.contributions if item.rule.id in speaking], recipe)
    chosen = [item for item in trace.choices if item.rule is not None and item.rule.id in speaking]
    return Diagnosis(
        source=log.source,
        unit=log.unit,
        points=len(log.watched),
        span=log.span,
        facts=facts,
        symptoms=_symptoms(log, reading),
        recipe=recipe,
        changes=(*((rate,) if rate else ()), *setting_changes(chosen, recipe)),
        notes=tuple(note for note in trace.notes if note.rule.id in speaking),
        undecided=_undecided(facts, base, log),
        curves=_curves(log),
        provenance=Provenance(
            advisor=__version__,
            ruleset=base.version,
            overlays=tuple(base.overlays),
            python=platform.python_version(),
            source=log.source,
        ),
    )


def _looks_at_the_log(rule: Rule) -> bool:
    return any(path.startswith("history.") for path in facts_of(rule.when))


def _speaking(facts: Facts, rules: RuleBase) -> frozenset[str]:
    """Return the rules that look at the log and fire on what is known.

    On the way to an answer, rules fill what is open: an optimizer that the rules would choose is not the one that the
    run used, so a rule that fires only because of it stays silent here.
    """
    known = partial(read, facts)
    return frozenset(rule.id for rule in rules.rules if _looks_at_the_log(rule) and evaluate(rule.when, known) is True)


def _undecided(facts: Facts, rules: RuleBase, log: History) -> tuple[Undecided, ...]:
    """Return the rules that a symptom of this log would set off if something that can be told were known."""
    known = partial(read, facts)
    told_by_schedule = {"history.plateau"} if facts.history.final_fraction is None and len(log.watched) >= 10 else set()
    found = []
    for rule in rules.rules:
        open_facts = missing(rule.when, known)
        tellable = all(path in told_by_schedule or _can_be_told(path) for path in open_facts)
        if open_facts and _looks_at_the_log(rule) and tellable:
            found.append(Undecided(rule=rule.id, title=rule.title, missing=open_facts))
    return tuple(found)


def _can_be_told(path: str) -> bool:
    """Return whether a fact is one about the run and not a symptom, which only the log could show."""
    about_the_run = {"history.learning_rate", "history.warmup_fraction", "history.final_fraction", "history.epochs"}
    return path in about_the_run or path.startswith(("plan.", "model."))


def _symptoms(log: History, reading: Reading) -> tuple[Symptom, ...]:
    return tuple(
        Symptom(
            name=name,
            title=TITLES[name],
            present=sign.present,
            start=sign.start,
            end=sign.end,
            where=where(log, sign) if sign.present else "",
            says=sign.says,
        )
        for name, sign in reading.signs
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
