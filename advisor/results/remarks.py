"""A remark on a check: a code with the values that belong to it; reporting writes the sentence."""

from __future__ import annotations

from typing import Literal

from advisor.results.trace import Result

RemarkCode = Literal[
    # A sentence as a file of an older schema holds it
    "recorded",
    # Why a verdict is what it is
    "no_budget",
    "torch_absent",
    "torch_old",
    "torch_broken",
    "optimizer_in_package",
    "optimizer_in_newer_torch",
    "steps_too_dear",
    "every_training_diverged",
    "loss_rises_at_any_rate",
    "nothing_learned",
    "overfits_before_its_end",
    "nothing_learned_in_short_trials",
    "no_better_than_untrained",
    "training_changes_nothing",
    "linear_model_ends_lower",
    "default_ends_lower",
    "default_won",
    "own_ends_lower",
    "own_won",
    "rules_stand",
    "lowest_expected_loss",
    "hardly_depends_on_rate",
    "rate_confirmed",
    "lowest_at_an_edge",
    "outermost_ends_lowest",
    "moved_to_an_edge",
    "undecided_between_rates",
    "trials_are_too_noisy",
    "leads_in_short_trials",
    "undecided_between_recipes",
    "rate_adjusted",
    "rate_moved",
    "rival_won",
    "rivals_lost",
    "lowest_loss_of_recipe",
    "recipe_diverged",
    "recipe_not_tried",
    # How trials were done
    "interrupted",
    "out_of_time",
    "out_of_memory",
    "model_cannot_be_batched",
    "trained_sequentially",
    "trials_of_a_narrower_copy",
    "trials_on_a_part_of_the_data",
    "shortened_trials",
    "trials_of_a_part",
    "shorter_trials_first",
    "fewer_seeds_first",
    "not_bracketed",
    "few_batches_decide",
    "few_rows_decide",
    "few_held_out_rows_decide",
    "lowest_without_few_rows",
    "latest_rows_held_out",
    "held_out_loss_turns",
    "stops_where_loss_turns",
    "short_trials_turn",
    "run_is_shortened",
    # How the data were read
    "iterator_consumed",
    "part_of_the_data",
    "loss_for_floats",
    "loss_has_a_name",
    "loss_for_labels",
    "no_process_group",
    # What a probe could not measure
    "shortened_probe",
    "range_test_too_dear",
    "no_range_test_for_optimizer",
    "gradient_not_finite",
    "gradient_like_zero",
    "curvature_too_dear",
    "curvature_unknown",
    "curvature_not_converged",
    # What a range test shows
    "range_test_short",
    "range_test_noisy",
    "range_test_flat",
    "range_test_unbounded",
    "range_test_disagrees",
    "range_test_agrees",
]


class Remark(Result):
    """What is to be said, without the words."""

    code: RemarkCode
    values: tuple[tuple[str, float | str], ...] = ()


def remark(code: RemarkCode, **values: float | str) -> Remark:
    """Return a remark with its values by name.

    >>> remark("range_test_short", points=7, needed=20).values
    (('points', 7.0), ('needed', 20.0))
    """
    return Remark(code=code, values=tuple(values.items()))
