"""Scan a table where its rows lie."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Protocol

import pyarrow as pa

from advisor.errors import DataError
from advisor.profiling.accumulators.scan import Scan
from advisor.profiling.engines.dask import DaskTable
from advisor.profiling.engines.partition import Instructions, inexact_columns, instructions_of
from advisor.profiling.engines.spark import SparkTable, open_with_spark
from advisor.profiling.reading.options import ReadingOptions
from advisor.profiling.reading.parts import Nested
from advisor.profiling.reading.relations import TYPED_ROWS
from advisor.progress import Progress


class Distributed(Protocol):
    """A table in partitions, columns called ``c0``, ``c1`` and so on."""

    engine: str
    names: list[str]
    left_out: tuple[Nested, ...]

    def head(self, rows: int) -> pa.Table:
        """Return the first rows."""

    def scan(self, told: Instructions) -> Scan | None:
        """Return what all rows say; None when there are none."""


def distributed(source: Any, options: ReadingOptions) -> Distributed | None:
    """Return a source as a table in partitions; None when it is read on this machine.

    Raises:
        DataError: an engine that is not installed, or cannot read the source.
    """
    package = type(source).__module__.split(".")[0]
    if package == "pyspark":
        return SparkTable(source)
    if package == "dask":
        return DaskTable(source)
    if options.engine == "spark":
        if not isinstance(source, str | os.PathLike):
            raise DataError("--engine spark reads files; give a path, or a Spark data frame without the option")
        return open_with_spark(str(source), options)
    return None


def scan_distributed(table: Distributed, name: str, options: ReadingOptions, seed: int, progress: Progress) -> Scan:
    """Stream a table in partitions through the accumulators, again when whole numbers turn out too large for floats.

    Raises:
        DataError: it has no row, or cannot be read.
    """
    progress(f"looking at the first rows with {table.engine}", None)
    head = table.head(TYPED_ROWS)
    inexact: frozenset[int] = frozenset()
    while True:
        told = instructions_of(head, table.names, name=name, options=options, seed=seed, inexact=inexact)
        progress(f"reading {name} with {table.engine}", None)
        scan = table.scan(told)
        if scan is None:
            raise DataError(f"{name}: has no row; there is nothing to profile")
        found = inexact_columns(scan, head.schema) - inexact
        if not found:
            break
        inexact |= found
    said = f"Read by {table.engine}, partition by partition."
    nested = (*scan.table.nested, *table.left_out)
    scan.table = replace(scan.table, nested=nested, notes=(said, *scan.table.notes))
    return scan
