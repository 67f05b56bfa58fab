"""What is computed beside the rows of one partition, and how partitions become one table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from advisor.errors import DataError
from advisor.profiling.accumulators.moments import LARGEST_EXACT
from advisor.profiling.accumulators.scan import Scan
from advisor.profiling.reading.arrow_files import Readable
from advisor.profiling.reading.column_names import repair_names
from advisor.profiling.reading.duck import Duck, ReadFailure
from advisor.profiling.reading.options import ReadingOptions
from advisor.profiling.reading.parts import Nested
from advisor.profiling.reading.relations import open_relation
from advisor.profiling.reading.table import Table

ROWS_OF_A_PARTITION = 2**40
"""By definition more than any partition holds: row numbers of different partitions then never meet."""
BATCH_ROWS = 65_536
"""Judgement: as in a reading on one machine."""


@dataclass(frozen=True, slots=True)
class Instructions:
    """What a worker needs to know; it is sent to each.

    Attributes:
        table: columns and the SQL of their cells, over columns ``c0``, ``c1`` … of a relation ``given``.
        seed: of the sample.
    """

    table: Table
    seed: int


def instructions_of(
    head: pa.Table,
    names: Sequence[str],
    *,
    name: str,
    options: ReadingOptions,
    seed: int,
    inexact: frozenset[int] = frozenset(),
) -> Instructions:
    """Work out from the first rows how every row is read.

    Args:
        head: first rows.
        names: of its columns.
        name: of the source.
        options: what the user said.
        seed: of the sample.
        inexact: places of whole numbers that floats cannot hold.

    Raises:
        DataError: no column holds single values.
    """
    repaired = repair_names(names)
    duck = Duck()
    try:
        readable = Readable(head.schema, duck)
        if not readable.places:
            raise DataError(f"{name}: has no column of single values")
        duck.register("given", readable.table(head))
        labels = [repaired.names[place] for place in readable.places]
        known = frozenset(f"c{place}" for place in inexact)
        opened = open_relation("given", name, duck, None, options, labels, known)
    finally:
        duck.close()
    left_out = tuple(Nested(repaired.names[place], kind) for place, kind in readable.left_out)
    table = Table(
        name,
        opened.columns,
        opened.parts,
        (*opened.nested, *left_out),
        repaired.repeated,
        (*opened.notes, *repaired.notes),
    )
    return Instructions(table, seed)


def scan_partition(batches: Iterable[pa.RecordBatch], number: int, told: Instructions) -> Scan | None:
    """Return what the rows of one partition say; None when it has none.

    Args:
        batches: its rows.
        number: of the partition.
        told: how they are read.
    """
    scan = Scan(told.table, told.seed, first_row=number * ROWS_OF_A_PARTITION)
    duck = Duck()
    try:
        for batch in batches:
            if not batch.num_rows:
                continue
            rows = pa.Table.from_batches([batch])
            duck.register("given", Readable(rows.schema, duck).table(rows))
            for read in told.table.batches(duck, BATCH_ROWS):
                scan.add(read)
    except ReadFailure as failure:
        raise DataError(f"{told.table.name}: partition {number} cannot be read ({failure.detail})") from failure
    finally:
        duck.close()
    if not scan.rows:
        return None
    scan.compact()
    return scan


def merged(scans: Iterable[Scan | None]) -> Scan | None:
    """Return what the partitions say together, in the order they are given."""
    whole: Scan | None = None
    for scan in scans:
        if scan is None:
            continue
        if whole is None:
            whole = scan
        else:
            whole.merge(scan)
            whole.compact()
    return whole


def inexact_columns(scan: Scan, schema: pa.Schema) -> frozenset[int]:
    """Return the places of whole numbers that turned out to lie beyond what floats hold."""
    moments, found = scan.moments, set()
    cells = scan.table.parts[0].cells
    for position, column in enumerate(scan.table.columns):
        place = next((at for at in range(len(schema)) if f'"c{at}"' in cells[position]), None)
        if place is None or column.storage != "number" or not _is_whole(schema.field(place).type):
            continue
        if max(abs(moments.low[position]), abs(moments.high[position])) > LARGEST_EXACT and moments.count[position]:
            found.add(place)
    return frozenset(found)


def _is_whole(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale == 0))
