"""A diagnosis, ready to print: what the log shows, what to change and why, what to tell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from advisor.reporting import formatting, labels
from advisor.reporting.curve import BLOCKS
from advisor.reporting.formatting import number, rate
from advisor.reporting.view_answer import setting_value
from advisor.reporting.view_reasons import Reason, reason_of
from advisor.results import Change, Diagnosis, LoggedCurve, RunRecipe

FLAGS: Final = {
    "history.learning_rate": "--learning-rate",
    "history.final_fraction": "--schedule",
    "history.warmup_fraction": "--set plan.warmup_fraction=…",
    "history.epochs": "--epochs",
    "plan.optimizer": "--optimizer",
    "plan.adaptive": "--optimizer",
    "plan.batch_size": "--batch-size",
}
"""How to tell a fact about the run; every other one is told by ``--set``."""

MEANINGS: Final = {"--optimizer": "what the run trained with", "--schedule": "constant, cosine …, as the run had it"}


@dataclass(frozen=True, slots=True)
class SymptomView:
    """A symptom that the log shows: ``title``, then ``where`` it shows and what can be seen."""

    title: str
    where: str
    says: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change: ``label``, ``before`` → ``after`` with the interval, and the rules responsible."""

    label: str
    before: str
    after: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ToTell:
    """Something worth telling, the flag that tells it, and what it would decide."""

    flag: str
    what: str
    decides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiagnosisView:
    """Everything that the summary and the text show, in their order."""

    heading: str
    verdict: str
    healthy: bool
    recipe: tuple[tuple[str, str], ...]
    present: tuple[SymptomView, ...]
    absent: tuple[str, ...]
    untold: tuple[tuple[str, str], ...]
    changes: tuple[ChangeView, ...]
    remarks: tuple[tuple[str, Reason], ...]
    to_tell: tuple[ToTell, ...]


def diagnosis_view(found: Diagnosis) -> DiagnosisView:
    """Gather a diagnosis in words."""
    return DiagnosisView(
        heading=f"{formatting.plain(found.source, 50)}: {formatting.amount(found.points, 'losses')} by {found.unit}",
        verdict=_verdict(found),
        healthy=not found.present and not found.changes,
        recipe=_recipe(found.recipe),
        present=tuple(SymptomView(item.title, item.where, item.says) for item in found.present),
        absent=tuple(item.title for item in found.symptoms if item.present is False),
        untold=tuple((item.title, item.says) for item in found.symptoms if item.present is None),
        changes=tuple(_change(item) for item in found.changes),
        remarks=tuple((note.text, reason_of(note.rule)) for note in found.notes),
        to_tell=_to_tell(found),
    )


def curve_line(curve: LoggedCurve, width: int = 40) -> str:
    """Return a logged loss as block characters, each the mean over a part of the run; ``×`` where it is not finite.

    A positive loss that spans more than a decade is drawn logarithmically: else its start hides everything after it.
    """
    columns: list[list[float | None]] = [[] for _ in range(width)]
    for share, value in zip(curve.shares, curve.values, strict=True):
        columns[min(width - 1, int(share * width))].append(value)
    means = [_mean(column) for column in columns]
    finite = sorted(value for value in means if isinstance(value, float))
    if not finite:
        return ""
    low, high = finite[0], finite[-1]
    scale = math.log if low > 0 and high > 10 * low else float
    step = (scale(high) - scale(low)) / len(BLOCKS) or 1.0
    return "".join(
        mean if isinstance(mean, str) else BLOCKS[min(len(BLOCKS) - 1, int((scale(mean) - scale(low)) / step))]
        for mean in means
    )


def _mean(column: list[float | None]) -> float | str:
    values = [value for value in column if value is not None]
    if len(values) < len(column):
        return "×"
    return sum(values) / len(values) if values else " "


def _verdict(found: Diagnosis) -> str:
    if found.changes:
        return _named(found) or "something to change"
    if not found.present and all(item.present is None for item in found.symptoms if item.name != "nonfinite"):
        return "the log is too short to tell"
    if found.present and found.undecided:
        return f"{_named(found)}; what to change depends on what is not known"
    return f"{_named(found)}, but nothing to change" if found.present else "nothing to change"


def _named(found: Diagnosis) -> str:
    return ", ".join(item.title for item in found.present)


def _recipe(recipe: RunRecipe) -> tuple[tuple[str, str], ...]:
    rows = []
    implied = {"warmup_fraction", "final_fraction"} if recipe.schedule == "constant" else set()
    for name, value in dict(recipe).items():
        if value is not None and name not in implied:
            rows.append((labels.setting_label(name), setting_value(name, value)))
    return tuple(rows)


def _change(change: Change) -> ChangeView:
    if change.setting != "learning_rate":
        before = setting_value(change.setting, change.before) if change.before is not None else "not known"
        return ChangeView(
            labels.setting_label(change.setting), before, setting_value(change.setting, change.after), _reasons(change)
        )
    factor, interval = change.factor or 1.0, change.interval
    used = change.before if isinstance(change.before, float) else None
    if used is None:
        between = f" ({number(interval.lower, 2)} to {number(interval.upper, 2)})" if interval else ""
        return ChangeView("Learning rate", "not known", f"{formatting.factor(factor)}{between}", _reasons(change))
    between = f" ({rate(used * interval.lower)} to {rate(used * interval.upper)})" if interval else ""
    after = f"{rate(used * factor)}{between}, {formatting.factor(factor)}"
    return ChangeView("Learning rate", rate(used), after, _reasons(change))


def _reasons(change: Change) -> tuple[Reason, ...]:
    return tuple(reason_of(rule) for rule in change.rules)


def _to_tell(found: Diagnosis) -> tuple[ToTell, ...]:
    waiting: dict[str, list[str]] = {}
    for rule in found.undecided:
        for path in rule.missing:
            waiting.setdefault(path, []).append(rule.title)
    if found.recipe.learning_rate is None and any(item.setting == "learning_rate" for item in found.changes):
        waiting.setdefault("history.learning_rate", []).insert(0, "the new learning rate as a number")
    flags: dict[str, ToTell] = {}
    for path, titles in waiting.items():
        flag = FLAGS.get(path, f"--set {path}=…")
        meaning = MEANINGS.get(flag) or labels.fact_meaning(path)[0]
        earlier = flags[flag].decides if flag in flags else ()
        flags[flag] = ToTell(flag, meaning, tuple(dict.fromkeys((*earlier, *titles))))
    return tuple(flags.values())
