"""The codes of what a diagnosis can say about a log; reporting writes a sentence for each."""

from __future__ import annotations

from typing import Literal

SymptomName = Literal[
    "nonfinite",
    "diverged",
    "oscillating",
    "oscillation_early",
    "stuck_at_chance",
    "slow",
    "plateau",
    "overfitting",
    "spikes",
    "late_excursion",
    "standstill",
    "noisy_end",
]
"""Names of facts of the history, but for ``noisy_end``, whose fact is ``noise_floor``."""

FindingCode = Literal[
    # What shows a symptom
    "nan",
    "nan_recovered",
    "infinite",
    "infinite_recovered",
    "zeros_for_nan",
    "zeros_in_between",
    "ends_above_best",
    "rises_and_falls",
    "rose_and_returned",
    "never_below_start",
    "never_below_constant_loss",
    "falls_steadily_and_slowly",
    "flat",
    "rises_again",
    "held_out_rises",
    "isolated_spikes",
    "rose_late_and_returned",
    "gains_nothing_more",
    "scatters_at_the_end",
    # Why nothing can be said
    "too_few_points",
    "too_few_points_in_the_last_third",
    "never_finite",
    "policy_loss",
    "preference_loss",
    "adversarial_loss",
    "boosted_trees",
    "pretrained_start",
    "begins_in_the_middle",
    "no_training_loss",
    "no_held_out_loss",
    "flat_at_an_unknown_rate",
    "single_batches",
    "no_level",
]

ColumnRole = Literal["loss", "validation_loss", "learning_rate", "gradient_norm", "position"]
"""What a column of a log was read as."""

ObjectiveCode = Literal["policy", "preference", "adversarial", "boosting"]
"""What a loss measures that does not measure progress."""
