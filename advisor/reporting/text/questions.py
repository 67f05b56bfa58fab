"""Why not, what if, what to ask and rules left out, as plain text with what to type."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.cells import cell_len

from advisor.cleaning import plain_lines
from advisor.facts import info
from advisor.facts.derived import Value
from advisor.facts.registry import FactInfo
from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting.formatting import fact_value, factor, rate, span
from advisor.reporting.labels import setting_label
from advisor.reporting.sentences.template import fill
from advisor.reporting.text.conditions import unmet_lines
from advisor.reporting.text.lines import padded, wrapped
from advisor.reporting.views.answer import setting_value
from advisor.results import AppliedEffect, FactChange, LeftOut, Question, Recommendation, RuleShift, WhatIf, WhyNot

NEGLIGIBLE: Final = 1.01
"""A factor below this gets no line. Judgement: rates are shown with two digits."""

MAX_CHOICES: Final = 8
"""Names listed for an option before the list is cut short. Judgement: a line of the terminal."""

MAX_WRITTEN_OUT: Final = 1e6
"""Whole numbers from here on are typed with an exponent. Judgement: longer rows of zeros are miscounted."""

_NOT_TYPED: Final = {
    "probe": phrase("measured by `advisor profile` with a budget above none"),
    "history": phrase("read from the log of an earlier run"),
}
_EFFECTS: Final = {
    "anchor": phrase("starts at {rate:rate}"),
    "limit": phrase("bounded by {rate:rate}"),
    "measurement": phrase("measured {rate:rate}"),
}
_NOTES: Final = {"advice": phrase("Advice"), "warning": phrase("Warning"), "error": phrase("Error")}


def why_not_in_words(answer: WhyNot) -> str:
    """Return whether a rule fires, which tests do not hold, and the smallest change that makes it fire."""
    match answer.outcome:
        case "fires":
            return fill("{rule} fires.", rule=answer.rule)
        case "overridden":
            return fill("{rule} fires, but {by} takes precedence.", rule=answer.rule, by=answer.by or "")
        case "waits":
            missing = ", ".join(answer.missing)
            return fill("{rule} fires, but its formula needs {facts}.", rule=answer.rule, facts=missing)
        case _:
            return plain_lines("\n".join(_not_fired(answer)))


def _not_fired(answer: WhyNot) -> Iterator[str]:
    is_open = answer.outcome == "undecided"
    said = phrase("{rule} is undecided: {title}") if is_open else phrase("{rule} does not fire: {title}")
    yield fill(said, rule=answer.rule, title=_(answer.title))
    yield from ("", _("What does not hold"), *(f"  {line}" for line in unmet_lines(answer.obstacles)))
    yield ""
    if answer.changes is None:
        yield _("The search found no change of facts that makes it fire.")
        return
    yield _("It would fire with")
    shown = [change_in_words(change) for change in answer.changes]
    width = max(map(cell_len, shown))
    for change, text in zip(answer.changes, shown, strict=True):
        yield f"  {padded(text, width)}  ({_(info(change.fact).description)})"
    yield f"  {' '.join(option(change) for change in answer.changes)}"


def change_in_words(change: FactChange) -> str:
    """Return a change such as ``model.depth: 2 → 3``."""
    return f"{change.fact}: {fact_value(change.now)} → {fact_value(change.to)}"


def _changed(change: FactChange, before: Recommendation) -> str:
    """Return a change; where the fact was open, the setting that was chosen stands for it."""
    group, _, name = change.fact.partition(".")
    chosen = getattr(before, name, None) if group == "plan" and change.now is None else None
    if chosen is None:
        return change_in_words(change)
    said = phrase("{fact}: {chosen} (chosen by the rules) → {to}")
    return fill(said, fact=change.fact, chosen=_named(name, chosen), to=fact_value(change.to))


def option(change: FactChange) -> str:
    """Return the change as a command line takes it, to the last digit."""
    return f"--set {shlex.quote(f'{change.fact}={as_typed(change.to)}')}"


def as_typed(value: Value) -> str:
    """Return a value as ``--set`` reads it.

    >>> as_typed(True), as_typed(None), as_typed(0.1), as_typed(1000.0)
    ('true', 'unknown', '0.1', '1000')
    """
    if value is None:
        return "unknown"
    if isinstance(value, float) and value.is_integer() and abs(value) < MAX_WRITTEN_OUT:
        return str(int(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def what_if_in_words(answer: WhatIf) -> str:
    """Return the recommendation before and after, and the rules that make the difference."""
    return plain_lines("\n".join(_compared(answer)))


def _compared(answer: WhatIf) -> Iterator[str]:
    yield from (_changed(change, answer.before) for change in answer.changes)
    yield ""
    settings = answer.settings()
    if not settings and not answer.rules:
        yield _("Nothing changes.")
        return
    rows = [
        (setting_label(name), _named(name, old), _named(name, new))
        for name, old, new in settings
        if name != "learning_rate"
    ]
    rows = [*_rates(answer), *rows]
    label, was = (max(cell_len(row[column]) for row in rows) for column in (0, 1))
    yield from (f"{padded(name, label)}  {padded(old, was)}  →  {new}" for name, old, new in rows)
    yield from _what_carried_over(answer)
    if answer.rules:
        yield from ("", _("Rules responsible"))
        for shift in answer.rules:
            yield from (f"  {shift_in_words(shift)}", f"    {_(shift.title)}")


def _rates(answer: WhatIf) -> Iterator[tuple[str, str, str]]:
    before, after, advised, carried = answer.before, answer.after, answer.advised, answer.carried_rate
    is_moved = before.learning_rate != after.learning_rate
    ratio = f"  ({factor(answer.factor) if is_moved else _('unchanged')})"
    by_rules = (rate(before.learning_rate), rate(after.learning_rate) + ratio)
    if advised is None:
        yield (setting_label("learning_rate"), *by_rules)
    else:
        then = f"{rate(carried)}{ratio}" if carried else _("not known")
        yield (setting_label("learning_rate"), rate(advised.learning_rate), then)
        yield (_("By the rules alone"), *by_rules)
    if before.interval != after.interval:
        label = _("90 % interval") if advised is None else _("90 % interval of the rules")
        yield (label, span(before.interval), span(after.interval))


def _what_carried_over(answer: WhatIf) -> Iterator[str]:
    if answer.advised is None:
        return
    said = (
        phrase(
            "The trials changed the rules' learning rate ({factor:factor}) for another optimizer or schedule; that "
            "says nothing about the new one. advisor profile tries it."
        )
        if answer.carried_rate is None
        else phrase(
            "The trials changed the rules' learning rate ({factor:factor}); the same change is assumed here. "
            "advisor profile tries it."
        )
    )
    yield from ("", fill(said, factor=answer.advised.learning_rate / answer.before.learning_rate))


def shift_in_words(shift: RuleShift) -> str:
    """Return what a rule did and does, such as ``deep: × 0.5 → × 0.25``."""
    return f"{shift.rule}: {_effects_in_words(shift.before)} → {_effects_in_words(shift.after)}"


def _effects_in_words(effects: Sequence[AppliedEffect]) -> str:
    return ", ".join(_effect_in_words(effect) for effect in effects) or _("does not fire")


def _effect_in_words(effect: AppliedEffect) -> str:
    match effect.kind:
        case "choice":
            return f"{setting_label(effect.setting).lower()} {setting_value(effect.setting, effect.value)}"
        case "advice" | "warning" | "error" as kind:
            return _(_NOTES[kind]).lower()
        case "scale":
            return factor(float(effect.value or 0.0))
        case kind:
            return fill(_EFFECTS[kind], rate=float(effect.value or 0.0))


def beside_the_rules(advised: float, by_rules: float) -> Iterator[str]:
    """Yield where an answer that trials moved stands beside the rules' own, of which the lines below it speak."""
    if rate(advised) != rate(by_rules):
        said = phrase("The answer in the file is {advised:rate}, trials included; the rules alone say {rules:rate}.")
        yield fill(said, advised=advised, rules=by_rules)
        yield _("What follows is about the rules.")
        yield ""


