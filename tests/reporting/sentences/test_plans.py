"""The plan of a check in words."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.reporting.sentences.plans import plan_sentence
from advisor.results import CheckPlan, TrialRounds


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        (None, "Plan: one full training takes about 12 min, the check about 5 min, without trials."),
        (
            TrialRounds(rates=3, share=0.125, refinements=2, refinement_share=0.5),
            (
                "Plan: one full training takes about 12 min, the check about 5 min: 3 learning rates over 12 % of the "
                "run, then 2 over 50 % of the run, and more where the best lies at an edge."
            ),
        ),
        (
            TrialRounds(rates=6, share=1.0, seeds=5, refinements=4, recipes=2),
            (
                "Plan: one full training takes about 12 min, the check about 5 min: 6 learning rates over the full "
                "run, 5 seeds each, then 4 over the full run, for each of 2 recipes, and more where the best lies at "
                "an edge."
            ),
        ),
    ],
)
def test_a_plan_says_what_is_trained_and_what_it_takes(rounds: TrialRounds | None, expected: str) -> None:
    numbers: dict[str, Any] = dict.fromkeys(("alone", "judging", "probe", "trials"), 1.0)
    plan = CheckPlan(
        batch_size=32,
        total_steps=9_000,
        rounds=rounds,
        training_seconds=720.0,
        check_seconds=300.0,
        measured=True,
        timed=False,
        **numbers,
    )
    assert plan_sentence(plan) == expected
