"""Rates compared on the same held-out samples or batches: the error of their distance, and whether a few decide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from advisor.results import Remark, remark
from advisor.verification.point import Point

MIN_BATCHES = 8
"""Samples or batches over all seeds from which on their spread says something. Judgement: its own relative error is
then about a quarter."""
FEW_ROWS = 0.02
"""Share of the held-out rows that count as a few. Judgement: two of a hundred."""
LEAST_ROWS = 50
"""Held-out rows from which a few of them may decide. By definition of ``FEW_ROWS``: one of them then does."""
SHOWN = 6
"""Row numbers that are named. Judgement: a line."""
FEW = 0.05
"""Share of the batches that count as a few; at least one. Judgement: a twentieth, so that most held-out sets have one
batch or more of them."""
MOST = 0.5
"""Share of the loss that a few batches may carry before the report says so. Judgement: from half on, the comparison is
one of those batches."""

Array = NDArray[np.float64]


def paired_variances(points: Sequence[Point], reference: int) -> Array:
    """Return the variance of each rate's distance from a reference rate, by what held-out samples make of it.

    What one does to all rates alike, such as a row that no model predicts, moves no rate ahead of another.

    Args:
        points: trials, all with the same seeds.
        reference: position of the rate that the others are compared with.

    Returns:
        In squared units of the loss, shape (rates,); NaN where fewer than ``MIN_BATCHES`` are known of both, and at
        the reference.
    """
    found = np.full(len(points), np.nan)
    own = points[reference].held_out
    for place, point in enumerate(points):
        pairs = [
            np.subtract(losses, others)
            for losses, others in zip(point.held_out, own, strict=False)
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
    losses = np.concatenate([np.asarray(one) for one in point.held_out if one] or [np.empty(0)])
    if len(losses) < MIN_BATCHES or float(losses.min()) < 0 or not float(losses.sum()) > 0:
        return None
    count = max(1, round(FEW * len(losses)))
    share = float(np.sort(losses)[-count:].sum() / losses.sum())
    if share < MOST:
        return None
    return remark("few_batches_decide", share=share, count=count, batches=len(losses))


def rows_that_decide(
    points: Sequence[Point], nearest: Point, rows: Sequence[Sequence[int] | None], *, counted_from: int | None
) -> tuple[Remark, ...]:
    """Return remarks where at most ``FEW_ROWS`` of the held-out rows carry most of the loss; none where they do not.

    Args:
        points: trials, all with the same seeds.
        nearest: that of them which stands for the decision.
        rows: number of each held-out row, one sequence per seed, in the order of ``Point.held_out``; None: not known.
        counted_from: what the first row is called; None: numbers are not known.
    """
    losses = _losses_by_row(nearest, rows)
    total = sum(losses.values())
    if len(losses) < LEAST_ROWS or min(losses.values()) < 0 or not 0 < total < math.inf:
        return ()
    heaviest = sorted(losses, key=losses.__getitem__, reverse=True)[: int(FEW_ROWS * len(losses))]
    carried = np.cumsum([losses[row] for row in heaviest])
    if carried[-1] <= MOST * total:
        return ()
    count = int(np.argmax(carried > MOST * total)) + 1
    few = heaviest[:count]
    told: dict[str, float | str] = {"share": float(carried[count - 1] / total), "count": count, "rows": len(losses)}
    if counted_from is None or None in rows:
        said = remark("few_held_out_rows_decide", **told)
    else:
        numbers = ", ".join(str(number) for _, number in sorted(few, key=lambda row: row[1])[:SHOWN])
        names = numbers + (", …" if count > SHOWN else "")
        said = remark("few_rows_decide", names=names, first=counted_from, **told)
    other = _lowest_without(points, rows, set(few))
    whole = _lowest_without(points, rows, set())
    if other is None or whole is None or other == whole:
        return (said,)
    return said, remark("lowest_without_few_rows", rate=math.exp(whole), other=math.exp(other))


Row = tuple[int, int]
"""Part of the data and number of a row in it; the part is 0 where numbers are those of the whole."""


def _losses_by_row(point: Point, rows: Sequence[Sequence[int] | None]) -> dict[Row, float]:
    """Return the mean loss of each held-out row over the seeds that held it out."""
    found: dict[Row, list[float]] = {}
    for seed, (losses, numbers) in enumerate(zip(point.held_out, rows, strict=False)):
        named = zip(repeat(seed), range(len(losses))) if numbers is None else zip(repeat(0), numbers)
        for row, loss in zip(named, losses, strict=False):
            found.setdefault(row, []).append(loss)
    return {row: sum(own) / len(own) for row, own in found.items()}


def _lowest_without(points: Sequence[Point], rows: Sequence[Sequence[int] | None], left_out: set[Row]) -> float | None:
    """Return the log rate with the lowest mean loss over the other rows; None where no rate has all seeds."""
    means = {}
    for point in points:
        if point.mean is None or point.stopped or not all(point.held_out):
            continue
        kept = [loss for row, loss in _losses_by_row(point, rows).items() if row not in left_out]
        means[point.log_rate] = sum(kept) / max(1, len(kept))
    return min(means, key=means.__getitem__, default=None)
