"""What a range test's curve says, in log rate; every estimator may answer "cannot tell" (None)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.probing.smoothing import Smoothed, smooth_curve
from advisor.results import Remark, remark

MIN_POINTS = 20
"""Judgement: about two decades at the fewest points per decade; a shorter curve has no shape to read."""
MIN_DROP = 0.05
"""A curve that falls by less than this share of its start is flat. Judgement: that of a trained model hardly falls."""
MIN_SIGNAL = 5.0
"""Standard errors by which the curve must fall. Judgement: noise on a curve of some hundred points does not reach that
by chance."""
AGREEMENT = 10.0
"""Estimators that imply rates further apart than this factor do not agree. Judgement: an answer less exact than a
decade helps nobody."""
MIN_AGREEING = 3
"""Judgement: a majority of the estimators."""
NEAR_MINIMUM = 0.01
"""Share of the drop within which the loss counts as lowest. Judgement: of a flat bottom, the first such rate says
most."""
CAPS = {"minimum": 1.0 / 3.0, "edge": 1.0 / 5.0}
"""The suggestion never passes these shares of an estimate. Judgement: both are rates at which training no longer
improves."""

DECAYING = {"minimum": 1.0 / 8.0, "steepest": 0.3, "drop_start": 1.0, "valley": 0.5}
"""Estimator → best peak of a decaying schedule over the estimate: between the pilot's and the medians of
``python -m benchmarks.range_test``, rounded."""
CONSTANT = {"minimum": 0.35 / 8.0, "steepest": 0.2, "drop_start": 0.5, "valley": 0.25}
"""Estimator → best constant rate over the estimate, likewise; SEED-8: start of the drop × 0.5."""
NAMES = ("minimum", "steepest", "drop_start", "valley", "edge")

Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything read off one curve.

    Attributes:
        smoothed: the curve without spikes and noise, explosions clipped, shape (finite points,).
        estimates: name → learning rate, or None: cannot tell. ``minimum``: where the loss is lowest. ``steepest``: the
            middle of the shortest stretch that holds half of the drop. ``drop_start``: where the line through that
            stretch leaves the starting level. ``valley``: the middle of the descent from 90 % to 10 % of the drop.
            ``edge``: the last rate before the loss is back at its start or not finite.
        suggestion: median of what the estimators imply, in log rate; None when the curve is not usable.
        spread: largest over smallest rate implied, disagreeing ones included; None when there was nothing to compare.
        usable: the curve has a clear descent, an end to it, and estimators that agree.
        reason: what the curve shows, or why it shows nothing.
    """

    smoothed: Curve
    estimates: dict[str, float | None]
    suggestion: float | None
    spread: float | None
    usable: bool
    reason: Remark


def read_curve(rates: Curve, losses: Curve, *, diverged: bool = False, decays: bool = True) -> Reading:
    """Read a range test.

    Args:
        rates: learning rates, rising geometrically, shape (points,).
        losses: raw training loss at each, shape (points,); cut at the first value that is not finite.
        diverged: the loss exploded at the end of the curve.
        decays: the suggestion is for the peak of a decaying schedule; otherwise for a constant rate.

    Returns:
        Estimates and suggestion. Noise, flat curves and curves that never rise again give none, never the sweep's edge.

    Source:
        pilot, range-test comparison (24 cells): the rate at the lowest smoothed loss over 8 lies within ×3 of the best
        peak most often, and a constant rate wants about a third of that. The other shares lie between the pilot's and
        the medians over calibration tasks (``benchmarks/range_test.py``), rounded. The founding rule "start of the
        steep drop × 0.5" (SEED-8) holds for constant rates when the start is where the steep part's line leaves the
        starting level, not where the loss first moves.
    """
    finite = np.isfinite(losses)
    stop = len(losses) if finite.all() else int(np.argmin(finite))
    diverged = diverged or stop < len(losses)
    rates, losses = rates[:stop], losses[:stop]
    if stop < MIN_POINTS:
        return cannot_tell(losses, remark("range_test_short", points=stop, needed=MIN_POINTS))
    found = smooth_curve(losses)
    smoothed = found.curve
    lowest = int(np.argmin(smoothed))
    drop = found.start - float(smoothed[lowest])
    error = found.error_at(lowest)
    if drop < MIN_SIGNAL * error:
        return cannot_tell(smoothed, remark("range_test_noisy", drop=drop, noise=error))
    if drop <= MIN_DROP * abs(found.start):
        return cannot_tell(smoothed, remark("range_test_flat", drop=max(drop, 0.0), start=found.start))
    edge = _edge(smoothed, lowest, found.start, diverged)
    if edge is None and float(smoothed[lowest:].max()) < smoothed[lowest] + 0.5 * drop:
        return cannot_tell(smoothed, remark("range_test_unbounded"))
    return _agree(rates, found, lowest, edge, decays=decays)


