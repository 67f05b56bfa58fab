"""A diagnosis, ready to print: what the log shows, what to change and why, which information is missing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting, labels
from advisor.reporting.charts.curve_points import BLOCKS
from advisor.reporting.formatting import number, rate
from advisor.reporting.sentences import diagnosis as sentences
from advisor.reporting.sentences.template import fill
from advisor.reporting.symptoms import place_of, sentence_of, title_of
from advisor.reporting.views.answer import setting_value
from advisor.reporting.views.facts import FactRow, rows_of
from advisor.reporting.views.headings import DiagnosisHeadings, diagnosis_headings
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

Outcome = Literal["changes", "objective", "too_short", "pretrained", "middle", "depends", "symptoms_only", "healthy"]
"""What a diagnosis comes to, in the order in which it is decided."""

NAME_LENGTH: Final = 60
"""Letters of a column's name that are shown. Judgement: most names are shorter."""
MOST_NAMES: Final = 8
"""Columns that are named in one line. Judgement: more are not read."""

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
    headings: DiagnosisHeadings
    extent: str
    verdict: str
    badge: Badge
    healthy: bool
    recipe: tuple[tuple[str, str], ...]
    expected: str
    columns: tuple[str, ...]
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
    remarks, missing = tuple(note_of(note) for note in found.notes), _missing_information(found)
    losses = formatting.amount(found.points, phrase("losses"))
    extent = fill("{losses} by {unit}", losses=losses, unit=_(found.unit))
    return DiagnosisView(
        subject=found.source,
        heading=f"{formatting.plain(found.source, 50)}: {extent}",
        headings=diagnosis_headings(
            found,
            changes=[(item.label, item.before, item.after) for item in changes],
            remarks=remarks,
            missing=[(item.option, len(item.decides)) for item in missing],
        ),
        extent=extent,
        verdict=_verdict(found),
        badge=_badge(found),
        healthy=not found.present and not found.changes,
        recipe=_recipe(found.recipe),
        expected=_expected(found),
        columns=_columns(found),
        recipe_rows=_recipe_rows(found.recipe, changes),
        present=tuple(SymptomView(title_of(item), place_of(item, found), sentence_of(item)) for item in found.present),
        absent=tuple(title_of(item) for item in found.symptoms if item.present is False),
        undetermined=_undetermined(found),
        changes=changes,
        remarks=remarks,
        missing=missing,
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
    room = scale(high) / 2 - scale(low) / 2  # halved, because the difference of two numbers may be none
    top = len(BLOCKS) - 1
    return "".join(
        mean
        if isinstance(mean, str)
        else BLOCKS[min(top, int((scale(mean) / 2 - scale(low) / 2) / room * len(BLOCKS)))]
        for mean in means
    )


def _mean(column: list[float | None]) -> float | str:
    values = [value for value in column if value is not None]
    if len(values) < len(column):
        return "×"
    return sum(value / len(values) for value in values) if values else " "


def _outcome(found: Diagnosis) -> Outcome:
    if found.changes:
        return "changes"
    if found.objective is not None:
        return "objective"
    if any(item.code == "pretrained_start" for item in found.symptoms) and not found.present:
        return "pretrained"
    if any(item.code == "begins_in_the_middle" for item in found.symptoms) and not found.present:
        return "middle"
    if _is_too_short(found):
        return "too_short"
    if found.present:
        return "depends" if found.undecided else "symptoms_only"
    return "healthy"


def _is_too_short(found: Diagnosis) -> bool:
    """Return whether nothing was seen and most symptoms could not be judged."""
    undetermined = sum(item.present is None for item in found.symptoms)
    return not found.present and 2 * undetermined > len(found.symptoms)


def _is_broken(found: Diagnosis) -> bool:
    return any(item.name in BROKEN and item.end >= 1.0 for item in found.present)


def _verdict(found: Diagnosis) -> str:
    outcome = _outcome(found)
    symptoms = ", ".join(title_of(item) for item in found.present)
    key: str = outcome
    if found.objective is not None:
        key = "objective_and_more" if symptoms else "objective"
        return fill(sentences.VERDICTS[key], symptoms=symptoms, objective=_(sentences.OBJECTIVES[found.objective.code]))
    if outcome == "changes" and not symptoms:
        key = "changes_without_symptom"
    elif outcome == "symptoms_only" and _is_broken(found):
        key = "broken_only"
    return fill(sentences.VERDICTS[key], symptoms=symptoms)


def _undetermined(found: Diagnosis) -> tuple[tuple[str, str], ...]:
    """Return the symptoms that cannot be judged, those with the same reason together."""
    reasons: dict[str, list[str]] = {}
    for item in found.symptoms:
        if item.present is None:
            reasons.setdefault(sentence_of(item), []).append(title_of(item))
    return tuple((", ".join(titles), reason) for reason, titles in reasons.items())


def _badge(found: Diagnosis) -> Badge:
    outcome = _outcome(found)
    meaning = _(sentences.MEANINGS[outcome])
    if _is_broken(found):
        return Badge("rejected", "✕", _(sentences.BADGES["broken"]), meaning)
    match outcome:
        case "changes":
            return Badge("adjusted", "→", _(sentences.BADGES[outcome]), meaning)
        case "depends" | "symptoms_only":
            return Badge("inconclusive", "≈", _(sentences.BADGES["symptoms_only"]), meaning)
        case "too_short" | "objective" | "pretrained" | "middle":
            return Badge("not_run", "○", _(sentences.BADGES[outcome]), meaning)
        case "healthy":
            return Badge("confirmed", "✓", _(sentences.BADGES[outcome]), meaning)


def _expected(found: Diagnosis) -> str:
    if found.expected is None:
        return ""
    interval = found.expected.interval
    return fill(sentences.EXPECTED[found.expected.position], lower=interval.lower, upper=interval.upper)


def _columns(found: Diagnosis) -> tuple[str, ...]:
    """Say which columns were read as what, the alternatives, and the parameter groups."""
    lines = []
    if found.objective is not None and found.objective.columns:
        lines.append(fill(sentences.OBJECTIVE_SEEN, columns=_names(found.objective.columns)))
    for item in found.columns:
        names = _names(item.names)
        if len(item.names) > 1:
            names = fill(sentences.LABELS["summed"], names=names)
        key = "column_with_alternatives" if item.alternatives else "column"
        role, others = _(sentences.COLUMNS[item.role]), _names(item.alternatives)
        lines.append(fill(sentences.LABELS[key], role=role, names=names, alternatives=others))
    if found.rate_groups:
        groups = (
            fill(
                sentences.LABELS["rate_group_falls_first" if item.falls_first else "rate_group"],
                name=formatting.name(item.name, NAME_LENGTH),
                peak=item.peak,
            )
            for item in found.rate_groups
        )
        lines.append(fill(sentences.LABELS["rate_groups"], groups="; ".join(groups)))
        if any(item.setting == "learning_rate" for item in found.changes):
            lines.append(_(sentences.LABELS["applies_to_groups"]))
    return tuple(lines)


def _names(names: tuple[str, ...]) -> str:
    shown = [formatting.name(name, NAME_LENGTH) for name in names[:MOST_NAMES]]
    more = [f"+ {len(names) - MOST_NAMES}"] if len(names) > MOST_NAMES else []
    return ", ".join([*shown, *more])


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
    label, not_known = labels.setting_label(change.setting), _(sentences.LABELS["not_known"])
    if change.setting != "learning_rate":
        before = setting_value(change.setting, change.before) if change.before is not None else not_known
        return ChangeView(label, before, setting_value(change.setting, change.after), _reasons(change))
    factor, interval = change.factor or 1.0, change.interval
    used = change.before if isinstance(change.before, float) else None
    if used is None:
        between = _range(number(interval.lower, 2), number(interval.upper, 2)) if interval else ""
        return ChangeView(label, not_known, f"{formatting.factor(factor)}{between}", _reasons(change))
    between = _range(rate(used * interval.lower), rate(used * interval.upper)) if interval else ""
    after = f"{rate(used * factor)}{between}, {formatting.factor(factor)}"
    return ChangeView(label, rate(used), after, _reasons(change))


def _range(lower: str, upper: str) -> str:
    return f" ({formatting.between(lower, upper)})"


def _reasons(change: Change) -> tuple[Reason, ...]:
    return tuple(reason_of(rule) for rule in change.rules)


def _missing_information(found: Diagnosis) -> tuple[MissingInformation, ...]:
    waiting: dict[str, list[str]] = {}
    for rule in found.undecided:
        for path in rule.missing:
            waiting.setdefault(path, []).append(_(rule.title))
    if found.recipe.learning_rate is None and any(item.setting == "learning_rate" for item in found.changes):
        as_number = _(sentences.OPEN_QUESTIONS["learning_rate_as_a_number"])
        waiting.setdefault("history.learning_rate", []).insert(0, as_number)
    missing: dict[str, MissingInformation] = {}
    for path, titles in waiting.items():
        option = FLAGS.get(path, f"--set {path}=…")
        meaning = _(sentences.OPEN_QUESTIONS.get(option, "")) or labels.fact_meaning(path)[0]
        earlier = missing[option].decides if option in missing else ()
        missing[option] = MissingInformation(option, meaning, tuple(dict.fromkeys((*earlier, *titles))))
    return tuple(missing.values())


def _provenance(found: Diagnosis) -> tuple[tuple[str, str], ...]:
    made = found.provenance
    rows = (
        ("advisor", made.advisor),
        (_("Rule set"), made.ruleset),
        (_("Overlays"), ", ".join(made.overlays)),
        (_("Log"), made.source),
        ("Python", made.python),
        (_("Schema"), found.schema_version),
    )
    return tuple((label, value) for label, value in rows if value)
