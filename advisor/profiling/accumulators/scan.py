"""One pass over a table: moments, distinct values, duplicates, frequent values, and a seeded sample of rows.

Everything here is mergeable: scanning two halves and merging equals scanning the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from advisor.profiling.accumulators.distinct import SmallestHashes
from advisor.profiling.accumulators.gram import Gram
from advisor.profiling.accumulators.hashing import Hashes, column_salt, counter_hashes, hash_numbers, hash_words
from advisor.profiling.accumulators.moments import LARGEST_EXACT, Moments
from advisor.profiling.accumulators.value_counts import ValueCounts
from advisor.profiling.encoding.arrow import nulls_of, take, values_of
from advisor.profiling.reading.table import Table
from advisor.statistics.arrays import Floats

DISTINCT_KEPT = 4_096
"""Hashes and values kept per column. Judgement: counts of distinct values then have a standard error of 1.6 %,
1/√4096."""
ROWS_HASHED = 1_000_000
"""Judgement: repeated rows of tables up to a million are counted exactly, in 8 MB."""
SAMPLE_ROWS = 100_000
"""Judgement: more rows tell no more of a column, and these fit into memory whatever the table."""
MAX_GRAM_COLUMNS = 2_000
"""Judgement: the sums of products then take 32 MB each; beyond, they cost more than they say."""
_NULL_HASH = np.uint64(7)
"""Judgement: any constant will do that no value hashes to by design."""


@dataclass(slots=True)
class Scan:
    """What one pass has seen so far.

    Attributes:
        table: its columns.
        seed: of the sample.
        first_row: number of the first row, so that parts scanned apart draw the sample of the whole.
        rows: rows seen.
    """

    table: Table
    seed: int
    first_row: int = 0
    rows: int = 0
    moments: Moments = field(init=False)
    gram: Gram | None = field(init=False)
    distinct: list[SmallestHashes] = field(init=False)
    values: list[ValueCounts] = field(init=False)
    unreadable: NDArray[np.int64] = field(init=False)
    rows_hashed: SmallestHashes = field(init=False)
    _kept: list[tuple[Hashes, pa.RecordBatch]] = field(default_factory=list)
    _kept_rows: int = 0

    def __post_init__(self) -> None:
        count = len(self.table.columns)
        numbers = self.numbers
        self.moments = Moments(count)
        self.gram = Gram(len(numbers)) if 0 < len(numbers) <= MAX_GRAM_COLUMNS else None
        self.distinct = [SmallestHashes(DISTINCT_KEPT) for _ in range(count)]
        self.values = [ValueCounts(DISTINCT_KEPT) for _ in range(count)]
        self.unreadable = np.zeros(count, np.int64)
        self.rows_hashed = SmallestHashes(ROWS_HASHED)

    @property
    def numbers(self) -> list[int]:
        """Positions of the columns of numbers."""
        return [i for i, column in enumerate(self.table.columns) if column.storage == "number"]

    @property
    def inexact(self) -> list[int]:
        """Positions of the columns of whole numbers beyond 2^53, which floats cannot tell apart."""
        largest = np.maximum(np.abs(self.moments.low), np.abs(self.moments.high))
        beyond = np.isfinite(largest) & (largest > LARGEST_EXACT)
        return [position for position in self.numbers if self.moments.whole[position] and beyond[position]]

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in a batch as ``Table.batches`` yields it."""
        n = batch.num_rows
        if not n:
            return
        row_hashes = np.zeros(n, np.uint64)
        slots = {position: slot for slot, position in enumerate(self.numbers)}
        z = np.zeros((len(slots), n))
        holes: list[int] = []
        missing: list[Floats] = []
        for position, column in enumerate(self.table.columns):
            cells = batch.column(position)
            null = _nulls(cells)
            if column.storage == "text":
                hashes = self._add_text(position, cells, null)
            else:
                values = _floats(cells, column.storage, null)
                absent = np.isnan(values) if null is None else null | np.isnan(values)
                slot = slots.get(position)
                hashes, finite = self._add_numbers(
                    position, values, absent, z[slot] if slot is not None else np.empty(n)
                )
                if slot is not None and finite is not None:
                    holes.append(slot)
                    missing.append((~finite).astype(np.float64))
            if null is not None:
                hashes[null] = _NULL_HASH
            hashes *= column_salt(position)
            row_hashes += hashes
        for place, position in enumerate(self.table.checked):
            flags = batch.column(len(self.table.columns) + place)
            self.unreadable[position] += pc.sum(flags.cast(pa.int64())).as_py() or 0
        if self.gram is not None:
            gaps = np.stack(missing) if missing else np.empty((0, n))
            self.gram.add(z, gaps, np.array(holes, dtype=np.intp))
        self.rows_hashed.add(row_hashes)
        self._keep(batch, counter_hashes(self.first_row + self.rows, n, self.seed))
        self.rows += n

    def merge(self, other: Scan) -> None:
        """Take in the scan of the rows that follow these."""
        numbers = self.numbers
        shift = self.moments.shift_of(other.moments)
        if self.gram is not None and other.gram is not None:
            # Columns that had no value yet take over the other's centre and unit.
            fresh = ~self.moments.started & other.moments.started
            a, b = np.where(fresh, 0.0, shift[0]), np.where(fresh, 1.0, shift[1])
            self.gram.merge(other.gram, a[numbers], b[numbers])
        self.moments.merge(other.moments)
        for own, seen in zip(self.distinct, other.distinct, strict=True):
            own.merge(seen)
        for own_values, seen_values in zip(self.values, other.values, strict=True):
            own_values.merge(seen_values)
        self.unreadable += other.unreadable
        self.rows_hashed.merge(other.rows_hashed)
        self._kept += other._kept
        self._kept_rows += other._kept_rows
        self.rows += other.rows

    def _add_numbers(
        self, position: int, values: Floats, absent: NDArray[np.bool_], z: Floats
    ) -> tuple[Hashes, NDArray[np.bool_] | None]:
        """Take in a column; returns the hashes of its cells, and where they are finite (None for everywhere)."""
        finite = np.isfinite(values)
        finite &= ~absent
        flags = None if finite.all() else finite
        present = self.moments.add(position, values, flags, int(np.count_nonzero(absent)), z)
        hashes = hash_numbers(values)
        distinct = self.distinct[position]
        distinct.add(hashes.copy() if flags is None else hashes[finite])
        if distinct.full:
            self.values[position].give_up()
        self.values[position].add_numbers(present)
        return hashes, flags

    def _add_text(self, position: int, cells: pa.Array, null: NDArray[np.bool_] | None) -> Hashes:
        absent = 0 if null is None else int(np.count_nonzero(null))
        self.moments.missing[position] += absent
        self.moments.count[position] += len(cells) - absent
        distinct, values = self.distinct[position], self.values[position]
        if values.given_up:
            hashes = hash_words(cells)
            distinct.add(hashes.copy() if null is None else hashes[~null])
            return hashes
        # few different words: each is hashed once, however often it stands in the batch
        coded = cells.dictionary_encode()
        words, places = coded.dictionary, values_of(pa.chunked_array([coded.indices]), np.dtype(np.int32))
        if not len(words):
            return np.zeros(len(cells), np.uint64)
        hashed = hash_words(words)
        distinct.add(hashed.copy())
        if distinct.full:
            values.give_up()
        known = places if null is None else places[~null]
        values.add_words(words, np.bincount(known, minlength=len(words)))
        return hashed[places if null is None else np.where(null, 0, places)]

    def _keep(self, batch: pa.RecordBatch, hashes: Hashes) -> None:
        cells = batch.select(range(len(self.table.columns)))
        self._kept.append((hashes, cells))
        self._kept_rows += len(hashes)
        if self._kept_rows > 2 * SAMPLE_ROWS:
            self.compact()

    def compact(self) -> None:
        """Keep no more rows than the sample holds."""
        hashes = np.concatenate([part for part, _ in self._kept])
        table = pa.Table.from_batches([part for _, part in self._kept])
        if len(hashes) > SAMPLE_ROWS:
            rows = np.sort(np.argpartition(hashes, SAMPLE_ROWS)[:SAMPLE_ROWS])
            table, hashes = take(table, rows), hashes[rows]
        combined = table.combine_chunks().to_batches()
        self._kept = [(hashes, combined[0])] if combined else []
        self._kept_rows = len(hashes)

    def sample(self) -> pa.Table:
        """Return the sampled rows in the order of the source, columns by name."""
        self.compact()
        if not self._kept:
            return pa.table({column.name: pa.array([], pa.float64()) for column in self.table.columns})
        names = [column.name for column in self.table.columns]
        return pa.Table.from_batches([self._kept[0][1]]).rename_columns(names)


def _nulls(cells: pa.Array) -> NDArray[np.bool_] | None:
    """Return where a column is null; None for nowhere."""
    return nulls_of(pa.chunked_array([cells])) if cells.null_count else None


def _floats(cells: pa.Array, storage: str, null: NDArray[np.bool_] | None) -> Floats:
    """Return numbers, or days since 1970, with NaN where a column is null."""
    if storage == "date":
        micros = cells.cast(pa.timestamp("us")).cast(pa.int64())
        days: Floats = values_of(pa.chunked_array([micros]), np.dtype(np.int64)) / 86_400e6
        return days if null is None else np.where(null, np.nan, days)
    if cells.type != pa.float64():
        cells = cells.cast(pa.float64())
    values: Floats = values_of(pa.chunked_array([cells]), np.dtype(np.float64))
    return values if null is None else np.where(null, np.nan, values)
