"""What the learning rate and the gradient norm did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.diagnosis.curve import HUGE
from advisor.diagnosis.history import Array, Series


@dataclass(frozen=True, slots=True)
class Rates:
    """The schedule as logged.

    Attributes:
        peak: highest learning rate.
        last: the one in use at the end.
        warmup: share of the run before the peak; 0 when it starts there.
    """

    peak: float
    last: float
    warmup: float


@dataclass(frozen=True, slots=True)
class Gradients:
    """The gradient norm over the run.

    Attributes:
        high: 90th percentile.
        growth: median of the last tenth over that of the first; None below 20 points.
    """

    high: float
    growth: float | None


def rates_of(series: Series, shares: Array) -> Rates | None:
    """Describe the schedule; None when no positive rate was logged.

    Args:
        series: learning rates, finite.
        shares: where in the run each was logged, shape (points,).
    """
    peak = float(series.values.max(initial=0.0))
    if peak <= 0:
        return None
    reached = int(np.argmax(series.values >= 0.99 * peak))
    rises = series.values[0] < 0.9 * peak
    warmup = float(shares[reached]) if rises else 0.0
    return Rates(peak, float(max(series.values[-1], 0.0)), warmup)


def with_first_epoch(rates: Rates, series: Series, shares: Array) -> Rates:
    """Return the schedule of a log by epochs whose first row stands at the end of the first epoch.

    It does where the rate has risen by a whole step there already: Ultralytics logs a third of the peak after the first
    of three epochs of warm-up.
    """
    reached = int(np.argmax(series.values >= 0.99 * rates.peak))
    step = (rates.peak - float(series.values[0])) / max(reached, 1)
    if rates.warmup <= 0.0 or float(series.values[0]) < 0.5 * step:
        return rates
    unseen = float(np.median(np.diff(shares)))
    return Rates(rates.peak, rates.last, (rates.warmup + unseen) / (1.0 + unseen))


def gradients_of(series: Series) -> Gradients | None:
    """Describe the gradient norm; None without a positive value."""
    values = series.values
    if values.max(initial=0.0) <= 0:
        return None
    growth = None
    if len(values) >= 20:
        tenth = max(3, len(values) // 10)
        early, late = float(np.median(values[:tenth])), float(np.median(values[-tenth:]))
        growth = min(late / early, HUGE) if early > 0 else None
    return Gradients(float(np.quantile(values, 0.9)), growth)


def rate_time(series: Series, at: Array) -> Array | None:
    """Return the sum of learning rates up to each position as a share of the whole; None when it says nothing.

    Args:
        series: learning rates, finite.
        at: positions in the history's unit, shape (points,).
    """
    if len(series) < 3 or len(at) < 2 or at[-1] <= at[0]:
        return None
    peak = float(series.values.max())
    if peak <= 0:
        return None
    rates = np.interp(at, series.at, np.maximum(series.values, 0.0) / peak)
    steps = np.diff(at) * (rates[1:] + rates[:-1]) / 2.0
    total = float(steps.sum())
    return np.concatenate([[0.0], np.cumsum(steps)]) / total if total > 0 else None
