"""Did the numbers break? NaN and infinity in any column, and the zeros that stand for them.

The Trainer of transformers leaves NaN losses out of its mean and writes 0.0 where nothing is left
(``logging_nan_inf_filter`` of ``TrainingArguments``): such a run is broken although its log holds no NaN.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from advisor.diagnosis.columns import loss_part
from advisor.diagnosis.finding import ABSENT, Finding, present
from advisor.diagnosis.history import Array, History, Series

LEAST_ZEROS: Final = 3
"""Exact zeros at the end of a log from which on they count. Judgement: so many are no chance."""

LEAST_BEFORE_ZERO: Final = 1e-3
"""A loss that falls from this height to exactly 0 within a row did not converge. Judgement: logs round to 1e-4 at the
coarsest."""

SHARE_BEFORE_ZERO: Final = 0.05
"""The same as a share of its highest level. Judgement: hinge and triplet losses reach 0 from just above it."""

LEAST_AT_THE_END: Final = 2
"""Broken values at the end of a column, other than a loss, from which on it is broken for good. Judgement: one may be
chance."""

MANY: Final = 0.2
"""Share of broken values from which on they count although finite ones follow. Judgement: loss scalers make single
ones."""


CLEAR_FALL: Final = 3.0
"""Median changes from row to row that a fall must exceed. Judgement: chance moves the median of a third by less."""


def nonfinite(history: History, *, zeros_are_possible: bool) -> tuple[Finding, bool]:
    """Find NaN, infinity or filtered NaN; return also whether the numbers were sound again for good.

    Args:
        history: the log.
        zeros_are_possible: the loss can be exactly 0 in a sound run, as that of GRPO is.
    """
    for finding in (_in_loss(history), None if zeros_are_possible else _zeros(history), *_in_columns(history)):
        if finding is not None:
            return finding, finding.end < 1.0
    return ABSENT, False


def recovered(values: Array) -> bool:
    """Return whether values were finite again for good after single broken ones: weights that are NaN stay so.

    Args:
        values: as logged, shape (points,).
    """
    broken = np.flatnonzero(~np.isfinite(values))
    if not len(broken):
        return False
    after = len(values) - 1 - int(broken[-1])
    return after >= max(3, len(broken))


def _in_loss(history: History) -> Finding | None:
    watched = history.watched
    return _broken(history, watched, "") if not np.isfinite(watched.values).all() else None


def _zeros(history: History) -> Finding | None:
    """Return the finding of a loss that falls from well above 0 to exactly 0, for good or for a while."""
    watched = history.watched
    finite = watched.values[np.isfinite(watched.values)]
    if not len(finite) or not (watched.values == 0.0).any():
        return None
    least = max(LEAST_BEFORE_ZERO, SHARE_BEFORE_ZERO * float(np.abs(finite).max()))
    edges = np.diff(np.concatenate([[0], (watched.values == 0.0).astype(np.int8), [0]]))
    stretches = list(zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True))
    shares = history.shares(watched.at)

    def is_high(values: Array) -> bool:
        return bool(np.isfinite(values).all() and (np.abs(values) >= least).all())

    first, end = (int(place) for place in stretches[-1])
    if end == len(watched) and end - first >= LEAST_ZEROS and is_high(watched.values[max(0, first - 3) : first]):
        return present("zeros_for_nan", float(shares[first]), zeros=end - first, points=len(watched))
    inner = [(first, end) for first, end in stretches if first > 0 and end < len(watched)]
    if not all(is_high(watched.values[[first - 1, end]]) for first, end in inner):
        return None  # a loss that reaches 0 now and then, as a hinge does
    count = sum(int(end - first) for first, end in inner)
    if not any(end - first >= LEAST_ZEROS for first, end in inner) or count > len(watched) // 2:
        return None
    last = min(float(shares[inner[-1][1] - 1]), 1.0 - 1e-9)
    return present("zeros_in_between", float(shares[inner[0][0]]), last, zeros=count, points=len(watched))


def _in_columns(history: History) -> list[Finding]:
    found = []
    for series in (history.validation_loss, history.gradient_norm, *history.others):
        if series is None or series is history.watched or not len(series):
            continue
        finite = np.isfinite(series.values)
        is_loss = loss_part(series.name) is not None or series is history.validation_loss
        measured = is_loss or (series is history.gradient_norm and not _fell(history.watched))
        if finite.all() or (not finite.any() and not measured):
            continue  # a column that is NaN from the first row on was never measured; no net learns from NaN
        tail = len(finite) - 1 - int(np.flatnonzero(finite)[-1]) if finite.any() else len(finite)
        if is_loss or tail >= LEAST_AT_THE_END or (~finite).mean() >= MANY:
            found.append(_broken(history, series, series.name))
    return found


def _fell(series: Series) -> bool:
    """Return whether a loss is clearly lower at the end than at the beginning, and finite throughout."""
    if not np.isfinite(series.values).all():
        return False
    third = max(len(series) // 3, 1)
    scatter = float(np.median(np.abs(np.diff(series.values)))) if len(series) > 1 else 0.0
    fall = float(np.median(series.values[:third]) - np.median(series.values[-third:]))
    return fall > CLEAR_FALL * scatter


def _broken(history: History, series: Series, column: str) -> Finding:
    broken = np.flatnonzero(~np.isfinite(series.values))
    shares = history.shares(series.at)
    is_nan = bool(np.isnan(series.values[broken[0]]))
    counts = {"broken": len(broken), "points": len(series)}
    if recovered(series.values):
        code = "nan_recovered" if is_nan else "infinite_recovered"
        end = min(float(shares[broken[-1]]), 1.0 - 1e-9)
        return present(code, float(shares[broken[0]]), end, column=column, **counts)  # type: ignore[arg-type]
    return present("nan" if is_nan else "infinite", float(shares[broken[0]]), column=column, **counts)
