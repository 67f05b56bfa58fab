"""What a guard says of a running training."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.reporting import formatting
from advisor.reporting.sentences.diagnosis import SYMPTOMS
from advisor.results import Change
from advisor.results.findings import FindingCode, SymptomName


def sighting_in_words(
    symptom: SymptomName, code: FindingCode | None, numbers: Mapping[str, float], column: str, *, step: int, since: int
) -> str:
    """Return what was seen, where, in a sentence."""
    where = f"Step {step:,}: {SYMPTOMS[symptom]}"
    shown = {name: formatting.number(value) for name, value in numbers.items()}
    match code:
        case "nan" | "infinite":
            what = column.replace("_", " ") or "loss"
            return f"{where}: the {what} is {'NaN' if code == 'nan' else 'infinite'}."
        case "ends_above_best":
            return (
                f"{where}: since step {since:,} the loss stands at {shown['final']}; "
                f"it was at {shown['best']} and started at {shown['initial']}."
            )
        case "held_out_rises":
            return (
                f"{where}: since step {since:,} the held-out loss rose from {shown['best']} to {shown['final']}, "
                "while the training loss did not."
            )
        case "never_below_start" | "never_below_constant_loss":
            return f"{where}: the loss is at {shown['final']}, no better than {shown['reference']} without learning."
        case "gains_nothing_more":
            return f"{where}: since step {since:,} the loss stays near {shown['level']}."
        case _:
            return f"{where}, since step {since:,}."


def change_in_words(change: Change) -> str:
    """Return what a rule changes, in a sentence with its id."""
    rules = ", ".join(rule.id for rule in change.rules)
    name = change.setting.replace("_", " ").capitalize()
    if change.setting == "learning_rate" and change.factor is not None:
        what = f"Learning rate × {change.factor:.2g}"
        if change.before is not None and change.after is not None:
            what = f"Learning rate {_shown(change.before)} → {_shown(change.after)}"
        return f"{what} ({rules})."
    return f"{name} {_shown(change.before)} → {_shown(change.after)} ({rules})."


def _shown(value: object) -> str:
    if value is None:
        return "?"
    return formatting.number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
