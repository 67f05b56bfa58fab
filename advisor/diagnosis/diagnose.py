"""A training log to a changed recipe: detectors, then rules, then what the rules that looked at the log say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from advisor.diagnosis.history import History
from advisor.diagnosis.reading import read_history
from advisor.diagnosis.symptoms import Reading, read_symptoms
from advisor.facts import DataFacts, Facts, HistoryFacts, ModelFacts, Plan, with_facts
from advisor.inference import infer
from advisor.knowledge import RuleBase, load_rules
from advisor.knowledge.conditions import facts_of
from advisor.results import Change, Choice, Contribution, Diagnosis, Recommendation, RuleUse, Symptom

TITLES: Final = {
    "nonfinite": "loss becomes NaN or infinite",
    "diverged": "loss grows without coming back",
    "oscillating": "loss swings without falling",
    "oscillation_early": "loss shoots up early and comes back",
    "stuck_at_chance": "loss never leaves its start",
    "slow": "loss falls far too slowly",
    "plateau": "loss has stopped falling",
    "overfitting": "held-out loss rises while training loss falls",
    "spikes": "isolated spikes",
}
EITHER_KIND: Final = ("sgd", "adamw")
"""One optimizer that takes the gradient as it is, and one that scales it."""
CONSTANT: Final = 0.9
"""A final learning rate of at least this share of the peak is a constant schedule."""


def diagnose(
    log: Any,
    *,
    data: DataFacts | None = None,
    model: ModelFacts | None = None,
    plan: Plan | None = None,
    learning_rate: float | None = None,
    clip_norm: float | None = None,
    chance: float | None = None,
    columns: dict[str, str] | None = None,
    rules: Sequence[str | Path] = (),
) -> Diagnosis:
    """Read a training log and say what to change.

    Args:
        log: a path (CSV, JSON lines, ``trainer_state.json``, TensorBoard folder), a data frame, a dict of lists, a list
            of dicts, a Keras ``History``, or a ``History``.
        data: what is known about the data.
        model: what is known about the model.
        plan: what the run was trained with and shall keep, above all its optimizer.
        learning_rate: peak rate of the run, when the log does not hold it.
        clip_norm: gradient norm at which the run clipped.
        chance: loss of the best constant prediction; a stuck run is told apart by it.
        columns: names of columns that are not recognised, such as ``{"loss": "objective"}``; keys are ``loss``,
            ``validation_loss``, ``learning_rate`` and ``gradient_norm``.
        rules: folders with rules of your own, laid over the shipped ones.

    Raises:
        DataError: the log cannot be read, or holds no loss.
        RuleError: rule files have problems.
    """
    history = read_history(log, **(columns or {}))
    reading = read_symptoms(history, chance=chance, clip_norm=clip_norm)
    seen = reading.facts
    if seen.learning_rate is None and learning_rate is not None:
        seen = seen.model_copy(update={"learning_rate": learning_rate})
    facts = Facts.of(data, model, plan).model_copy(update={"history": seen})
    base = load_rules(rules)
    found = infer(facts, base)
    return _diagnosis(history, Reading(seen, reading.signs), facts, found, base, clip_norm)


def _diagnosis(
    history: History, reading: Reading, facts: Facts, found: Recommendation, base: RuleBase, clip_norm: float | None
) -> Diagnosis:
    looking = _looking(base, facts)
    symptoms = tuple(
        Symptom(
            name=name,
            title=TITLES[name],
            present=sign.present,
            start=sign.start,
            end=max(sign.start, sign.end),
            says=sign.says,
        )
        for name, sign in reading.signs
    )
    changes: list[Change] = []
    if any(symptom.present for symptom in symptoms):
        moved = [step for step in found.trace.contributions if step.rule.id in looking]
        changes += _rate_change(moved, reading.facts.learning_rate)
        chosen = [choice for choice in found.trace.choices if choice.rule is not None and choice.rule.id in looking]
        changes += _setting_changes(chosen, reading.facts, clip_norm)
    return Diagnosis(
        source=history.source,
        unit=history.unit,
        points=len(history.watched),
        span=history.span,
        symptoms=symptoms,
        changes=tuple(changes),
        notes=tuple(note for note in found.trace.notes if note.rule.id in looking),
        missing=tuple(_missing(history, reading.facts, facts)),
        facts=facts,
        ruleset=base.version,
    )


def _looking(base: RuleBase, facts: Facts) -> set[str]:
    """Return the rules that look at the log; of an untold optimizer, those alone that hold for any."""
    looking = {rule.id for rule in base.rules if any(path.startswith("history.") for path in facts_of(rule.when))}
    if facts.plan.optimizer is None:
        for name in EITHER_KIND:
            looking &= set(infer(with_facts(facts, {"plan.optimizer": name}), base).trace.fired)
    return looking


def _rate_change(moved: Sequence[Contribution], before: float | None) -> Iterator[Change]:
    steps = [step for step in moved if step.before]
    factor = math.prod(step.after / step.before for step in steps if step.before)
    if steps and factor != 1.0:
        after = before * factor if before is not None else None
        yield Change(
            setting="learning_rate",
            before=before,
            after=after,
            factor=factor,
            rules=_rules(step.rule for step in steps),
        )


def _setting_changes(chosen: Sequence[Choice], seen: HistoryFacts, clip_norm: float | None) -> Iterator[Change]:
    used = {
        "schedule": "constant" if (seen.final_fraction or 0.0) >= CONSTANT else None,
        "warmup_fraction": seen.warmup_fraction,
        "epochs": seen.epochs,
        "clip_norm": clip_norm,
    }
    for choice in chosen:
        before = used.get(choice.setting)
        if choice.rule is not None and choice.value != before:
            yield Change(setting=choice.setting, before=before, after=choice.value, rules=(choice.rule,))


def _rules(uses: Iterator[RuleUse]) -> tuple[RuleUse, ...]:
    return tuple({use.id: use for use in uses}.values())


def _missing(history: History, seen: HistoryFacts, facts: Facts) -> Iterator[str]:
    if seen.learning_rate is None:
        yield "the learning rate: log it, or give --learning-rate (learning_rate=…); until then changes are factors"
    if facts.plan.optimizer is None:
        yield "the optimizer: give --optimizer (plan=Plan(optimizer=…)); some advice depends on it"
    if history.validation_loss is None:
        yield "a held-out loss: without it overfitting cannot be seen"
    if seen.gradient_norm_high is None:
        yield "the gradient norm: it tells spikes of the data from steps that are too long"
