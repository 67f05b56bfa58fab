"""Rows or columns of a log to series: what is a gap, what is a NaN of the run, and where each value was logged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from advisor.diagnosis.columns import role_of
from advisor.diagnosis.history import Array, Series, Unit

Cell = float | None
"""A value; None: not logged in this row."""

_LOSSES: Final = frozenset({"loss", "validation_loss"})
_GAPS: Final = frozenset({"", "none", "null", "na", "n/a", "-"})


def cell(value: Any) -> Cell:
    """Return a logged value as a number; None for gaps and for what is no number.

    >>> cell("0.5"), cell("nan"), cell(""), cell("tensor(2.5)"), cell(True), cell([1.0])
    (0.5, nan, None, 2.5, None, None)
    """
    if value is None or isinstance(value, bool | list | dict | tuple):
        return None
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in _GAPS:
            return None
        value = text.removeprefix("tensor(").partition(",")[0].removesuffix(")") if text.startswith("tensor(") else text
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Cell]]:
    """Turn rows into columns of equal length."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {str(name): [cell(row.get(name)) for row in rows] for name in names}


def series_of(columns: Mapping[str, Sequence[Cell]], *, ambiguous: bool = False) -> tuple[list[Series], Unit]:
    """Turn columns into series with positions.

    Positions are the step column's, else the epoch column's, else row numbers. Columns of other lengths than the
    longest (losses per step beside losses per epoch) are spread evenly over the run. Where a log falls back to an
    earlier step, as after resuming from a checkpoint, what was logged last counts.

    Args:
        columns: values by name.
        ambiguous: NaN may stand for a gap, as in a data frame; then it counts as the run's own only in a column that is
            complete until it turns NaN for good.
    """
    if ambiguous:
        columns = {name: _without_gaps(column, columns) for name, column in columns.items()}
    rows = max((len(column) for column in columns.values()), default=0)
    unit, at = _positions(columns, rows)
    found = []
    for name, column in columns.items():
        own = at if len(column) == rows else np.linspace(0.0, at[-1], len(column) + 1)[1:] if column else at[:0]
        kept = [index for index, value in enumerate(column) if value is not None]
        values = np.array([column[index] for index in kept], dtype=np.float64)
        found.append(in_order(name, own[kept], values))
    return found, unit


def in_order(name: str, at: Array, values: Array) -> Series:
    """Return a series in the order of positions; of several values at one place in a log that jumps back, the last."""
    if len(at) > 1 and (np.diff(at) < 0).any():
        last = {float(position): index for index, position in enumerate(at)}
        order = np.array([last[position] for position in sorted(last)])
        at, values = at[order], values[order]
    return Series(name, at, values)


def epochs_in(series: Sequence[Series]) -> float | None:
    """Return how many passes the log covers: whole epochs are counted from 0 or 1, fractions say it themselves."""
    found = max((item for item in series if role_of(item.name) == "epoch"), key=len, default=None)
    if found is None or not len(found):
        return None
    values = found.values[np.isfinite(found.values)]
    if not len(values) or (values.max() <= 0 and values.min() < 0):
        return None
    counted_from_0 = values.min() == 0 and (values == np.round(values)).all()
    return float(values.max()) + (1.0 if counted_from_0 else 0.0) or None


def _positions(columns: Mapping[str, Sequence[Cell]], rows: int) -> tuple[Unit, Array]:
    for role in ("step", "epoch"):
        for name, column in columns.items():
            if role_of(name) == role and len(column) == rows:
                values = np.array([math.nan if value is None else value for value in column])
                known = np.flatnonzero(np.isfinite(values))
                if len(np.unique(values[known])) >= 2:
                    at = np.interp(np.arange(rows), known, values[known])
                    return ("step" if role == "step" else _epoch_or_row(at)), at
    return "row", np.arange(1.0, rows + 1.0)


def _epoch_or_row(at: Array) -> Unit:
    """Rows are epochs only when there is about one row for each; several rows per epoch hold single batches."""
    return "epoch" if len(at) <= 2.5 * len(np.unique(at)) else "row"


def _without_gaps(column: Sequence[Cell], columns: Mapping[str, Sequence[Cell]]) -> Sequence[Cell]:
    broken = [value is not None and math.isnan(value) for value in column]
    if not any(broken):
        return column
    first = broken.index(True)
    others = [
        other
        for name, other in columns.items()
        if other is not column and len(other) == len(column) and role_of(name) not in {"step", "epoch"}
    ]
    is_loss = any(other is column and role_of(name) in _LOSSES for name, other in columns.items())
    for_good = all(broken[first:]) and not any(
        value is not None and math.isfinite(value) for other in others for value in other[first:]
    )
    if is_loss and for_good:  # a learning rate cannot turn NaN
        return column
    return [None if gap else value for gap, value in zip(broken, column, strict=True)]
