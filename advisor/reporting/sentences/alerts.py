"""What to do about a result: a title that says it, and a sentence that says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from advisor.language import phrase
from advisor.results import RemarkCode

DataAlertCode = Literal[
    "target_guessed",
    "target_told",
    "target_copied",
    "target_without_noise",
    "rows_repeated",
    "features_alike",
    "mostly_missing",
    "missing_together",
    "code_for_missing",
    "numbers_as_codes",
]


AS_REMARKED: Final = "{remark}"
"""The reason of an alert that profiling has written already."""


@dataclass(frozen=True, slots=True)
class AlertSentences:
    """What to do, and why."""

    title: str
    text: str


ACTIONS: Final[Mapping[RemarkCode, str]] = {
    # Remarks on a check that ask for something; the remark's own sentence says why.
    "lowest_at_an_edge": phrase("Check again with a larger budget"),
    "outermost_ends_lowest": phrase("Check again with a larger budget"),
    "moved_to_an_edge": phrase("Check again with a larger budget"),
    "not_bracketed": phrase("Check again with a larger budget"),
    "interrupted": phrase("Check again for the rest of the trials"),
    "out_of_time": phrase("Check again with a larger budget"),
    "nothing_learned_in_short_trials": phrase("Check again with a larger budget"),
    "undecided_between_rates": phrase("Check again with a larger budget"),
    "trials_are_too_noisy": phrase("Check again with a larger budget"),
    "leads_in_short_trials": phrase("Check again with a larger budget"),
    "undecided_between_recipes": phrase("Check again with a larger budget"),
    "default_ends_lower": phrase("Compare with Adam at 1e-3 and a constant rate"),
    "own_ends_lower": phrase("Keep your own setting"),
    "overfits_before_its_end": phrase("Train for fewer epochs"),
    "held_out_loss_turns": phrase("Train for fewer epochs"),
    "short_trials_turn": phrase("Train for fewer epochs"),
    "few_rows_decide": phrase("Look at the rows that decide the held-out loss"),
    "few_held_out_rows_decide": phrase("Look at the rows that decide the held-out loss"),
    "few_batches_decide": phrase("Look at the rows that decide the held-out loss"),
    "iterator_consumed": phrase("Give a function that returns a fresh iterator"),
    "no_process_group": phrase("Initialise the process group first"),
    "shortened_probe": phrase("Give a larger budget for better measurements"),
}
DATA: Final[Mapping[DataAlertCode, AlertSentences]] = {
    "target_guessed": AlertSentences(
        title=phrase("Name the column to predict, if it is not {target}"),
        text=phrase("The target was guessed: it is the last usable column. Name another with target (--target)."),
    ),
    "target_told": AlertSentences(title=phrase("Check that {column} is known when you predict"), text=AS_REMARKED),
    "target_copied": AlertSentences(
        title=phrase("Leave {column} out, unless it is known when you predict"),
        text=phrase("Its correlation with the target is {correlation:number}, so it nearly gives the target away."),
    ),
    "target_without_noise": AlertSentences(
        title=phrase("Look for features that give the target away"),
        text=phrase(
            "Less than {limit:share} of the target's variance is noise. That is right for a formula or a simulation; "
            "in measured data it is more often a feature that is not known when you predict."
        ),
    ),
    "rows_repeated": AlertSentences(
        title=phrase("Drop repeated rows before you split"),
        text=phrase(
            "{share:share} of the rows repeat an earlier one. Where a copy is held out, the held-out loss looks better "
            "than it is."
        ),
    ),
    "features_alike": AlertSentences(
        title=phrase("Drop {first} or {second}"),
        text=phrase(
            "Their correlation is {correlation:number}: the second tells the model little that the first does not."
        ),
    ),
    "mostly_missing": AlertSentences(
        title=phrase("Drop {column}, or find out why it is missing"),
        text=phrase("{share:share} of its values are missing and were filled in."),
    ),
    "missing_together": AlertSentences(
        title=phrase("Find out why {columns} are missing together"),
        text=phrase(
            "In {share:share} of the rows exactly these have no value. If that depends on the target, filling them in "
            "hides it; a column that marks such rows would not."
        ),
    ),
    "code_for_missing": AlertSentences(
        title=phrase("Say whether {column} holds a code for missing values"), text=AS_REMARKED
    ),
    "numbers_as_codes": AlertSentences(title=phrase("Say whether the numbers of {column} are codes"), text=AS_REMARKED),
}
