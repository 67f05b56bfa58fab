"""Frames and arrays in memory as Arrow tables."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from advisor.errors import DataError
from advisor.profiling.reading.column_names import repair_names


def as_arrow(source: Any) -> pa.Table:
    """Return a frame, an Arrow object or a two-dimensional array as an Arrow table.

    Raises:
        DataError: nothing of the kind.
    """
    return _with_known_types(_as_arrow(source))


def pair_as_arrow(x: Any, y: Any) -> pa.Table:
    """Return features and a target as one table, the target last.

    Raises:
        DataError: they differ in length.
    """
    table = as_arrow(x)
    values = y.to_numpy() if hasattr(y, "to_numpy") else y
    target = pa.array(list(values.reshape(-1)) if hasattr(values, "reshape") else list(values))
    if len(target) != table.num_rows:
        raise DataError(f"X has {table.num_rows} rows and y has {len(target)}; they need one target per row")
    name = str(getattr(y, "name", None) or "target")
    return table.append_column(name if name not in table.column_names else "target", target)


def _as_arrow(source: Any) -> pa.Table:
    if isinstance(source, pa.Table):
        return source
    if isinstance(source, pa.RecordBatchReader):
        return source.read_all()
    if isinstance(source, pa.RecordBatch):
        return pa.Table.from_batches([source])
    if hasattr(source, "collect") and hasattr(source, "lazy"):
        source = source.collect()
    if hasattr(source, "to_arrow"):
        return source.to_arrow()
    if hasattr(source, "columns") and hasattr(source, "to_numpy"):
        return _of_pandas(source)
    if hasattr(source, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(source).read_all()
    if getattr(source, "ndim", 0) == 2:
        return pa.table({f"x{index}": pa.array(list(source[:, index])) for index in range(source.shape[1])})
    raise DataError(f"a {type(source).__name__} is no table that can be read; give a path, a frame or an Arrow table")


def _with_known_types(table: pa.Table) -> pa.Table:
    """Return the table with half-precision floats widened, which DuckDB does not know."""
    for place, column in enumerate(table.schema):
        if pa.types.is_float16(column.type):
            table = table.set_column(place, column.name, table.column(place).cast(pa.float32()))
    return table


def _of_pandas(frame: Any) -> pa.Table:
    names = repair_names(list(frame.columns)).names
    columns = []
    for position in range(len(names)):
        series = frame.iloc[:, position]
        try:
            columns.append(pa.array(series, from_pandas=True))
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            columns.append(pa.array([None if value is None or value != value else str(value) for value in series]))  # noqa: PLR0124
    return pa.table(columns, names=list(names))
