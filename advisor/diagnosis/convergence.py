"""How the loss falls: not at all, too slowly, no longer; and how noisy it is at the end.

The thresholds are judgement; tests/diagnosis/test_detectors.py holds them on seeded curves, test_real_runs.py on runs.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from advisor.diagnosis.curve import HUGE, Curve, smoothed, window_for
from advisor.diagnosis.finding import ABSENT, Finding, cannot_tell, present, too_short
from advisor.diagnosis.history import Array
from advisor.diagnosis.stability import start_level
from advisor.results.findings import FindingCode
from advisor.statistics.robust import median_of_finite, robust_std

TAIL: Final = 0.3
"""Last part of the run in which a plateau is looked for. Judgement: long enough to average noise, past the steep
fall."""

FLAT_OF_GAIN: Final = 0.02
"""A plateau improves by less than this share of the gain so far ... Judgement: a run that goes on so gains hardly more
..."""

FLAT_OF_LEVEL: Final = 0.05
"""... and by less than this share of its level. Judgement: a larger gain is worth the rest of the run."""

HIGH_FINAL_RATE: Final = 0.5
"""Final over peak learning rate from which on a standstill is not explained by the decay. Judgement: half the peak is
still a high rate."""

LONG_FLAT: Final = 0.1
"""Share of the run at which a standstill under a decaying rate must have begun. Judgement: every decay flattens the
last part of a run."""

CONVERGED: Final = 0.02
"""Share of its early level below which a loss has nothing left to gain. Judgement: what remains is less than most
metrics resolve."""

LEAST_FOR_STANDSTILL: Final = 20
"""Points from which on a standstill is looked for. Judgement: fewer make no level before and after."""

STANDSTILL_BLOCKS: Final = 25
"""Parts of the run whose levels are compared. Judgement: a standstill is placed within a twenty-fifth of the run."""

SMALL_WINDOW: Final = 5
"""Points of the running median that places the beginning of a standstill within its block. Judgement: two wild ones do
no harm."""

SAME_LEVEL: Final = 0.02
"""Relative difference up to which two levels are the same. Judgement: a gain that nobody would wait for."""

LEAST_GAIN: Final = 0.1
"""Share of its first loss that a run must have gained before it can stand still. Judgement: with less, it never
learned."""

LEAST_STANDSTILL: Final = 0.5
"""Share of the run that must have gained nothing; twice the relative scatter of the levels is added. Judgement: half a
run is waste, less may be patience."""

STEADY: Final = 0.5
"""Pace of the fall in the last third over the average pace from which on a run is far from converged. Judgement: a run
near its end falls much more slowly than it did."""

JUMP: Final = 1.3
"""Early loss over the loss at the start from which on the first steps were too long. Judgement: noise of a first batch
stays below."""

CLEAR: Final = 0.03
"""Noise of single points over the level of the loss below which even a small gain would show. Judgement: a gain is seen
from about the noise on."""

GUESS: Final = 0.03
"""Relative distance from the cross-entropy of a guess up to which a loss counts as one. Judgement: a few per cent hold
the weights of classes that differ little in size."""

CHANCE_HEIGHT: Final = 6.0
"""Height of an early jump, in standard deviations of single points. Judgement: chance does not reach it."""

EARLY_GAIN: Final = 0.5
"""Share of the gain that a slow run makes in its first third at most. Judgement: one that has converged makes more."""

NOISY: Final = 0.1
"""Relative noise at the end from which on a lower rate would help. Judgement: less is the batches' own."""

LEAST_IN_THE_TAIL: Final = 20
"""Points whose spread is taken as the noise at the end, where a third of the run has as many. Judgement: the spread of
five scatters by half of itself."""

LEARNED_SHARE: Final = 0.03
"""A run has learned something once its loss is lower than the constant predictor's by this share of it. Judgement: an
untrained model's loss varies by less."""

LEAST_FALL: Final = 0.01
"""Share of it that even a steady fall must gain to count. Judgement: less is a drift without use."""

MOST_SLOW_GAIN: Final = 0.3
"""Share of its loss that a slow run has gained at most. Judgement: a run that gained more is on its way."""


def no_progress(curve: Curve, constant_loss: float | None) -> Finding:
    """Tell whether the loss never gets below the constant predictor's, or, when that is not known, below its start.

    A rise above it makes no difference: a net whose first steps were too long returns to predicting a constant.

    Args:
        curve: the loss.
        constant_loss: loss of the best constant prediction.
    """
    if len(curve) < 8:
        return too_short(8)
    jumped = (initial_jump(curve) or 1.0) >= JUMP
    started = start_level(curve) if jumped else curve.level(0.0, 0.05)
    reference = constant_loss if constant_loss is not None and constant_loss > 0 else started
    later, end = curve.between(0.3, 1.0), curve.level(0.9, 1.0)
    parts = later.blocks(10)
    seen, expected = max(len(later) / len(parts), 1.0), max(0.05 * len(curve), 3.0)
    doubt = 2.5 * curve.noise * np.sqrt(1.0 / seen + 1.0 / expected)  # of the difference of two medians
    margin = (2.0 if jumped else 1.0) * LEARNED_SHARE * abs(reference) + doubt
    if (parts.values < reference - margin).any() or end > reference + margin:
        return ABSENT
    if not jumped and falls(later) and reference - end > LEAST_FALL * abs(reference):
        return ABSENT
    code: FindingCode = "never_below_constant_loss" if constant_loss else "never_below_start"
    return present(code, final=end, reference=reference)


