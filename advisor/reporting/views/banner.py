"""A banner over the answer where it is not to be trusted as it stands: by its verdict, or by the losses themselves."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.facts.names import VerdictStatus
from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting.sentences.template import fill
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
        phrase("Nothing was trained"),
        phrase(
            "This answer comes from rules alone. Until it has been tried, take the interval as the "
            "answer, not the number."
        ),
    ),
    "no_better_than_constant": Banner(
        phrase("No training beat a constant prediction"),
        phrase(
            "Predicting the same value for every held-out row does as well. No learning rate mends this: look at the "
            "data, the model and the loss first."
        ),
    ),
    "worse_than_linear": Banner(
        phrase("A linear model does better"),
        phrase("It ends at a lower held-out loss than the model you asked about. Start from the linear model."),
    ),
    "rejected": Banner(
        phrase("Training with the rules' answer failed"),
        phrase("What stands here is a fallback. Try it on a short run before you rely on it."),
    ),
}


def banner_of(advice: Advice) -> Banner | None:
    """Return the warning that belongs over an answer; None where the trials bear it out."""
    found = _BY_STATUS.get(advice.verdict.status)
    return doubt_of(advice) if found is None else Banner(_(found.title), _(found.text))


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
        _("A constant prediction does better"),
        fill(
            "The advised training ends at a held-out loss of {ours:loss}; the best constant prediction has "
            "{constant:loss}. Where the training loss falls all the same, the model overfits: train for fewer epochs, "
            "with more regularisation or a smaller model. No learning rate mends this.",
            ours=ours,
            constant=constant,
        ),
    )


def _above_linear(advice: Advice) -> Banner | None:
    losses = linear_losses(advice)
    if losses is None or losses[0] <= losses[1] + HIGHER * abs(losses[1]):
        return None
    return Banner(
        _("A linear model may do better"),
        fill(
            "It ended at a held-out loss of {linear:loss} and the advised training at {ours:loss}; the trials do "
            "not settle whether that is chance.",
            linear=losses[1],
            ours=losses[0],
        ),
    )


def _untried_rate(advice: Advice) -> Banner | None:
    """Warn of a rate outside those that were tried with the advised optimizer and schedule."""
    rec = advice.recommendation
    tried = [
        trial.learning_rate
        for trial in advice.verdict.trials
        if trial.role == "candidate" and (trial.optimizer, trial.schedule) == (rec.optimizer, rec.schedule)
    ]
    for note in advice.verdict.notes:
        if tried and note.code in {"shorter_trials_first", "fewer_seeds_first"}:
            values = dict(note.values)
            tried += [float(values["lowest"]), float(values["highest"])]
    if not tried or min(tried) * (1.0 - SAME) <= rec.learning_rate <= max(tried) * (1.0 + SAME):
        return None
    return Banner(
        _("The advised rate was not tried"),
        fill(
            "Trials covered {lower:rate} to {upper:rate}; {rate:rate} lies outside and is an extrapolation.",
            lower=min(tried),
            upper=max(tried),
            rate=rec.learning_rate,
        ),
    )
