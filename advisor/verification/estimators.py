"""What a range test's curve says, in log rate; each estimator may answer "cannot tell" (None)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SMOOTHING = 0.9
EDGE_POINTS = 5
MIN_POINTS = 20
MIN_DROP = 0.05
MIN_SIGNAL = 4.0
MINIMUM_DIVISOR = 8.0
AGREEMENT = 10.0
CONSTANT_SHARE = 0.35

Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything read off one curve.

    Attributes:
        smoothed: the curve after a debiased exponential average.
        estimates: name → learning rate, or None: cannot tell.
        suggestion: geometric mean of what agrees; None when the curve is not usable.
        spread: largest over smallest of the agreeing suggestions; None when not usable.
        usable: the curve has a clear descent, an end to it, and estimators that agree.
        reason: in a sentence.
    """

    smoothed: Curve
    estimates: dict[str, float | None]
    suggestion: float | None
    spread: float | None
    usable: bool
    reason: str


def smooth(losses: Curve, beta: float = SMOOTHING) -> Curve:
    """Return the exponential average, divided by its weight so that the start is not pulled to zero."""
    averaged, weight, out = 0.0, 0.0, np.empty_like(losses)
    for index, loss in enumerate(losses):
        averaged = beta * averaged + (1.0 - beta) * loss
        weight = beta * weight + (1.0 - beta)
        out[index] = averaged / weight
    return out


def read_curve(rates: Curve, losses: Curve, *, diverged: bool, decays: bool = True) -> Reading:
    """Read a range test.

    Args:
        rates: learning rates, rising, shape (points,).
        losses: raw training loss at each, shape (points,); cut at the first value that is not finite.
        diverged: the loss exploded before the sweep ended.
        decays: the suggestion is for the peak of a decaying schedule; otherwise for a constant rate.

    Returns:
        Estimates and suggestion. Noise, flat curves and curves that only fall give no suggestion, never the sweep's edge.

    Source:
        pilot, range-test comparison: the rate at the lowest smoothed loss over 8 lies within ×3 of the best peak most
        often; a constant rate wants about a third of that. founding SEED-8 for the start of the drop.
    """
    finite = np.isfinite(losses)
    stop = len(losses) if finite.all() else int(np.argmin(finite))
    rates, losses = rates[:stop], losses[:stop]
    if len(losses) < MIN_POINTS:
        return _cannot_tell(smooth(losses), f"only {len(losses)} points before the loss stopped being finite")
    smoothed = smooth(losses)
    noise = float(np.std(np.diff(losses[: max(10, len(losses) // 4)])) / math.sqrt(2.0)) * math.sqrt(
        (1.0 - SMOOTHING) / (1.0 + SMOOTHING)
    )
    start = float(np.mean(losses[:EDGE_POINTS]))
    lowest = EDGE_POINTS + int(np.argmin(smoothed[EDGE_POINTS:]))
    drop = start - float(smoothed[lowest])
    if drop < max(MIN_DROP * abs(start), MIN_SIGNAL * noise):
        return _cannot_tell(smoothed, f"the loss fell by {max(drop, 0.0):.3g} from {start:.3g}: too little to read")
    if lowest >= len(losses) - 2 and not diverged:
        return _cannot_tell(smoothed, "the loss was still falling when the sweep ended")
    estimates = _estimates(rates, smoothed, lowest, start, drop)
    return _agree(smoothed, estimates, decays)


def _estimates(rates: Curve, smoothed: Curve, lowest: int, start: float, drop: float) -> dict[str, float | None]:
    log_rates = np.log(rates)
    slope = np.gradient(smoothed[: lowest + 1], log_rates[: lowest + 1])
    steepest = int(np.argmin(slope)) if lowest >= 2 else None
    begun = np.nonzero(smoothed[: lowest + 1] < start - 0.1 * drop)[0]
    halfway = np.nonzero(smoothed[: lowest + 1] < start - 0.5 * drop)[0]
    exploded = np.nonzero(smoothed[lowest:] > smoothed[lowest] + drop)[0]
    return {
        "minimum": float(rates[lowest]),
        "steepest": float(rates[steepest]) if steepest is not None else None,
        "drop_start": float(rates[begun[0]]) if len(begun) else None,
        "valley": float(rates[halfway[0]]) if len(halfway) else None,
        "edge": float(rates[lowest + exploded[0]]) if len(exploded) else None,
    }


def _agree(smoothed: Curve, estimates: dict[str, float | None], decays: bool) -> Reading:
    """Turn each estimate into the peak it implies, and see whether they mean the same."""
    implied = {
        "minimum": (estimates["minimum"], 1.0 / MINIMUM_DIVISOR),
        "steepest": (estimates["steepest"], 0.5),
        "valley": (estimates["valley"], 0.5),
        "edge": (estimates["edge"], 1.0 / 15.0),
    }
    peaks = [rate * factor for rate, factor in implied.values() if rate is not None]
    spread = max(peaks) / min(peaks)
    if spread > AGREEMENT:
        text = f"the estimators disagree by a factor of {spread:.0f}"
        return Reading(smoothed, estimates, None, None, usable=False, reason=text)
    suggestion = float(np.exp(np.median(np.log(peaks)))) * (1.0 if decays else CONSTANT_SHARE)
    text = f"a clear descent, and {len(peaks)} estimators within a factor of {spread:.1f}"
    return Reading(smoothed, estimates, suggestion, spread, usable=True, reason=text)


def _cannot_tell(smoothed: Curve, reason: str) -> Reading:
    names = ("minimum", "steepest", "drop_start", "valley", "edge")
    return Reading(smoothed, dict.fromkeys(names), None, None, usable=False, reason=f"Cannot tell: {reason}.")