def cannot_tell(curve: Curve, reason: Remark) -> Reading:
    """Return the reading of a curve that cannot be used."""
    return Reading(curve, dict.fromkeys(NAMES), None, None, usable=False, reason=reason)


def _edge(smoothed: Curve, lowest: int, start: float, diverged: bool) -> int | None:
    """Return the last point before the loss is back at its start; the last point of all when it just exploded."""
    back = np.nonzero(smoothed[lowest:] >= start)[0]
    if len(back):
        return lowest + max(0, int(back[0]) - 1)
    return len(smoothed) - 1 if diverged else None


def _agree(rates: Curve, found: Smoothed, lowest: int, edge: int | None, *, decays: bool) -> Reading:
    """Turn each estimate into the rate it implies, and see whether they mean the same."""
    estimates = _descent(rates, found, lowest)
    estimates["edge"] = float(rates[edge]) if edge is not None else None
    factors = DECAYING if decays else CONSTANT
    implied = {name: math.log(rate * factor) for name, factor in factors.items() if (rate := estimates[name])}
    spread = math.exp(max(implied.values()) - min(implied.values()))
    ordered = {name: estimates[name] for name in NAMES}
    agreeing = _largest_group(sorted(implied.values()), math.log(AGREEMENT))
    if len(agreeing) < MIN_AGREEING:
        reason = remark("range_test_disagrees", spread=spread)
        return Reading(found.curve, ordered, None, spread, usable=False, reason=reason)
    caps = [rate * share for name, share in CAPS.items() if (rate := estimates[name])]
    suggestion = min(math.exp(float(np.median(list(implied.values())))), *caps)
    within = math.exp(agreeing[-1] - agreeing[0])
    reason = remark("range_test_agrees", agreeing=len(agreeing), estimators=len(implied), within=within)
    return Reading(found.curve, ordered, suggestion, spread, usable=True, reason=reason)


def _largest_group(values: list[float], width: float) -> list[float]:
    """Return the most of some sorted values that lie within ``width``; of equally many, the closest together."""
    groups = [[v for v in values[start:] if v - first <= width] for start, first in enumerate(values)]
    return max(groups, key=lambda group: (len(group), group[0] - group[-1]))


def _descent(rates: Curve, found: Smoothed, lowest: int) -> dict[str, float | None]:
    """Return the estimates that describe how the loss falls from its start to its lowest point."""
    from scipy.optimize import isotonic_regression

    log_rates = np.log(rates[: lowest + 1])
    falling = isotonic_regression(found.curve[: lowest + 1], increasing=False).x
    share = (found.start - falling) / (found.start - found.curve[lowest])
    share = np.clip(share, 0.0, 1.0).round(12)  # so that sums in another order leave the start at the same rate
    begin, end = _steepest_half(log_rates, share)
    middle = (begin + end) / 2.0
    level = float(np.interp(middle, log_rates, share))
    slope = 0.5 / max(end - begin, 1e-9)
    near = max(NEAR_MINIMUM, found.error_at(lowest) / (found.start - float(found.curve[lowest])))
    reached = int(np.argmax(share >= 1.0 - near))
    ten, ninety = _crossing(log_rates, share, 0.1), _crossing(log_rates, share, 0.9)
    return {
        "minimum": float(rates[reached]),
        "steepest": math.exp(middle),
        "drop_start": math.exp(max(middle - level / slope, float(log_rates[0]))),
        "valley": math.exp((ten + ninety) / 2.0),
    }


def _steepest_half(log_rates: Curve, share: Curve) -> tuple[float, float]:
    """Return the ends of the shortest stretch over which half of the drop happens."""
    levels = np.linspace(0.0, 0.5, 26)
    begins = [_crossing(log_rates, share, level) for level in levels]
    ends = [_crossing(log_rates, share, level + 0.5) for level in levels]
    lengths = np.array(ends) - np.array(begins)
    best = int(np.argmin(lengths))
    return begins[best], ends[best]


def _crossing(log_rates: Curve, share: Curve, level: float) -> float:
    """Return the log rate at which a rising curve first passes a level; for 0, where it leaves it."""
    after = int(np.argmax(share > level)) if level < 1.0 else int(np.argmax(share >= level))
    if after == 0:
        return float(log_rates[0])
    low, high = share[after - 1], share[after]
    part = (level - low) / (high - low) if high > low else 0.0
    return float(log_rates[after - 1] + part * (log_rates[after] - log_rates[after - 1]))
