"""Does the loss return to its level? Divergence, isolated spikes, late excursions.

The thresholds are judgement; tests/diagnosis/test_detectors.py holds them on seeded curves.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from advisor.diagnosis.curve import Curve, smoothed, window_for
from advisor.diagnosis.finding import ABSENT, Finding, present, too_short
from advisor.diagnosis.history import Array
from advisor.statistics.robust import robust_std

LOST_GAIN: Final = 0.5
"""Share of its gain that a diverged run has lost again. Judgement: less is a setback, not the end."""

ABOVE_START: Final = 0.05
"""How far above its start, as a share of it, a run without any gain must end. Judgement: less is noise."""

UNKNOWN_NOISE: Final = 4.0
"""Over the number of points, how much larger the noise may be than it looks, as a share of it. Judgement: of a dozen
points it is known to a third."""

LEFT_SIGMAS: Final = 3.0
"""Noise of single points, in standard deviations, above which a loss has left its level ... Judgement: chance stays
below."""

SETBACK: Final = 0.02
"""... or share of that level, when it is more. Judgement: the last point below is where a divergence begins."""

SPIKE_SIGMAS: Final = 8.0
"""Height of a spike over the noise around it, in standard deviations. Judgement: heavy tails of hard batches stay
below."""

SPIKE_SIZE: Final = 0.3
"""Height of a spike over the level around it, as a share ... Judgement: a smaller one does no harm."""

SINGLE_SIZE: Final = 1.0
"""... and that of a single point. Judgement: one hard batch is no sign of instability."""

LEAST_FOR_EXCURSION: Final = 40
"""Points from which on an excursion is looked for. Judgement: in fewer, it cannot be told from single points."""

EXCURSION_FROM: Final = 0.15
"""Share of the run after which a rise counts as late. Judgement: an earlier one is an early rise."""

EXCURSION_SIZE: Final = 0.2
"""Height of an excursion over the level before it, as a share of that level; it must exceed the noise as well.
Judgement: a smaller one does no harm."""

LEAST_EXCURSION: Final = 4
"""An excursion lasts longer than this many points, and than a fiftieth of the run. Judgement: what is shorter is a
spike."""

RESTART: Final = 1.2
"""Rise of the learning rate that explains a rise of the loss. Judgement: the schedule restarts; rounding makes less."""

NEGLIGIBLE: Final = 0.2
"""Share of the loss at the start below which jumps mean nothing. Judgement: the net has memorised its training rows."""


def divergence(curve: Curve) -> Finding:
    """Tell whether the loss ends far above its best: half the gain is lost again, or it ends above its start."""
    if len(curve) < 5:
        return too_short(5)
    first = start_level(curve)
    middle = smoothed(curve.values, 3 if len(curve) < 60 else window_for(len(curve)))
    lowest = int(np.argmin(middle))
    best, end = float(middle[lowest]), curve.level(0.95, 1.0)
    rise, gain = end - best, max(first - best, 0.0)
    least = ABOVE_START * abs(first)
    if not rise > max(LOST_GAIN * gain, least, _chance_rise(curve, curve.between(0.8, 1.0).noise)):
        return ABSENT
    if gain <= _chance_rise(curve, (1.0 + UNKNOWN_NOISE / len(curve)) * curve.noise) and end - first <= least:
        return ABSENT  # what noise alone gained, noise may lose
    high = lowest + int(np.argmax(middle[lowest:] > best + 0.25 * rise))
    before = Curve(curve.at[: high + 1], curve.values[: high + 1])
    near = best + min(max(LEFT_SIGMAS * before.noise, SETBACK * abs(best)), 0.25 * rise)
    onset = min(lowest + int(np.flatnonzero(middle[lowest : high + 1] <= near)[-1]) + 1, high)
    return present("ends_above_best", float(curve.at[onset]), best=best, final=end, initial=first)


def _chance_rise(curve: Curve, noise: float) -> float:
    """Return how far noise of this standard deviation may lift the end above the lowest running median of a run.

    Four standard errors of the median at the end, and what the lowest of independent windows lies below their middle,
    which grows with the root of twice the logarithm of their number.
    """
    points = max(3.0, 0.05 * len(curve))
    windows = max(len(curve) / points, 2.0)
    error = 1.25 * noise / np.sqrt(points)  # of a median
    return float(error * (3.2 + np.sqrt(2.0 * np.log(windows))))


def above_all_before(curve: Curve) -> bool:
    """Return whether the end lies above every level of the run before its last fifth."""
    return curve.level(0.95, 1.0) > float(curve.between(0.0, 0.8).blocks().values.max())


def spikes(curve: Curve) -> tuple[int | None, Finding]:
    """Count isolated jumps that return, after the first tenth of the run; None below 100 points."""
    if len(curve) < 100:
        return None, too_short(100)
    positive = bool((curve.values > 0).all())
    values = np.log(curve.values) if positive else curve.values  # relative noise is even along a falling loss
    deviations = values - smoothed(values, max(11, window_for(len(values))))
    level = max(abs(curve.level(0.1, 1.0)), 1e-12)
    size, single = (np.log1p(share) if positive else share * level for share in (SPIKE_SIZE, SINGLE_SIZE))
    high = deviations > np.maximum(SPIKE_SIGMAS * _local_noise(deviations), size)
    high[: len(values) // 10] = False
    found = [
        run
        for run in _runs(high)
        if len(run) <= max(3, len(values) // 100)
        and (len(run) > 1 or deviations[run[0]] > single)
        and _returns(values, run)
        and not (curve.values.min() >= 0 and curve.values[run].max() < NEGLIGIBLE * start_level(curve))
    ]
    if not found:
        return 0, ABSENT
    tallest = max((int(run[np.argmax(deviations[run])]) for run in found), key=lambda index: deviations[index])
    return len(found), present(
        "isolated_spikes",
        float(curve.at[found[0][0]]),
        float(curve.at[found[-1][-1]]),
        count=len(found),
        highest=float(curve.values[tallest]),
        highest_at=float(curve.at[tallest]),
    )


def late_excursion(curve: Curve, rate: Array | None = None) -> Finding:
    """Tell whether the loss rose late in the run and took long to fall back: between a spike and a divergence.

    Args:
        curve: the loss.
        rate: learning rate at each point, shape (points,): where it rises as well, the schedule restarts. None: not
            known.
    """
    if len(curve) < LEAST_FOR_EXCURSION:
        return too_short(LEAST_FOR_EXCURSION)
    count = len(curve)
    middle = smoothed(curve.values, 3 if count < 60 else max(5, count // 100 | 1))
    rises = middle - np.minimum.accumulate(middle)
    first = int(EXCURSION_FROM * count)
    top = first + int(np.argmax(rises[first:]))
    before = middle[: top + 1]
    onset = int(np.flatnonzero(before <= middle[top] - 0.75 * rises[top])[-1])
    level = float(np.median(curve.values[max(0, onset - max(5, count // 20)) : onset + 1]))
    height = float(middle[top]) - level
    noise = curve.between(0.1, 1.0).noise
    if onset < first or height <= max(EXCURSION_SIZE * abs(level), SPIKE_SIGMAS * noise):
        return ABSENT
    back = np.flatnonzero(middle[top:] <= level + 0.25 * height)
    end = top + int(back[0]) if len(back) else count - 1
    if end - onset <= max(LEAST_EXCURSION, count // 50) or curve.level(0.95, 1.0) > level + 0.5 * height:
        return ABSENT
    if rate is not None and rate[onset : end + 1].max() > RESTART * np.median(rate[max(0, onset - 5) : onset + 1]):
        return ABSENT
    start, over = float(curve.at[onset]), float(curve.at[end])
    return present("rose_late_and_returned", start, over, level=level, high=float(middle[top]), took=over - start)


def _returns(values: Array, run: NDArray[np.intp]) -> bool:
    """Return whether the loss is soon back near where it was; after a restart of the schedule it is not."""
    width = max(5, 2 * len(run))
    before, after = values[max(0, run[0] - width) : run[0]], values[run[-1] + 1 : run[-1] + 1 + width]
    if not len(before) or not len(after):
        return True
    level = np.median(before)
    return bool(np.median(after) - level < 0.5 * (values[run].max() - level))


def start_level(curve: Curve) -> float:
    """Return the loss at the start: the first point, unless it is unusually high."""
    return min(float(curve.values[0]), curve.level(0.0, 0.01))


def _local_noise(deviations: Array) -> Array:
    """Return the spread around each point, for noise that changes along the run."""
    parts = np.array_split(deviations, max(1, min(10, len(deviations) // 25)))
    return np.concatenate([np.full(len(part), robust_std(part)) for part in parts])


def _runs(mask: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Return the runs of neighbouring true positions; a gap of one point does not end a run."""
    positions = np.flatnonzero(mask)
    return np.split(positions, np.flatnonzero(np.diff(positions) > 2) + 1) if len(positions) else []
