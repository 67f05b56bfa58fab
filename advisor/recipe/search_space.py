"""A recommendation as the search space of a tuner: the interval of the rate, and the advice as the first try."""

from __future__ import annotations

from typing import Any

from advisor.results import Recommendation


def suggest(recommendation: Recommendation, trial: Any) -> Recommendation:
    """Return the recommendation with the rate that a trial of Optuna picks from its 90 % interval, on a log scale.

    Args:
        recommendation: where to search.
        trial: anything with ``suggest_float``.
    """
    interval = recommendation.interval
    rate = trial.suggest_float("learning_rate", interval.lower, interval.upper, log=True)
    return recommendation.replaced(learning_rate=rate)


def first_try(recommendation: Recommendation) -> dict[str, float]:
    """Return the parameters for ``study.enqueue_trial``: the advice itself."""
    return {"learning_rate": recommendation.learning_rate}


def flat(recommendation: Recommendation) -> dict[str, float | int | str]:
    """Return the recommendation as flat parameters, as MLflow and Weights & Biases log them."""
    left_out = {"trace", "interval", "groups", "rival_optimizer", "rival_schedule", "horizon_exponent"}
    stated = {name: value for name, value in dict(recommendation).items() if value is not None}
    settings = {name: value for name, value in stated.items() if name not in left_out}
    interval = recommendation.interval
    return {**settings, "learning_rate_lower": interval.lower, "learning_rate_upper": interval.upper}
