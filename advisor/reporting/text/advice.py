"""Results as plain text: the way from facts to number, for terminals, logs and mails."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.cleaning import plain_lines
from advisor.facts import Facts
from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting
from advisor.reporting.formatting import plain
from advisor.reporting.sentences.template import fill
from advisor.reporting.text.lines import heading, padded, wrapped
from advisor.reporting.views.answer import answer_of
from advisor.reporting.views.facts import data_view
from advisor.reporting.views.proof import proof_of
from advisor.reporting.views.reasons import (
    NoteView,
    Question,
    Reason,
    Reasons,
    Step,
    Yielded,
    reasons_of,
    yielded_in_words,
)
from advisor.results import Advice, Recommendation, Verdict


def explain(recommendation: Recommendation) -> str:
    """Return where every number of a recommendation comes from.

    The learning rate stands as a product of named factors, each with the rate before and after it, the reason and the
    source; then the other settings, warnings, what could not be judged, and what gave way.
    """
    return plain_lines("\n".join([*_answer(recommendation), *_reasons(recommendation)]).rstrip() + "\n")


def explain_advice(advice: Advice) -> str:
    """Return the answer, how it was checked, the reasons, and what is known about the data."""
    lines = [*_answer(advice.recommendation), *_proof(advice)]
    lines += _reasons(advice.recommendation, advice.verdict, advice.facts)
    lines += _data(advice)
    return plain_lines("\n".join(lines).rstrip() + "\n")


def _answer(rec: Recommendation) -> Iterator[str]:
    answer = answer_of(rec)
    yield from wrapped(answer.sentence)
    said = (
        phrase("90 % interval {interval} (you fixed the rate; the rules' own interval)")
        if answer.fixed
        else phrase("90 % interval {interval}")
    )
    yield fill(said, interval=answer.interval)


def _proof(advice: Advice) -> Iterator[str]:
    proof = proof_of(advice)
    yield from heading(_("How it was checked"))
    yield from wrapped(f"{proof.badge.symbol} {proof.badge.title}. {proof.reason}")
    for item in proof.comparisons:
        change = "  " + fill("(advice: {change})", change=item.change) if item.change else ""
        yield f"  {padded(item.label, 26)} {item.loss:>10}{change}"
    cost = proof.cost.sentence if proof.cost else ""
    for line in (*proof.details, proof.setup, cost, *proof.notes):
        if line:
            yield from wrapped(line, "  ")


def _reasons(rec: Recommendation, verdict: Verdict | None = None, facts: Facts | None = None) -> Iterator[str]:
    reasons = reasons_of(rec, verdict, facts)
    yield from heading(_("The learning rate, step by step"))
    for step in reasons.steps:
        yield from _step(step)
    if not reasons.steps:
        yield "  " + _("No trace was kept.")
    yield from heading(_("The other settings"))
    for setting in answer_of(rec).settings:
        by = {
            "you": _("fixed by you"),
            "rule": setting.reason.title if setting.reason else "",
            "default": _("the usual value"),
            "trials": _("won in the trials"),
        }.get(setting.by, "")
        yield from wrapped(f"{padded(setting.label, 18)} {padded(setting.value, 22)} {by}".rstrip(), "  ", " " * 44)
    yield from _notes(reasons)
    yield from _unknown(reasons)
    if reasons.considered:
        yield ""
        yield fill(
            "{fired:position} of {considered:position} rules fired.", fired=reasons.fired, considered=reasons.considered
        )


def _step(step: Step) -> Iterator[str]:
    result = "" if step.before is None else f"{formatting.rate(step.before)} → "
    yield f"  {padded(step.lead, 18)} {result}{step.after_text}"
    grade = f" [{step.reason.grade}]" if step.reason.grade else ""
    yield from wrapped(f"{step.reason.title}{grade}", "      ")
    yield from because(step.reason, "      ")
    if step.range:
        yield "      " + fill("range: {range}", range=step.range)
    if step.facts:
        yield from wrapped(
            fill("facts: {facts}", facts=", ".join(f"{fact.path} = {plain(fact.value, 60)}" for fact in step.facts)),
            "      ",
        )
    yield ""


def because(reason: Reason, indent: str) -> Iterator[str]:
    """Yield why a rule says so, and who says so."""
    if reason.because:
        yield from wrapped(reason.because, indent)
    for source in reason.sources:
        yield from wrapped(
            fill("source: {title}, {at}: {says}", title=source.title, at=source.at, says=source.says), indent
        )


def _notes(reasons: Reasons) -> Iterator[str]:
    for title, notes in ((_("Warnings"), reasons.warnings), (_("Advice"), reasons.advice)):
        if notes:
            yield from heading(title)
            for note in notes:
                yield from _note(note)


def _note(note: NoteView) -> Iterator[str]:
    yield from wrapped(f"- {note.text}", "  ", "    ")
    yield "    " + fill("rule {rule}", rule=note.reason.id)


def _unknown(reasons: Reasons) -> Iterator[str]:
    if reasons.questions:
        yield from heading(_("What was unknown"))
        for question in reasons.questions:
            yield from _question(question)
    if reasons.yielded:
        yield from heading(_("Rules that gave way"))
        for item in reasons.yielded:
            yield from _yielded(item)


def _question(question: Question) -> Iterator[str]:
    meaning = f": {question.meaning}" if question.meaning else ""
    yield from wrapped(f"{question.path}{meaning} ({question.how})", "  ", "    ")
    for rule in question.rules:
        said = phrase("would decide: {title} (also needs {facts})") if rule.also else phrase("would decide: {title}")
        yield from wrapped(fill(said, title=rule.title, facts=", ".join(rule.also)), "    ", "      ")


def _yielded(item: Yielded) -> Iterator[str]:
    yield from wrapped(yielded_in_words(item), "  ", "    ")


def _data(advice: Advice) -> Iterator[str]:
    view = data_view(advice.facts)
    if not view.figures:
        return
    yield from heading(_("The data"))
    for figure in view.figures:
        detail = f"  ({figure.detail})" if figure.detail else ""
        yield from wrapped(f"{padded(figure.label, 20)} {plain(figure.value, 60)}{detail}", "  ", " " * 23)
    for note in view.notes:
        yield from wrapped(f"- {note}", "  ", "    ")
