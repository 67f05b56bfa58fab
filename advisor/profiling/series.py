"""Rows in the order of time: a series, how regular it is, and how far its target drifts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from advisor.facts import ColumnFacts
from advisor.facts.names import Task, TimeOrder
from advisor.profiling.encoding.arrow import coded, days_of, numbers
from advisor.statistics.arrays import Floats

LEAST_ROWS = 30
"""Judgement: fewer rows may be in order by chance or by a sorted export."""
LEAST_DIFFERENT = 0.9
"""Share of the moments that differ. Judgement: where they repeat, the rows are several series or a sorted table."""
DRIFT = 0.5
"""Standard deviations between the first and the last fifth that are called drift. Judgement: half a standard deviation
moves a fifth of the values to the other side of the mean."""

_STEPS = (  # by definition, in days; months and quarters on average
    (1.0 / 86_400.0, "a second"),
    (1.0 / 1_440.0, "a minute"),
    (1.0 / 24.0, "an hour"),
    (1.0, "a day"),
    (7.0, "a week"),
    (30.4, "a month"),
    (91.3, "a quarter"),
    (365.2, "a year"),
)
_NEAR = 0.05
"""Judgement: months and years differ in length by less."""


def time_order(columns: Sequence[ColumnFacts], sample: pa.Table) -> TimeOrder | None:
    """Return whether the rows are a series, and which end is the latest; None when they are not, or nothing tells.

    Args:
        columns: of the table.
        sample: rows in the order of the source.
    """
    dates = _date_in_order(columns, sample)
    if dates is None:
        return None
    known = dates[1][np.isfinite(dates[1])]
    return "ascending" if known[-1] > known[0] else "descending"


def series_note(
    columns: Sequence[ColumnFacts], sample: pa.Table, target: ColumnFacts | None, task: Task | None
) -> str | None:
    """Return a note when the rows are a series; None when they are not, or nothing tells.

    Args:
        columns: of the table.
        sample: rows in the order of the source.
        target: the column to predict.
        task: what is predicted.
    """
    place = {name: at for at, name in enumerate(sample.column_names)}
    dates = _date_in_order(columns, sample)
    if dates is None:
        return None
    name, days = dates
    said = f"The rows are a series: they are in the order of {name!r}{_step(days)}."
    drift = None if target is None else _drift(sample.column(place[target.name]), task)
    if target is not None and drift is not None and abs(drift) >= DRIFT:
        far = f"{abs(drift):.1f} standard deviations {'higher' if drift > 0 else 'lower'}"
        said += f" {target.name!r} drifts: its last fifth lies {far} than its first."
    return said + " Held-out rows drawn at random flatter a model of it; judge it on the last rows."


def _date_in_order(columns: Sequence[ColumnFacts], sample: pa.Table) -> tuple[str, Floats] | None:
    """Return the first column of dates that the rows are in the order of, with its days."""
    place = {name: at for at, name in enumerate(sample.column_names)}
    for column in columns:
        if column.kind == "date" and column.name in place:
            days = days_of(sample.column(place[column.name]))
            if _in_order(days):
                return column.name, days
    return None


def _in_order(days: Floats) -> bool:
    known = days[np.isfinite(days)]
    if len(known) < max(LEAST_ROWS, LEAST_DIFFERENT * len(days)):
        return False
    steps = np.diff(known)
    ordered = bool((steps >= 0.0).all() or (steps <= 0.0).all())
    return ordered and bool(np.count_nonzero(steps) >= LEAST_DIFFERENT * len(steps))


def _step(days: Floats) -> str:
    """Return how often a row comes, in words; nothing when that varies."""
    steps = np.abs(np.diff(days[np.isfinite(days)]))
    usual = float(np.median(steps))
    if np.mean(np.abs(steps - usual) <= 2.0 * _NEAR * usual) < LEAST_DIFFERENT:
        return ""
    name = next((word for length, word in _STEPS if abs(usual - length) <= _NEAR * length), None)
    return f", one {name}" if name else ""


def _drift(cells: pa.ChunkedArray, task: Task | None) -> float | None:
    """Return how far the last fifth lies above the first, in standard deviations within them."""
    if task not in {"regression", "binary"}:
        return None
    values = numbers(cells) if task == "regression" else coded(cells)[0].astype(np.float64)
    fifth = len(values) // 5
    first, last = (part[np.isfinite(part)] for part in (values[:fifth], values[-fifth:]))
    if min(len(first), len(last)) < 5:
        return None
    spread = float(np.sqrt((first.var() + last.var()) / 2.0))
    return float(last.mean() - first.mean()) / spread if spread > 0.0 else None
