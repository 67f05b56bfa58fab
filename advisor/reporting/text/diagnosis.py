"""A diagnosis as plain text, with the reasons and sources of every change."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.cleaning import plain_lines
from advisor.language import gettext as _
from advisor.reporting.sentences.diagnosis import LABELS
from advisor.reporting.sentences.template import fill
from advisor.reporting.text.advice import because
from advisor.reporting.text.lines import heading, padded, wrapped
from advisor.reporting.views.diagnosis import ChangeView, DiagnosisView, diagnosis_view
from advisor.results import Diagnosis


def explain(found: Diagnosis) -> str:
    """Return symptoms, changes with reasons and sources, remarks, and the missing information."""
    view = diagnosis_view(found)
    lines = [*_symptoms(view), *_changes(view), *_remarks(view), *_missing(view)]
    return plain_lines("\n".join(lines).rstrip() + "\n")


def _symptoms(view: DiagnosisView) -> Iterator[str]:
    yield from wrapped(f"{view.heading}: {view.verdict}")
    yield from heading(_(LABELS["shows"]))
    for item in view.present:
        yield from wrapped(
            "! " + fill(LABELS["present"], title=item.title, place=item.place, sentence=item.sentence), "  ", "    "
        )
    if view.absent:
        yield from wrapped("✓ " + fill(LABELS["absent"], titles=", ".join(view.absent)), "  ", "    ")
    for name, reason in view.undetermined:
        yield from wrapped("? " + fill(LABELS["undetermined"], title=name, reason=reason), "  ", "    ")
    if view.recipe:
        yield from heading(_(LABELS["trained_with"]))
        for label, value in view.recipe:
            yield f"  {padded(label, 18)} {value}"
    if view.expected:
        yield from wrapped(view.expected, "  ", "    ")
    if view.columns:
        yield from heading(_(LABELS["read_as"]))
        for line in view.columns:
            yield from wrapped(f"- {line}", "  ", "    ")


def _changes(view: DiagnosisView) -> Iterator[str]:
    if view.changes:
        yield from heading(_(LABELS["changes"]))
        for change in view.changes:
            yield from _change(change)


def _change(change: ChangeView) -> Iterator[str]:
    yield f"  {padded(change.label, 18)} {change.before} → {change.after}"
    for reason in change.reasons:
        yield from wrapped(f"{reason.title} ({reason.id}) [{reason.grade}]", "      ")
        yield from because(reason, "      ")
    yield ""


def _remarks(view: DiagnosisView) -> Iterator[str]:
    if view.remarks:
        yield from heading(_(LABELS["remarks"]))
        for item in view.remarks:
            yield from wrapped(f"- {item.text}", "  ", "    ")
            yield "    " + fill("rule {rule}", rule=item.reason.id)


def _missing(view: DiagnosisView) -> Iterator[str]:
    if view.missing:
        yield from heading(_(LABELS["missing"]))
        for item in view.missing:
            rules = "; ".join(item.decides)
            line = fill(LABELS["decides"], option=item.option, meaning=item.meaning, rules=rules)
            yield from wrapped(line, "  ", "    ")
