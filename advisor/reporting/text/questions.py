"""Why not, what if, what to ask and rules left out, as plain text with what to type."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any, Final

from advisor.cleaning import plain_lines
from advisor.facts import info
from advisor.facts.derived import Value
from advisor.facts.registry import FactInfo
from advisor.reporting.formatting import fact_value, factor, number, rate, span
from advisor.reporting.labels import setting_label
from advisor.reporting.text.conditions import unmet_lines
from advisor.reporting.views.answer import setting_value
from advisor.results import AppliedEffect, FactChange, LeftOut, Question, Recommendation, RuleShift, WhatIf, WhyNot

NEGLIGIBLE: Final = 1.01
"""A factor below this gets no line. Judgement: rates are shown with two digits."""

MAX_CHOICES: Final = 8
"""Names listed for an option before the list is cut short. Judgement: a line of the terminal."""

_NOT_TYPED: Final = {
    "probe": "measured by `advisor profile` with a budget above none",
    "history": "read from the log of an earlier run",
}
_EFFECTS: Final = {"anchor": "starts at", "scale": "×", "limit": "bounded by", "measurement": "measured"}


def why_not_in_words(answer: WhyNot) -> str:
    """Return whether a rule fires, which tests do not hold, and the smallest change that makes it fire."""
    match answer.outcome:
        case "fires":
            return f"{answer.rule} fires."
        case "overridden":
            return f"{answer.rule} fires, but {answer.by} takes precedence."
        case "waits":
            return f"{answer.rule} fires, but its formula needs {', '.join(answer.missing)}."
        case _:
            return plain_lines("\n".join(_not_fired(answer)))


def _not_fired(answer: WhyNot) -> Iterator[str]:
    yield f"{answer.rule} {'is undecided' if answer.outcome == 'undecided' else 'does not fire'}: {answer.title}"
    yield from ("", "What does not hold", *(f"  {line}" for line in unmet_lines(answer.obstacles)))
    yield ""
    if answer.changes is None:
        yield "The search found no change of facts that makes it fire."
        return
    yield "It would fire with"
    shown = [change_in_words(change) for change in answer.changes]
    width = max(len(text) for text in shown)
    for change, text in zip(answer.changes, shown, strict=True):
        yield f"  {text:<{width}}  ({info(change.fact).description})"
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
    return f"{change.fact}: {_named(name, chosen)} (chosen by the rules) → {fact_value(change.to)}"


def option(change: FactChange) -> str:
    """Return the change as a command line takes it, to the last digit."""
    return f"--set {shlex.quote(f'{change.fact}={as_typed(change.to)}')}"


def as_typed(value: Value) -> str:
    """Return a value as ``--set`` reads it.

    >>> as_typed(True), as_typed(None), as_typed(0.1)
    ('true', 'unknown', '0.1')
    """
    return "unknown" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def what_if_in_words(answer: WhatIf) -> str:
    """Return the recommendation before and after, and the rules that make the difference."""
    return plain_lines("\n".join(_compared(answer)))


def _compared(answer: WhatIf) -> Iterator[str]:
    yield from (_changed(change, answer.before) for change in answer.changes)
    yield ""
    settings = answer.settings()
    if not settings and not answer.rules:
        yield "Nothing changes."
        return
    rows = [
        (setting_label(name), _named(name, old), _named(name, new))
        for name, old, new in settings
        if name != "learning_rate"
    ]
    rows = [*_rates(answer), *rows]
    label, was = (max(len(row[column]) for row in rows) for column in (0, 1))
    yield from (f"{name:<{label}}  {old:<{was}}  →  {new}" for name, old, new in rows)
    yield from _what_carried_over(answer)
    if answer.rules:
        yield from ("", "Rules responsible")
        for shift in answer.rules:
            yield from (f"  {shift_in_words(shift)}", f"    {shift.title}")


def _rates(answer: WhatIf) -> Iterator[tuple[str, str, str]]:
    before, after, advised, carried = answer.before, answer.after, answer.advised, answer.carried_rate
    ratio = f"  ({factor(answer.factor)})" if before.learning_rate != after.learning_rate else "  (unchanged)"
    by_rules = (rate(before.learning_rate), rate(after.learning_rate) + ratio)
    if advised is None:
        yield ("Learning rate", *by_rules)
    else:
        yield ("Learning rate", rate(advised.learning_rate), f"{rate(carried)}{ratio}" if carried else "not known")
        yield ("By the rules alone", *by_rules)
    if before.interval != after.interval:
        label = "90 % interval" if advised is None else "90 % interval of the rules"
        yield (label, span(before.interval), span(after.interval))


def _what_carried_over(answer: WhatIf) -> Iterator[str]:
    if answer.advised is None:
        return
    correction = factor(answer.advised.learning_rate / answer.before.learning_rate)
    yield ""
    if answer.carried_rate is None:
        yield (
            f"The trials corrected the rules' learning rate by {correction}, for another optimizer or schedule; that "
            "says nothing about the new one. advisor profile tries it."
        )
    else:
        yield (
            f"The trials corrected the rules' learning rate by {correction}; the same correction is assumed after the "
            "change. advisor profile tries it."
        )


def shift_in_words(shift: RuleShift) -> str:
    """Return what a rule did and does, such as ``deep: × 0.5 → × 0.25``."""
    return f"{shift.rule}: {_effects_in_words(shift.before)} → {_effects_in_words(shift.after)}"


def _effects_in_words(effects: Sequence[AppliedEffect]) -> str:
    return ", ".join(_effect_in_words(effect) for effect in effects) or "does not fire"


def _effect_in_words(effect: AppliedEffect) -> str:
    match effect.kind:
        case "choice":
            return f"{setting_label(effect.setting).lower()} {setting_value(effect.setting, effect.value)}"
        case "advice" | "warning" | "error":
            return effect.kind
        case "scale":
            return f"× {fact_value(effect.value)}"
        case kind:
            return f"{_EFFECTS[kind]} {rate(float(effect.value or 0.0))}"


def beside_the_rules(advised: float, by_rules: float) -> Iterator[str]:
    """Yield where an answer that trials moved stands beside the rules' own, of which the lines below it speak."""
    if rate(advised) != rate(by_rules):
        yield f"The answer in the file is {rate(advised)}, trials included; the rules alone say {rate(by_rules)}."
        yield "What follows is about the rules."
        yield ""


