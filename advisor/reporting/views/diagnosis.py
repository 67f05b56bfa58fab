"""A diagnosis, ready to print: what the log shows, what to change and why, which information is missing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from advisor.reporting import formatting, labels
from advisor.reporting.charts.curve_points import BLOCKS
from advisor.reporting.formatting import number, rate
from advisor.reporting.sentences import diagnosis as sentences
from advisor.reporting.sentences.template import fill
from advisor.reporting.symptoms import place_of, sentence_of, title_of
from advisor.reporting.views.answer import setting_value
from advisor.reporting.views.facts import FactRow, rows_of
from advisor.reporting.views.proof import Badge
from advisor.reporting.views.reasons import NoteView, Reason, note_of, reason_of
from advisor.results import Change, Diagnosis, LoggedCurve, RunRecipe

FLAGS: Final = {
    "history.learning_rate": "--learning-rate",
    "history.final_fraction": "--schedule",
    "history.plateau": "--schedule",
    "history.warmup_fraction": "--set plan.warmup_fraction=…",
    "history.epochs": "--epochs",
    "plan.optimizer": "--optimizer",
    "plan.adaptive": "--optimizer",
    "plan.batch_size": "--batch-size",
}
"""The option that gives a fact about the run; every other one is given by ``--set``."""

BROKEN: Final = frozenset({"nonfinite", "diverged", "stuck_at_chance"})
"""Symptoms that make a run worthless when they last to its end."""

Outcome = Literal["changes", "too_short", "depends", "symptoms_only", "healthy"]
"""What a diagnosis comes to, in the order in which it is decided."""

FLAT: Final = 1e-9
"""A line that moves by less than this share of its height is drawn flat. Judgement: rounding, which nobody sees."""


@dataclass(frozen=True, slots=True)
class SymptomView:
    """A symptom that the log shows: its ``title``, the ``place`` in the run, and the ``sentence`` that shows it."""

    title: str
    place: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change: ``label``, ``before`` → ``after`` with the interval, and the rules responsible."""

    label: str
    before: str
    after: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class RecipeRow:
    """One setting of the run and of the next one; ``after`` is empty when it stays."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class MissingInformation:
    """A fact that is not known: the ``option`` that gives it, its ``meaning``, and the rules that it would decide."""

    option: str
    meaning: str
    decides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiagnosisView:
    """Everything that the summary, the text and the page show, in their order."""

    subject: str
    heading: str
    extent: str
    verdict: str
    badge: Badge
    healthy: bool
    recipe: tuple[tuple[str, str], ...]
    recipe_rows: tuple[RecipeRow, ...]
    present: tuple[SymptomView, ...]
    absent: tuple[str, ...]
    undetermined: tuple[tuple[str, str], ...]
    changes: tuple[ChangeView, ...]
    remarks: tuple[NoteView, ...]
    missing: tuple[MissingInformation, ...]
    measured: tuple[FactRow, ...]
    provenance: tuple[tuple[str, str], ...]

    @property
    def title(self) -> str:
        """The verdict as a title."""
        return f"{self.verdict[:1].upper()}{self.verdict[1:]}"


def diagnosis_view(found: Diagnosis) -> DiagnosisView:
    """Gather a diagnosis in words."""
    changes = tuple(_change(item) for item in found.changes)
    extent = f"{formatting.amount(found.points, 'losses')} by {found.unit}"
    return DiagnosisView(
        subject=found.source,
        heading=f"{formatting.plain(found.source, 50)}: {extent}",
        extent=extent,
        verdict=_verdict(found),
        badge=_badge(found),
        healthy=not found.present and not found.changes,
        recipe=_recipe(found.recipe),
        recipe_rows=_recipe_rows(found.recipe, changes),
        present=tuple(SymptomView(title_of(item), place_of(item, found), sentence_of(item)) for item in found.present),
        absent=tuple(title_of(item) for item in found.symptoms if item.present is False),
        undetermined=tuple((title_of(item), sentence_of(item)) for item in found.symptoms if item.present is None),
        changes=changes,
        remarks=tuple(note_of(note) for note in found.notes),
        missing=_missing_information(found),
        measured=rows_of(found.facts, "history."),
        provenance=_provenance(found),
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
        return "".join(str(mean) for mean in means)
    low, high = finite[0], finite[-1]
    if high - low <= FLAT * abs(high):
        return "".join(mean if isinstance(mean, str) else BLOCKS[3] for mean in means)
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


def _outcome(found: Diagnosis) -> Outcome:
    if found.changes:
        return "changes"
    if _is_too_short(found):
        return "too_short"
    if found.present:
        return "depends" if found.undecided else "symptoms_only"
    return "healthy"


def _is_too_short(found: Diagnosis) -> bool:
    """Return whether nothing was seen and most symptoms could not be judged."""
    undetermined = sum(item.present is None for item in found.symptoms)
    return not found.present and 2 * undetermined > len(found.symptoms)


def _verdict(found: Diagnosis) -> str:
    outcome = _outcome(found)
    key = "changes_without_symptom" if outcome == "changes" and not found.present else outcome
    return fill(sentences.VERDICTS[key], symptoms=", ".join(title_of(item) for item in found.present))


def _badge(found: Diagnosis) -> Badge:
    outcome = _outcome(found)
    meaning = sentences.MEANINGS[outcome]
    if any(item.name in BROKEN and item.end >= 1.0 for item in found.present):
        return Badge("rejected", "✕", sentences.BADGES["broken"], meaning)
    match outcome:
        case "changes":
            return Badge("adjusted", "→", sentences.BADGES[outcome], meaning)
        case "depends" | "symptoms_only":
            return Badge("inconclusive", "≈", sentences.BADGES["symptoms_only"], meaning)
        case "too_short":
            return Badge("not_run", "○", sentences.BADGES[outcome], meaning)
        case "healthy":
            return Badge("confirmed", "✓", sentences.BADGES[outcome], meaning)


def _recipe(recipe: RunRecipe) -> tuple[tuple[str, str], ...]:
    rows = []
    implied = {"warmup_fraction", "final_fraction"} if recipe.schedule == "constant" else set()
    for name, value in dict(recipe).items():
        if value is not None and name not in implied:
            rows.append((labels.setting_label(name), setting_value(name, value)))
    return tuple(rows)


def _recipe_rows(recipe: RunRecipe, changes: tuple[ChangeView, ...]) -> tuple[RecipeRow, ...]:
    changed = tuple(RecipeRow(item.label, item.before, item.after) for item in changes)
    labels_changed = {item.label for item in changes}
    kept = tuple(RecipeRow(label, value, "") for label, value in _recipe(recipe) if label not in labels_changed)
    return (*changed, *kept)


def _change(change: Change) -> ChangeView:
    label, not_known = labels.setting_label(change.setting), sentences.LABELS["not_known"]
    if change.setting != "learning_rate":
        before = setting_value(change.setting, change.before) if change.before is not None else not_known
        return ChangeView(label, before, setting_value(change.setting, change.after), _reasons(change))
    factor, interval = change.factor or 1.0, change.interval
    used = change.before if isinstance(change.before, float) else None
    if used is None:
        between = f" ({number(interval.lower, 2)} to {number(interval.upper, 2)})" if interval else ""
        return ChangeView(label, not_known, f"{formatting.factor(factor)}{between}", _reasons(change))
    between = f" ({rate(used * interval.lower)} to {rate(used * interval.upper)})" if interval else ""
    after = f"{rate(used * factor)}{between}, {formatting.factor(factor)}"
    return ChangeView(label, rate(used), after, _reasons(change))


def _reasons(change: Change) -> tuple[Reason, ...]:
    return tuple(reason_of(rule) for rule in change.rules)


def _missing_information(found: Diagnosis) -> tuple[MissingInformation, ...]:
    waiting: dict[str, list[str]] = {}
    for rule in found.undecided:
        for path in rule.missing:
            waiting.setdefault(path, []).append(rule.title)
    if found.recipe.learning_rate is None and any(item.setting == "learning_rate" for item in found.changes):
        as_number = sentences.OPEN_QUESTIONS["learning_rate_as_a_number"]
        waiting.setdefault("history.learning_rate", []).insert(0, as_number)
    missing: dict[str, MissingInformation] = {}
    for path, titles in waiting.items():
        option = FLAGS.get(path, f"--set {path}=…")
        meaning = sentences.OPEN_QUESTIONS.get(option) or labels.fact_meaning(path)[0]
        earlier = missing[option].decides if option in missing else ()
        missing[option] = MissingInformation(option, meaning, tuple(dict.fromkeys((*earlier, *titles))))
    return tuple(missing.values())


def _provenance(found: Diagnosis) -> tuple[tuple[str, str], ...]:
    made = found.provenance
    rows = (
        ("advisor", made.advisor),
        ("Rule set", made.ruleset),
        ("Overlays", ", ".join(made.overlays)),
        ("Log", made.source),
        ("Python", made.python),
        ("Schema", found.schema_version),
    )
    return tuple((label, value) for label, value in rows if value)
