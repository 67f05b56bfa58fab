"""What the parts of a page are headed with: the finding of each, decided from what the page shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.facts import DataFacts, Facts
from advisor.facts.data import TARGET_GUESSED
from advisor.language import phrase
from advisor.reporting import formatting, labels
from advisor.reporting.sentences.headings import CHECKS, PARTS, STATUSES
from advisor.reporting.sentences.template import fill
from advisor.reporting.symptoms import title_of
from advisor.reporting.views.alerts import Alert
from advisor.reporting.views.proof import linear_losses
from advisor.reporting.views.reasons import NoteView, Question, Reasons
from advisor.results import Advice, Diagnosis, Sensitivity, Verdict

FEW_ROWS_PER_FEATURE = 10.0
"""Rows per feature below which rows are few. Judgement: the usual rule of ten for a linear model."""
MOST_NOISE = 0.5
"""Share of noise from which most of a target is noise, by definition."""
NO_NOISE = 0.01
"""Share of noise below which there is next to none. Judgement: less than held-out losses tell."""
MANY_MISSING = 0.05
"""Share of missing cells from which a heading names them. Judgement: one in twenty."""
MOST_NAMES = 3
"""Labels named in a heading at most. Judgement: more make two lines of it."""
AGREEING = 1.05
"""Largest factor of a step up to which rules stay near their start. Judgement: two digits hardly change."""


@dataclass(frozen=True, slots=True)
class DiagnosisHeadings:
    """The heading of each part of a diagnosis; empty where there is no such part."""

    shows: str
    absent: str
    undetermined: str
    change: str
    remarks: str
    missing: str


@dataclass(frozen=True, slots=True)
class AdviceHeadings:
    """The heading of each part of a report; empty where there is no such part."""

    alerts: str
    check: str
    baseline: str
    why: str
    change: str
    data: str
    reading: str
    model: str
    unknown: str


def headings_of(advice: Advice, alerts: Sequence[Alert], reasons: Reasons) -> AdviceHeadings:
    """Return the finding of each part of a report."""
    return AdviceHeadings(
        alerts=severities_heading([alert.severity for alert in alerts]),
        check=check_heading(advice.verdict),
        baseline=_baseline(advice),
        why=_why(reasons, advice),
        change=_change(advice.sensitivities),
        data=data_heading(advice.facts.data),
        reading=_reading((*advice.facts.data.reading, *advice.facts.data.notes)),
        model=_model(advice.facts),
        unknown=_unknown(reasons.questions),
    )


def diagnosis_headings(
    found: Diagnosis,
    *,
    changes: Sequence[tuple[str, str, str]],
    remarks: Sequence[NoteView],
    missing: Sequence[tuple[str, int]],
) -> DiagnosisHeadings:
    """Return the finding of each part of a diagnosis.

    Args:
        found: the diagnosis.
        changes: label, before and after of each.
        remarks: of rules.
        missing: options that would decide more, each with how many rules.
    """
    present = [title_of(item) for item in found.present]
    symptom = present[0][:1].upper() + present[0][1:] if present else ""
    absent = sum(item.present is False for item in found.symptoms)
    undetermined = sum(item.present is None for item in found.symptoms)
    match len(present):
        case 0:
            shows = "no_symptom" if absent else "nothing_to_see"
        case 1:
            shows = "one_symptom"
        case _:
            shows = "symptoms"
    return DiagnosisHeadings(
        shows=fill(PARTS[shows], symptom=symptom, more=len(present) - 1, count=absent),
        absent=fill(PARTS["not_seen"], amount=formatting.amount(absent, phrase("symptoms"))),
        undetermined=fill(PARTS["cannot_tell"], amount=formatting.amount(undetermined, phrase("symptoms"))),
        change=_first_change(changes),
        remarks=severities_heading([note.severity for note in remarks]),
        missing=_missing(missing),
    )


def differing_heading(labels_: Sequence[str], rows: int) -> str:
    """Return how many rows of a table of two results differ, and which.

    Args:
        labels_: of the rows that differ.
        rows: of the table.
    """
    if not labels_:
        return fill(PARTS["all_the_same"])
    names = formatting.first_few(labels_, MOST_NAMES)
    return fill(
        PARTS["all_differ" if len(labels_) == rows else "some_differ"], count=len(labels_), all=rows, names=names
    )


def rules_heading(left: int, right: int) -> str:
    """Return how many rules fired on one side alone."""
    return fill(PARTS["rules_differ"], left=left, right=right)


def use_heading(lines: int, programs: int) -> str:
    """Return what it takes to use an advice.

    Args:
        lines: of code that use it.
        programs: that need no advisor.
    """
    return fill(PARTS["program_for" if programs == 1 else "programs_for"], lines=lines, count=programs)


def check_heading(verdict: Verdict) -> str:
    """Return what a check found, by the first reason that has a heading."""
    reason = next((reason for reason in verdict.reasons if reason.code in CHECKS), None)
    if reason is None:
        return fill(STATUSES[verdict.status])
    return fill(CHECKS[reason.code], **dict(reason.values))


def data_heading(data: DataFacts) -> str:
    """Return what matters most about the data: too few rows, missing cells, noise, or their size."""
    counts = {"rows": data.rows or 0, "features": data.features or 0}
    noise = data.noise.level
    if data.rows and data.features and data.rows < FEW_ROWS_PER_FEATURE * data.features:
        return fill(PARTS["few_rows"], **counts)
    if data.missing is not None and data.missing >= MANY_MISSING:
        return fill(PARTS["cells_missing"], missing=data.missing)
    if noise is not None:
        found = "mostly_noise" if noise > MOST_NOISE else "noise_and_rest" if noise >= NO_NOISE else "nearly_no_noise"
        return fill(PARTS[found], noise=noise)
    return fill(PARTS["rows_and_features" if data.features else "rows"], **counts)


def severities_heading(severities: Sequence[str]) -> str:
    """Return how many things of the highest severity there are; empty when there is nothing."""
    for severity, said, unit in (
        ("error", "something_to_mend", phrase("errors")),
        ("warning", "something_to_look_at", phrase("warnings")),
        ("advice", "only_suggestions", phrase("suggestions")),
    ):
        count = list(severities).count(severity)
        if count:
            return fill(PARTS[said], amount=formatting.amount(count, unit))
    return ""


def _baseline(advice: Advice) -> str:
    losses = linear_losses(advice)
    if losses is None:
        return fill(PARTS["linear_not_compared"])
    ours, linear = losses
    if math.isclose(ours, linear, rel_tol=formatting.SAME):
        found = "linear_ends_alike"
    else:
        found = "linear_ends_higher" if linear > ours else "linear_ends_lower"
    return fill(PARTS[found], linear=linear, ours=ours)


def _why(reasons: Reasons, advice: Advice) -> str:
    if not reasons.steps:
        return fill(PARTS["no_steps"])
    rules = [step for step in reasons.steps if step.kind not in {"user", "trials"}]
    last, start, reached = reasons.steps[-1], rules[0].after, rules[-1].after
    if last.kind == "user":
        return fill(PARTS["rate_was_fixed"], rate=reached)
    if last.kind == "trials":
        return fill(PARTS["trials_had_the_last_word"], rate=reached, end=advice.recommendation.learning_rate)
    if len(rules) == 1:
        return fill(PARTS["one_rule"], rate=reached)
    factors = [step.after / step.before for step in rules if step.before]
    largest = max(factors, key=lambda factor: abs(math.log(factor)), default=1.0)
    if abs(math.log(largest)) < math.log(AGREEING):
        return fill(PARTS["rules_agree"], start=start)
    return fill(PARTS["largest_step"], start=start, end=reached, factor=largest)


def _change(sensitivities: Sequence[Sensitivity]) -> str:
    if not sensitivities:
        return ""

    def reach(item: Sensitivity) -> float:
        rates = [point.learning_rate for point in item.points]
        return max(rates) / min(rates)

    most = max(sensitivities, key=reach)
    fact = labels.fact_title(most.fact)
    return fill(PARTS["rate_depends_on"], fact=fact, factor=reach(most))


def _reading(notes: Sequence[str]) -> str:
    if any(note.startswith(TARGET_GUESSED) for note in notes):
        return fill(PARTS["target_guessed"])
    return fill(PARTS["one_assumption" if len(notes) == 1 else "assumptions"], count=len(notes))


def _model(facts: Facts) -> str:
    model, rows = facts.model, facts.data.rows
    counts = {"parameters": model.parameters or 0, "rows": rows or 0}
    if model.convex:
        return fill(PARTS["convex_model"])
    if model.frozen_share is not None and model.frozen_share > 0.5:
        return fill(PARTS["mostly_frozen"], share=model.frozen_share)
    if not model.parameters:
        return fill(PARTS["family"])
    if not rows:
        return fill(PARTS["parameters"], **counts)
    found = "more_parameters_than_rows" if model.parameters > rows else "fewer_parameters_than_rows"
    return fill(PARTS[found], **counts)


def _first_change(changes: Sequence[tuple[str, str, str]]) -> str:
    if not changes:
        return ""
    label, before, after = changes[0]
    said = PARTS["one_change" if len(changes) == 1 else "changes"]
    return fill(said, label=label, before=before, after=after, more=len(changes) - 1)


def _missing(missing: Sequence[tuple[str, int]]) -> str:
    if not missing:
        return ""
    option, count = max(missing, key=lambda item: item[1])
    return fill(PARTS["option_decides_one" if count == 1 else "option_decides"], option=option, count=count)


def _unknown(questions: Sequence[Question]) -> str:
    if not questions:
        return ""
    first = questions[0]
    waiting = len(first.rules)
    return fill(PARTS["one_rule_waits" if waiting == 1 else "rules_wait"], count=waiting, path=first.path)
