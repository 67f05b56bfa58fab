"""What a diagnosis says: symptoms, what shows them, where, the verdict, and what would decide more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from advisor.results.findings import FindingCode, SymptomName

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
    "noisy_end": "noise at the end",
}

FINDINGS: Final[Mapping[FindingCode, str]] = {
    "nan": "the loss is NaN at {broken:count} of {points:count} points",
    "nan_recovered": "the loss is NaN at {broken:count} of {points:count} points and finite again afterwards",
    "infinite": "the loss is infinite at {broken:count} of {points:count} points",
    "infinite_recovered": "the loss is infinite at {broken:count} of {points:count} points and finite again afterwards",
    "ends_above_best": ("the loss fell to {best:number} and ends at {final:number}; it started at {initial:number}"),
    "rises_and_falls": "the loss rises and falls by about {amplitude:share} of its level and loses what it gains",
    "rose_and_returned": "the loss rose from {low:number} to {high:number} and fell back",
    "never_below_start": "the loss ends at {final:number}; it started at {reference:number}",
    "never_below_constant_loss": ("the loss ends at {final:number}; a constant prediction reaches {reference:number}"),
    "falls_steadily_and_slowly": (
        "the loss went from {initial:number} to {final:number} and still falls at {pace:share} of its average pace"
    ),
    "flat": "the loss stays near {level:number} and no longer falls",
    "held_out_rises": (
        "the held-out loss rose from {best:number} to {final:number} while the training loss went from "
        "{train_then:number} to {train_final:number}"
    ),
    "isolated_spikes": "{count:count} isolated, the highest {highest:number} at {highest_at:share} of the run",
    "scatters_at_the_end": "the loss scatters by {scatter:share} of its level",
    "too_few_points": "fewer than {least:count} points were logged",
    "too_few_points_in_the_last_third": "too few points lie in the last third of the run",
    "never_finite": "the loss was never finite",
    "target_moves": (
        "in reinforcement learning the loss follows the policy and its level says nothing; judge by the return"
    ),
    "no_training_loss": "the log has no training loss",
    "no_held_out_loss": "the log has no held-out loss",
    "flat_at_an_unknown_rate": (
        "the loss ends flat near {level:number}, as it does whenever the rate decays; give the schedule"
    ),
    "single_batches": "losses of single batches always scatter; log held-out losses or means over epochs",
}

PLACES: Final[Mapping[str, str]] = {
    "throughout": "throughout",
    "to_the_end": "from {unit} {first:position} of {end:position} on",
    "at": "at {unit} {first:position}",
    "between": "between {unit}s {first:position} and {last:position}",
}

VERDICTS: Final[Mapping[str, str]] = {
    "changes": "{symptoms}",
    "changes_without_symptom": "something to change",
    "too_short": "the log is too short to tell",
    "depends": "{symptoms}; what to change depends on settings that are not known",
    "symptoms_only": "{symptoms}, but nothing to change",
    "healthy": "nothing to change",
}

BADGES: Final[Mapping[str, str]] = {
    "broken": "The run went wrong",
    "changes": "Something to change",
    "symptoms_only": "Worth a look",
    "too_short": "Cannot tell",
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
    "changes": "What to change",
    "not_known": "not known",
    "remarks": "Remarks",
    "missing": "Missing information",
    "decides": "{option} ({meaning}) would decide: {rules}",
}
