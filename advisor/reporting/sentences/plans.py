"""The plan of a check, as told before its trials start and beside the verdict."""

from __future__ import annotations

from advisor.reporting import formatting
from advisor.results import CheckPlan, TrialRounds


def plan_sentence(plan: CheckPlan) -> str:
    """Return a plan in words."""
    times = (
        f"Plan: one full training takes {formatting.duration(plan.training_seconds)}, the check "
        f"{formatting.duration(plan.check_seconds)}"
    )
    return f"{times}: {_rounds(plan.rounds)}." if plan.rounds is not None else f"{times}, without trials."


def _rounds(rounds: TrialRounds) -> str:
    seeds = f", {formatting.amount(rounds.seeds, 'seeds')} each" if rounds.seeds > 1 else ""
    parts = [f"{formatting.amount(rounds.rates, 'learning rates')} over {_length(rounds.share)}{seeds}"]
    if rounds.refinements:
        parts.append(f"then {rounds.refinements} over {_length(rounds.refinement_share or rounds.share)}")
    if rounds.recipes > 1:
        parts.append(f"for each of {formatting.amount(rounds.recipes, 'recipes')}")
    return f"{', '.join(parts)}, and more where the best lies at an edge"


def _length(share: float) -> str:
    return "the full run" if share == 1.0 else f"{formatting.share(share)} of the run"
