"""The plan of a check, as told before its trials start and beside the verdict."""

from __future__ import annotations

from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting
from advisor.reporting.sentences.template import fill
from advisor.results import CheckPlan, TrialRounds


def plan_sentence(plan: CheckPlan) -> str:
    """Return a plan in words."""
    training, check = formatting.duration(plan.training_seconds), formatting.duration(plan.check_seconds)
    if plan.rounds is None:
        said = phrase("Plan: one full training takes {training}, the check {check}, without trials.")
        return fill(said, training=training, check=check)
    said = phrase("Plan: one full training takes {training}, the check {check}: {rounds}.")
    return fill(said, training=training, check=check, rounds=_rounds(plan.rounds))


def _rounds(rounds: TrialRounds) -> str:
    rates, length = formatting.amount(rounds.rates, phrase("learning rates")), _length(rounds.share)
    parts = [fill("{rates} over {length}", rates=rates, length=length)]
    if rounds.seeds > 1:
        parts.append(fill("{seeds} each", seeds=formatting.amount(rounds.seeds, phrase("seeds"))))
    if rounds.refinements:
        further = _length(rounds.refinement_share or rounds.share)
        parts.append(fill("then {rates} over {length}", rates=str(rounds.refinements), length=further))
    if rounds.recipes > 1:
        parts.append(fill("for each of {recipes}", recipes=formatting.amount(rounds.recipes, phrase("recipes"))))
    return fill("{rounds}, and more where the best lies at an edge", rounds=", ".join(parts))


def _length(share: float) -> str:
    return _("the full run") if share == 1.0 else fill("{share:share} of the run", share=share)
