"""Remarks on columns that look right and may not be: codes for missing values, columns that tell the target."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from advisor.facts import ColumnFacts
from advisor.facts.data import CODE_FOR_MISSING, NUMBERS_AS_CODES, TARGET_TOLD
from advisor.facts.names import Task
from advisor.profiling.encoding.arrow import coded, days_of, numbers
from advisor.statistics.arrays import Floats

CODE_SHARE = 0.01
"""A code for missing stands in at least this share of the rows. Judgement: rarer ones change little ..."""
MIN_CODES = 5
"""... and in at least so many of them. Judgement: fewer may be real values."""

FAR = 3.0
"""A value this many ranges of all others away from them needs no usual code to be suspicious. Judgement: real outliers
come closer or are single."""

TOLD = 0.999
"""Share of the target's variance, or of its labels, that one column alone must account for. Judgement: real features
leave more unexplained, and only copies of the target less."""

LEAST_ROWS = 30
"""Judgement: in fewer rows, chance tells as much."""
LEAKAGE_ROWS = 5_000
"""Judgement: a share of 0.999 is then certain, at a fixed price."""
ROWS_PER_VALUE = 5
"""A column with fewer rows per value tells the target of its own rows and is no suspect. Judgement: five rows that
agree are no chance."""

CODES = (4, 30)
"""Different whole numbers that may be codes. Judgement: along three any curve fits, and more than thirty are counts."""
ROWS_PER_CODE = 10
"""Judgement: fewer rows per code leave its mean to chance."""
JUMPING = 0.1
"""Share of the target's variance that means per code must add to a curve. Judgement: less changes no model much."""
CERTAIN = 5.0
"""F statistic of that share. Judgement: chance reaches it in less than one column of a thousand."""

_CODES = re.compile(r"^-?(9{2,}|8{2,}|7{2,}|9{2,}\.9+|200|1)$")


def code_for_missing(values: Floats) -> str | None:
    """Return a remark on a number that stands apart from all others and occurs again and again; None without one.

    Args:
        values: finite ones of a column, shape (values,).
    """
    if len(values) < LEAST_ROWS:
        return None
    for end in (float(values.min()), float(values.max())):
        rest = values[values != end]
        count = len(values) - len(rest)
        if (
            count < MIN_CODES
            or count < CODE_SHARE * len(values)
            or np.count_nonzero(np.diff(np.sort(rest[:1_000]))) < 9
        ):
            continue
        low, high = float(rest.min()), float(rest.max())
        gap = low - end if end < low else end - high
        usual = _CODES.match(f"{end:g}") is not None
        if gap > FAR * (high - low) or (usual and ((end < 0.0 <= low) or gap > 0.5 * (high - low))):
            share = f"{100.0 * count / len(values):.2g} %"
            return (
                f"{end:g} {CODE_FOR_MISSING}: it stands in {share} of the rows, and all other values lie "
                f"between {low:g} and {high:g}. If it is one, say so with --na {end:g}."
            )
    return None


def tells_the_target(
    columns: Sequence[ColumnFacts], sample: pa.Table, target: ColumnFacts, task: Task
) -> dict[str, str]:
    """Return remarks on features of which each alone gives the target away, by name.

    Args:
        columns: of the table.
        sample: rows.
        target: the column to predict.
        task: what is predicted.
    """
    rows = sample.slice(0, LEAKAGE_ROWS)
    place = {name: at for at, name in enumerate(rows.column_names)}
    truth = rows.column(place[target.name])
    y = numbers(truth) if task == "regression" else coded(truth)[0].astype(np.float64)
    y = np.where(y < 0, np.nan, y) if task != "regression" else y
    remarks = {}
    for column in columns:
        if column.role != "feature" or column.name == target.name or column.name not in place:
            continue
        x = _values(rows.column(place[column.name]), column)
        both = np.isfinite(x) & np.isfinite(y)
        if both.sum() < max(LEAST_ROWS, 0.5 * len(y)):
            continue
        share = _explained(x[both], y[both]) if task == "regression" else _agreeing(x[both], y[both])
        if share >= TOLD:
            remarks[column.name] = (
                f"{TARGET_TOLD} ({100.0 * share:.4g} % of it). If it is not known before the "
                "target is, leave it out: what a model scores with it is worth nothing."
            )
    return remarks


