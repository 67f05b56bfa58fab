"""Does the held-out loss rise while the training loss keeps falling?

The thresholds are judgement; tests/diagnosis/test_detectors.py holds them on seeded curves.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from advisor.diagnosis.convergence import falls
from advisor.diagnosis.curve import Curve, smoothed
from advisor.diagnosis.finding import ABSENT, Finding, cannot_tell, present, too_short

RISE: Final = 0.05
"""How far above its lowest value, as a share of it, the held-out loss must end. Judgement: a smaller rise costs
little."""

LEARNED: Final = 0.8
"""Lowest held-out loss over the last one, below which the run had learned something before. Judgement: noise makes
less."""


def best_at(held_out: Curve) -> float | None:
    """Return the share of the run that was done when the held-out loss was lowest; None below 4 points."""
    if len(held_out) < 4:
        return None
    share = float(held_out.at[_lowest(held_out)[0]])
    # A log by epochs begins when the first epoch is over, not at the start of the run.
    unseen = float(np.median(np.diff(held_out.at))) if held_out.at[0] <= 0 else 0.0
    return round((share + unseen) / (1.0 + unseen), 9)  # so that epoch 1 of 10 is 0.1


def overfitting(train: Curve | None, held_out: Curve) -> Finding:
    """Tell whether the held-out loss rises from its lowest point on while the training loss does not.

    Args:
        train: the training loss; None: the log has none, and nothing can be said.
        held_out: the held-out loss on the same axis.
    """
    if train is None:
        return cannot_tell("no_training_loss")
    if len(held_out) < 5 or len(train) < 5:
        return too_short(5)
    lowest, low = _lowest(held_out)
    end, last = held_out.level(0.9, 1.0), max(3.0, 0.1 * len(held_out))
    doubt = 3.0 * held_out.noise * np.sqrt(1.0 / last + 1.0 / 3.0)  # of the difference of two medians
    if lowest >= len(held_out) - 2 or end - low <= max(RISE * abs(low), doubt):
        return ABSENT
    after = Curve(held_out.at[lowest:], -held_out.values[lowest:])
    if len(after) >= 8 and not falls(after):
        return ABSENT  # the lowest point was a lucky one
    turn = float(held_out.at[lowest])
    then, now = _near(train, turn), train.level(0.9, 1.0)
    if now > then + RISE * abs(then):
        return ABSENT  # both rise: that is divergence
    return present("held_out_rises", turn, best=low, final=end, train_then=then, train_final=now)


def had_learned(held_out: Curve) -> bool:
    """Return whether the held-out loss was once far below its end, which no run that never learned shows."""
    return float(held_out.values.min()) < LEARNED * held_out.level(0.9, 1.0)


def _lowest(held_out: Curve) -> tuple[int, float]:
    """Return where the loss was lowest and how low: the level is smoothed, the place is the best point around it."""
    reach = 1 if len(held_out) < 30 else 2
    middle = smoothed(held_out.values, 2 * reach + 1)
    index = int(np.argmin(middle))
    first = max(0, index - reach)
    return first + int(np.argmin(held_out.values[first : index + reach + 1])), float(middle[index])


def _near(curve: Curve, position: float) -> float:
    """Return the level around a position: the median of a twentieth of the points, at least three."""
    nearest = np.argsort(np.abs(curve.at - position), kind="stable")[: max(3, len(curve) // 20)]
    return float(np.median(curve.values[nearest]))
