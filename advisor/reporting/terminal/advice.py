"""The summary that ``advisor profile`` prints: readable at 80 columns, without colour, and not only on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from advisor.facts import DataFacts, Facts, ModelFacts
from advisor.facts.data import TARGET_GUESSED
from advisor.language import gettext as _
from advisor.language import has_stayed_english, translated
from advisor.reporting import formatting
from advisor.reporting.charts.curve_points import sparkline
from advisor.reporting.formatting import plain, rate
from advisor.reporting.labels import TASKS
from advisor.reporting.sentences.template import fill
from advisor.reporting.terminal.parts import Page, bullet, grid, inset, title
from advisor.reporting.views.alerts import alerts_of
from advisor.reporting.views.answer import answer_of
from advisor.reporting.views.banner import doubt_of
from advisor.reporting.views.facts import ColumnRow, Figure, data_view, model_view, rows_of
from advisor.reporting.views.proof import proof_of
from advisor.reporting.views.reasons import Reasons, reasons_of
from advisor.results import Advice, Recommendation

_STYLES = {
    "confirmed": "green",
    "adjusted": "cyan",
    "inconclusive": "yellow",
    "rejected": "red",
    "no_better_than_constant": "red",
    "worse_than_linear": "yellow",
    "not_run": "dim",
}
MAX_QUESTIONS = 3
"""Open questions printed at most; the count of the others follows. Judgement: what a reader takes up at once."""
MAX_COLUMNS = 40
"""Columns of a table printed at most. Judgement: a tall terminal."""
MAX_NOTES = 8
"""Notes printed at most. Judgement: the page and ``advisor explain`` have all."""


def render(advice: Advice) -> RenderableType:
    """Return the summary of an advice: answer, verdict, reasons, warnings, data, and what was unknown."""
    reasons = reasons_of(advice.recommendation, advice.verdict, advice.facts)
    warnings = _warnings(advice)
    return Page(
        (
            *_assumed(advice.facts.data),
            *_answer(advice.recommendation),
            *_proof(advice),
            *_reasons(reasons),
            *_warned(warnings),
            *_data(advice.facts, said=" ".join(warnings)),
            *_unknown(reasons),
            *_untranslated(reasons),
        )
    )


def render_recommendation(recommendation: Recommendation, facts: Facts) -> RenderableType:
    """Return the summary of a recommendation that rests on rules and these facts alone."""
    reasons = reasons_of(recommendation, None, facts)
    warnings = [note.text for note in reasons.warnings]
    return Page(
        (
            *_answer(recommendation),
            *_reasons(reasons),
            *_warned(warnings),
            *_unknown(reasons),
            *_untranslated(reasons),
        )
    )


def render_facts(data: DataFacts) -> RenderableType:
    """Return what is known about the data, with its columns."""
    view = data_view(Facts(data=data))
    in_table = {f"{item.name!r} — {item.note}" for item in data.columns[:MAX_COLUMNS]}
    notes = [translated(note) for note in _other_notes(data) if note not in in_table]
    parts: list[RenderableType] = [*_assumed(data), title(view.name or _("Data")), _figures(view.figures)]
    if view.columns:
        parts += [Text(), _columns(view.columns)]
    if notes:
        parts += [Text(), title(_("Notes")), *(bullet(note) for note in notes)]
    return Page(parts)


def render_model(model: ModelFacts) -> RenderableType:
    """Return what is known about a model, fact by fact."""
    view = model_view(Facts(model=model))
    table = grid(1, 0, 2)
    for row in rows_of(Facts(model=model), "model."):
        table.add_row(Text(row.path), Text(plain(row.value), style="bold"), Text(row.meaning, style="dim"))
    return Page((title(view.name or _("Model")), inset(table), *(bullet(note) for note in view.notes)))


def _assumed(data: DataFacts) -> Iterator[RenderableType]:
    """Yield what was assumed before anything that rests on it: how the file was read, the target, the task."""
    assumed = [*map(translated, data.reading), *_target(data)]
    yield from (bullet(sentence) for sentence in assumed)
    if assumed:
        yield Text()


def _target(data: DataFacts) -> Iterator[str]:
    if data.target_name and data.task:
        target, task = formatting.name(data.target_name, 40), _(TASKS.get(data.task, data.task))
        if data.target.classes:
            classes = formatting.amount(data.target.classes, "classes")
            yield fill("Predicts {target}: {task} with {classes}.", target=target, task=task, classes=classes)
        else:
            yield fill("Predicts {target}: {task}.", target=target, task=task)
    yield from (translated(note) for note in data.notes if note.startswith(TARGET_GUESSED))


def _other_notes(data: DataFacts) -> tuple[str, ...]:
    return tuple(note for note in data.notes if not note.startswith(TARGET_GUESSED))


def _answer(rec: Recommendation) -> Iterator[RenderableType]:
    answer = answer_of(rec)
    yield Text.assemble(
        (fill("{optimizer}, peak learning rate", optimizer=answer.optimizer) + " ", "bold"),
        (answer.rate, "bold reverse"),
    )
    table = grid(1, 1)
    fixed = "  " + _("(you fixed the rate; this is what the rules expect)") if answer.fixed else ""
    table.add_row(_("90 % interval"), answer.interval + fixed)
    table.add_row(_("Schedule"), Text.assemble(answer.schedule, "  ", (sparkline(rec), "cyan")))
    if answer.length:
        table.add_row(_("Run"), answer.length)
    # What the lines above do not say already; Adam's usual settings need no mention.
    said = {
        *("optimizer", "schedule", "warmup_fraction", "final_fraction", "batch_size", "batch_tokens", "epochs"),
        *("total_steps", "stop_steps", "beta1", "beta2", "epsilon"),
    }
    others = [f"{item.label.lower()} {item.value}" for item in answer.settings if item.name not in said]
    if others:
        table.add_row(_("Also"), Text(plain(", ".join(others))))
    yield inset(table)


def _proof(advice: Advice) -> Iterator[RenderableType]:
    yield Text()
    proof = proof_of(advice)
    badge = proof.badge
    heading = f"{badge.symbol} {badge.title.upper()}"
    yield Text.assemble((heading, f"bold {_STYLES[badge.status]}"), "  ", plain(proof.reason or badge.meaning))
    doubt = doubt_of(advice)
    if doubt is not None:
        yield bullet(f"{doubt.title}. {doubt.text}", "!")
    table = grid(1, 1, 1)
    for item in proof.comparisons:
        change = fill("the advice is {change}", change=item.change) if item.change else ""
        table.add_row(item.label, Text(item.loss, style="bold"), change)
    yield inset(table)
    yield from _bullets(proof.details)
    if proof.cost:
        yield inset(Text(proof.cost.sentence, style="dim"))


def _reasons(reasons: Reasons) -> Iterator[RenderableType]:
    if reasons.steps:
        yield Text()
        yield title(_("Why this learning rate"))
        table = grid(1, 1, 1)
        for step in reasons.steps:
            after = "" if step.kind == "anchor" else f"→ {rate(step.after)}"
            table.add_row(step.lead, after, Text(plain(step.reason.title)))
        yield inset(table)


def _warnings(advice: Advice) -> list[str]:
    """Return what asks for attention; the target that was guessed stands at the top already."""
    alerts = [alert for alert in alerts_of(advice) if alert.severity != "advice" and alert.code != "target_guessed"]
    return [alert.text if alert.by_rule else f"{alert.title}. {alert.text}".strip() for alert in alerts]


def _warned(texts: Sequence[str]) -> Iterator[RenderableType]:
    if texts:
        yield Text()
        yield title(_("Warnings"))
        yield from _bullets(texts, "!")


def _data(facts: Facts, *, said: str) -> Iterator[RenderableType]:
    """Yield the data in figures, and the notes on them that no warning has said."""
    view = data_view(facts)
    if view.figures:
        yield Text()
        yield title(_("Data"))
        yield _figures(view.figures)
        remarked = [item for item in facts.data.columns if item.note and translated(item.note) in said]
        warned = {f"{item.name!r} — {item.note}" for item in remarked}
        yield from _bullets([translated(note) for note in _other_notes(facts.data) if note not in warned])


def _unknown(reasons: Reasons) -> Iterator[RenderableType]:
    questions = reasons.questions
    if not questions:
        return
    yield Text()
    yield title(_("Not known, and able to change the answer"))
    for question in questions[:MAX_QUESTIONS]:
        yield bullet(f"{question.path}: {question.meaning}" if question.meaning else question.path, "?")
    if len(questions) > MAX_QUESTIONS:
        yield bullet(
            fill(
                "and {more:count} more; advisor ask names those that matter most", more=len(questions) - MAX_QUESTIONS
            ),
            " ",
        )


def _untranslated(reasons: Reasons) -> Iterator[RenderableType]:
    """Say why rules are printed in English when they have no translation."""
    titles = (*(step.reason.title for step in reasons.steps), *(note.text for note in reasons.warnings))
    if any(map(has_stayed_english, titles)):
        yield Text()
        yield Text(_("Sources, notes on the data and rules without a translation stand in English."), style="dim")


def _figures(figures: Sequence[Figure]) -> RenderableType:
    table = grid(1, 1)
    for item in figures:
        detail = f"  {item.detail}" if item.detail else ""
        table.add_row(item.label, Text.assemble((plain(item.value, 40), "bold"), (detail, "dim")))
    return inset(table)


def _columns(columns: Sequence[ColumnRow]) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(_("column"), overflow="ellipsis", no_wrap=True, max_width=24)
    table.add_column(_("kind"), no_wrap=True)
    for header in (_("missing"), _("distinct"), _("mean"), _("std")):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column(_("remark"))
    for row in columns[:MAX_COLUMNS]:
        remark = row.remark if row.role == "feature" else ": ".join(part for part in (_(row.role), row.remark) if part)
        cells = (plain(row.name), _(row.kind), row.missing, row.distinct, row.center, row.spread, plain(remark))
        table.add_row(*(Text(cell) for cell in cells))
    if len(columns) > MAX_COLUMNS:
        table.add_row(Text(fill("… and {more:count} more", more=len(columns) - MAX_COLUMNS)))
    return table


def _bullets(texts: Sequence[str], sign: str = "-") -> Iterator[RenderableType]:
    for text in texts[:MAX_NOTES]:
        yield bullet(text, sign)
    if len(texts) > MAX_NOTES:
        yield bullet(fill("and {more:count} more; advisor explain prints all", more=len(texts) - MAX_NOTES), " ")
