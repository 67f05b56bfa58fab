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
    "noisy_end",
]
"""Names of facts of the history, but for ``noisy_end``, whose fact is ``noise_floor``."""

FindingCode = Literal[
    # What shows a symptom
    "nan",
    "nan_recovered",
    "infinite",
    "infinite_recovered",
    "ends_above_best",
    "rises_and_falls",
    "rose_and_returned",
    "never_below_start",
    "never_below_constant_loss",
    "falls_steadily_and_slowly",
    "flat",
    "held_out_rises",
    "isolated_spikes",
    "scatters_at_the_end",
    # Why nothing can be said
    "too_few_points",
    "too_few_points_in_the_last_third",
    "never_finite",
    "target_moves",
    "no_training_loss",
    "no_held_out_loss",
    "flat_at_an_unknown_rate",
    "single_batches",
]
