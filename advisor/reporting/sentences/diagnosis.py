"""What a diagnosis says: symptoms, what shows them, where, the verdict, and what would decide more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from advisor.facts.names import RatePosition
from advisor.results.findings import ColumnRole, FindingCode, ObjectiveCode, SymptomName

SYMPTOMS: Final[Mapping[SymptomName, str]] = {
    "nonfinite": "NaN or infinity",
    "diverged": "divergence",
    "stuck_at_chance": "nothing learned",
    "oscillating": "oscillation",
    "oscillation_early": "early rise",
    "spikes": "spikes",
    "slow": "slow convergence",
    "plateau": "plateau",
    "overfitting": "overfitting",
    "late_excursion": "late excursion",
    "standstill": "no further gain",
    "noisy_end": "noise at the end",
}

FINDINGS: Final[Mapping[FindingCode, str]] = {
    "nan": "{column} is NaN at {broken:count} of {points:count} points",
    "nan_recovered": "{column} is NaN at {broken:count} of {points:count} points and finite again afterwards",
    "infinite": "{column} is infinite at {broken:count} of {points:count} points",
    "infinite_recovered": "{column} is infinite at {broken:count} of {points:count} points and finite again afterwards",
    "zeros_for_nan": (
        "the loss is exactly 0 at {zeros:count} of {points:count} points; the Trainer of transformers writes 0 where "
        "it leaves NaN out of its mean"
    ),
    "zeros_in_between": (
        "the loss is exactly 0 at {zeros:count} of {points:count} points and not before or after; the Trainer of "
        "transformers writes 0 where it leaves NaN out of its mean"
    ),
    "ends_above_best": (
        "the loss is {best:number} at its lowest and ends at {final:number}; it started at {initial:number}"
    ),
    "rises_and_falls": "the loss rises and falls by about {amplitude:share} of its level and loses what it gains",
    "rose_and_returned": "the loss rose from {low:number} to {high:number} and fell back",
    "never_below_start": "the loss ends at {final:number}; it started at {reference:number}",
    "never_below_constant_loss": ("the loss ends at {final:number}; a constant prediction reaches {reference:number}"),
    "falls_steadily_and_slowly": (
        "the loss went from {initial:number} to {final:number} and still falls at {pace:share} of its average pace"
    ),
    "flat": "the loss stays near {level:number} and no longer falls",
    "rises_again": "the loss was {best:number} at its lowest and rose slowly to {final:number}",
    "held_out_rises": (
        "the held-out loss rose from {best:number} to {final:number} while the training loss went from "
        "{train_then:number} to {train_final:number}"
    ),
    "isolated_spikes": "{count:count} isolated, the highest {highest:number} at {highest_at:share} of the run",
    "rose_late_and_returned": (
        "the loss rose from {level:number} to {high:number} and took {took:share} of the run to fall back"
    ),
    "gains_nothing_more": (
        "the loss stays near {level:number}: the last {share:share} of the run gained nothing, whatever the rate did"
    ),
    "scatters_at_the_end": "the loss scatters by {scatter:share} of its level",
    "too_few_points": "fewer than {least:count} points were logged",
    "too_few_points_in_the_last_third": "too few points lie in the last third of the run",
    "never_finite": "the loss was never finite",
    "policy_loss": "the loss follows the policy, and its level says nothing",
    "preference_loss": "the loss compares with a reference model, and its level says nothing about the answers",
    "adversarial_loss": "the loss depends on the opponent, and its level says nothing",
    "pretrained_start": "a pretrained net starts near where it ends, and one epoch of single losses hides a small gain",
    "no_training_loss": "the log has no training loss",
    "no_held_out_loss": "the log has no held-out loss",
    "flat_at_an_unknown_rate": (
        "the loss ends flat near {level:number}, as it does whenever the rate decays; give the schedule"
    ),
    "no_level": "the loss scatters around 0 and has no level to compare with",
    "single_batches": "losses of single batches always scatter; log held-out losses or means over epochs",
}

THE_LOSS: Final = "the loss"

PLACES: Final[Mapping[str, str]] = {
    "throughout": "throughout",
    "to_the_end": "from {unit} {first:position} of {end:position} on",
    "at": "at {unit} {first:position}",
    "between": "between {unit}s {first:position} and {last:position}",
}

OBJECTIVES: Final[Mapping[ObjectiveCode, str]] = {
    "policy": "the loss does not measure progress in this kind of training; judge by the reward",
    "preference": (
        "the loss does not measure progress in this kind of training; judge by the reward margins and by answers to "
        "held-out prompts"
    ),
    "adversarial": (
        "the loss does not measure progress in this kind of training; judge by samples, and by the balance of the two "
        "losses"
    ),
}

OBJECTIVE_SEEN: Final = "recognised by {columns}"

COLUMNS: Final[Mapping[ColumnRole, str]] = {
    "loss": "loss",
    "validation_loss": "held-out loss",
    "learning_rate": "learning rate",
    "gradient_norm": "gradient norm",
    "position": "position",
}

EXPECTED: Final[Mapping[RatePosition, str]] = {
    "below": "the rules expect {lower:rate} to {upper:rate} for this job; the rate of the run lies below",
    "within": "the rules expect {lower:rate} to {upper:rate} for this job; the rate of the run lies within",
    "above": "the rules expect {lower:rate} to {upper:rate} for this job; the rate of the run lies above",
}

VERDICTS: Final[Mapping[str, str]] = {
    "changes": "{symptoms}",
    "changes_without_symptom": "something to change",
    "too_short": "the log is too short to tell",
    "objective": "{objective}",
    "objective_and_more": "{objective}; also {symptoms}",
    "pretrained": "cannot tell whether it learns: a pretrained net starts near where it ends",
    "depends": "{symptoms}; what to change depends on settings that are not known",
    "symptoms_only": "{symptoms}, but nothing to change",
    "broken_only": "{symptoms}; look beyond the recipe, as the remarks say",
    "healthy": "nothing to change",
}

BADGES: Final[Mapping[str, str]] = {
    "broken": "The run went wrong",
    "changes": "Something to change",
    "symptoms_only": "Worth a look",
    "too_short": "Cannot tell",
    "objective": "The loss does not tell",
    "pretrained": "Cannot tell",
    "healthy": "Nothing to change",
}

MEANINGS: Final[Mapping[str, str]] = {
    "changes": "The table shows what the rules would change for the next run; the reasons follow below.",
    "depends": (
        "What to change depends on settings that are neither logged nor given; they are listed under "
        "“Missing information”."
    ),
    "symptoms_only": (
        "The log shows something, but no rule would change the recipe for it; the remarks say what to make of it."
    ),
    "too_short": "Log more points of the loss, and diagnose again.",
    "objective": "Symptoms of its level are not looked for; broken values are.",
    "pretrained": "Log the held-out loss, or train beyond the first epoch, and diagnose again.",
    "healthy": "No symptom was found in this log.",
}

OPEN_QUESTIONS: Final[Mapping[str, str]] = {
    "--optimizer": "what the run trained with",
    "--schedule": "constant, cosine …, as the run had it",
    "learning_rate_as_a_number": "the new learning rate as a number",
}
"""What a flag means, where the description of a fact does not say it, and what it would decide besides rules."""

LABELS: Final[Mapping[str, str]] = {
    "shows": "What the log shows",
    "present": "{title}, {place}: {sentence}",
    "absent": "not seen: {titles}",
    "undetermined": "{title}: cannot tell, because {reason}",
    "trained_with": "What the run trained with",
    "read_as": "What was read as what",
    "column": "{role}: {names}",
    "column_with_alternatives": "{role}: {names} (also in the log: {alternatives})",
    "summed": "the sum of {names}",
    "rate_group": "{name}: {peak:rate}",
    "rate_group_falls_first": "{name}: {peak:rate}, reached from above (warm-up of biases)",
    "rate_groups": "parameter groups with rates of their own: {groups}",
    "applies_to_groups": "a change of the learning rate applies to every group by the same factor",
    "changes": "What to change",
    "not_known": "not known",
    "remarks": "Remarks",
    "missing": "Missing information",
    "decides": "{option} ({meaning}) would decide: {rules}",
}
