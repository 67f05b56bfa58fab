"""Arrow's own files: IPC files and streams, Feather, ORC; and which of their columns DuckDB can read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from advisor.errors import DataError
from advisor.profiling.reading.duck import Duck, ReadFailure, identifier


def load_arrow(path: Path) -> Any:
    """Return an IPC file or stream, or a Feather file, as a table in mapped memory.

    Raises:
        DataError: it is damaged.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(6)
        if magic[:4] == b"FEA1":
            from pyarrow import feather  # noqa: PLC0415 - loads pandas

            return feather.read_table(path)
        source = pa.memory_map(str(path))
        reader = pa.ipc.open_file(source) if magic == b"ARROW1" else pa.ipc.open_stream(source)
        return reader.read_all()
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path.name}: cannot be read as Arrow ({error})") from error


def load_orc(path: Path) -> Any:
    """Return an ORC file as a table.

    Raises:
        DataError: it is damaged.
    """
    from pyarrow import orc  # noqa: PLC0415 - rarely needed

    try:
        return orc.read_table(str(path))
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path.name}: cannot be read as ORC ({error})") from error


class Readable:
    """The columns of a schema that DuckDB can read, some of them cast, named ``c0``, ``c1`` … by their place.

    Attributes:
        places: of the columns kept, in order.
        schema: their names and types as DuckDB gets them.
        left_out: place and type of the others.
        unchanged: nothing is cast, renamed or left out.
    """

    def __init__(self, schema: pa.Schema, duck: Duck) -> None:
        kinds = [_known_type(field.type) for field in schema]
        readable = [True] * len(kinds)
        if not _reads(kinds, duck):
            readable = [_reads([kind], duck) for kind in kinds]
        self.places = [place for place, reads in enumerate(readable) if reads]
        self.schema = pa.schema([(f"c{place}", kinds[place]) for place in self.places])
        self.left_out = tuple(
            (place, str(schema.field(place).type)) for place, reads in enumerate(readable) if not reads
        )
        self.unchanged = self.schema.equals(schema)

    def table(self, table: pa.Table) -> pa.Table:
        """Return a table's readable columns."""
        columns = [
            _cast(table.column(place), field.type) for place, field in zip(self.places, self.schema, strict=True)
        ]
        return pa.table(columns, schema=self.schema)

    def reader(self, reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
        """Return a reader of the readable columns."""
        return pa.RecordBatchReader.from_batches(self.schema, self._batches(reader))

    def _batches(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        for batch in reader:
            yield from self.table(pa.Table.from_batches([batch])).to_batches()


def _known_type(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        return _known_type(kind.storage_type)
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_decimal256(kind):
        return pa.float64()
    if pa.types.is_run_end_encoded(kind):
        return _known_type(kind.value_type)
    if pa.types.is_dictionary(kind):
        return kind if pa.types.is_string(kind.value_type) else _known_type(kind.value_type)
    return kind


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.type == kind:
        return column
    if isinstance(column.type, pa.BaseExtensionType):
        storage = [chunk.storage for chunk in column.chunks]
        return _cast(pa.chunked_array(storage, column.type.storage_type), kind)
    if pa.types.is_run_end_encoded(column.type):
        decoded = [pa.compute.run_end_decode(chunk) for chunk in column.chunks]
        return _cast(pa.chunked_array(decoded, column.type.value_type), kind)
    return column.cast(kind)


def _reads(kinds: list[pa.DataType], duck: Duck) -> bool:
    """Whether DuckDB knows these types."""
    schema = pa.schema([(f"c{place}", kind) for place, kind in enumerate(kinds)])
    try:
        duck.register("tried", schema.empty_table())
        duck.rows(f"select {', '.join(identifier(name) for name in schema.names)} from tried")
    except (ReadFailure, pa.ArrowException, NotImplementedError):
        return False
    return True
