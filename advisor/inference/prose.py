"""Why not, what if and what to ask, in words for the person who asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from advisor.facts import info
from advisor.facts.registry import FactInfo
from advisor.knowledge.conditions import All, Condition, Leaf, Lookup, Not
from advisor.knowledge.conditions import Any as AnyOf
from advisor.knowledge.prose import leaf_in_words, value_in_words, when_in_words

if TYPE_CHECKING:
    from advisor.inference.comparison import WhatIf
    from advisor.inference.counterfactual import WhyNot
    from advisor.inference.questions import Answer, Question
    from advisor.results import Interval

MAX_CHOICES = 8
_NOT_TYPED = {
    "probe": "measured by `advisor profile` with a budget above none",
    "history": "read from the log of an earlier run",
}


def why_not_in_words(found: WhyNot) -> str:
    """Return whether a rule fires, what stands in its way, and the smallest change that makes it fire."""
    match found.outcome:
        case "fires":
            return f"{found.rule} fires."
        case "overridden":
            return f"{found.rule} fires, but gives way to {found.by}."
        case "waits":
            return f"{found.rule} fires, but its law needs {', '.join(found.missing)}."
        case _:
            return "\n".join(_silent(found))


def _silent(found: WhyNot) -> Iterator[str]:
    yield f"{found.rule} {'is undecided' if found.outcome == 'undecided' else 'does not fire'}: {found.title}"
    yield from ("", "It wants", *(f"  {line}" for line in found.obstacles))
    yield ""
    if found.changes is None:
        yield "As far as was searched, no change of facts makes it fire."
        return
    yield "It would fire with"
    width = max(len(str(change)) for change in found.changes)
    for change in found.changes:
        yield f"  {change!s:<{width}}  ({info(change.fact).description})"
    yield f"  {' '.join(change.option for change in found.changes)}"


def obstacles(condition: Condition, lookup: Lookup) -> Iterator[str]:
    """Yield the parts of a condition that do not hold, each with the facts as they are."""
    if condition.judge(lookup) is True:
        return
    match condition:
        case All(parts):
            for part in parts:
                yield from obstacles(part, lookup)
        case AnyOf(parts):
            inner = [line for part in parts for line in obstacles(part, lookup)]
            yield from inner if len(parts) == 1 else ("any of", *(f"  {line}" for line in inner))
        case Not(Leaf() as leaf):
            yield f"not: {leaf_in_words(leaf)} ({_now(leaf, lookup)})"
        case Not():
            yield from when_in_words(condition)
        case Leaf():
            yield f"{leaf_in_words(condition)} ({_now(condition, lookup)})"


def _now(leaf: Leaf, lookup: Lookup) -> str:
    value = lookup(leaf.fact)
    return "it is unknown" if value is None else f"it is {value_in_words(value)}"


def what_if_in_words(found: WhatIf) -> str:
    """Return the recommendation before and after, and the rules that make the difference."""
    return "\n".join(_compared(found))


def _compared(found: WhatIf) -> Iterator[str]:
    yield from (str(change) for change in found.changes)
    yield ""
    settings = found.settings()
    if not settings and not found.rules:
        yield "Nothing changes."
        return
    rows = [(_label(name), _shown(old), _shown(new)) for name, old, new in settings if name != "learning_rate"]
    before, after = found.before, found.after
    factor = f"  (× {found.factor:.3g})" if before.learning_rate != after.learning_rate else "  (unchanged)"
    rows.insert(0, ("learning rate", _shown(before.learning_rate), _shown(after.learning_rate) + factor))
    if before.interval != after.interval:
        rows.insert(1, ("90 % interval", _span(before.interval), _span(after.interval)))
    label, was = (max(len(row[column]) for row in rows) for column in (0, 1))
    yield from (f"{name:<{label}}  {old:<{was}}  ->  {new}" for name, old, new in rows)
    if found.rules:
        yield from ("", "Rules responsible")
        for shift in found.rules:
            yield from (f"  {shift}", f"    {shift.title}")


def _label(name: str) -> str:
    return name.replace("_", " ")


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:.3g}" if isinstance(value, float) else value_in_words(value)


def _span(interval: Interval) -> str:
    return f"{interval.lower:.2g} to {interval.upper:.2g}"


def question_in_words(found: Question) -> str:
    """Return a question, what the answer would change, and how to give it."""
    return "\n".join(_asked(found))


def _asked(found: Question) -> Iterator[str]:
    item = info(found.fact)
    unit = f" [{item.unit}]" if item.unit else ""
    yield f"{found.fact}: {item.description}{unit}?"
    if found.moves >= 1.01:
        low, high = (pick(found.answers, key=lambda one: one.learning_rate) for pick in (min, max))
        yield f"  learning rate {_rate_of(low)} to {_rate_of(high)}, now {found.learning_rate:.2g}"
    if found.narrows >= 1.01:
        best, now = found.narrowest, _wide(found.interval_ratio)
        yield f"  interval down to {_wide(best.interval_ratio)} with {value_in_words(best.value)}, now {now}"
    if found.settings:
        yield f"  may change {', '.join(_label(name) for name in found.settings)}"
    yield f"  {_how(item)}"


def _rate_of(answer: Answer) -> str:
    return f"{answer.learning_rate:.2g} ({value_in_words(answer.value)})"


def _wide(ratio: float) -> str:
    return f"a factor {ratio:.3g}"


def _how(item: FactInfo) -> str:
    group = item.path.split(".", maxsplit=1)[0]
    if group in _NOT_TYPED:
        return _NOT_TYPED[group] + f", or --set {item.path}={_choices(item)}"
    return f"--set {item.path}={_choices(item)}"


def _choices(item: FactInfo) -> str:
    names: Sequence[str] = ("true", "false") if item.type == "flag" else item.choices
    if not names:
        return "VALUE" if item.type == "text" else "NUMBER"
    return "|".join(names[:MAX_CHOICES]) + ("|…" if len(names) > MAX_CHOICES else "")
