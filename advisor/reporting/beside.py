"""What stands beside the advised training: the linear baseline, and a rival that ended lower and lost all the same."""

from __future__ import annotations

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.reporting import formatting
from advisor.reporting.sentences.template import fill
from advisor.reporting.sentences.verdicts import LOWER_RIVAL
from advisor.reporting.views.proof import Comparison
from advisor.results import Advice, Verdict


def linear_comparison(advice: Advice) -> Comparison | None:
    """Return the linear model's held-out loss beside the advised one; None where either is not known."""
    ours = advice.verdict.held_out_loss
    theirs = advice.baseline.verdict.held_out_loss if advice.baseline is not None else None
    for reason in advice.verdict.reasons:
        if reason.code == "linear_model_ends_lower":  # compared on the same held-out parts
            theirs = float(dict(reason.values)["linear"])
    if advice.baseline is None or ours is None or theirs is None:
        return None
    label = "Linear model" if advice.baseline.name == "linear" else f"Linear model ({advice.baseline.name})"
    return Comparison(label, formatting.loss(theirs), formatting.compared(ours, theirs), ours < theirs)


def why_not_the_rival(verdict: Verdict) -> str:
    """Return why the proposed recipe stands although a rival ended lower; empty where none did."""
    if verdict.held_out_loss is None or not any(reason.code == "rivals_lost" for reason in verdict.reasons):
        return ""
    rivals = [(trial.mean, trial) for trial in verdict.trials if trial.role == "rival" and trial.mean is not None]
    loss, best = min(rivals, key=lambda pair: pair[0], default=(None, None))
    if loss is None or best is None or loss >= verdict.held_out_loss:
        return ""
    return fill(
        LOWER_RIVAL,
        optimizer=OPTIMIZER_INFO[best.optimizer].title,
        schedule=SCHEDULE_INFO[best.schedule].title,
        rate=best.learning_rate,
        loss=loss,
        advised=verdict.held_out_loss,
    )