def at_constant_guess(curve: Curve) -> bool:
    """Return whether the loss scatters closely around ln 2 or ln 3, the cross-entropy of a guess among 2 or 3 classes.

    More classes are not looked for: losses of language models lie between ln 4 and ln 30.
    """
    level = curve.level(0.0, 1.0)
    return (
        any(abs(level - guess) <= GUESS * guess for guess in (np.log(2.0), np.log(3.0))) and curve.noise < 0.1 * level
    )


def initial_jump(curve: Curve) -> float | None:
    """Return the highest early loss, single points aside, over the loss at the start; None without a positive start.

    It is 1 where the noise of single points explains the height: the lowest of a few noisy losses at the start lies far
    below the highest of hundreds that follow.
    """
    first = start_level(curve)
    if len(curve) < 8 or first <= 0:
        return None
    top = float(smoothed(curve.between(0.0, 0.3).values, 3).max())
    if top - first <= CHANCE_HEIGHT * curve.between(0.3, 1.0).noise:
        return 1.0
    return min(max(1.0, top / first), HUGE)


def late_gain(curve: Curve) -> float | None:
    """Return the share of its loss that a run gained after its first tenth; None below 8 points or for a loss of 0."""
    begin, end = curve.level(0.1, 0.3), curve.level(0.9, 1.0)
    if len(curve) < 8 or begin == 0:
        return None
    return min(max((begin - end) / abs(begin), -HUGE), HUGE)


def first_loss_ratio(curve: Curve) -> float | None:
    """Return the first loss over the median of the later ones; None where they are not positive."""
    later = curve.level(0.1, 1.0)
    if len(curve) < 8 or later <= 0 or curve.values[0] < 0:
        return None
    return min(float(curve.values[0]) / later, HUGE)


def slowness(curve: Curve, rate_time: Array | None) -> Finding:
    """Tell whether the loss has gained little and still falls at the end, without the bend of a run that learns.

    Args:
        curve: the loss.
        rate_time: sum of the learning rates up to each point, from 0 to 1, shape (points,): under a decaying schedule
            even a steady fall bends, unless time is counted in rates. None: steps are taken for time.
    """
    if len(curve) < 10:
        return too_short(10)
    timed = curve if rate_time is None else Curve(rate_time, curve.values)
    length = float(timed.at[-1] - timed.at[0])
    cut = int(np.searchsorted(timed.at, timed.at[0] + length * 2.0 / 3.0))
    last = Curve(timed.at[cut:], timed.values[cut:])
    if len(last) < 4:
        return cannot_tell("too_few_points_in_the_last_third")
    begin, end = timed.level(0.0, 0.04), timed.level(0.94, 1.0)
    gain = begin - end
    if gain <= 0 or gain > MOST_SLOW_GAIN * abs(begin) or not falls(timed.between(1.0 / 3.0, 1.0)):
        return ABSENT
    third = int(np.searchsorted(timed.at, timed.at[0] + length / 3.0))
    early = begin - float(np.median(timed.values[max(third - 1, 0) : third + 2]))
    pace = -last.slope() * length
    if early > EARLY_GAIN * gain or pace < STEADY * gain:
        return ABSENT
    return present("falls_steadily_and_slowly", initial=begin, final=end, pace=pace / gain)


def plateau(curve: Curve, final_fraction: float | None = None) -> Finding:
    """Tell whether the loss no longer falls although steps are long enough for it to.

    The loss of every good run flattens as its rate decays: then only a loss that stood still for nine tenths of the run
    counts, and where the rate is not known, nothing can be said.

    Args:
        curve: the loss.
        final_fraction: learning rate at the end of the run over its peak; None: not known.
    """
    if len(curve) < 10:
        return too_short(10)
    tail = curve.between(1.0 - TAIL, 1.0)
    level = tail.level(0.0, 1.0)
    if 0.0 <= level < CONVERGED * curve.level(0.02, 0.1):
        return ABSENT
    rise = _slow_rise(curve)
    if rise is not None:
        return rise
    gain = max(start_level(curve) - level, FLAT_OF_LEVEL * abs(level))
    improvement = -tail.slope() * float(tail.at[-1] - tail.at[0])
    if improvement > FLAT_OF_GAIN * gain or improvement > FLAT_OF_LEVEL * abs(level):
        return ABSENT
    if final_fraction is None:
        return cannot_tell("flat_at_an_unknown_rate", level=level)
    middle = smoothed(curve.values, window_for(len(curve)))
    above = np.flatnonzero(middle > level + 0.05 * gain)
    start = min(int(above[-1]) + 1, len(curve) - 1) if len(above) else 0
    if final_fraction < HIGH_FINAL_RATE and curve.at[start] > LONG_FLAT:
        return ABSENT
    begins = min(float(curve.at[start]), float(tail.at[0]))
    return present("flat", begins, level=level)


