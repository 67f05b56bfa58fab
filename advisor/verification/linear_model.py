"""The linear model beside the net: what ends lower beyond noise is said first."""

from __future__ import annotations

import math
from collections.abc import Sequence

from advisor.results import Trial, Verdict, remark
from advisor.verification.decision import ERRORS, TOLERANCE
from advisor.verification.observations import SAMPLING_SPREAD


def with_linear_model(verdict: Verdict, linear: Verdict) -> Verdict:
    """Return a verdict that says so when the linear model ends lower than what it advises.

    Args:
        verdict: on the model.
        linear: on the linear model, trained on the same rows with seeds that begin alike.
    """
    ours, theirs = _advised(verdict), _advised(linear)
    if ours is None or theirs is None or verdict.steps < verdict.full_steps:
        return verdict
    pairs = [
        (own, other)
        for own, other in zip(ours.losses, theirs.losses, strict=False)
        if own is not None and other is not None
    ]
    if not pairs or not _is_lower([other for _, other in pairs], [own for own, _ in pairs], verdict.evaluation_samples):
        return verdict
    loss, own = (sum(pair[place] for pair in pairs) / len(pairs) for place in (1, 0))
    first = remark("linear_model_ends_lower", linear=loss, loss=own)
    return verdict.model_copy(update={"status": "worse_than_linear", "reasons": (first, *verdict.reasons)})


def _advised(verdict: Verdict) -> Trial | None:
    """Return the trial nearest to the advised rate."""
    finite = [trial for trial in verdict.trials if trial.role == "candidate" and trial.mean is not None]
    return min(finite, key=lambda trial: abs(math.log(trial.learning_rate / verdict.learning_rate)), default=None)


def _is_lower(losses: Sequence[float], others: Sequence[float], samples: int) -> bool:
    """Return whether losses are lower than others of the same seeds, beyond the errors of both and the tolerance."""
    count = len(losses)
    differences = [other - loss for loss, other in zip(losses, others, strict=True)]
    mean = sum(differences) / count
    size = max(abs(sum(others)), abs(sum(losses))) / count
    spread = sum((one - mean) ** 2 for one in differences) / max(1, count - 1) if count > 1 else 0.0
    sampling = (SAMPLING_SPREAD * size) ** 2 / max(1, samples)
    return mean > max(TOLERANCE * size, ERRORS * math.sqrt((spread + sampling) / count))
