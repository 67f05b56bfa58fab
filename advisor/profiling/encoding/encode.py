"""A table as the arrays that a model is trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from advisor.errors import DataError
from advisor.facts import ColumnFacts, DataFacts
from advisor.facts.names import Task
from advisor.profiling.encoding.arrow import Rows, take
from advisor.profiling.encoding.columns import Inputs, encode_column, side_by_side, unique_names
from advisor.profiling.encoding.target import Target, latest_apart, mean_and_std, read_target, split
from advisor.statistics.arrays import Floats

Singles = NDArray[np.float32]
SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


class Studied(Protocol):
    """The part of a ``Study`` that encoding needs."""

    @property
    def facts(self) -> DataFacts:
        """What is known about the table."""

    @property
    def sample(self) -> pa.Table:
        """Its rows, or a sample of them."""


@dataclass(frozen=True, slots=True)
class Design:
    """All usable rows as arrays, for measuring the data rather than for training.

    Attributes:
        x: as a model would see it, shape (rows, inputs).
        raw_x: the same before centring, scaling and clipping; missing values filled in.
        y: target, shape (rows,): standardised floats, or int64 labels; None without a target.
        feature_names: one per input.
        class_names: labels in order; empty for regression.
        target_mean: of the target in the file; None for classes.
        target_std: likewise.
    """

    x: Singles
    raw_x: Floats
    y: NDArray[Any] | None
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...] = ()
    target_mean: float | None = None
    target_std: float | None = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """The usable rows of a table as a model is trained on them.

    Medians, levels and scales were learned from the first ``fitted_rows`` of the rows alone, so the others measure a
    model without having been looked at; trainings may split the rows in any other way.

    Attributes:
        x: shape (rows, inputs).
        y: shape (rows,): float32 standardised for regression, int64 labels for classes.
        fitted_rows: how many rows, from the first on, everything was learned from.
        feature_names: one per input.
        class_names: labels in order; empty for regression.
        task: regression, binary or multiclass.
        target_mean: of the fitted rows' targets as they stand in the file; None for classes.
        target_std: likewise.
        positions: of the rows in the table's sample, shape (rows,).
    """

    x: Singles
    y: NDArray[Any]
    fitted_rows: int
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    task: Task
    target_mean: float | None
    target_std: float | None
    positions: Rows


def encode_design(
    sample: pa.Table,
    columns: Sequence[ColumnFacts],
    target: str | None,
    task: Task | None,
    *,
    max_rows: int = 20_000,
    seed: int = 0,
) -> Design:
    """Encode a table's rows together, without a split.

    Args:
        sample: the rows.
        columns: kind and role of every column; those with role ``feature`` become inputs.
        target: name of the target column; rows without a target are left out.
        task: what is predicted.
        max_rows: most rows used, drawn with ``seed``.
        seed: of the draw.

    Raises:
        DataError: the target is absent or unusable.
    """
    rng = np.random.default_rng([seed, 21])
    read = _target(sample, target, task) if target is not None and task is not None else None
    usable = read.known if read is not None else np.arange(sample.num_rows)
    rows = _draw_rows(usable, max_rows, rng)
    if not len(rows):
        return Design(np.empty((0, 0), np.float32), np.empty((0, 0)), None, ())
    inputs = _inputs(take(sample, rows), columns, np.arange(len(rows)))
    seen = side_by_side([part.seen for part in inputs], len(rows), SINGLE)
    raw = side_by_side([part.raw for part in inputs], len(rows), DOUBLE)
    if read is None or target is None:
        return Design(seen, raw, None, unique_names(inputs))
    values = read.values[rows]
    mean, std = (None, None) if read.class_names else mean_and_std(values, target)
    return Design(seen, raw, _targets(values, mean, std), unique_names(inputs), read.class_names, mean, std)


def encode(study: Studied, *, max_rows: int = 50_000, set_aside: float = 0.2, seed: int = 0) -> Encoded:
    """Encode the rows of a table; what encoding learns, it learns without those set aside.

    Numbers: missing values become the median (with an indicator where more than 1 % miss), then centred, scaled and
    far outliers drawn in. Categories: one input per level, rare levels together, at most 50. Dates: days, and the
    cycles of year, week and day. Booleans: 0 and 1. Identifiers, free text, constant and empty columns are left out.
    Of rows in the order of time, the latest are set aside.

    Args:
        study: facts and sample of the table.
        max_rows: most rows used, drawn with ``seed``.
        set_aside: share of the rows that nothing is learned from, above 0 and below 1; stratified for classes.
        seed: of both draws.

    Raises:
        DataError: no target, no usable feature, too few rows, or a share outside (0, 1).
    """
    facts = study.facts
    if facts.target_name is None or facts.task is None:
        raise DataError("the table has no target; name one with target=… (or --target)")
    if not 0.0 < set_aside < 1.0:
        raise DataError(f"set_aside={set_aside}: must be above 0 and below 1")
    rng = np.random.default_rng([seed, 22])
    target = _target(study.sample, facts.target_name, facts.task)
    rows = _draw_rows(target.known, max_rows, rng)
    labels = target.values[rows] if target.class_names else None
    if facts.time_order is None:
        fitted, others = split(labels, len(rows), set_aside, rng)
    else:
        fitted, others = latest_apart(len(rows), set_aside, facts.time_order)
    rows, fitted = rows[np.concatenate([fitted, others])], np.arange(len(fitted))
    inputs = _inputs(take(study.sample, rows), facts.columns, fitted)
    names = unique_names(inputs)
    if not names:
        raise DataError("no usable feature: every column is constant, empty, an identifier, free text or the target")
    values = target.values[rows]
    mean, std = (None, None) if target.class_names else mean_and_std(values[fitted], facts.target_name)
    return Encoded(
        # training draws rows
        x=np.ascontiguousarray(side_by_side([part.seen for part in inputs], len(rows), SINGLE)),
        y=_targets(values, mean, std),
        fitted_rows=len(fitted),
        feature_names=names,
        class_names=target.class_names,
        task=facts.task,
        target_mean=mean,
        target_std=std,
        positions=rows,
    )


def _target(sample: pa.Table, name: str, task: Task | None) -> Target:
    if name not in sample.column_names:
        raise DataError(f"there is no column {name!r} to predict")
    return read_target(sample.column(sample.column_names.index(name)), name, task)


def _draw_rows(usable: Rows, max_rows: int, rng: np.random.Generator) -> Rows:
    return usable if len(usable) <= max_rows else np.sort(rng.permutation(usable)[:max_rows])


def _inputs(rows: pa.Table, columns: Sequence[ColumnFacts], fit: Rows) -> list[Inputs]:
    places = {name: place for place, name in reversed(list(enumerate(rows.column_names)))}
    features = [column for column in columns if column.role == "feature" and column.name in places]
    return [part for facts in features for part in encode_column(rows.column(places[facts.name]), facts, fit)]


def _targets(values: NDArray[Any], mean: float | None, std: float | None) -> NDArray[Any]:
    if mean is None or std is None:
        return values.astype(np.int64)
    return ((values / std) - (mean / std)).astype(np.float32)
