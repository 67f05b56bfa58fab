"""What a diagnosis says: symptoms, what shows them, where, the verdict, and what would decide more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from advisor.facts.names import RatePosition
from advisor.language import phrase
from advisor.results.findings import ColumnRole, FindingCode, ObjectiveCode, SymptomName

SYMPTOMS: Final[Mapping[SymptomName, str]] = {
    "nonfinite": phrase("NaN or infinity"),
    "diverged": phrase("divergence"),
    "stuck_at_chance": phrase("nothing learned"),
    "oscillating": phrase("oscillation"),
    "oscillation_early": phrase("early rise"),
    "spikes": phrase("spikes"),
    "slow": phrase("slow convergence"),
    "plateau": phrase("plateau"),
    "overfitting": phrase("overfitting"),
    "late_excursion": phrase("late excursion"),
    "standstill": phrase("no further gain"),
    "noisy_end": phrase("noise at the end"),
}

FINDINGS: Final[Mapping[FindingCode, str]] = {
    "nan": phrase("{column} is NaN at {broken:count} of {points:count} points"),
    "nan_recovered": phrase("{column} is NaN at {broken:count} of {points:count} points and finite again afterwards"),
    "infinite": phrase("{column} is infinite at {broken:count} of {points:count} points"),
    "infinite_recovered": phrase(
        "{column} is infinite at {broken:count} of {points:count} points and finite again afterwards"
    ),
    "zeros_for_nan": phrase(
        "the loss is exactly 0 at {zeros:count} of {points:count} points; the Trainer of transformers writes 0 where "
        "it leaves NaN out of its mean"
    ),
    "zeros_in_between": phrase(
        "the loss is exactly 0 at {zeros:count} of {points:count} points and not before or after; the Trainer of "
        "transformers writes 0 where it leaves NaN out of its mean"
    ),
    "ends_above_best": phrase(
        "the loss is {best:number} at its lowest and ends at {final:number}; it started at {initial:number}"
    ),
    "rises_and_falls": phrase(
        "the loss rises and falls by about {amplitude:share} of its level and loses what it gains"
    ),
    "rose_and_returned": phrase("the loss rose from {low:number} to {high:number} and fell back"),
    "never_below_start": phrase("the loss ends at {final:number}; it started at {reference:number}"),
    "never_below_constant_loss": phrase(
        "the loss ends at {final:number}; a constant prediction reaches {reference:number}"
    ),
    "falls_steadily_and_slowly": phrase(
        "the loss went from {initial:number} to {final:number} and still falls at {pace:share} of its average pace"
    ),
    "flat": phrase("the loss stays near {level:number} and no longer falls"),
    "rises_again": phrase("the loss was {best:number} at its lowest and rose slowly to {final:number}"),
    "held_out_rises": phrase(
        "the held-out loss rose from {best:number} to {final:number} while the training loss went from "
        "{train_then:number} to {train_final:number}"
    ),
    "isolated_spikes": phrase("{count:count} isolated, the highest {highest:number} at {highest_at:share} of the run"),
    "rose_late_and_returned": phrase(
        "the loss rose from {level:number} to {high:number} and took {took:share} of the run to fall back"
    ),
    "gains_nothing_more": phrase(
        "the loss stays near {level:number}: the last {share:share} of the run gained nothing, whatever the rate did"
    ),
    "scatters_at_the_end": phrase("the loss scatters by {scatter:share} of its level"),
    "too_few_points": phrase("fewer than {least:count} points were logged"),
    "too_few_points_in_the_last_third": phrase("too few points lie in the last third of the run"),
    "never_finite": phrase("the loss was never finite"),
    "policy_loss": phrase("the loss follows the policy, and its level says nothing"),
    "preference_loss": phrase("the loss compares with a reference model, and its level says nothing about the answers"),
    "adversarial_loss": phrase("the loss depends on the opponent, and its level says nothing"),
    "boosted_trees": phrase("each step adds a tree, and what is known about gradient steps does not hold"),
    "pretrained_start": phrase(
        "a pretrained net starts near where it ends, and one epoch of single losses hides a small gain"
    ),
    "begins_in_the_middle": phrase(
        "the log begins in the middle of its run, at {first:count}, and what the loss gained before is not in it"
    ),
    "no_training_loss": phrase("the log has no training loss"),
    "no_held_out_loss": phrase("the log has no held-out loss"),
    "flat_at_an_unknown_rate": phrase(
        "the loss ends flat near {level:number}, as it does whenever the rate decays; give the schedule"
    ),
    "no_level": phrase("the loss scatters around 0 and has no level to compare with"),
    "single_batches": phrase("losses of single batches always scatter; log held-out losses or means over epochs"),
}

THE_LOSS: Final = phrase("the loss")

PLACES: Final[Mapping[str, str]] = {
    "throughout": phrase("throughout"),
    "to_the_end": phrase("from {unit} {first:position} of {end:position} on"),
    "at": phrase("at {unit} {first:position}"),
    "between": phrase("between {unit}s {first:position} and {last:position}"),
}

OBJECTIVES: Final[Mapping[ObjectiveCode, str]] = {
    "policy": phrase("the loss does not measure progress in this kind of training; judge by the reward"),
    "preference": phrase(
        "the loss does not measure progress in this kind of training; judge by the reward margins and by answers to "
        "held-out prompts"
    ),
    "adversarial": phrase(
        "the loss does not measure progress in this kind of training; judge by samples, and by the balance of the two "
        "losses"
    ),
    "boosting": phrase(
        "this is boosting, whose learning rate shrinks trees and is no length of a gradient step: take as many trees "
        "as the lowest held-out loss has, and a lower rate with more trees"
    ),
}

OBJECTIVE_SEEN: Final = phrase("recognised by {columns}")

COLUMNS: Final[Mapping[ColumnRole, str]] = {
    "loss": phrase("loss"),
    "validation_loss": phrase("held-out loss"),
    "learning_rate": phrase("learning rate"),
    "gradient_norm": phrase("gradient norm"),
    "position": phrase("position"),
}

EXPECTED: Final[Mapping[RatePosition, str]] = {
    "below": phrase("the rules expect {lower:rate} to {upper:rate} for this job; the rate of the run lies below"),
    "within": phrase("the rules expect {lower:rate} to {upper:rate} for this job; the rate of the run lies within"),
    "above": phrase("the rules expect {lower:rate} to {upper:rate} for this job; the rate of the run lies above"),
}

VERDICTS: Final[Mapping[str, str]] = {
    "changes": phrase("{symptoms}"),
    "changes_without_symptom": phrase("something to change"),
    "too_short": phrase("the log is too short to tell"),
    "objective": phrase("{objective}"),
    "objective_and_more": phrase("{objective}; also {symptoms}"),
    "pretrained": phrase("cannot tell whether it learns: a pretrained net starts near where it ends"),
    "middle": phrase("cannot tell how fast it learns: the log begins in the middle of its run"),
    "depends": phrase("{symptoms}; what to change depends on settings that are not known"),
    "symptoms_only": phrase("{symptoms}, but nothing to change"),
    "broken_only": phrase("{symptoms}; look beyond the recipe, as the remarks say"),
    "healthy": phrase("nothing to change"),
}

BADGES: Final[Mapping[str, str]] = {
    "broken": phrase("The run went wrong"),
    "changes": phrase("Something to change"),
    "symptoms_only": phrase("Worth a look"),
    "too_short": phrase("Cannot tell"),
    "objective": phrase("The loss does not tell"),
    "pretrained": phrase("Cannot tell"),
    "middle": phrase("Cannot tell"),
    "healthy": phrase("Nothing to change"),
}

MEANINGS: Final[Mapping[str, str]] = {
    "changes": phrase("The table shows what the rules would change for the next run; the reasons follow below."),
    "depends": phrase(
        "What to change depends on settings that are neither logged nor given; they are listed under "
        "“Missing information”."
    ),
    "symptoms_only": phrase(
        "The log shows something, but no rule would change the recipe for it; the remarks say what to make of it."
    ),
    "too_short": phrase("Log more points of the loss, and diagnose again."),
    "objective": phrase("Symptoms of its level are not looked for; broken values are."),
    "pretrained": phrase("Log the held-out loss, or train beyond the first epoch, and diagnose again."),
    "middle": phrase("Diagnose the log of the whole run, with what was logged before it was resumed."),
    "healthy": phrase("No symptom was found in this log."),
}

OPEN_QUESTIONS: Final[Mapping[str, str]] = {
    "--optimizer": phrase("what the run trained with"),
    "--schedule": phrase("constant, cosine …, as the run had it"),
    "learning_rate_as_a_number": phrase("the new learning rate as a number"),
}
"""What a flag means, where the description of a fact does not say it, and what it would decide besides rules."""

LABELS: Final[Mapping[str, str]] = {
    "shows": phrase("What the log shows"),
    "present": phrase("{title}, {place}: {sentence}"),
    "absent": phrase("not seen: {titles}"),
    "undetermined": phrase("{title}: cannot tell, because {reason}"),
    "trained_with": phrase("What the run trained with"),
    "read_as": phrase("What was read as what"),
    "column": phrase("{role}: {names}"),
    "column_with_alternatives": phrase("{role}: {names} (also in the log: {alternatives})"),
    "summed": phrase("the sum of {names}"),
    "rate_group": phrase("{name}: {peak:rate}"),
    "rate_group_falls_first": phrase("{name}: {peak:rate}, reached from above (warm-up of biases)"),
    "rate_groups": phrase("parameter groups with rates of their own: {groups}"),
    "applies_to_groups": phrase("a change of the learning rate applies to every group by the same factor"),
    "changes": phrase("What to change"),
    "not_known": phrase("not known"),
    "remarks": phrase("Remarks"),
    "missing": phrase("Missing information"),
    "decides": phrase("{option} ({meaning}) would decide: {rules}"),
}
