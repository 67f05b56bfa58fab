"""A banner over the answer where it is not to be trusted as it stands: by its verdict, or by the losses themselves."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.facts.names import VerdictStatus
from advisor.reporting import formatting
from advisor.reporting.views.proof import linear_losses
from advisor.results import Advice

SAME = 1e-6
"""Relative difference up to which two rates are one. Judgement: rates are kept to more digits than that."""
HIGHER = 0.02
"""Share by which the advised loss has to be above another for a warning. Judgement: less is seldom more than the error
of a few trainings."""


@dataclass(frozen=True, slots=True)
class Banner:
    """A warning over the answer."""

    title: str
    text: str


_BY_STATUS: dict[VerdictStatus, Banner] = {
    "not_run": Banner(
        "Nothing was trained",
        "This answer comes from rules alone. Until it has been tried, take the interval as the answer, not the number.",
    ),
    "no_better_than_constant": Banner(
        "No training beat a constant prediction",
        "Predicting the same value for every held-out row does as well. No learning rate mends this: look at the data, "
        "the model and the loss first.",
    ),
    "worse_than_linear": Banner(
        "A linear model does better",
        "It ends at a lower held-out loss than the model you asked about. Start from the linear model.",
    ),
    "rejected": Banner(
        "Training with the rules' answer failed",
        "What stands here is a fallback. Try it on a short run before you rely on it.",
    ),
}


def banner_of(advice: Advice) -> Banner | None:
    """Return the warning that belongs over an answer; None where the trials bear it out."""
    return _BY_STATUS.get(advice.verdict.status) or doubt_of(advice)


def doubt_of(advice: Advice) -> Banner | None:
    """Return the warning that the numbers call for although the verdict does not say it."""
    if advice.verdict.status in _BY_STATUS:
        return None
    return _above_constant(advice) or _above_linear(advice) or _untried_rate(advice)


def _above_constant(advice: Advice) -> Banner | None:
    ours, constant = advice.verdict.held_out_loss, advice.verdict.constant_loss
    if ours is None or constant is None or ours <= constant + HIGHER * abs(constant):
        return None
    return Banner(
        "A constant prediction does better",
        f"The advised training ends at a held-out loss of {formatting.loss(ours)}, the best constant prediction has "
        f"{formatting.loss(constant)}. Where the training loss falls all the same, the model overfits: train for fewer "
        "epochs, with more regularisation or a smaller model. No learning rate mends this.",
    )


def _above_linear(advice: Advice) -> Banner | None:
    losses = linear_losses(advice)
    if losses is None or losses[0] <= losses[1] + HIGHER * abs(losses[1]):
        return None
    return Banner(
        "A linear model may do better",
        f"It ended at a held-out loss of {formatting.loss(losses[1])}, the advised training at "
        f"{formatting.loss(losses[0])}; the trials do not settle whether that is chance.",
    )


def _untried_rate(advice: Advice) -> Banner | None:
    """Warn of a rate outside those that were tried with the advised optimizer and schedule."""
    rec = advice.recommendation
    tried = [
        trial.learning_rate
        for trial in advice.verdict.trials
        if trial.role == "candidate" and (trial.optimizer, trial.schedule) == (rec.optimizer, rec.schedule)
    ]
    if not tried or min(tried) * (1.0 - SAME) <= rec.learning_rate <= max(tried) * (1.0 + SAME):
        return None
    return Banner(
        "The advised rate was not tried",
        f"Trials covered {formatting.rate(min(tried))} to {formatting.rate(max(tried))}; "
        f"{formatting.rate(rec.learning_rate)} lies outside and is an extrapolation.",
    )
