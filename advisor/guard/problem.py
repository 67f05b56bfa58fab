"""A problem of a running training with its reason and what the rules change: ``diagnosis`` of the run so far."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache

from advisor.diagnosis.diagnose import diagnosis_of
from advisor.diagnosis.run_context import RunContext
from advisor.diagnosis.symptoms import NUMERIC_FACTS, Symptoms, detect_symptoms
from advisor.errors import DataError
from advisor.guard.monitor import Monitor, Sighting
from advisor.knowledge import RuleBase, load_rules
from advisor.reporting.sentences.guard import change_in_words, sighting_in_words
from advisor.results import Change
from advisor.results.findings import SymptomName

SEVERE: frozenset[SymptomName] = frozenset({"nonfinite", "diverged"})
"""Symptoms after which going on is a waste."""


@dataclass(frozen=True, slots=True)
class GuardedProblem:
    """A problem of the run, said when it begins.

    Attributes:
        symptom: its name.
        step: optimizer step at which it was seen.
        since: optimizer step at which it began.
        reason: what shows it, in a sentence.
        changes: what the rules change, each with its rules.
    """

    symptom: SymptomName
    step: int
    since: int
    reason: str
    changes: tuple[Change, ...]

    @property
    def is_severe(self) -> bool:
        """Whether the run is lost unless something changes."""
        return self.symptom in SEVERE

    @property
    def rate_factor(self) -> float | None:
        """Factor on the learning rate; None where the rules leave it."""
        return next((change.factor for change in self.changes if change.setting == "learning_rate"), None)

    def to_json(self) -> str:
        """Return the problem as one line of JSON."""
        changes = [change.model_dump(mode="json") for change in self.changes]
        fields = {"symptom": self.symptom, "step": self.step, "since": self.since, "reason": self.reason}
        return json.dumps({**fields, "changes": changes}, ensure_ascii=False)

    def __str__(self) -> str:
        words = [self.reason, *map(change_in_words, self.changes)]
        return " ".join(words)


def problem_of(sighting: Sighting, monitor: Monitor, context: RunContext) -> GuardedProblem:
    """Return a sighting with its words and what the rules change."""
    return GuardedProblem(
        symptom=sighting.symptom,
        step=sighting.step,
        since=sighting.since,
        reason=sighting_in_words(
            sighting.symptom,
            sighting.finding.code,
            dict(sighting.finding.numbers),
            sighting.finding.column,
            step=sighting.step,
            since=sighting.since,
        ),
        changes=_changes(sighting, monitor, context),
    )


def _changes(sighting: Sighting, monitor: Monitor, context: RunContext) -> tuple[Change, ...]:
    try:
        log = monitor.history()
    except DataError:  # the first loss was broken
        return ()
    found = detect_symptoms(log, constant_loss=monitor.constant_loss, start=context.start)
    onset = sighting.since / monitor.total_steps if monitor.total_steps else None
    stated: dict[str, bool | float | None] = {sighting.symptom: True}
    if sighting.symptom in SEVERE:
        # What has just begun explains whatever milder the curve seems to show.
        milder = [name for name, finding in found.findings if finding.present and name not in NUMERIC_FACTS]
        stated = {**dict.fromkeys(milder, False), **stated}
        stated |= {"spikes": 0, "recovered": False, "divergence_onset": None if onset is None else min(onset, 1.0)}
    facts = found.facts.model_copy(update=stated)
    findings = dict(found.findings) | {sighting.symptom: replace(sighting.finding, present=True)}
    return diagnosis_of(log, context, _rules(), symptoms=Symptoms(facts, tuple(findings.items()))).changes


@cache
def _rules() -> RuleBase:
    return load_rules(())
