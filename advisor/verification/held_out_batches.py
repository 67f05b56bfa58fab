"""Rates compared on the same held-out batches: the error of their distance, and whether a few batches decide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from advisor.results import Remark, remark
from advisor.verification.point import Point

MIN_BATCHES = 8
"""Batches over all seeds from which on their spread says something. Judgement: its own relative error is then about a
quarter."""
FEW = 0.05
"""Share of the batches that count as a few; at least one. Judgement: a twentieth, so that most held-out sets have one
batch or more of them."""
MOST = 0.5
"""Share of the loss that a few batches may carry before the report says so. Judgement: from half on, the comparison is
one of those batches."""

Array = NDArray[np.float64]


def paired_variances(points: Sequence[Point], reference: int) -> Array:
    """Return the variance of each rate's distance from a reference rate, by what held-out batches make of it.

    What a batch does to all rates alike, such as a row that no model predicts, moves no rate ahead of another.

    Args:
        points: trials, all with the same seeds.
        reference: position of the rate that the others are compared with.

    Returns:
        In squared units of the loss, shape (rates,); NaN where fewer than ``MIN_BATCHES`` batches are known of both,
        and at the reference.
    """
    found = np.full(len(points), np.nan)
    own = points[reference].by_batch
    for place, point in enumerate(points):
        pairs = [
            np.subtract(losses, others)
            for losses, others in zip(point.by_batch, own, strict=False)
            if losses and len(losses) == len(others)
        ]
        if place == reference or not pairs or sum(map(len, pairs)) < MIN_BATCHES:
            continue
        variances = [float(np.var(one, ddof=1)) / len(one) for one in pairs if len(one) > 1]
        if variances:
            found[place] = sum(variances) / len(variances) / len(pairs)
    return found


def concentration(point: Point) -> Remark | None:
    """Return a remark when a few held-out batches carry most of the loss at a rate; None when they do not."""
    losses = np.concatenate([np.asarray(one) for one in point.by_batch if one] or [np.empty(0)])
    if len(losses) < MIN_BATCHES or float(losses.min()) < 0 or not float(losses.sum()) > 0:
        return None
    count = max(1, round(FEW * len(losses)))
    share = float(np.sort(losses)[-count:].sum() / losses.sum())
    if share < MOST:
        return None
    return remark("few_batches_decide", share=share, count=count, batches=len(losses))
