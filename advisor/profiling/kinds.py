"""What a column is: number, category, date, identifier … and its facts."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from advisor.facts import ColumnFacts
from advisor.facts.data import ColumnKind
from advisor.profiling.accumulators.scan import Scan
from advisor.profiling.encoding.arrow import numbers
from advisor.profiling.reading.date_formats import year_column
from advisor.profiling.remarks import code_for_missing
from advisor.statistics.arrays import Floats
from advisor.statistics.robust import quantiles_of_sorted

MAX_LEVELS = 200
"""Judgement: words with fewer distinct values are categories even in a short table."""
TOP = 10
"""Judgement: as many values as a reader of a report looks at."""
_ID_NAME = re.compile(r"(^|[_\s.-])(id|key|uuid|guid|index|row|nr|no)($|[_\s.-])|^(id|unnamed.*)$", re.IGNORECASE)


def column_facts(scan: Scan, sample: pa.Table) -> tuple[ColumnFacts, ...]:
    """Return the facts of every column; all are features yet, or dropped with a note."""
    shapes = _Shapes.of(scan)
    return tuple(_column(scan, sample, shapes, position) for position in range(len(scan.table.columns)))


@dataclass(frozen=True, slots=True)
class _Shapes:
    """Moments of all columns, shape (columns,) each."""

    mean: Floats
    std: Floats
    skew: Floats
    kurtosis: Floats

    @classmethod
    def of(cls, scan: Scan) -> _Shapes:
        moments = scan.moments
        return cls(moments.mean(), moments.std(), moments.skew(), moments.kurtosis())


def _column(scan: Scan, sample: pa.Table, shapes: _Shapes, position: int) -> ColumnFacts:
    column = scan.table.columns[position]
    values = _finite(sample.column(position)) if column.storage == "number" else np.empty(0)
    ordered = np.sort(values)
    distinct, estimated = _distinct(scan, sample, ordered, shapes, position)
    present = int(scan.moments.count[position])
    kind = _kind(scan, sample, shapes, position, distinct, present, estimated=estimated)
    rows = max(scan.rows, 1)
    code = code_for_missing(values) if kind in {"numeric", "integer"} else None
    remarks = (column.note, _dropped_because(kind), _unreadable(scan, position), code)
    notes = [note for note in remarks if note]
    facts = ColumnFacts(
        name=column.name,
        kind=kind,
        role="dropped" if kind in {"constant", "empty", "identifier", "text"} else "feature",
        note=" ".join(notes) or None,
        missing=float(scan.moments.missing[position]) / rows,
        infinite=float(scan.moments.infinite[position]) / rows,
        distinct=distinct,
        distinct_estimated=estimated,
        top=scan.values[position].most_common(TOP),
    )
    if column.storage != "number" or not present:
        return facts
    return facts.model_copy(update=_statistics(scan, shapes, ordered, position))


def _finite(cells: pa.ChunkedArray) -> Floats:
    values = numbers(cells)
    return values[np.isfinite(values)]


def _distinct(scan: Scan, sample: pa.Table, ordered: Floats, shapes: _Shapes, position: int) -> tuple[int, bool]:
    """Return how many different values a column has, never more than it has cells, and whether that is estimated."""
    counter, present = scan.distinct[position], int(scan.moments.count[position])
    if counter.exact:
        return counter.count(), False
    if sample.num_rows == scan.rows:
        if len(ordered):
            return 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1])), False
        return len(pc.unique(sample.column(position).drop_null())), False
    if _is_numbered(scan, shapes, position):
        return present, False
    return min(counter.count(), present), True


def _is_numbered(scan: Scan, shapes: _Shapes, position: int) -> bool:
    """Return whether a column holds each whole number of a range once, by its count, its ends and its moments.

    No other set of as many whole numbers between the same ends has the same mean and variance, but for one in which
    values were moved against each other symmetrically, which no real column does.
    """
    moments = scan.moments
    present = int(moments.count[position])
    low, high = float(moments.low[position]), float(moments.high[position])
    if scan.table.columns[position].storage != "number" or not moments.whole[position] or high - low + 1 != present:
        return False
    mean, variance = float(shapes.mean[position]), float(shapes.std[position]) ** 2
    expected = (present**2 - 1) / 12.0
    return abs(mean - (low + high) / 2.0) <= 1e-6 * present and abs(variance - expected) <= 1e-6 * expected


def _kind(
    scan: Scan, sample: pa.Table, shapes: _Shapes, position: int, distinct: int, present: int, *, estimated: bool
) -> ColumnKind:
    column = scan.table.columns[position]
    if not present:
        return "empty"
    if distinct == 1:
        return "constant"
    # The estimate of the distinct values of a unique column is off by 1.6 % (one standard deviation).
    unique = distinct >= (0.94 if estimated else 0.99) * present and present >= 30
    match column.storage:
        case "boolean":
            return "boolean"
        case "date":
            return "date"
        case "text":
            if unique:
                longest = pc.max(pc.utf8_length(sample.column(position))).as_py() or 0
                return "identifier" if longest <= 40 else "text"
            return "categorical" if distinct <= max(MAX_LEVELS, 0.2 * present) and distinct < 0.5 * present else "text"
        case "number":
            low, high = float(scan.moments.low[position]), float(scan.moments.high[position])
            whole = bool(scan.moments.whole[position])
            if whole and unique and year_column(column.name, low, high):
                return "date"
            if whole and distinct == 2 and (low, high) == (0.0, 1.0):
                return "boolean"
            numbered = unique and _is_numbered(scan, shapes, position)
            if whole and unique and (numbered or _ID_NAME.search(column.name)):
                return "identifier"
            return "integer" if whole else "numeric"


def _dropped_because(kind: ColumnKind) -> str | None:
    return {
        "constant": "Left out: it has a single value.",
        "empty": "Left out: every value is missing.",
        "identifier": "Left out: every row has its own value, like a name or number of the row.",
        "text": "Left out: free text, which a table model cannot use as it is.",
    }.get(kind)


def _unreadable(scan: Scan, position: int) -> str | None:
    count = int(scan.unreadable[position])
    what = {"number": "numbers", "date": "dates"}.get(scan.table.columns[position].storage, "values")
    return f"{count} cells are no {what} and were taken as missing." if count else None


def _statistics(scan: Scan, shapes: _Shapes, ordered: Floats, position: int) -> dict[str, float]:
    moments = scan.moments
    statistics = {
        "mean": float(shapes.mean[position]),
        "std": float(shapes.std[position]),
        "min": float(moments.low[position]),
        "max": float(moments.high[position]),
        "skew": float(shapes.skew[position]),
        "kurtosis": float(shapes.kurtosis[position]),
        "zeros": float(moments.zeros[position]) / max(scan.rows, 1),
    }
    if len(ordered):
        q25, median, q75 = quantiles_of_sorted(ordered, (0.25, 0.5, 0.75))
        reach = 3.0 * (q75 - q25)
        inside = np.searchsorted(ordered, q75 + reach, "right") - np.searchsorted(ordered, q25 - reach)
        statistics |= {"q25": float(q25), "median": float(median), "q75": float(q75)}
        if reach > 0:
            statistics["outliers"] = float(len(ordered) - inside) / len(ordered)
    return {name: value for name, value in statistics.items() if np.isfinite(value)}
