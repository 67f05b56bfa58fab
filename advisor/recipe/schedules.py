"""The schedule of a recommendation over a run: its length, and the learning rate of any step."""

from __future__ import annotations

from collections.abc import Callable

from advisor.catalogue.schedule_curve import learning_rate
from advisor.errors import PlanError
from advisor.results import Recommendation


def curve_of(recommendation: Recommendation, total_steps: int | None = None) -> Callable[[int], float]:
    """Return ``step -> learning rate`` for a recommendation.

    Raises:
        PlanError: neither ``total_steps`` nor the recommendation gives the length of the run, or it is below 1.
    """
    steps = run_length(recommendation, total_steps)

    def curve(step: int) -> float:
        return learning_rate(
            recommendation.schedule,
            step,
            steps,
            peak=recommendation.learning_rate,
            warmup_fraction=recommendation.warmup_fraction,
            final_fraction=recommendation.final_fraction,
        )

    return curve


def run_length(recommendation: Recommendation, total_steps: int | None = None) -> int:
    """Return the optimizer steps of the whole run: the given ones, else the recommendation's.

    Raises:
        PlanError: neither is known, or it is below 1.
    """
    steps = recommendation.total_steps if total_steps is None else total_steps
    if steps is None:
        raise PlanError("total_steps: the length of the run is not known; give the number of optimizer steps")
    if steps < 1:
        raise PlanError(f"total_steps={steps}: a run has at least one step; give the optimizer steps of the whole run")
    return steps