def questions_in_words(questions: Sequence[Question], top: int, advised: Recommendation | None = None) -> str:
    """Return the first questions, how many are left, and which answer would narrow the interval most.

    Args:
        questions: those first whose answer matters most.
        top: how many to write out.
        advised: the answer in an advice about the same facts, trials included.
    """
    if not questions:
        return _("No unknown fact would change the recommendation.")
    lead = beside_the_rules(advised.learning_rate, questions[0].learning_rate) if advised is not None else ()
    parts = [
        *lead,
        *(f"{position}. {question_in_words(question)}\n" for position, question in enumerate(questions[:top], 1)),
    ]
    left = len(questions) - top
    if left > 0:
        said = (
            phrase("1 more unknown fact changes less: --top {all}")
            if left == 1
            else phrase("{left:count} more unknown facts change less: --top {all}")
        )
        parts.append(fill(said, left=left, all=str(len(questions))))
    return "\n".join([*parts, _narrowing(questions)])


def _narrowing(questions: Sequence[Question]) -> str:
    best = max(questions, key=lambda question: question.narrows)
    if best.narrows < NEGLIGIBLE:
        return _("No single answer narrows the interval; short trainings do: advisor profile.")
    return fill(
        "{fact} narrows the interval most: its upper end is {now:short} times its lower end now, {best:short} times at "
        "best.",
        fact=best.fact,
        now=best.interval_ratio,
        best=best.narrowest.interval_ratio,
    )


