"""Observations of trials with losses and errors that a test chooses."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from advisor.verification.observations import Observations


def seen_of(losses: Mapping[float, float | None], *, noise: float, unit: float | None = None) -> Observations:
    """Return what trials show.

    Args:
        losses: rate → mean loss; None: diverged. One at least is finite.
        noise: standard error of every log loss.
        unit: of the scale; None: the lowest loss.
    """
    rates = sorted(losses)
    means = np.array([math.nan if losses[rate] is None else losses[rate] for rate in rates], dtype=float)
    least = float(np.nanmin(means))
    scale = least if unit is None else unit
    diverged = np.isnan(means)
    y = np.where(diverged, 3.0, np.log1p(np.nan_to_num(means - least) / scale))
    return Observations(
        x=np.log(np.array(rates)),
        y=y,
        variance=np.full(len(rates), noise**2),
        diverged=diverged,
        stopped=np.zeros(len(rates), dtype=bool),
        lowest=int(np.nanargmin(means)),
        loss=least,
        unit=scale,
        reach=float(np.nanmax(means)) - least,
    )
