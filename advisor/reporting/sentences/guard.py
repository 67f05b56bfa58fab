"""What a guard says of a running training."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting, labels
from advisor.reporting.sentences.diagnosis import COLUMNS, SYMPTOMS
from advisor.reporting.sentences.template import fill
from advisor.results import Change
from advisor.results.findings import FindingCode, SymptomName


def sighting_in_words(
    symptom: SymptomName, code: FindingCode | None, numbers: Mapping[str, float], column: str, *, step: int, since: int
) -> str:
    """Return what was seen, where, in a sentence."""
    values: dict[str, float | str] = {**numbers, "step": step, "since": since, "symptom": _(SYMPTOMS[symptom])}
    match code:
        case "nan" | "infinite":
            said = (
                phrase("Step {step:position}: {symptom}: NaN in the {column}.")
                if code == "nan"
                else phrase("Step {step:position}: {symptom}: infinity in the {column}.")
            )
            names = {str(role): written for role, written in COLUMNS.items()}
            return fill(said, **values, column=_(names.get(column, column.replace("_", " ") or names["loss"])))
        case "ends_above_best":
            said = phrase(
                "Step {step:position}: {symptom}: since step {since:position} the loss stands at {final:number}; it "
                "was at {best:number} and started at {initial:number}."
            )
        case "held_out_rises":
            said = phrase(
                "Step {step:position}: {symptom}: since step {since:position} the held-out loss rose from "
                "{best:number} to {final:number}, while the training loss did not."
            )
        case "never_below_start" | "never_below_constant_loss":
            said = phrase(
                "Step {step:position}: {symptom}: the loss is at {final:number}, no better than {reference:number} "
                "without learning."
            )
        case "gains_nothing_more":
            said = phrase(
                "Step {step:position}: {symptom}: since step {since:position} the loss stays near {level:number}."
            )
        case _:
            said = phrase("Step {step:position}: {symptom}, since step {since:position}.")
    return fill(said, **values)


def change_in_words(change: Change) -> str:
    """Return what a rule changes, in a sentence with its id."""
    rules = ", ".join(rule.id for rule in change.rules)
    label = labels.setting_label(change.setting)
    is_rate = change.setting == "learning_rate"
    if is_rate and change.factor is not None and (change.before is None or change.after is None):
        return f"{label} {formatting.factor(change.factor)} ({rules})."
    before, after = (_shown(value, is_rate=is_rate) for value in (change.before, change.after))
    written = f"{before} → {after}" if before else after
    return f"{label} {written} ({rules})."


def _shown(value: object, *, is_rate: bool) -> str:
    if value is None:
        return formatting.rate(None) if is_rate else ""
    write = formatting.rate if is_rate else formatting.number
    return write(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
