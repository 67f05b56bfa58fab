"""Spark: accumulators inside ``mapInArrow``, their states merged in a tree before the driver gets them."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from advisor.errors import DataError
from advisor.profiling.accumulators.scan import Scan
from advisor.profiling.engines.partition import Instructions, merged, scan_partition
from advisor.profiling.reading.options import ReadingOptions
from advisor.profiling.reading.parts import Nested

FAN_IN = 8
"""States that are merged in one place. Judgement: each is some ten megabytes, and a worker holds as many at once."""
_FORMATS = ("parquet", "orc", "json", "csv", "tsv", "txt")
_STATE = "part long, state binary"
_NESTED = ("array", "map", "struct", "variant", "binary", "interval", "void", "geometry", "geography", "object")


class SparkTable:
    """A Spark data frame whose columns are called ``c0``, ``c1`` and so on.

    Attributes:
        names: of its columns as the user knows them.
        left_out: columns of nested values.
    """

    engine = "Spark"

    def __init__(self, frame: Any) -> None:
        kinds = [(field.name, field.dataType.simpleString()) for field in frame.schema.fields]
        kept = [place for place, (_, kind) in enumerate(kinds) if not kind.startswith(_NESTED)]
        if not kept:
            raise DataError("Spark table: has no column of single values")
        numbered = frame.toDF(*(f"c{place}" for place in range(len(kinds))))  # names may repeat
        self._frame = numbered.select(*(f"c{place}" for place in kept)).toDF(*(f"c{at}" for at in range(len(kept))))
        self.names = [kinds[place][0] for place in kept]
        self.left_out = tuple(Nested(name, kind) for place, (name, kind) in enumerate(kinds) if place not in set(kept))

    def head(self, rows: int) -> pa.Table:
        """Return the first rows."""
        return self._frame.limit(rows).toArrow()

    def scan(self, told: Instructions) -> Scan | None:
        """Return what all rows say; None when there are none."""
        states = self._frame.mapInArrow(_mapping(told), _STATE)
        group = (states["part"] / FAN_IN).cast("long")
        together = states.groupBy(group.alias("group")).applyInArrow(_merge, _STATE)
        rows = sorted((row.part, bytes(row.state)) for row in together.toLocalIterator())
        return merged(pickle.loads(state) for _, state in rows)  # noqa: S301 - written by our own workers


def open_with_spark(source: str, options: ReadingOptions) -> SparkTable:
    """Open files with Spark, in the session that runs or in one that is started.

    Args:
        source: path or pattern that Spark's readers understand, such as ``s3a://bucket/*.parquet``.
        options: what the user said.

    Raises:
        DataError: Spark is not installed, or cannot read the source.
    """
    try:
        from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DataError(f"{source}: --engine spark takes pyspark: pip install 'lr-advisor[spark]'") from error
    spark = SparkSession.builder.appName("advisor").getOrCreate()
    kind = next((kind for kind in _FORMATS if f".{kind}" in source.lower()), "parquet")
    try:
        if kind in {"csv", "tsv", "txt"}:
            delimiter = options.delimiter or ("\t" if kind == "tsv" else ",")
            frame = spark.read.csv(
                source,
                header=options.header is not False,
                sep=delimiter,
                quote=options.quote if options.quote is not None else '"',
                escape='"',
                encoding=options.encoding or "utf-8",
            )
        else:
            frame = spark.read.format(kind).load(source)
        table = SparkTable(frame)
    except PySparkException as error:
        raise DataError(f"{source}: Spark cannot read it ({str(error).splitlines()[0][:300]})") from error
    if kind in {"csv", "txt"} and len(table.names) == 1 and options.delimiter is None:
        raise DataError(f"{source}: has one column when split at commas; say what separates the fields (--delimiter)")
    return table


def _mapping(told: Instructions) -> Any:
    """Return the function that runs in each partition."""

    def scan(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext  # noqa: PLC0415 - runs in the worker

        context = TaskContext.get()
        number = context.partitionId() if context is not None else 0
        state = scan_partition(batches, number, told)
        if state is not None:
            yield _row(number, state).to_batches()[0]

    return scan


def _merge(rows: pa.Table) -> pa.Table:
    pairs = sorted(zip(rows.column("part").to_pylist(), rows.column("state").to_pylist(), strict=True))
    states: Iterable[Scan] = (pickle.loads(state) for _, state in pairs)  # noqa: S301 - written by our own workers
    whole = merged(states)
    if whole is None:
        return rows.slice(0, 0)
    return _row(pairs[0][0], whole)


def _row(number: int, scan: Scan) -> pa.Table:
    return pa.table({"part": pa.array([number], pa.int64()), "state": pa.array([pickle.dumps(scan)], pa.binary())})
