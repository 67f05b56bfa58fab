"""A diagnosis and a tuning plan as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.reporting import formatting
from advisor.reporting.labels import SETTINGS
from advisor.reporting.lines import heading, wrapped
from advisor.results import Change, Diagnosis, Symptom, TunePlan


def explain_diagnosis(diagnosis: Diagnosis) -> str:
    """Return what the log shows, what to change and why, remarks, and what the log does not tell."""
    return "\n".join(_diagnosis(diagnosis)).strip() + "\n"


def explain_plan(plan: TunePlan) -> str:
    """Return the steps of a tuning plan."""
    lines: list[str] = []
    for number, step in enumerate(plan.steps, 1):
        lines += heading(f"{number}. {step.title}")
        for item in step.do:
            lines += wrapped(f"- {item}", "  ", "    ")
        lines += wrapped(f"Watch: {step.watch}", "  ", "    ")
        lines += wrapped(f"Next:  {step.then}", "  ", "    ")
    return "\n".join(lines).strip() + "\n"


def _diagnosis(diagnosis: Diagnosis) -> Iterator[str]:
    first, last = diagnosis.span
    yield f"{diagnosis.source}: {diagnosis.points} losses, {diagnosis.unit} {first:g} to {last:g}"
    yield from heading("What the log shows")
    for symptom in diagnosis.symptoms:
        if symptom.present:
            yield from wrapped(f"✗ {symptom.title}, {_where(symptom, diagnosis)}: {symptom.says}", "  ", "    ")
    if diagnosis.healthy:
        yield "  ✓ no symptom"
    unclear = [symptom.title for symptom in diagnosis.symptoms if symptom.present is None]
    if unclear:
        yield from wrapped(f"? cannot tell: {'; '.join(unclear)}", "  ", "    ")
    yield from heading("What to change")
    said: set[str] = set()
    for change in diagnosis.changes:
        yield from _change(change, said)
    if not diagnosis.changes:
        yield "  nothing" if diagnosis.healthy else "  no setting; see the remarks"
    if diagnosis.notes:
        yield from heading("Remarks")
        for note in diagnosis.notes:
            yield from wrapped(f"- {note.text}", "  ", "    ")
            yield f"    rule {note.rule.id}"
    if diagnosis.missing:
        yield from heading("What the log does not tell")
        for item in diagnosis.missing:
            yield from wrapped(f"- {item}", "  ", "    ")


def _where(symptom: Symptom, diagnosis: Diagnosis) -> str:
    first, last = diagnosis.span
    start, end = (first + share * (last - first) for share in (symptom.start, symptom.end))
    if symptom.start <= 0.0 and symptom.end >= 1.0:
        return "the whole run"
    return f"from {diagnosis.unit} {start:.4g}" + (f" to {end:.4g}" if symptom.end < 1.0 else " on")


def _change(change: Change, said: set[str]) -> Iterator[str]:
    """Show a change and its rules; the reason of a rule stands where the rule is first named."""
    label = SETTINGS.get(change.setting, change.setting)
    if change.after is None:
        yield f"  {label:<18} × {change.factor:.3g}"
    else:
        before = f"{_shown(change.before)} → " if change.before is not None else ""
        yield f"  {label:<18} {before}{_shown(change.after)}"
    for rule in change.rules:
        yield from wrapped(f"{rule.title} [{rule.id}]", "      ")
        if rule.id not in said:
            yield from wrapped(rule.because, "      ")
        said.add(rule.id)


def _shown(value: object) -> str:
    return formatting.rate(value) if isinstance(value, float) else str(value)
