"""The summary that ``advisor diagnose`` prints."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from advisor.language import gettext as _
from advisor.reporting.formatting import plain
from advisor.reporting.sentences.diagnosis import LABELS
from advisor.reporting.sentences.template import fill
from advisor.reporting.terminal.parts import Page, bullet, grid, inset, title
from advisor.reporting.views.diagnosis import DiagnosisView, curve_line, diagnosis_view
from advisor.results import Diagnosis


def render_diagnosis(found: Diagnosis) -> RenderableType:
    """Return the summary: verdict, curve, symptoms, changes with reasons, remarks, missing information."""
    view = diagnosis_view(found)
    return Page(
        (
            title(view.heading),
            Text.assemble((view.verdict[:1].upper() + view.verdict[1:] + ".", "green" if view.healthy else "yellow")),
            *_curves(found),
            *_symptoms(view),
            *_changes(view),
            *_remarks(view),
            *_missing(view),
        )
    )


def _curves(found: Diagnosis) -> Iterator[RenderableType]:
    table = grid(1, 1)
    for curve in found.curves:
        table.add_row(Text(plain(curve.name, 24)), Text(curve_line(curve), style="cyan"))
    yield inset(table)
    yield Text()


def _symptoms(view: DiagnosisView) -> Iterator[RenderableType]:
    yield title(_(LABELS["shows"]))
    for item in view.present:
        yield bullet(fill(LABELS["present"], title=item.title, place=item.place, sentence=item.sentence), "!")
    if view.absent:
        yield bullet(fill(LABELS["absent"], titles=", ".join(view.absent)), "✓")
    for name, reason in view.undetermined:
        yield bullet(fill(LABELS["undetermined"], title=name, reason=reason), "?")
    if view.recipe:
        yield bullet(
            fill(
                "trained with {settings}",
                settings=", ".join(f"{label.lower()} {value}" for label, value in view.recipe),
            )
        )
    if view.expected:
        yield bullet(view.expected)
    if view.columns:
        yield bullet("; ".join(view.columns))


def _changes(view: DiagnosisView) -> Iterator[RenderableType]:
    if not view.changes:
        return
    yield Text()
    yield title(_(LABELS["changes"]))
    table = grid(1, 1)
    explained: set[str] = set()
    for change in view.changes:
        table.add_row(Text(change.label), Text.assemble(f"{change.before} → ", (change.after, "bold")))
        for reason in change.reasons:
            because = "" if reason.id in explained else f". {reason.because}"
            table.add_row(Text(), Text(plain(f"{reason.title}{because}"), style="dim"))
            explained.add(reason.id)
    yield inset(table)


def _remarks(view: DiagnosisView) -> Iterator[RenderableType]:
    if view.remarks:
        yield Text()
        yield title(_(LABELS["remarks"]))
        for item in view.remarks:
            yield bullet(item.text)


def _missing(view: DiagnosisView) -> Iterator[RenderableType]:
    if view.missing:
        yield Text()
        yield title(_(LABELS["missing"]))
        for item in view.missing:
            rules = "; ".join(item.decides)
            yield bullet(fill(LABELS["decides"], option=item.option, meaning=item.meaning, rules=rules), "?")
