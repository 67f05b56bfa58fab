"""Frames and arrays in memory: whatever they are, as Arrow that DuckDB reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import numpy as np
import pyarrow as pa

from advisor.errors import DataError
from advisor.profiling.reading.arrow_files import Readable
from advisor.profiling.reading.column_names import repair_names
from advisor.profiling.reading.duck import Duck, ReadFailure
from advisor.profiling.reading.options import ReadingOptions
from advisor.profiling.reading.parts import Nested
from advisor.profiling.reading.relations import open_relation
from advisor.profiling.reading.table import Table

if TYPE_CHECKING:
    from pyarrow import dataset

Tabular: TypeAlias = Union[pa.Table, pa.RecordBatchReader, "dataset.Dataset"]
"""What a source becomes: held in memory, read once, or read from files again and again."""

SPARSE_COLUMNS = 20_000
"""Columns of a sparse matrix up to which each is described. Judgement: beyond, no reader looks at them one by one."""
STORED_CELLS = 4_000_000
"""Cells of a sparse matrix that are written out at a time. Judgement: 32 MB."""


def open_in_memory(source: Any, duck: Duck, options: ReadingOptions) -> Table:
    """Open a table in memory.

    Args:
        source: frame of pandas, polars (lazy too) or another package that hands over Arrow; Arrow table, batch, reader
            or data set; DuckDB relation; Hugging Face data set; array or tensor of shape (rows, columns); sparse
            matrix; mapping of names to columns; a pair (X, y) of these.
        duck: connection that reads it.
        options: what the user says.

    Raises:
        DataError: nothing of the kind.
    """
    is_pair = isinstance(source, tuple) and len(source) == 2
    name = "arrays (X, y)" if is_pair else f"{type(source).__module__.split('.')[0]} table"
    given = pair_as_arrow(*source) if is_pair else _as_tabular(source)
    repaired = repair_names(given.schema.names)
    readable = Readable(given.schema, duck)
    if not readable.places:
        raise DataError(f"{name}: has no column of single values")
    try:
        _hand_over(given, readable, duck)
    except ReadFailure as failure:
        raise DataError(f"{name}: cannot be read ({failure.detail})") from failure
    size = given.nbytes if isinstance(given, pa.Table) else None
    opened = open_relation("given", name, duck, size, options, [repaired.names[place] for place in readable.places])
    left_out = tuple(Nested(repaired.names[place], kind) for place, kind in readable.left_out)
    return replace(
        opened,
        nested=(*opened.nested, *left_out),
        repeated_names=repaired.repeated,
        notes=repaired.notes,
        expected_rows=given.num_rows if isinstance(given, pa.Table) else None,
    )


def as_arrow(source: Any) -> pa.Table:
    """Return a table in memory as an Arrow table.

    Raises:
        DataError: nothing of the kind.
    """
    given = _as_tabular(source)
    if isinstance(given, pa.RecordBatchReader):
        return given.read_all()
    return given if isinstance(given, pa.Table) else given.to_table()


def pair_as_arrow(x: Any, y: Any) -> pa.Table:
    """Return features and a target as one table, the target last.

    Raises:
        DataError: they differ in length.
    """
    table = as_arrow(x)
    values = y.to_numpy() if hasattr(y, "to_numpy") else _as_numpy(y)
    if values.ndim > 1 and values.size != len(values):
        raise DataError(f"y has shape {values.shape}; a table has one target per row")
    target = _column(values.reshape(-1))
    if len(target) != table.num_rows:
        raise DataError(f"X has {table.num_rows} rows and y has {len(target)}; they need one target per row")
    name = str(getattr(y, "name", None) or "target")
    return table.append_column(name if name not in table.column_names else "target", target)


def _hand_over(given: Tabular, readable: Readable, duck: Duck) -> None:
    match given:
        case pa.Table():
            duck.register("given", given if readable.unchanged else readable.table(given))
        case pa.RecordBatchReader():
            duck.store("given", given if readable.unchanged else readable.reader(given))
        case _ if readable.unchanged:
            duck.register("given", given)
        case _:
            duck.store("given", readable.reader(given.scanner().to_reader()))


def _as_tabular(source: Any) -> Tabular:
    if isinstance(source, pa.Table | pa.RecordBatchReader) or type(source).__module__ == "pyarrow._dataset":
        return source
    if isinstance(source, pa.RecordBatch):
        return pa.Table.from_batches([source])
    if isinstance(source, Mapping) and type(source).__module__ == "builtins":
        return pa.table({str(name): _column(_as_numpy(cells)) for name, cells in source.items()})
    if isinstance(source, list) and source and all(isinstance(row, Mapping) for row in source):
        return pa.Table.from_pylist([dict(row) for row in source])
    found = _of_frame(source, type(source).__module__.split(".")[0])
    if found is not None:
        return found
    if hasattr(source, "__array__") or hasattr(source, "detach") or isinstance(source, list):
        return _of_array(_as_numpy(source))
    raise DataError(
        f"a {type(source).__name__} is not a table that can be read; give a path, a frame or an Arrow table"
    )


def _of_frame(source: Any, package: str) -> Tabular | None:
    """Return a frame of any package, or a sparse matrix, as Arrow; None for anything else."""
    match package:
        case "duckdb":
            to_reader = getattr(source, "to_arrow_reader", None) or source.fetch_arrow_reader
            return to_reader(65_536)
        case "datasets":
            return _of_hugging_face(source)
        case "polars":
            return _of_polars(source)
        case "pandas" if hasattr(source, "iloc") and hasattr(source, "columns"):
            return _of_pandas(source)
    if hasattr(source, "tocsr"):
        return _of_sparse(source.tocsr())
    if hasattr(source, "__arrow_c_stream__") and package != "pandas":
        return pa.RecordBatchReader.from_stream(source)
    if hasattr(source, "to_arrow"):
        return source.to_arrow()
    return _of_pandas(source) if hasattr(source, "columns") and hasattr(source, "iloc") else None


def _of_array(values: np.ndarray[Any, Any]) -> pa.Table:
    """Return rows of an array, or records, as a table."""
    if values.dtype.names:
        return pa.table({name: _column(values[name]) for name in values.dtype.names})
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2:
        raise DataError(
            f"an array of shape {values.shape} is not a table: a table has rows and columns. Samples of other shapes "
            "are described with their targets: give a pair (X, y), a Dataset or a DataLoader"
        )
    if not values.shape[1]:
        raise DataError(f"an array of shape {values.shape} has no column")
    return pa.table({f"x{place}": _column(values[:, place]) for place in range(values.shape[1])})


def _as_numpy(source: Any) -> np.ndarray[Any, Any]:
    """Return an array, a tensor on any device and of any precision, or a list as numpy."""
    if hasattr(source, "detach"):
        source = source.detach().cpu()
        if source.dtype.itemsize == 2 and source.is_floating_point():
            source = source.float()  # numpy has no bfloat16
        if source.layout is not None and source.is_sparse:
            source = source.to_dense()
        return np.asarray(source.numpy())
    try:
        return np.asarray(source)
    except ValueError as error:
        raise DataError(f"a {type(source).__name__} is not a table: its rows differ in length") from error


def _column(values: np.ndarray[Any, Any]) -> pa.Array:
    """Return one column of cells, each cell as what it is; mixed ones as words."""
    if values.ndim > 1:
        return pa.array(values.tolist())
    if values.dtype == np.bool_ or values.dtype.kind == "O":
        return _of_objects(values.tolist())
    if values.dtype.kind == "M":
        return pa.array(values.astype("datetime64[us]"))
    if values.dtype.kind in "iuf" and values.dtype.isnative:
        return pa.array(np.ascontiguousarray(values))
    return _of_objects(values.tolist())


def _of_objects(cells: list[Any]) -> pa.Array:
    try:
        return pa.array(cells, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError):
        return pa.array([None if cell is None or cell != cell else str(cell) for cell in cells])  # noqa: PLR0124


def _of_pandas(frame: Any) -> pa.Table:
    names = repair_names(list(frame.columns)).names
    columns = []
    for position in range(len(names)):
        series = frame.iloc[:, position]
        try:
            columns.append(pa.array(series, from_pandas=True))
        except (pa.ArrowException, TypeError, ValueError):
            columns.append(_of_objects(series.tolist()))
    return pa.table(columns, names=list(names))


def _of_polars(frame: Any) -> pa.Table:
    """Return a frame, a lazy one or a series; columns of Python objects as words."""
    if hasattr(frame, "collect"):
        frame = frame.collect(engine="streaming")
    if hasattr(frame, "to_frame"):
        frame = frame.to_frame()
    columns = []
    for series in frame.get_columns():
        try:
            columns.append(series.to_arrow())
        except Exception:  # noqa: BLE001 - polars raises its own panics for kinds that Arrow lacks
            columns.append(_of_objects(series.to_list()))
    return pa.table(columns, names=frame.columns)


def _of_hugging_face(source: Any) -> Tabular:
    if isinstance(source, Mapping):
        splits = ", ".join(source)
        raise DataError(f"a {type(source).__name__} holds several splits ({splits}); give one, such as data['train']")
    as_arrow = source.with_format("arrow")
    if hasattr(source, "num_rows"):
        return as_arrow[:]
    batches = as_arrow.iter(batch_size=1_000)
    first = next(batches, None)
    if first is None:
        raise DataError(f"a {type(source).__name__} yields no row; there is nothing to read")
    return pa.RecordBatchReader.from_batches(first.schema, _of_tables(first, batches))


def _of_tables(first: pa.Table, others: Iterator[pa.Table]) -> Iterator[pa.RecordBatch]:
    yield from first.to_batches()
    for table in others:
        yield from table.cast(first.schema).to_batches()


def _of_sparse(matrix: Any) -> pa.RecordBatchReader:
    rows, columns = matrix.shape
    if columns > SPARSE_COLUMNS:
        raise DataError(
            f"a sparse matrix of {columns:,} columns is too wide to describe column by column (at most "
            f"{SPARSE_COLUMNS:,}); keep the frequent ones, or project it with sklearn.decomposition.TruncatedSVD"
        )
    schema = pa.schema([(f"x{place}", pa.float64()) for place in range(columns)])
    step = max(1, STORED_CELLS // max(columns, 1))

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, rows, step):
            dense = np.asfortranarray(matrix[start : start + step].toarray(), dtype=np.float64)
            yield pa.record_batch([pa.array(dense[:, place]) for place in range(columns)], schema)

    return pa.RecordBatchReader.from_batches(schema, batches())
