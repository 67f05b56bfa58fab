"""Does the loss oscillate, early in the run or throughout, by more than the noise of single batches?

The thresholds are judgement; tests/diagnosis/test_detectors.py holds them on seeded curves.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from advisor.diagnosis.curve import Curve, smoothed
from advisor.diagnosis.finding import ABSENT, Finding, present, too_short
from advisor.diagnosis.stability import start_level
from advisor.statistics.robust import robust_std

AMPLITUDE: Final = 0.1
"""Typical step from one block to the next, as a share of the level of the loss. Judgement: smaller swings do no
harm."""

CHANCE_AMPLITUDE: Final = 0.3
"""Amplitude from which on swings of means over epochs count although they follow no pattern. Judgement: means of small
data sets scatter by up to a fifth from one epoch to the next."""

RISES_OVER_FALLS: Final = 0.6
"""Sum of the rises over the sum of the falls: 0 for a loss that only falls, 1 for one that only oscillates. Judgement:
nearer to swings alone than to a fall."""

EARLY: Final = 0.15
"""Share of the run in which a rise counts as early. Judgement: as far as warm-up reaches, which can prevent it."""

REBOUND: Final = 0.3
"""Height of an early rise as a share of the loss at the start. Judgement: less is regained at once."""


def oscillation(curve: Curve, *, averaged: bool) -> Finding:
    """Tell whether the loss rises and falls over the run, after its first tenth, instead of falling.

    Long logs are condensed to medians of blocks; the amplitude must then exceed what the noise of single points leaves
    in a median. In short logs of single batches, the moves must in addition follow a pattern that chance does not make.

    Args:
        curve: the loss.
        averaged: each point is a mean over an epoch, so that its noise is already small.
    """
    if len(curve) < 12:
        return too_short(12)
    later = curve.between(0.1, 1.0)
    blocks = later.blocks()
    size = len(later) / len(blocks)
    moves = np.diff(blocks.values)
    falls = float(-moves[moves < 0].sum())
    rises_over_falls = float(moves[moves > 0].sum()) / falls if falls > 0 else np.inf
    amplitude = float(np.median(np.abs(moves)))
    level = max(abs(blocks.level(0.5, 1.0)), 0.1 * max(start_level(curve) - blocks.level(0.9, 1.0), 0.0))
    level = level or float(np.abs(later.values).max())
    if level == 0.0:
        return ABSENT
    zigzag = size > 1 and later.whiteness < -0.6 and robust_std(later.values) > AMPLITUDE * level
    slow = amplitude > AMPLITUDE * level and rises_over_falls >= RISES_OVER_FALLS
    wide = averaged and amplitude > CHANCE_AMPLITUDE * level
    points = later if size < 4 else blocks  # waves of three or four blocks look like noise
    if not zigzag and not (slow and _beyond_chance(points, amplitude, later.noise, size, wide=wide)):
        return ABSENT
    share = (robust_std(later.values) if zigzag else amplitude) / level
    return present("rises_and_falls", float(later.at[0]), amplitude=share)


def early_rise(curve: Curve) -> Finding:
    """Tell whether the loss rose steeply early in the run and returned; it takes 40 points."""
    if len(curve) < 40:
        return too_short(40)
    start = curve.between(0.0, EARLY)
    middle = smoothed(start.values, 3 if len(start) < 25 else 5)
    rebound = middle - np.minimum.accumulate(middle)
    top = int(np.argmax(rebound))
    first, calm = abs(start_level(curve)), curve.between(EARLY, 1.0)
    level = abs(calm.level(0.0, 1.0))
    noise = calm.noise * max(1.0, first / level) if level > 0 else start.noise  # the rise itself is no noise
    if rebound[top] <= max(REBOUND * first, 6.0 * noise):
        return ABSENT
    low = int(np.argmin(middle[: top + 1]))
    low_value, high_value = float(middle[low]), float(middle[top])
    return present("rose_and_returned", float(start.at[low]), float(start.at[-1]), low=low_value, high=high_value)


def _beyond_chance(points: Curve, amplitude: float, noise: float, size: float, *, wide: bool) -> bool:
    if wide:
        return True
    if size >= 4:
        return amplitude > 3.0 * 1.25 * noise / np.sqrt(size)
    deviations = points.values - smoothed(points.values, max(9, len(points) // 3 | 1))
    power = float(np.dot(deviations, deviations))
    # Von Neumann's ratio: 2 for independent deviations, towards 4 for a zigzag, towards 0 for slow waves.
    ratio = float(np.sum(np.diff(deviations) ** 2)) / power if power > 0 else 2.0
    return ratio > 3.1 or ratio < 0.8
