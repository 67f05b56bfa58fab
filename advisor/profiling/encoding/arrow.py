"""Arrow columns as numpy arrays, whatever type they came in.

Only buffers are read: pyarrow's own conversions, and its scalars, import pandas where it is installed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from advisor.statistics.arrays import Floats

Rows = NDArray[np.intp]

SECONDS_PER_DAY = 86_400.0
"""By definition."""


def numbers(column: pa.ChunkedArray) -> Floats:
    """Return a column as floats, missing and infinite values and unreadable words as NaN."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if _is_string(column.type):
        codes, words = coded(column)
        return np.append([_number(word) for word in words], np.nan)[codes].astype(np.float64)
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    try:
        column = column.cast(pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return np.full(len(column), np.nan)
    values: Floats = values_of(column, np.dtype(np.float64))
    return np.where(nulls_of(column) | ~np.isfinite(values), np.nan, values)


def coded(column: pa.ChunkedArray) -> tuple[Rows, list[str]]:
    """Return a column as positions in a list of its different values as text; -1 where missing."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_null(column.type) or not len(column):
        return np.full(len(column), -1, dtype=np.intp), []
    encoded = pa.concat_arrays(column.chunks).dictionary_encode()
    indices = pa.chunked_array([encoded.indices.cast(pa.int64())])
    codes = np.where(nulls_of(indices), -1, values_of(indices, np.dtype(np.int64)))
    words: dict[str, int] = {}
    merged = [
        -1 if value is None or value != value else words.setdefault(_word(value), len(words))  # noqa: PLR0124  # NaN
        for value in encoded.dictionary.to_pylist()
    ]
    return np.append(merged, -1)[codes].astype(np.intp), list(words)


def nulls_of(column: pa.ChunkedArray, *, nan_is_null: bool = False) -> NDArray[np.bool_]:
    """Return where a column is null, or also not a number, shape (rows,)."""
    return values_of(pc.is_null(column, nan_is_null=nan_is_null).cast(pa.uint8()), np.dtype(np.uint8)).astype(np.bool_)


def values_of(column: pa.ChunkedArray, dtype: np.dtype[np.generic]) -> NDArray[Any]:
    """Return a column as numpy, anything where it is null."""
    parts = [
        np.frombuffer(chunk.buffers()[1], dtype=dtype, count=len(chunk), offset=chunk.offset * dtype.itemsize)
        for chunk in column.chunks
        if len(chunk)
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)


def words_of(words: Sequence[str]) -> pa.StringArray:
    """Return words as an Arrow array; ``pa.array`` would load pandas, which takes half a second."""
    encoded = [word.encode() for word in words]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(words), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded)))


def take(table: pa.Table, rows: Rows) -> pa.Table:
    """Return the given rows of a table."""
    positions = pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(rows.astype(np.int64))])
    return table.take(positions)


def days_of(column: pa.ChunkedArray) -> Floats:
    """Return dates and times, or ISO words of them, as days since 1970 (UTC), missing ones as NaN."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_time(column.type):
        unit = column.type.unit
        ticks = column.cast(pa.int32() if pa.types.is_time32(column.type) else pa.int64())
        return numbers(ticks) / {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[unit] / SECONDS_PER_DAY
    if _is_string(column.type):
        codes, words = coded(column)
        return np.append([_day(word) for word in words], np.nan)[codes].astype(np.float64)
    if pa.types.is_temporal(column.type):
        try:
            micros = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return numbers(column)
        return numbers(micros) / 1e6 / SECONDS_PER_DAY
    return numbers(column)


def _day(word: str) -> float:
    try:
        moment = datetime.fromisoformat(word.strip())
    except ValueError:
        return float("nan")
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.timestamp() / SECONDS_PER_DAY


def _is_string(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _number(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        return float("nan")
    return value if math.isfinite(value) else float("nan")


def _word(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)
