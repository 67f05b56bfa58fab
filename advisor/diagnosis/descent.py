"""How the loss falls: not at all, too slowly, no longer; and how noisy it is at the end."""

from __future__ import annotations

from typing import Final

import numpy as np

from advisor.diagnosis.curve import Curve, smoothed, spread, window_for
from advisor.diagnosis.history import Array
from advisor.diagnosis.sign import ABSENT, UNKNOWN, Sign
from advisor.diagnosis.stability import start_level

TAIL: Final = 0.3
"""Last part of the run in which a plateau is looked for."""

FLAT_OF_GAIN: Final = 0.02
"""A plateau improves by less than this share of the gain so far ..."""

FLAT_OF_LEVEL: Final = 0.05
"""... and by less than this share of its level."""

STEADY: Final = 0.5
"""Pace of descent in the last third over the average pace from which on a run counts as far from done."""

FRONT: Final = 0.5
"""Share of the gain that a slow run makes in its first third at most; one that has arrived makes more."""

NEGLIGIBLE: Final = 1e-12
"""Losses below this are zero; nothing is told relative to them."""

CHANCE: Final = 0.03
"""How near to the constant predictor's loss, as a share, a run counts as stuck."""


def stuck(curve: Curve, chance: float | None) -> Sign:
    """Tell whether the loss stays at the constant predictor's, or, when that is not known, where it started.

    Args:
        curve: the loss.
        chance: loss of the best constant prediction.
    """
    if len(curve) < 8:
        return UNKNOWN
    reference = chance if chance is not None and chance > 0 else curve.level(0.0, 0.05)
    later = curve.between(0.3, 1.0)
    parts = later.blocks(10)
    points = 1.0 / max(len(later) / len(parts), 1.0) + 1.0 / max(0.05 * len(curve), 3.0)
    within = CHANCE * abs(reference) + 2.5 * curve.noise * np.sqrt(points)
    if not (np.abs(parts.values - reference) <= within).all() or falls(later):
        return ABSENT
    what = "the constant predictor's loss" if chance else "where it started"
    return Sign(True, 0.0, 1.0, f"the loss stays at {later.level(0.0, 1.0):.3g}, {what} ({reference:.3g})")


def initial_jump(curve: Curve) -> float | None:
    """Return the highest early loss, single points aside, over the loss at the start; None without a positive start."""
    first = start_level(curve)
    if len(curve) < 8 or first < NEGLIGIBLE:
        return None
    return max(1.0, float(smoothed(curve.between(0.0, 0.3).values, 3).max()) / first)


def slowness(curve: Curve, rate_time: Array | None) -> Sign:
    """Tell whether the loss falls steadily to the very end, without the bend of a run that gets somewhere.

    Args:
        curve: the loss.
        rate_time: sum of the learning rates up to each point, from 0 to 1, shape (points,): under a decaying schedule
            even a steady descent bends, unless time is counted in rates. None: steps are taken for time.
    """
    if len(curve) < 10:
        return UNKNOWN
    timed = curve if rate_time is None else Curve(rate_time, curve.values)
    cut = int(np.searchsorted(timed.at, timed.at[0] + (timed.at[-1] - timed.at[0]) * 2.0 / 3.0))
    last = Curve(timed.at[cut:], timed.values[cut:])
    if len(last) < 4:
        return UNKNOWN
    begin, end = timed.level(0.0, 0.04), timed.level(0.94, 1.0)
    third = int(np.searchsorted(timed.at, timed.at[0] + (timed.at[-1] - timed.at[0]) / 3.0))
    half = max(1, len(timed) // 40)
    early = begin - float(np.median(timed.values[max(third - half, 0) : third + half + 1]))
    pace = -last.slope() * float(timed.at[-1] - timed.at[0])
    if begin <= end or early > FRONT * (begin - end) or pace < STEADY * (begin - end) or not falls(last):
        return ABSENT
    steady = pace / (begin - end)
    says = f"the loss went from {begin:.3g} to {end:.3g} and still falls at {steady:.0%} of its average pace"
    return Sign(True, 0.0, 1.0, says)


def plateau(curve: Curve) -> Sign:
    """Tell whether the loss has fallen and then stopped."""
    if len(curve) < 10:
        return UNKNOWN
    tail = curve.between(1.0 - TAIL, 1.0)
    level = tail.level(0.0, 1.0)
    gain = start_level(curve) - level
    improvement = -tail.slope() * float(tail.at[-1] - tail.at[0])
    if gain <= max(0.05 * abs(level), 3.0 * tail.noise / np.sqrt(len(tail))):
        return ABSENT
    if improvement > FLAT_OF_GAIN * gain or improvement > FLAT_OF_LEVEL * abs(level):
        return ABSENT
    middle = smoothed(curve.values, window_for(len(curve)))
    above = np.flatnonzero(middle > level + 0.05 * gain)
    start = min(int(above[-1]) + 1, len(curve) - 1) if len(above) else 0
    return Sign(True, float(curve.at[start]), 1.0, f"the loss stays near {level:.3g} and no longer falls")


def noise_floor(curve: Curve) -> float | None:
    """Return the relative spread of the loss over the last tenth of the run, at least 5 points, the trend taken out."""
    tail = curve.between(0.9 if len(curve) >= 50 else 1.0 - 5.0 / max(len(curve), 5), 1.0)
    level = abs(tail.level(0.0, 1.0))
    if len(tail) < 5 or level < NEGLIGIBLE:
        return None
    return spread(tail.values - tail.slope() * (tail.at - tail.at.mean())) / level


def falls(curve: Curve) -> bool:
    """Return whether a stretch falls by more than its noise explains: three standard errors of a line's slope."""
    few = curve.blocks(30)
    run = few.at - few.at.mean()
    power = float(np.dot(run, run))
    if len(few) < 4 or power <= 0:
        return False
    slope = few.slope()
    left = few.values - np.median(few.values) - slope * run
    return slope < -3.0 * max(spread(left), 1e-12) / np.sqrt(power)
