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
    """Return the finding of a loss that falls from well above 0 to exactly 0 and stays there."""
    watched = history.watched
    finite = watched.values[np.isfinite(watched.values)]
    nonzero = np.flatnonzero(watched.values != 0.0)
    first = int(nonzero[-1]) + 1 if len(nonzero) else 0
    count = len(watched) - first
    if count < LEAST_ZEROS or not len(finite):
        return None
    before = watched.values[max(0, first - 3) : first]
    if first and not (np.isfinite(before).all() and np.abs(before).min() >= LEAST_BEFORE_ZERO):
        return None
    if first and np.abs(before).min() < SHARE_BEFORE_ZERO * np.abs(finite).max():
        return None
    start = float(history.shares(watched.at)[first])
    return present("zeros_for_nan", start, zeros=count, points=len(watched))


def _in_columns(history: History) -> list[Finding]:
    found = []
    for series in (history.validation_loss, history.gradient_norm, *history.others):
        if series is None or series is history.watched or not len(series):
            continue
        finite = np.isfinite(series.values)
        is_loss = loss_part(series.name) is not None or series is history.validation_loss
        measured = is_loss or series is history.gradient_norm
        if finite.all() or (not finite.any() and not measured):
            continue  # a column that is NaN from the first row on was never measured
        tail = len(finite) - 1 - int(np.flatnonzero(finite)[-1]) if finite.any() else len(finite)
        if is_loss or tail >= LEAST_AT_THE_END or (~finite).mean() >= MANY:
            found.append(_broken(history, series, series.name))
    return found


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
