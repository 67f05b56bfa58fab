"""Baseline searches to replay."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

import numpy as np

from benchmarks.jobs.replay import Strategy, Trials

FACTOR = 3.0
"""Between neighbouring rates."""
Losses = Mapping[float, float | None]
"""Rate → held-out loss; None: not finite."""


def rules_only(trials: Trials) -> float:
    """Take the rules' rate."""
    return trials.prior


def default_rate(_trials: Trials) -> float:
    """Take 1e-3 with the same optimizer and schedule."""
    return 1e-3


def shifted(trials: Trials, *, exponent: float) -> float:
    """Try four rates around the prior at a sixth of the run, and move the vertex by 6 to an exponent."""
    rates = [trials.prior * FACTOR**step for step in (-1.5, -0.5, 0.5, 1.5)]
    return vertex(_asked(trials, rates, 1 / 6)) * 6.0**exponent


def full_trainings(trials: Trials) -> float:
    """Train five rates around the prior in full and take the best."""
    losses = _asked(trials, [trials.prior * FACTOR**step for step in range(-2, 3)], 1.0)
    return _best(losses)


def bracketed(trials: Trials, *, then: float | None = None, length: float = 1 / 8, further: int = 2) -> float:
    """Try three rates, further ones while the best is at an edge, fit; then three around the vertex on longer runs.

    Args:
        trials: of the job.
        then: length of the second round, which decides alone; None: the first decides.
        length: of the first round.
        further: most rates tried beyond the first three.
    """
    losses = dict(_asked(trials, [trials.prior * FACTOR**step for step in (-1, 0, 1)], length))
    for _ in range(further):
        beyond = _beyond(losses)
        if beyond is None:
            break
        losses[beyond] = trials.loss(beyond, length=length)
    centre = vertex(losses)
    if then is None:
        return centre
    return vertex(_asked(trials, [centre * FACTOR**step for step in (-1, 0, 1)], then))


def _asked(trials: Trials, rates: list[float], length: float) -> dict[float, float | None]:
    return {rate: trials.loss(rate, length=length) for rate in rates}


def _best(losses: Losses) -> float:
    """Return the rate of the smallest loss; the lowest rate where none is finite."""
    return min(losses, key=lambda rate: (math.inf if (loss := losses[rate]) is None else loss, rate))


def _beyond(losses: Losses) -> float | None:
    """Return the next rate to try when the best is at an edge; a diverged neighbour is worse."""
    best = _best(losses)
    if losses[best] is None or best == min(losses):
        return min(losses) / FACTOR
    return max(losses) * FACTOR if best == max(losses) else None


def vertex(losses: Losses) -> float:
    """Return the lowest point of a parabola through the best rate and its neighbours, in log rate and log loss.

    A diverged neighbour counts as twice the best loss. At an edge the best rate itself is returned.
    """
    best, rates = _best(losses), sorted(losses)
    place = rates.index(best)
    centre = losses[best]
    if centre is None or place in {0, len(rates) - 1}:
        return best
    near = rates[place - 1 : place + 2]
    heights = [2.0 * centre if (loss := losses[rate]) is None else min(loss, 2.0 * centre) for rate in near]
    curvature, slope, _ = np.polyfit(np.log(near) - math.log(best), np.log(heights), 2)
    if curvature <= 0:
        return best
    reach = 0.5 * math.log(FACTOR)
    return best * math.exp(float(np.clip(-slope / (2 * curvature), -reach, reach)))


BASELINES: dict[str, Strategy] = {
    "rules only": rules_only,
    "1e-3": default_rate,
    "4 rates at 1/6, exponent -0.7": partial(shifted, exponent=-0.7),
    "4 rates at 1/6, exponent 0": partial(shifted, exponent=0.0),
    "bracket at 1/8": bracketed,
    "bracket at 1/8, then 3 at 1/4": partial(bracketed, then=1 / 4),
    "bracket at 1/8, then 3 at 1/2": partial(bracketed, then=1 / 2),
    "bracket at 1/4": partial(bracketed, length=1 / 4),
    "5 full trainings": full_trainings,
}
