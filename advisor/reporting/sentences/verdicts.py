"""What a check says: why a verdict is what it is, how trials were done, and what a probe could not measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from advisor.language import phrase
from advisor.results import RemarkCode

REMARKS: Final[Mapping[RemarkCode, str]] = {
    "recorded": phrase("{text}"),
    # Why a verdict is what it is
    "no_budget": phrase("No budget was given for trials."),
    "torch_absent": phrase(
        "Nothing was trained, because torch is not installed. Add it with {install} (CPU only: {install_cpu})"
    ),
    "torch_old": phrase(
        "Nothing was trained, because torch {detail} is too old. Renew it with {install} (CPU only: {install_cpu})"
    ),
    "torch_broken": phrase(
        "Nothing was trained, because torch cannot be imported ({detail}). Install it again with {install} (CPU only: "
        "{install_cpu})"
    ),
    "optimizer_in_package": phrase(
        "Not tried: {optimizer:optimizer} is not in torch (the package {package} has it); the rules' answer stands."
    ),
    "optimizer_in_newer_torch": phrase(
        "Not tried: {optimizer:optimizer} is not in the installed torch, a newer one has it; the rules' answer stands."
    ),
    "steps_too_dear": phrase(
        "No trials: within this budget a trial would have {affordable:count} of {full:count} steps, and at least "
        "{needed:count} are needed; the rules' answer stands, refined by the probe."
    ),
    "every_training_diverged": phrase(
        "Every training diverged, down to a rate of {lowest:rate}; take {fallback:rate} and check data and loss."
    ),
    "loss_rises_at_any_rate": phrase(
        "The training loss rises more than tenfold at every rate, even at {still:rate}, which hardly moves the "
        "weights: no rate raises it but something that fills up or moves by itself, such as a queue of samples or a "
        "moving average, or data and loss that do not fit. Trials cannot rank rates by it."
    ),
    "nothing_learned": phrase(
        "No rate learned more than the constant prediction in {steps:count} steps (best loss {best:loss}, constant "
        "{constant:loss}): the run may be too short to learn, or the features may not predict the target."
    ),
    "overfits_before_its_end": phrase(
        "No rate ends lower than the constant prediction (best loss {best:loss}, constant {constant:loss}), because "
        "the run of {steps:count} steps overfits: at {rate:rate} the held-out loss is {lowest:loss} after {turn:count} "
        "steps and rises from there. Train for fewer epochs."
    ),
    "nothing_learned_in_short_trials": phrase(
        "No trial of {steps:count} of {full:count} steps predicts clearly better than a constant (best loss "
        "{best:loss}, constant or untrained {constant:loss}), so they cannot rank learning rates; give a larger budget "
        "for longer trials."
    ),
    "no_better_than_untrained": phrase(
        "No rate ends clearly below an untrained model in {steps:count} steps (best loss {best:loss}, untrained "
        "{constant:loss}); check the loss, the targets and whether gradients reach the weights."
    ),
    "training_changes_nothing": phrase(
        "Training changes nothing: at each of {rates:count} rates the loss ends where an untrained model is. The "
        "optimizer does not reach the weights that the model uses; look for copies of modules, detach() or frozen "
        "parameters."
    ),
    "linear_model_ends_lower": phrase(
        "A linear model ends lower: its held-out loss is {linear:loss}, this model's {loss:loss} "
        "({folds:parts}). Prefer the linear model, or train this one for fewer epochs or with more regularisation."
    ),
    "default_ends_lower": phrase(
        "Adam at 1e-3, constant, ends lower: {loss:loss} instead of {advised:loss}, by more than the error of the "
        "trials."
    ),
    "default_won": phrase(
        "Adam at 1e-3, constant, is the advice: it ends at {loss:loss}, the recipe of the rules at {advised:loss}, and "
        "that is more than the error of the trials."
    ),
    "own_ends_lower": phrase(
        "Your own setting, {optimizer:optimizer} and {schedule:schedule} at {rate:rate}, ends lower: {loss:loss} "
        "instead of {advised:loss}, by more than the error of the trials."
    ),
    "own_won": phrase(
        "Your own setting is the advice: {optimizer:optimizer} and {schedule:schedule} at {rate:rate} ends at "
        "{loss:loss}, the recipe of the rules at {advised:loss}, and that is more than the error of the trials."
    ),
    "rules_stand": phrase("The rules' answer stands."),
    "lowest_expected_loss": phrase("The lowest loss is expected at {rate:rate}."),
    "hardly_depends_on_rate": phrase(
        "The loss hardly depends on the rate over a factor of {span:number}: it changes by {range:share}, and the "
        "standard error of a trial is {noise:share}."
    ),
    "rate_confirmed": phrase(
        "Of {rates:count} rates tried ({seeds:seeds} each), none ends more than {tolerance:share} lower "
        "than {rate:rate}, and the lowest lies at neither end. The error of a difference is ±{error:share}."
    ),
    "lowest_at_an_edge": phrase(
        "Of {rates:count} rates tried ({seeds:seeds} each), none ends lower than {rate:rate}, but the "
        "budget was spent before worse ones were met on both sides; the best may lie further out."
    ),
    "outermost_ends_lowest": phrase(
        "Of {rates:count} rates tried ({seeds:seeds} each), the outermost, {best:rate}, ends lowest, and the budget "
        "was spent before worse ones were met beyond it. The rules' {rate:rate} stands; the best may lie further out."
    ),
    "moved_to_an_edge": phrase(
        "Moved from {proposed:rate} to {rate:rate}: of {rates:count} rates tried ({seeds:seeds} each), the "
        "outermost ends lowest, so the best may lie further out. The budget was spent before worse ones were met there."
    ),
    "undecided_between_rates": phrase(
        "Undecided between {rate:rate} and {other:rate}: trials at {other:rate} end {lead:share} lower than those "
        "nearest to {rate:rate}, and the error of that difference is ±{error:share} ({seeds:seeds} each)."
    ),
    "trials_are_too_noisy": phrase(
        "The trials are too noisy to settle it: with {seeds:seeds} each and {samples:count} held-out samples, "
        "{other:rate} may still end up to {lead:share} lower than {rate:rate}. More data help most; "
        "a larger budget adds seeds."
    ),
    "leads_in_short_trials": phrase(
        "After {steps:count} of {full:count} steps {other:rate} leads, {lead:share} below the trials nearest to "
        "{rate:rate}. What leads early need not end lowest: the advice weighs it against the rules."
    ),
    "undecided_between_recipes": phrase(
        "Undecided between the advice and {optimizer:optimizer}, {schedule:schedule} at {other:rate}, which ends "
        "{lead:share} lower; the error of that difference is ±{error:share}."
    ),
    "rate_adjusted": phrase(
        "Moved from {proposed:rate} to {rate:rate}: in trials at {rates:count} rates ({seeds:seeds} each), "
        "the held-out loss at the rules' rate ended {excess:excess}."
    ),
    "rate_moved": phrase(
        "Moved from {proposed:rate} to {rate:rate}, where the lowest loss is expected after trials at {rates:count} "
        "rates ({seeds:seeds} each)."
    ),
    "rival_won": phrase(
        "{winner:optimizer} and {winner_schedule:schedule} ends lower than {proposed:optimizer} and "
        "{proposed_schedule:schedule}, which the rules proposed."
    ),
    "rivals_lost": phrase("No rival ends lower by more than the error of the trials."),
    "lowest_loss_of_recipe": phrase(
        "Lowest held-out loss of {optimizer:optimizer} and {schedule:schedule}: {loss:loss}."
    ),
    "recipe_diverged": phrase("{optimizer:optimizer} and {schedule:schedule} diverged at every rate."),
    "recipe_not_tried": phrase("{optimizer:optimizer} and {schedule:schedule} was not tried."),
    # How trials were done
    "interrupted": phrase(
        "You stopped the check; {rates:count} rates were trained to the end, and what was still planned is missing. "
        "Run it again for the rest."
    ),
    "out_of_time": phrase(
        "The budget's seconds were over; {rates:count} rates were trained to the end, and what was still planned is "
        "missing. A larger budget has room for it."
    ),
    "out_of_memory": phrase(
        "Memory ran out with one model and the smallest batches; {rates:count} rates were trained to the end, and what "
        "was still planned is missing. A smaller batch_size, or accumulation, makes room."
    ),
    "model_cannot_be_batched": phrase("Trained one after another, because the model cannot be batched ({cause})."),
    "trained_sequentially": phrase(
        "Trained one after another: as one batched model this job cannot be trained, or is no faster."
    ),
    "trials_of_a_narrower_copy": phrase(
        "Trials trained a copy {width:count} wide in place of the model, which is {full:count} wide. Rates are told "
        "for the model: those of the copy times {factor:number}, a factor that is known to within {spread:number} "
        "times either way, which the interval includes. Losses are those of the copy."
    ),
    "trials_on_a_part_of_the_data": phrase(
        "Trials went through {samples:count} of {full:count} samples, as often as the full run goes through all. The "
        "best rate on all of them lies within {spread:number} times either way of that on the part, which the interval "
        "includes. Losses are those of the part."
    ),
    "trials_of_a_part": phrase("Trials ran {steps:count} of {full:count} steps, with the whole schedule in them."),
    "shortened_trials": phrase(
        "Trials ran {steps:count} of {full:count} steps, with the whole schedule in them. Rates are told for the full "
        "run: those of the trials times {factor:number}."
    ),
    "shorter_trials_first": phrase(
        "Shorter trials at {rates:count} rates from {lowest:rate} to {highest:rate} came first, to find the region."
    ),
    "fewer_seeds_first": phrase(
        "Trials at {rates:count} rates from {lowest:rate} to {highest:rate}, {seeds:seeds} each, came first; the rates "
        "that decide were tried under further seeds."
    ),
    "not_bracketed": phrase(
        "The best rate tried has no worse one on one side, and the budget was spent; the best may lie further out."
    ),
    "few_batches_decide": phrase(
        "{share:share} of the held-out loss lies in {count:count} of {batches:count} batches: a few rows decide which "
        "rate looks best; look for outliers among them, or for a loss that they cannot rule."
    ),
    "few_rows_decide": phrase(
        "{share:share} of the held-out loss lies in {count:count} of {rows:count} rows: {names} (the first row of the "
        "data is {first:exact}). They decide which rate looks best; look whether they are right."
    ),
    "few_held_out_rows_decide": phrase(
        "{share:share} of the held-out loss lies in {count:count} of {rows:count} rows. They decide which rate looks "
        "best; look for outliers."
    ),
    "lowest_without_few_rows": phrase("Without these rows {other:rate} would end lowest in place of {rate:rate}."),
    "latest_rows_held_out": phrase(
        "The rows are in the order of time, so the last {rows:count} are held out, and trainings see earlier ones only."
    ),
    "held_out_loss_turns": phrase(
        "At this rate the held-out loss is lowest after {passes:number} passes over the training data ({steps:count} "
        "of {full:count} steps) and ends {rise:share} higher: stop there, or leave the number of epochs open."
    ),
    "stops_where_loss_turns": phrase(
        "Training stops after {passes:number} passes over the training data ({steps:count} of {full:count} steps): the "
        "held-out loss is lowest there, and {rise:share} higher at the end. Rates were compared where each is lowest."
    ),
    "short_trials_turn": phrase(
        "Trials of {trial:count} steps overfit already: their held-out loss is lowest after {passes:number} passes "
        "over the training data ({steps:count} steps) and ends {rise:share} higher. The run of {full:count} steps is "
        "too long."
    ),
    "run_is_shortened": phrase(
        "The run is {trial:count} steps long in place of {full:count}, as the trials were, and stops after "
        "{passes:number} passes over the training data ({steps:count} steps): the held-out loss is lowest there, and "
        "{rise:share} higher at the end of the trials."
    ),
    # How the data were read
    "iterator_consumed": phrase(
        "{batches:count} batches were read from an iterator that can be read only once, so your training will not see "
        "them. Give a function that returns a fresh iterator to keep them."
    ),
    "part_of_the_data": phrase(
        "Facts and trials use {samples:count} samples; the data hold more, which were not read, so that memory lasts."
    ),
    "loss_for_floats": phrase('The loss is "mse" because y holds floats; for classes, give integers from 0 on.'),
    "loss_for_labels": phrase('The loss is "cross_entropy" because y holds {labels:count} labels.'),
    "loss_has_a_name": phrase("The loss function computes what this loss does, and counts as it: {loss}."),
    "no_process_group": phrase(
        "This process is one of {processes:count}, but there is no process group yet, so it decided alone with its own "
        "data; call torch.distributed.init_process_group first for one answer on all ranks."
    ),
    # What a probe could not measure
    "shortened_probe": phrase(
        "The budget left little for measuring before the trials, so those numbers are less precise."
    ),
    "range_test_too_dear": phrase("No range test: the budget is too small for one."),
    "no_range_test_for_optimizer": phrase(
        "No range test: {optimizer:optimizer} sets its own step size or is not in the installed torch."
    ),
    "gradient_not_finite": phrase(
        "The gradient before training is not finite, so neither its norm nor the gradient noise scale is known."
    ),
    "gradient_like_zero": phrase(
        "The mean gradient is not distinguishable from zero, so the gradient noise scale is not known."
    ),
    "curvature_too_dear": phrase("No curvature: the budget is too small for it."),
    "curvature_unknown": phrase("The curvature is not known: {cause}."),
    "curvature_not_converged": phrase("The estimate of the curvature did not converge, so it is not known."),
    # What a range test shows
    "range_test_short": phrase(
        "Cannot tell: only {points:count} points before the loss diverged, and {needed:count} are needed."
    ),
    "range_test_noisy": phrase(
        "Cannot tell: the loss fell by {drop:number}, which is too close to its noise of {noise:number}."
    ),
    "range_test_flat": phrase("Cannot tell: the loss fell by {drop:number} from {start:number}, which is too little."),
    "range_test_unbounded": phrase("Cannot tell: the loss never rose again up to the highest rate of the test."),
    "range_test_disagrees": phrase("Cannot tell: the estimators disagree by a factor of {spread:number}."),
    "range_test_agrees": phrase(
        "a clear descent, and {agreeing:count} of {estimators:count} estimators within a factor of {within:number}"
    ),
}
