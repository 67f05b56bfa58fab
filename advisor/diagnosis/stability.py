"""Does the loss stay finite and come back? Non-finite values, divergence, isolated spikes."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from advisor.diagnosis.curve import Curve, smoothed, spread, window_for
from advisor.diagnosis.history import Array
from advisor.diagnosis.sign import ABSENT, Sign, too_short

GIVEN_BACK: Final = 0.5
"""Share of its gain that a diverged run has lost again."""

ABOVE_START: Final = 0.05
"""How far above its start, as a share of it, a run without any gain must end."""

SPIKE_SIGMAS: Final = 8.0
"""Height of a spike over the noise around it."""

SPIKE_SIZE: Final = 0.3
"""Height of a spike over the level around it, as a share."""


def nonfinite(at: Array, values: Array) -> Sign:
    """Find the first NaN or infinity.

    Args:
        at: share of the run, shape (points,).
        values: the loss as logged, shape (points,).
    """
    broken = np.flatnonzero(~np.isfinite(values))
    if not len(broken):
        return ABSENT
    kind = "NaN" if np.isnan(values[broken[0]]) else "infinite"
    return Sign(True, float(at[broken[0]]), 1.0, f"the loss is {kind} at {len(broken)} of {len(values)} points")


def divergence(curve: Curve) -> Sign:
    """Tell whether the loss ends far above its best: half the gain is lost again, or it ends above its start."""
    if len(curve) < 5:
        return too_short(5)
    first = start_level(curve)
    middle = smoothed(curve.values, 3 if len(curve) < 60 else window_for(len(curve)))
    lowest = int(np.argmin(middle))
    best, end = float(middle[lowest]), curve.level(0.95, 1.0)
    rise, gain = end - best, max(first - best, 0.0)
    doubt = curve.between(0.8, 1.0).noise / np.sqrt(max(3.0, 0.05 * len(curve)))
    if not rise > max(GIVEN_BACK * gain, ABOVE_START * abs(first), 4.0 * doubt):
        return ABSENT
    onset = lowest + int(np.argmax(middle[lowest:] > best + 0.25 * rise))
    says = f"the loss was down to {best:.3g} and ended at {end:.3g} (start: {first:.3g})"
    return Sign(True, float(curve.at[onset]), 1.0, says)


def spikes(curve: Curve) -> tuple[int | None, Sign]:
    """Count isolated jumps that come back, after the first tenth of the run; None below 100 points."""
    if len(curve) < 100:
        return None, too_short(100)
    positive = bool((curve.values > 0).all())
    values = np.log(curve.values) if positive else curve.values  # relative noise is even along a falling loss
    deviations = values - smoothed(values, max(11, window_for(len(values))))
    size = np.log1p(SPIKE_SIZE) if positive else SPIKE_SIZE * max(abs(curve.level(0.1, 1.0)), 1e-12)
    high = deviations > np.maximum(SPIKE_SIGMAS * _local_noise(deviations), size)
    high[: len(values) // 10] = False
    found = [run for run in _runs(high) if len(run) <= max(3, len(values) // 100)]
    if not found:
        return 0, ABSENT
    tallest = max((int(run[np.argmax(deviations[run])]) for run in found), key=lambda index: deviations[index])
    says = f"{len(found)} isolated, the tallest {curve.values[tallest]:.3g} at {curve.at[tallest]:.0%} of the run"
    return len(found), Sign(True, float(curve.at[found[0][0]]), float(curve.at[found[-1][-1]]), says)


def start_level(curve: Curve) -> float:
    """Return the loss at the start: the first point, unless it is unusually high."""
    return min(float(curve.values[0]), curve.level(0.0, 0.01))


def _local_noise(deviations: Array) -> Array:
    """Return the spread around each point, for noise that changes along the run."""
    parts = np.array_split(deviations, max(1, min(10, len(deviations) // 25)))
    return np.concatenate([np.full(len(part), spread(part)) for part in parts])


def _runs(mask: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Return the runs of neighbouring true positions; a gap of one point does not end a run."""
    positions = np.flatnonzero(mask)
    return np.split(positions, np.flatnonzero(np.diff(positions) > 2) + 1) if len(positions) else []
