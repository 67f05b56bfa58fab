"""The summary that ``advisor diagnose`` prints."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from advisor.reporting.formatting import plain
from advisor.reporting.terminal.parts import Page, bullet, grid, inset, title
from advisor.reporting.views.diagnosis import DiagnosisView, curve_line, diagnosis_view
from advisor.results import Diagnosis


def render_diagnosis(found: Diagnosis) -> RenderableType:
    """Return the summary of a diagnosis: verdict, curve, symptoms, changes with reasons, remarks, what to tell."""
    view = diagnosis_view(found)
    return Page(
        (
            title(view.heading),
            Text.assemble((view.verdict[:1].upper() + view.verdict[1:] + ".", "green" if view.healthy else "yellow")),
            *_curves(found),
            *_symptoms(view),
            *_changes(view),
            *_remarks(view),
            *_to_tell(view),
        )
    )


def _curves(found: Diagnosis) -> Iterator[RenderableType]:
    table = grid(1, 1)
    for curve in found.curves:
        table.add_row(Text(plain(curve.name, 24)), Text(curve_line(curve), style="cyan"))
    yield inset(table)
    yield Text()


def _symptoms(view: DiagnosisView) -> Iterator[RenderableType]:
    yield title("What the log shows")
    for item in view.present:
        yield bullet(f"{item.title}, {item.where}: {item.says}", "!")
    if view.absent:
        yield bullet("not seen: " + ", ".join(view.absent), "✓")
    for name, why in view.untold:
        yield bullet(f"{name}: cannot tell, {why}", "?")
    if view.recipe:
        yield bullet("trained with " + ", ".join(f"{label.lower()} {value}" for label, value in view.recipe))


def _changes(view: DiagnosisView) -> Iterator[RenderableType]:
    if not view.changes:
        return
    yield Text()
    yield title("What to change")
    table = grid(1, 1)
    told: set[str] = set()
    for change in view.changes:
        table.add_row(Text(change.label), Text.assemble(f"{change.before} → ", (change.after, "bold")))
        for reason in change.reasons:
            because = "" if reason.id in told else f". {reason.because}"
            table.add_row(Text(), Text(plain(f"{reason.title}{because}"), style="dim"))
            told.add(reason.id)
    yield inset(table)


def _remarks(view: DiagnosisView) -> Iterator[RenderableType]:
    if view.remarks:
        yield Text()
        yield title("Remarks")
        for item in view.remarks:
            yield bullet(item.text)


def _to_tell(view: DiagnosisView) -> Iterator[RenderableType]:
    if view.to_tell:
        yield Text()
        yield title("Tell more, and the answer gets sharper")
        for item in view.to_tell:
            yield bullet(f"{item.flag} ({item.what}) decides: {'; '.join(item.decides)}", "?")
