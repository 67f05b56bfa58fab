"""What ends lower than the advice among everything that was tried: no verdict may contradict its own trials."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from advisor.results import Trial
from advisor.verification.decision import TOLERANCE, Decision

LARGE = 0.05
"""Lead in log loss from which an advice is not settled, although the error of the trials may explain it. Judgement: a
twentieth of the loss is worth another look."""


@dataclass(frozen=True, slots=True)
class Challenger:
    """A trial that ends lower than the advised one by more than ``TOLERANCE``.

    Attributes:
        trial: at its rate.
        lead: how much lower it ends, in log loss.
        error: of the lead, ``ERRORS`` standard errors.
    """

    trial: Trial
    lead: float
    error: float

    @property
    def is_large(self) -> bool:
        """Whether it would be wrong to rest on the advice, should the lead be no chance."""
        return self.lead > LARGE

    @property
    def is_certain(self) -> bool:
        """Whether the lead is larger than its error."""
        return self.lead > self.error


def nearest_to(rate: float, trials: Iterable[Trial]) -> Trial | None:
    """Return the candidate nearest to a rate that trained to the end; of two equally near, the higher loss."""
    finite = [trial for trial in trials if trial.role == "candidate" and trial.mean is not None]
    return min(finite, key=lambda one: (_distance(one.learning_rate, rate), -(one.mean or 0.0)), default=None)


def challenger_of(advised: Trial | None, trials: Iterable[Trial], decision: Decision) -> Challenger | None:
    """Return the trial that ends lowest, where it ends lower than the advised one by more than ``TOLERANCE``.

    Of rates that end as low, within ``TOLERANCE``, it is the nearest to the advised one: where the curve is flat, the
    outermost rate that was tried is a matter of chance.

    Args:
        advised: the trial that stands for the advice; None: whatever is finite ends lower.
        trials: of any recipe, trained alike; those stopped on their way have not ended.
        decision: that the advice rests on.
    """
    ended = [trial for trial in trials if trial.mean is not None and not trial.stopped_early]
    best = min(ended, key=_mean, default=None)
    if best is None:
        return None
    if advised is None or advised.mean is None:
        return Challenger(best, math.inf, decision.error)
    if best.role == advised.role:
        as_good = [one for one in ended if one.role == best.role and _lead(best, one, decision) <= TOLERANCE]
        near = min(as_good, key=lambda one: (_distance(one.learning_rate, advised.learning_rate), _mean(one)))
        best = near if _lead(near, advised, decision) > TOLERANCE else best
    lead = _lead(best, advised, decision)
    return Challenger(best, lead, decision.error) if lead > TOLERANCE else None


def _mean(trial: Trial) -> float:
    return math.inf if trial.mean is None else trial.mean


def _lead(trial: Trial, other: Trial, decision: Decision) -> float:
    """Return how much lower a trial ends than another, in log loss; 0 where it does not."""
    return math.log1p(max(0.0, _mean(other) - _mean(trial)) / decision.unit)


def _distance(rate: float, other: float) -> float:
    """Return the distance in log rate, to two digits: rates placed evenly around another are equally near."""
    return round(abs(math.log(rate / other)), 2)
