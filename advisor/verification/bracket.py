"""Whether the lowest loss of some trials has worse ones on both sides, and where to train when it has not."""

from __future__ import annotations

import math
from collections.abc import Sequence

from advisor.verification.decision import ERRORS, TOLERANCE
from advisor.verification.observations import Observations

UNCHANGED = 1e-3
"""Log losses of neighbouring rates closer than this, as a share of what there was to learn. Judgement: the output no
longer changes with the rate."""
NOT_LEARNED = 0.02
"""A loss that is not this much below that of a constant prediction, as a share, has learned nothing. Judgement: with
less gain, trials of an eighth of the run rank rates no better than chance."""


def learned(seen: Observations, loss_to_beat: float | None) -> bool:
    """Return whether some rate ends below the loss to beat by more than ``NOT_LEARNED``; True when it is not known."""
    if loss_to_beat is None or not math.isfinite(loss_to_beat):
        return True
    return loss_to_beat - seen.loss > NOT_LEARNED * max(abs(loss_to_beat), seen.unit)


def is_bracketed_below(seen: Observations, loss_to_beat: float | None) -> bool:
    """Return whether lower rates than those tried are too slow.

    They are where one of those tried below the lowest loss is worse beyond noise, or where the lowest of them has
    learned nothing at all, however wide the errors. A bottom among nets that predict a constant is none: lower rates
    are tried until the output no longer changes.

    Args:
        seen: the trials.
        loss_to_beat: held-out loss of the best constant prediction; None or not finite: not known.
    """
    if not learned(seen, loss_to_beat):
        return _is_unchanged(seen, 0, 1)
    return (
        _learns_nothing_at_the_lowest_rate(seen, loss_to_beat)
        or _is_bracketed(seen, range(seen.lowest))
        or _is_unchanged(seen, 0, 1)
    )


def is_bracketed_above(seen: Observations) -> bool:
    """Return whether higher rates than those tried are too fast."""
    last = len(seen.x) - 1
    return _is_bracketed(seen, range(seen.lowest + 1, last + 1)) or _is_unchanged(seen, last, last - 1)


def _learns_nothing_at_the_lowest_rate(seen: Observations, loss_to_beat: float | None) -> bool:
    if loss_to_beat is None or seen.lowest == 0 or seen.diverged[0]:
        return False
    return seen.loss_at(0) >= loss_to_beat


def _is_bracketed(seen: Observations, side: Sequence[int]) -> bool:
    return any(seen.is_worse(place, tolerance=TOLERANCE, errors=ERRORS) for place in side)


def _is_unchanged(seen: Observations, outer: int, inner: int) -> bool:
    """Return whether the outermost two rates on a side end alike, and neither is the lowest beyond that."""
    if len(seen.x) <= 2 or seen.diverged[outer] or seen.diverged[inner]:
        return False
    share = min(1.0, seen.reach / seen.unit) if seen.reach > 0 else 1.0
    return abs(float(seen.y[outer] - seen.y[inner])) < UNCHANGED * share