def codes_among_numbers(
    columns: Sequence[ColumnFacts], sample: pa.Table, target: ColumnFacts, task: Task
) -> dict[str, str]:
    """Return remarks on whole numbers along which the target jumps, as it does along codes of categories, by name.

    Args:
        columns: of the table.
        sample: rows.
        target: the column to predict.
        task: what is predicted; with more than two classes nothing is said.
    """
    if task not in {"regression", "binary"}:
        return {}
    rows = sample.slice(0, LEAKAGE_ROWS)
    place = {name: at for at, name in enumerate(rows.column_names)}
    truth = rows.column(place[target.name])
    y = numbers(truth) if task == "regression" else coded(truth)[0].astype(np.float64)
    remarks = {}
    for column in columns:
        few = CODES[0] <= (column.distinct or 0) <= CODES[1]
        if column.kind != "integer" or column.role != "feature" or not few or column.name not in place:
            continue
        x = numbers(rows.column(place[column.name]))
        both = np.isfinite(x) & np.isfinite(y)
        shares = _curve_and_means(x[both], y[both])
        if shares is not None:
            remarks[column.name] = (
                f"Its {column.distinct} {NUMBERS_AS_CODES}: a mean for each accounts for "
                f"{100.0 * shares[1]:.0f} % of the target, a curve along them for {100.0 * shares[0]:.0f} %. If they "
                f"are codes, say --types {column.name}=text."
            )
    return remarks


def _curve_and_means(x: Floats, y: Floats) -> tuple[float, float] | None:
    """Return the shares of variance that a curve and a mean per value account for, where the means clearly win."""
    values, place = np.unique(x, return_inverse=True)
    count = len(values)
    variance = float(y.var()) if len(y) else 0.0
    if not CODES[0] <= count <= CODES[1] or len(y) < ROWS_PER_CODE * count or not variance > 0.0:
        return None
    means = np.bincount(place, y) / np.bincount(place)
    told = 1.0 - float(((y - means[place]) ** 2).mean()) / variance
    degree = min(3, count - 2)
    z = (x - x.mean()) / x.std()
    curve = np.polynomial.polynomial.polyfit(z, y, degree)
    bent = 1.0 - float(((y - np.polynomial.polynomial.polyval(z, curve)) ** 2).mean()) / variance
    free = count - degree - 1
    strength = ((told - bent) / free) / (max(1.0 - told, 1e-12) / (len(y) - count))
    return (max(bent, 0.0), told) if told - bent >= JUMPING and strength >= CERTAIN else None


def _values(cells: pa.ChunkedArray, column: ColumnFacts) -> Floats:
    if column.kind == "categorical":
        codes = coded(cells)[0].astype(np.float64)
        return np.where(codes < 0, np.nan, codes)
    return days_of(cells) if column.kind == "date" else numbers(cells)


def _explained(x: Floats, y: Floats) -> float:
    """Return the share of the target's variance that a line, or a mean per value, accounts for."""
    variance = float(y.var())
    if not variance > 0.0 or not float(x.var()) > 0.0:
        return 0.0
    centred = (x - x.mean()) / x.std()
    share = float((centred * (y - y.mean())).mean()) ** 2 / variance
    values, place = np.unique(x, return_inverse=True)
    if ROWS_PER_VALUE * len(values) <= len(x):
        counts = np.bincount(place)
        means = np.bincount(place, y) / counts
        share = max(share, 1.0 - float(((y - means[place]) ** 2).mean()) / variance)
    return share


def _agreeing(x: Floats, y: Floats) -> float:
    """Return the share of labels told by the value, or by one cut per class; 0 when hardly better than none."""
    labels, classes = np.unique(y, return_inverse=True)
    values, place = np.unique(x, return_inverse=True)
    if len(labels) < 2:
        return 0.0
    most = float(np.bincount(classes).max()) / len(y)
    if ROWS_PER_VALUE * len(values) <= len(x):
        table = np.zeros((len(values), len(labels)), np.int64)
        np.add.at(table, (place, classes), 1)
        share = float(table.max(axis=1).sum()) / len(y)
    else:
        share = 1.0 if _cut_once_per_class(place, classes, len(labels)) else 0.0
    return share if 1.0 - share <= 0.02 * (1.0 - most) else 0.0


def _cut_once_per_class(place: NDArray[np.intp], classes: NDArray[np.intp], count: int) -> bool:
    order = np.lexsort((classes, place))
    changes = np.count_nonzero(np.diff(classes[order]))
    return changes == count - 1