def _slow_rise(curve: Curve) -> Finding | None:
    """Return the finding of a loss that rises again, slowly and for long, after it was lowest; None for any other."""
    middle = smoothed(curve.values, window_for(len(curve)))
    lowest = int(np.argmin(middle))
    after = Curve(curve.at[lowest:], -curve.values[lowest:])
    best, end = float(middle[lowest]), curve.level(0.95, 1.0)
    if len(after) < max(TAIL * len(curve), 12) or end - best <= FLAT_OF_LEVEL * abs(best) or not falls(after):
        return None
    return present("rises_again", float(curve.at[lowest]), best=best, final=end)


def standstill(curve: Curve) -> Finding:
    """Tell since when the loss gained nothing more, whatever the learning rate did; at least half of the run.

    Medians of blocks are compared with the level of the last third. The more they scatter, the longer the standstill
    must be: a loss whose last gains are hidden by noise has not stopped falling.
    """
    if len(curve) < LEAST_FOR_STANDSTILL:
        return too_short(LEAST_FOR_STANDSTILL)
    blocks = curve.blocks(STANDSTILL_BLOCKS)
    size = len(curve) / len(blocks)
    final, started = curve.level(2.0 / 3.0, 1.0), start_level(curve)
    if started - final <= LEAST_GAIN * abs(started):
        return ABSENT
    doubt = 3.0 * 1.25 * curve.between(0.5, 1.0).noise / np.sqrt(size)  # of a median of a block, three standard errors
    tolerance = max(SAME_LEVEL * abs(final), doubt, 1e-9 * abs(started))
    relative = tolerance / abs(final) if final else 0.0
    above = np.flatnonzero(blocks.values > final + tolerance)
    begin = int(above[-1]) + 1 if len(above) else 0
    if begin >= len(blocks) - 2:
        return ABSENT
    since = float(blocks.at[begin])
    if begin > 0:
        since = _first_at(curve, final + tolerance, float(blocks.at[begin - 1]), since)
    rest = Curve(curve.at[curve.at >= since], curve.values[curve.at >= since])
    half = rest.level(0.0, 0.5) - rest.level(0.5, 1.0)
    if 1.0 - since < LEAST_STANDSTILL + 2.0 * relative or half > tolerance or falls(rest):
        return ABSENT
    return present("gains_nothing_more", since, level=final, share=1.0 - since)


def _first_at(curve: Curve, level: float, first: float, last: float) -> float:
    """Return the share of the run, between two shares of it, from which on the loss stays at a level or below it."""
    middle = smoothed(curve.values, SMALL_WINDOW)
    inside = np.flatnonzero((curve.at >= first) & (curve.at <= last))
    above = inside[middle[inside] > level]
    return min(float(curve.at[above[-1] + 1]), last) if len(above) and above[-1] + 1 < len(curve) else first


def noise_floor(curve: Curve) -> float | None:
    """Return the spread of the loss over the last tenth of the run, of a short log the last third, the trend taken out.

    It is relative to the loss there, or to a twentieth of the loss at the start when that is more: scatter of a loss
    near zero, as of a net that has memorised its training rows, means nothing.
    """
    points = max(5, len(curve) // 10, min(LEAST_IN_THE_TAIL, len(curve) // 3))
    tail = curve.between(1.0 - points / max(len(curve), points), 1.0)
    level = max(abs(tail.level(0.0, 1.0)), 0.05 * abs(start_level(curve)))
    if len(tail) < 5 or level <= 0:
        return None
    return min(robust_std(tail.values - tail.slope() * (tail.at - tail.at.mean())) / level, HUGE)


def noisy_end(floor: float | None) -> Finding:
    """Tell whether the loss scatters at the end instead of settling at a value."""
    if floor is None:
        return cannot_tell("single_batches")
    if floor < NOISY:
        return ABSENT
    return present("scatters_at_the_end", 0.9, scatter=floor)


def falls(curve: Curve) -> bool:
    """Return whether a stretch falls by more than its noise explains: three standard errors of a line's slope."""
    few = curve.blocks(30)
    run = few.at - few.at.mean()
    power = float(np.dot(run, run))
    if len(few) < 4 or power <= 0:
        return False
    slope = few.slope()
    left = few.values - median_of_finite(few.values) - slope * run
    return slope < -3.0 * max(robust_std(left), 1e-12) / np.sqrt(power)
