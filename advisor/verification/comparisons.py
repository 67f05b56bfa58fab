"""What the user trains with and Adam at 1e-3, held against the advice: either wins where it ends lower beyond noise.

They are trained with what the search leaves of the budget, so that no search is the poorer for them. A recipe that was
tried at one rate only is advised when it was trained over the full run, and ends lower than what the search found by
more than the error of the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.results import Interval, Recommendation, RemarkCode, Trial, Verdict, remark
from advisor.verification.challengers import Challenger, challenger_of, nearest_to
from advisor.verification.decision import Decision

_CODES: dict[str, tuple[RemarkCode, RemarkCode]] = {
    "default": ("default_ends_lower", "default_won"),
    "own": ("own_ends_lower", "own_won"),
}
"""Role → what is said when it ends lower beyond noise, and when it is therefore advised."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A recipe with a rate of its own that is trained beside the advice.

    Attributes:
        role: whose it is.
        recommendation: the recipe; its learning rate is the one tried.
        can_win: the user left open what it would change.
    """

    role: Literal["default", "own"]
    recommendation: Recommendation
    can_win: bool


def held_against_all(
    recommendation: Recommendation, verdict: Verdict, decision: Decision | None, comparisons: Sequence[Comparison]
) -> tuple[Recommendation, Verdict]:
    """Return the recipe that stands and the verdict on it, once every trial of another recipe is looked at.

    Args:
        recommendation: the recipe that was searched.
        verdict: on it, with all trials, of rivals and comparisons too.
        decision: that the verdict rests on; None: every training of the recipe diverged, or there was none.
        comparisons: what was to be tried beside it.
    """
    default = next((trial for trial in verdict.trials if trial.role == "default"), None)
    verdict = verdict.model_copy(update={"default_loss": default.mean if default else None})
    others = [trial for trial in verdict.trials if trial.role != "candidate"]
    advised = nearest_to(verdict.learning_rate, verdict.trials)
    challenger = challenger_of(advised, others, decision) if decision is not None else None
    if challenger is None or advised is None:
        return recommendation, verdict
    winner = next((one for one in comparisons if one.role == challenger.trial.role and one.can_win), None)
    if winner is not None and challenger.is_certain and verdict.steps == verdict.full_steps:
        return winner.recommendation, _won(verdict, winner, challenger, advised)
    said = remark(
        "undecided_between_recipes",
        optimizer=challenger.trial.optimizer,
        schedule=challenger.trial.schedule,
        other=challenger.trial.learning_rate,
        lead=challenger.lead,
        error=challenger.error,
    )
    if challenger.is_certain and challenger.trial.role in _CODES:
        said = remark(_CODES[challenger.trial.role][0], **_losses(challenger.trial, advised))
    unsettled = verdict.status == "confirmed" or (verdict.status == "adjusted" and challenger.is_large)
    status = "inconclusive" if unsettled else verdict.status
    return recommendation, verdict.model_copy(update={"status": status, "reasons": (*verdict.reasons, said)})


def _won(verdict: Verdict, winner: Comparison, challenger: Challenger, advised: Trial) -> Verdict:
    """Return the verdict that a comparison is the advice; what was searched becomes its rival."""
    rate, interval = winner.recommendation.learning_rate, winner.recommendation.interval
    roles = {winner.role: "candidate", "candidate": "rival"}
    said = remark(_CODES[winner.role][1], **_losses(challenger.trial, advised))
    return verdict.model_copy(
        update={
            "status": "no_better_than_constant" if verdict.status == "no_better_than_constant" else "adjusted",
            "reasons": (said, *verdict.reasons),
            "learning_rate": rate,
            "interval": Interval(lower=min(rate, interval.lower), upper=max(rate, interval.upper)),
            "trials": tuple(
                trial.model_copy(update={"role": roles.get(trial.role, trial.role)}) for trial in verdict.trials
            ),
            "held_out_loss": challenger.trial.mean,
        }
    )


def _losses(trial: Trial, advised: Trial) -> dict[str, float | str]:
    return {
        "optimizer": trial.optimizer,
        "schedule": trial.schedule,
        "rate": trial.learning_rate,
        "loss": trial.mean or 0.0,
        "advised": advised.mean or 0.0,
    }
