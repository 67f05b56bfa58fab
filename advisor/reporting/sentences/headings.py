"""What the parts of a page are headed with: what was found there. A small label beside it names the topic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from advisor.facts.names import VerdictStatus
from advisor.language import phrase
from advisor.results import RemarkCode

CHARTS: Final[Mapping[str, str]] = {
    # The learning rate over the run
    "rate_stays": phrase("The rate stays at {peak:rate}"),
    "rate_falls": phrase("The rate falls from {peak:rate} to {last:rate}"),
    "rate_vanishes": phrase("The rate falls from {peak:rate} to almost 0"),
    "rate_rises": phrase("The rate rises from {first:rate} to {peak:rate}"),
    "rate_rises_and_stays": phrase("The rate rises over the first {share:share} of the run and stays at {peak:rate}"),
    "rate_rises_and_falls": phrase(
        "The rate rises to {peak:rate} over the first {share:share} of the run and falls to {last:rate}"
    ),
    "rate_rises_and_vanishes": phrase(
        "The rate rises to {peak:rate} over the first {share:share} of the run and falls to almost 0"
    ),
    "rate_swings": phrase("The rate swings between {lowest:rate} and {peak:rate}"),
    "training_stops": phrase("Training stops at step {step:count} of the {total:count} that the schedule is made for"),
    # Trials
    "trials_flat": phrase("The loss hardly depends on the rate over a factor of {span:number}"),
    "trials_diverge": phrase("Lowest at {best:rate}; from {limit:rate} on, trainings diverge"),
    "trials_lowest_first": phrase("Lowest at {best:rate}, the lowest rate tried"),
    "trials_lowest_last": phrase("Lowest at {best:rate}, the highest rate tried"),
    "trials_lowest_inside": phrase("Lowest at {best:rate}; rates on both sides end higher"),
    "no_trial_ended": phrase("Every training diverged"),
    "loss_does_not_fall": phrase("At {rate:rate} the training loss does not fall"),
    "loss_falls_early": phrase("Half of the fall of the training loss is done after {half:share} of the run"),
    "loss_falls_evenly": phrase("The training loss still falls late: half of its fall takes {half:share} of the run"),
    # The data
    "scales_alike": phrase("Features have much the same scale: the widest spreads {ratio:number} times the narrowest"),
    "scales_differ": phrase("Features differ in scale by a factor of {ratio:number}"),
    "columns_alike": phrase("{first} and {second} are nearly the same"),
    "columns_related": phrase("{first} and {second} are related most"),
    "columns_unrelated": phrase("No two columns are closely related"),
    "few_directions": phrase("{needed:count} of {all:count} directions hold {most:share} of the variance"),
    "many_directions": phrase("The variance is spread over nearly all {all:count} directions"),
    "missing_alone": phrase("{columns} is missing most, in {share:share} of the rows"),
    "missing_together": phrase("{columns} are missing together in {share:share} of the rows"),
    # A log
    "loss_fell": phrase("The {role} loss fell from {first:number} to {last:number}"),
    "loss_rose": phrase("The {role} loss ended at {last:number}, above the {first:number} it began with"),
    "loss_stayed": phrase("The {role} loss stayed at {last:number}"),
    "loss_broke": phrase("The {role} loss was not finite in the end"),
}

CHECKS: Final[Mapping[RemarkCode, str]] = {
    # By the first reason of a verdict that has a heading here.
    "no_budget": phrase("Nothing was trained: the answer is that of the rules"),
    "torch_absent": phrase("Nothing was trained: torch is not installed"),
    "torch_old": phrase("Nothing was trained: torch is too old"),
    "torch_broken": phrase("Nothing was trained: torch cannot be imported"),
    "optimizer_in_package": phrase("{optimizer:optimizer} could not be tried; the answer is that of the rules"),
    "optimizer_in_newer_torch": phrase("{optimizer:optimizer} could not be tried; the answer is that of the rules"),
    "steps_too_dear": phrase("The budget was too small for a trial"),
    "every_training_diverged": phrase("Every training diverged, down to {lowest:rate}"),
    "loss_rises_at_any_rate": phrase("The loss rises at any rate, so trials cannot rank rates"),
    "nothing_learned": phrase("No rate learned more than a constant"),
    "overfits_before_its_end": phrase("The run overfits: the held-out loss rises after {turn:count} steps"),
    "nothing_learned_in_short_trials": phrase("Trials of {steps:count} steps were too short to rank rates"),
    "no_better_than_untrained": phrase("No rate ended clearly below an untrained model"),
    "training_changes_nothing": phrase("Training changed nothing at any rate"),
    "linear_model_ends_lower": phrase("A linear model ended lower: {linear:loss} beside {loss:loss}"),
    "default_ends_lower": phrase("Adam at 1e-3, constant, ended lower: {loss:loss} beside {advised:loss}"),
    "default_won": phrase("Adam at 1e-3, constant, won: {loss:loss} beside {advised:loss}"),
    "own_ends_lower": phrase("Your own setting ended lower: {loss:loss} beside {advised:loss}"),
    "own_won": phrase("Your own setting won: {loss:loss} beside {advised:loss}"),
    "hardly_depends_on_rate": phrase("Trials tell no rate from another, so the rules decide"),
    "rate_confirmed": phrase("No other of {rates:count} rates ended clearly lower than {rate:rate}"),
    "lowest_at_an_edge": phrase("{rate:rate} ended lowest so far, at the edge of what was tried"),
    "outermost_ends_lowest": phrase("{best:rate} ended lowest so far, at the edge of what was tried"),
    "moved_to_an_edge": phrase("Trials moved the rate to {rate:rate}, toward the edge of what was tried"),
    "undecided_between_rates": phrase("Trials could not tell {rate:rate} from {other:rate}"),
    "trials_are_too_noisy": phrase("Trials are too noisy to tell {rate:rate} from {other:rate}"),
    "leads_in_short_trials": phrase("{other:rate} leads in short trials, which need not last"),
    "undecided_between_recipes": phrase("Trials could not tell the advice from {optimizer:optimizer} at {other:rate}"),
    "rate_adjusted": phrase("Trials moved the rate from {proposed:rate} to {rate:rate}"),
    "rate_moved": phrase("Trials moved the rate from {proposed:rate} to {rate:rate}"),
    "rival_won": phrase("{winner:optimizer} with {winner_schedule:schedule} won over what the rules proposed"),
}

STATUSES: Final[Mapping[VerdictStatus, str]] = {
    # Where no reason has a heading, as in files of an older version.
    "confirmed": phrase("Trials agree with the rules"),
    "adjusted": phrase("Trials moved the rules' answer"),
    "inconclusive": phrase("Trials could not settle the rate"),
    "rejected": phrase("Training with the rules' answer failed"),
    "no_better_than_constant": phrase("No training beat a constant prediction"),
    "worse_than_linear": phrase("A linear model ended lower"),
    "not_run": phrase("Nothing was trained: the answer is that of the rules"),
}

PARTS: Final[Mapping[str, str]] = {
    # What to do
    "something_to_mend": phrase("{amount} to mend before you train"),
    "something_to_look_at": phrase("{amount} to look into before you rely on it"),
    "only_suggestions": phrase("Nothing is wrong; {amount} may still help"),
    # The linear model beside it
    "linear_ends_higher": phrase("A linear model ends higher: {linear:loss} beside {ours:loss}"),
    "linear_ends_alike": phrase("A linear model ends as low: {linear:loss} beside {ours:loss}"),
    "linear_ends_lower": phrase("A linear model ends lower: {linear:loss} beside {ours:loss}"),
    "linear_not_compared": phrase("How a linear model ends was not measured"),
    # Why
    "no_steps": phrase("No trace of the rules was kept"),
    "one_rule": phrase("One rule sets the rate: {rate:rate}"),
    "rules_agree": phrase("Rules start at {start:rate} and stay near it"),
    "largest_step": phrase("Rules go from {start:rate} to {end:rate}; the largest step is {factor:factor}"),
    "rate_was_fixed": phrase("You fixed the rate; rules would take {rate:rate}"),
    "trials_had_the_last_word": phrase("Rules came to {rate:rate}, trials to {end:rate}"),
    # What would change it
    "rate_depends_on": phrase("What moves the rate most is {fact}: a factor of {factor:short}"),
    # Use it
    "program_for": phrase("{lines:count} lines put it to use; a program trains without advisor"),
    "programs_for": phrase(
        "{lines:count} lines put it to use; programs for {count:count} frameworks train without advisor"
    ),
    # The data
    "few_rows": phrase("{rows:count} rows are few for {features:count} features"),
    "mostly_noise": phrase("Most of the target is noise: {noise:share}"),
    "noise_and_rest": phrase("About {noise:share} of the target is noise that no model explains"),
    "nearly_no_noise": phrase("The target has next to no noise"),
    "cells_missing": phrase("{missing:share} of the cells are missing"),
    "rows_and_features": phrase("{rows:count} rows, {features:count} features"),
    "rows": phrase("{rows:count} training samples"),
    "target_guessed": phrase("The target was guessed"),
    "one_assumption": phrase("One thing was assumed, repaired or left out"),
    "assumptions": phrase("{count:count} things were assumed, repaired or left out"),
    # The model
    "convex_model": phrase("The model is linear: there is one minimum to find"),
    "mostly_frozen": phrase("{share:share} of the weights do not train"),
    "more_parameters_than_rows": phrase("More parameters than rows: {parameters:count} for {rows:count}"),
    "fewer_parameters_than_rows": phrase("{parameters:count} parameters learn from {rows:count} rows"),
    "parameters": phrase("{parameters:count} parameters"),
    "family": phrase("What is known of the model"),
    # What was unknown
    "one_rule_waits": phrase("One rule waits for {path}"),
    "rules_wait": phrase("{count:count} rules wait for {path}"),
    # A log
    "no_symptom": phrase("No symptom shows; {count:count} were looked for"),
    "nothing_to_see": phrase("The log is too short to show a symptom"),
    "one_symptom": phrase("{symptom} shows"),
    "symptoms": phrase("{symptom} shows, and {more:count} more"),
    "not_seen": phrase("{amount} not seen"),
    "cannot_tell": phrase("{amount} that this log cannot tell"),
    "one_change": phrase("{label}: {before} → {after}"),
    "changes": phrase("{label}: {before} → {after}, and {more:count} more"),
    "option_decides_one": phrase("{option} would decide one more rule"),
    "option_decides": phrase("{option} would decide {count:count} more rules"),
    # Two results
    "all_the_same": phrase("The same in both"),
    "some_differ": phrase("{count:count} of {all:count} differ: {names}"),
    "all_differ": phrase("Different: {names}"),
    "rules_differ": phrase("{left:count} rules fired on the left alone, {right:count} on the right"),
}
