"""A diagnosis as plain text, with the reasons and sources of every change."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.reporting.text.advice import because
from advisor.reporting.text.lines import heading, wrapped
from advisor.reporting.views.diagnosis import ChangeView, DiagnosisView, diagnosis_view
from advisor.results import Diagnosis


def explain(found: Diagnosis) -> str:
    """Return symptoms, changes with reasons and sources, remarks, and what to tell."""
    view = diagnosis_view(found)
    return "\n".join([*_symptoms(view), *_changes(view), *_remarks(view), *_to_tell(view)]).rstrip() + "\n"


def _symptoms(view: DiagnosisView) -> Iterator[str]:
    yield from wrapped(f"{view.heading}: {view.verdict}")
    yield from heading("What the log shows")
    for item in view.present:
        yield from wrapped(f"! {item.title}, {item.where}: {item.says}", "  ", "    ")
    if view.absent:
        yield from wrapped(f"✓ not seen: {', '.join(view.absent)}", "  ", "    ")
    for name, why in view.untold:
        yield from wrapped(f"? {name}: cannot tell, {why}", "  ", "    ")
    if view.recipe:
        yield from heading("What the run trained with")
        for label, value in view.recipe:
            yield f"  {label:<18} {value}"


def _changes(view: DiagnosisView) -> Iterator[str]:
    if view.changes:
        yield from heading("What to change")
        for change in view.changes:
            yield from _change(change)


def _change(change: ChangeView) -> Iterator[str]:
    yield f"  {change.label:<18} {change.before} → {change.after}"
    for reason in change.reasons:
        yield from wrapped(f"{reason.title} ({reason.id}) [{reason.grade}]", "      ")
        yield from because(reason, "      ")
    yield ""


def _remarks(view: DiagnosisView) -> Iterator[str]:
    if view.remarks:
        yield from heading("Remarks")
        for item in view.remarks:
            yield from wrapped(f"- {item.text}", "  ", "    ")
            yield f"    rule {item.reason.id}"


def _to_tell(view: DiagnosisView) -> Iterator[str]:
    if view.to_tell:
        yield from heading("What would sharpen the answer")
        for item in view.to_tell:
            yield from wrapped(f"{item.flag} ({item.what}) decides: {'; '.join(item.decides)}", "  ", "    ")