def question_in_words(question: Question) -> str:
    """Return a question, what its answer would change, and how to give the answer."""
    return plain_lines("\n".join(_asked(question)))


def _asked(question: Question) -> Iterator[str]:
    item = info(question.fact)
    unit = f" [{_(item.unit)}]" if item.unit else ""
    yield f"{question.fact}: {_(item.description)}{unit}"
    if question.moves >= NEGLIGIBLE:
        low, high = (pick(question.answers, key=lambda one: one.learning_rate) for pick in (min, max))
        said = phrase("learning rate from {low:rate} ({if_low}) to {high:rate} ({if_high}); {now:rate} while unknown")
        ends = {"low": low.learning_rate, "high": high.learning_rate, "now": question.learning_rate}
        yield "  " + fill(said, **ends, if_low=fact_value(low.value), if_high=fact_value(high.value))
    if question.narrows >= NEGLIGIBLE:
        best = question.narrowest
        said = phrase("upper end of the interval over its lower end: {now:short} now, {then:short} ({if_then})")
        ratios = {"now": question.interval_ratio, "then": best.interval_ratio}
        yield "  " + fill(said, **ratios, if_then=fact_value(best.value))
    if question.settings:
        names = ", ".join(setting_label(name).lower() for name in question.settings)
        yield "  " + fill("may change: {names}", names=names)
    yield f"  {_how_to_answer(item)}"


def _how_to_answer(item: FactInfo) -> str:
    group = item.path.split(".", maxsplit=1)[0]
    typed = f"--set {item.path}={_choices(item)}"
    return fill("{source}, or {typed}", source=_(_NOT_TYPED[group]), typed=typed) if group in _NOT_TYPED else typed


def _choices(item: FactInfo) -> str:
    names: Sequence[str] = ("true", "false") if item.type == "flag" else item.choices
    if not names:
        return "VALUE" if item.type == "text" else "NUMBER"
    return "|".join(names[:MAX_CHOICES]) + ("|…" if len(names) > MAX_CHOICES else "")


def left_out_in_words(item: LeftOut) -> str:
    """Return what changes without a rule, such as ``deep-clipping: gradient clipping 1 → none``."""
    if item.factor is None:
        return fill("{rule}: no recommendation is possible without it", rule=item.rule)
    changes = []
    for name, old, new in item.settings:
        was, becomes = _named(name, old), _named(name, new)
        if was != becomes:
            changes.append(f"{setting_label(name).lower()} {was} → {becomes}")
        elif factor(item.factor) != factor(1.0):
            changes.append(f"{setting_label(name).lower()} {factor(item.factor)}")
    text = f"{item.rule}: {', '.join(changes) or _('only texts or the interval change')}"
    return "\n".join(wrapped(text, "", "    "))


def _named(setting: str, value: Any) -> str:
    return _("not set") if value is None else setting_value(setting, value)
