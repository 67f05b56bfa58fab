"""The target column as numbers, and the split that respects it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from advisor.errors import DataError
from advisor.facts.names import Task, TimeOrder
from advisor.profiling.encoding.arrow import Rows, coded, numbers
from advisor.statistics.arrays import Floats


@dataclass(frozen=True, slots=True)
class Target:
    """A target column.

    Attributes:
        values: floats, or positions in ``class_names``, shape (rows,); NaN or -1 where missing.
        class_names: labels in order; empty for regression.
    """

    values: NDArray[Any]
    class_names: tuple[str, ...]

    @property
    def known(self) -> Rows:
        """Positions of the rows that have a target."""
        present = self.values >= 0 if self.class_names else np.isfinite(self.values)
        return np.flatnonzero(present)


def read_target(column: pa.ChunkedArray, name: str, task: Task | None) -> Target:
    """Read a target as numbers or labels.

    Raises:
        DataError: no usable value, a single class, or a task that a table's column cannot be the target of.
    """
    if task == "regression":
        target = Target(numbers(column), ())
        if not len(target.known):
            raise DataError(f"target {name!r}: no row has a finite number; name another target or task")
        return target
    if task not in {"binary", "multiclass"}:
        raise DataError(f"target {name!r}: a table cannot be encoded for task {task!r}; use regression or classes")
    codes, words = coded(column)
    order = sorted(range(len(words)), key=lambda position: _sort_key(words[position]))
    if len(words) < 2:
        raise DataError(f"target {name!r}: {len(words)} class(es), need at least two; name another target")
    place = np.empty(len(words) + 1, dtype=np.int64)
    place[order] = np.arange(len(words))
    place[-1] = -1
    return Target(place[codes], tuple(words[position] for position in order))


def split(labels: NDArray[Any] | None, rows: int, validation: float, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Return training and validation positions, each in ascending order.

    With labels, every class gives its share to both parts, and none gives its last row to validation.

    Raises:
        DataError: fewer than two rows, or every row is the only one of its class.
    """
    if rows < 2:
        raise DataError(f"{rows} row(s) with a target: training and validation need at least one each")
    groups: Sequence[Rows] = [np.arange(rows)]
    if labels is not None:
        groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    picked: list[Rows] = []
    owed = 0.0
    for group in groups:
        owed += validation * len(group)
        take = min(int(owed + 0.5), len(group) - 1)
        owed = min(owed - take, 0.5)
        picked.append(rng.permutation(group)[:take])
    held_out = np.sort(np.concatenate(picked))
    if not len(held_out):
        largest = max(groups, key=len)
        if len(largest) < 2:
            raise DataError("every class has a single row: nothing can be held out; give more rows or another target")
        held_out = np.sort(rng.permutation(largest)[:1])
    return np.setdiff1d(np.arange(rows), held_out, assume_unique=True), held_out


def latest_apart(rows: int, validation: float, order: TimeOrder) -> tuple[Rows, Rows]:
    """Return training and validation positions of rows in the order of time, each in ascending order."""
    count = min(rows - 1, max(1, round(validation * rows)))
    places = np.arange(rows)
    return (places[:-count], places[-count:]) if order == "ascending" else (places[count:], places[:count])


def mean_and_std(values: Floats, name: str) -> tuple[float, float]:
    """Return mean and standard deviation of the training targets.

    Raises:
        DataError: they do not vary, or are too large to be squared.
    """
    unit = max(float(np.abs(values).max()), 1e-300)
    scaled = values / unit
    mean, std = float(scaled.mean()) * unit, float(scaled.std()) * unit
    if not std > 1e-12 * abs(mean):
        raise DataError(f"target {name!r} has one value in the training rows; name another target")
    return mean, std


def _sort_key(word: str) -> tuple[int, float, str]:
    try:
        return 0, float(word), word
    except ValueError:
        return 1, 0.0, word
