"""One pass over a table: moments, distinct values, duplicates, frequent values, and a seeded sample of rows.

Everything here is mergeable: scanning two halves and merging equals scanning the whole.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from advisor.profiling.accumulators.gram import Gram
from advisor.profiling.accumulators.hashing import Hashes, column_salt, counter_hashes, hash_numbers, hash_words
from advisor.profiling.accumulators.moments import Moments
from advisor.profiling.encoding.arrow import nulls_of, values_of
from advisor.profiling.reading.table import Table

DISTINCT_KEPT = 4_096
ROWS_HASHED = 1_000_000
SAMPLE_ROWS = 100_000
MAX_GRAM_COLUMNS = 2_000

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Smallest:
    """The ``kept`` smallest different hashes seen: exact while fewer, an estimate of the count beyond (KMV)."""

    kept: int
    hashes: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    full: bool = False

    def add(self, hashes: Hashes) -> None:
        """Take in hashes."""
        if self.full:
            hashes = hashes[hashes < self.hashes[-1]]
        if len(hashes):
            merged = np.unique(np.concatenate([self.hashes, hashes]))
            self.full = self.full or len(merged) > self.kept
            self.hashes = merged[: self.kept]

    def merge(self, other: Smallest) -> None:
        """Take in what another one saw."""
        self.add(other.hashes)
        self.full = self.full or other.full

    def count(self) -> int:
        """Return how many different values there were."""
        if not self.full:
            return len(self.hashes)
        return round((self.kept - 1) / (float(self.hashes[-1]) / 2.0**64))


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
    distinct: list[Smallest] = field(init=False)
    words: list[Counter[str] | None] = field(init=False)
    unreadable: NDArray[np.int64] = field(init=False)
    rows_hashed: Smallest = field(init=False)
    _kept: list[tuple[Hashes, pa.RecordBatch]] = field(default_factory=list)
    _kept_rows: int = 0

    def __post_init__(self) -> None:
        count = len(self.table.columns)
        numbers = self.numbers
        self.moments = Moments(count)
        self.gram = Gram(len(numbers)) if 0 < len(numbers) <= MAX_GRAM_COLUMNS else None
        self.distinct = [Smallest(DISTINCT_KEPT) for _ in range(count)]
        self.words = [Counter() for _ in range(count)]
        self.unreadable = np.zeros(count, np.int64)
        self.rows_hashed = Smallest(ROWS_HASHED)

    @property
    def numbers(self) -> list[int]:
        """Positions of the columns of numbers."""
        return [i for i, column in enumerate(self.table.columns) if column.storage == "number"]

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in a batch as ``Table.batches`` yields it."""
        n = batch.num_rows
        if not n:
            return
        row_hashes = np.zeros(n, np.uint64)
        numbers = self.numbers
        z = np.zeros((len(numbers), n))
        missing = np.zeros((len(numbers), n))
        for position, column in enumerate(self.table.columns):
            cells = pa.chunked_array([batch.column(position)])
            null = nulls_of(cells)
            if column.storage == "text":
                hashes = self._add_text(position, batch.column(position), null)
            else:
                values = self._values(cells, column.storage)
                slot = numbers.index(position) if position in numbers else None
                scratch = z[slot] if slot is not None else np.empty(n)
                hashes = self._add_numbers(position, values, null | np.isnan(values), scratch)
                if slot is not None:
                    missing[slot] = ~np.isfinite(values) | null
            row_hashes += np.where(null, np.uint64(7), hashes) * column_salt(position)
        for place, position in enumerate(self.table.checked):
            flags = batch.column(len(self.table.columns) + place)
            self.unreadable[position] += pc.sum(flags.cast(pa.int64())).as_py() or 0
        if self.gram is not None:
            holes = np.flatnonzero(missing.any(axis=1))
            self.gram.add(z, missing[holes], holes)
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
        for position, (own_words, seen_words) in enumerate(zip(self.words, other.words, strict=True)):
            both = None if own_words is None or seen_words is None else own_words + seen_words
            self.words[position] = both if both is not None and len(both) <= DISTINCT_KEPT else None
        self.unreadable += other.unreadable
        self.rows_hashed.merge(other.rows_hashed)
        self._kept += other._kept
        self._kept_rows += other._kept_rows
        self.rows += other.rows

    @staticmethod
    def _values(cells: pa.ChunkedArray, storage: str) -> Floats:
        if storage == "date":
            return values_of(cells.cast(pa.timestamp("us")).cast(pa.int64()), np.dtype(np.int64)) / 86_400e6
        return values_of(cells.cast(pa.float64()), np.dtype(np.float64)).astype(np.float64)

    def _add_numbers(self, position: int, values: Floats, missing: NDArray[np.bool_], z: Floats) -> Hashes:
        finite = np.isfinite(values) & ~missing
        flags = None if finite.all() else finite
        present = self.moments.add(position, values, flags, int(missing.sum()), z)
        hashes = hash_numbers(values.copy())
        self.distinct[position].add(hashes if flags is None else hashes[finite])
        counter = self.words[position]
        if counter is not None:
            found, counts = np.unique(present, return_counts=True)
            self._count(
                position,
                counter,
                [f"{value:g}" for value in found.tolist()] if len(found) <= DISTINCT_KEPT else None,
                counts,
            )
        return hashes

    def _add_text(self, position: int, cells: pa.Array, null: NDArray[np.bool_]) -> Hashes:
        self.moments.missing[position] += int(null.sum())
        self.moments.count[position] += int((~null).sum())
        hashes = hash_words(cells)
        self.distinct[position].add(hashes[~null])
        counter = self.words[position]
        if counter is not None:
            counts = cells.drop_null().value_counts()
            words = counts.field(0).to_pylist() if len(counts) <= DISTINCT_KEPT else None
            self._count(position, counter, words, np.array(counts.field(1).to_pylist(), dtype=np.int64))
        return hashes

    def _count(self, position: int, counter: Counter[str], words: list[str] | None, counts: NDArray[np.int64]) -> None:
        """Count values exactly while there are few; give up for good once there are many."""
        if words is None:
            self.words[position] = None
            return
        counter.update(dict(zip(words, counts.tolist(), strict=True)))
        if len(counter) > DISTINCT_KEPT:
            self.words[position] = None

    def _keep(self, batch: pa.RecordBatch, hashes: Hashes) -> None:
        cells = batch.select(range(len(self.table.columns)))
        self._kept.append((hashes, cells))
        self._kept_rows += len(hashes)
        if self._kept_rows > 2 * SAMPLE_ROWS:
            self._compact()

    def _compact(self) -> None:
        hashes = np.concatenate([part for part, _ in self._kept])
        table = pa.Table.from_batches([part for _, part in self._kept])
        if len(hashes) > SAMPLE_ROWS:
            rows = np.sort(np.argpartition(hashes, SAMPLE_ROWS)[:SAMPLE_ROWS])
            table, hashes = table.take(pa.array(rows.tolist())), hashes[rows]
        combined = table.combine_chunks().to_batches()
        self._kept = [(hashes, combined[0])] if combined else []
        self._kept_rows = len(hashes)

    def sample(self) -> pa.Table:
        """Return the sampled rows in the order of the source, columns by name."""
        self._compact()
        if not self._kept:
            return pa.table({column.name: pa.array([], pa.float64()) for column in self.table.columns})
        names = [column.name for column in self.table.columns]
        return pa.Table.from_batches([self._kept[0][1]]).rename_columns(names)