def questions_in_words(questions: Sequence[Question], top: int, advised: Recommendation | None = None) -> str:
    """Return the first questions, how many are left, and which answer would narrow the interval most.

    Args:
        questions: those first whose answer matters most.
        top: how many to write out.
        advised: the answer in an advice about the same facts, trials included.
    """
    if not questions:
        return "No unknown fact would change the recommendation."
    lead = beside_the_rules(advised.learning_rate, questions[0].learning_rate) if advised is not None else ()
    parts = [
        *lead,
        *(f"{position}. {question_in_words(question)}\n" for position, question in enumerate(questions[:top], 1)),
    ]
    left = len(questions) - top
    if left > 0:
        parts.append(f"{left} more unknown facts change less: --top {len(questions)}")
    return "\n".join([*parts, _narrowing(questions)])


def _narrowing(questions: Sequence[Question]) -> str:
    best = max(questions, key=lambda question: question.narrows)
    if best.narrows < NEGLIGIBLE:
        return "No single answer narrows the interval; short trainings do: advisor profile."
    return (
        f"The answer to {best.fact} narrows the interval most: upper over lower end {number(best.interval_ratio)} now, "
        f"{number(best.narrowest.interval_ratio)} at best."
    )


def question_in_words(question: Question) -> str:
    """Return a question, what its answer would change, and how to give the answer."""
    return plain_lines("\n".join(_asked(question)))


def _asked(question: Question) -> Iterator[str]:
    item = info(question.fact)
    unit = f" [{item.unit}]" if item.unit else ""
    yield f"{question.fact}: {item.description}{unit}?"
    if question.moves >= NEGLIGIBLE:
        low, high = (pick(question.answers, key=lambda one: one.learning_rate) for pick in (min, max))
        ends = [f"{rate(end.learning_rate)} ({fact_value(end.value)})" for end in (low, high)]
        yield f"  learning rate between {ends[0]} and {ends[1]}; now {rate(question.learning_rate)}"
    if question.narrows >= NEGLIGIBLE:
        best = question.narrowest
        ratios = [number(ratio) for ratio in (question.interval_ratio, best.interval_ratio)]
        yield f"  interval, upper over lower end: {ratios[0]} now, {ratios[1]} if {fact_value(best.value)}"
    if question.settings:
        yield f"  may change {', '.join(setting_label(name).lower() for name in question.settings)}"
    yield f"  {_how_to_answer(item)}"


def _how_to_answer(item: FactInfo) -> str:
    group = item.path.split(".", maxsplit=1)[0]
    typed = f"--set {item.path}={_choices(item)}"
    return f"{_NOT_TYPED[group]}, or {typed}" if group in _NOT_TYPED else typed


def _choices(item: FactInfo) -> str:
    names: Sequence[str] = ("true", "false") if item.type == "flag" else item.choices
    if not names:
        return "VALUE" if item.type == "text" else "NUMBER"
    return "|".join(names[:MAX_CHOICES]) + ("|…" if len(names) > MAX_CHOICES else "")


def left_out_in_words(item: LeftOut) -> str:
    """Return what changes without a rule, such as ``deep-clipping: gradient clipping 1 → none``."""
    if item.factor is None:
        return f"{item.rule}: no recommendation is possible without it"
    changes = [
        f"{setting_label(name).lower()} {_named(name, old)} → {_named(name, new)}" for name, old, new in item.settings
    ]
    return f"{item.rule}: {', '.join(changes) or 'only texts or the interval change'}"


def _named(setting: str, value: Any) -> str:
    return "none" if value is None else setting_value(setting, value)
