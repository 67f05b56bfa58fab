"""How many different values there are: exact while few, estimated from the smallest hashes beyond."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from advisor.profiling.accumulators.hashing import Hashes


@dataclass(slots=True)
class SmallestHashes:
    """The ``kept`` smallest different hashes seen (k minimum values).

    Hashes are gathered unsorted and sorted in only when there are as many as are kept, so that a stream of batches
    costs about one sort of each.

    Attributes:
        kept: k; the count is exact up to here and has a relative standard error of about ``1/√k`` beyond.
        hashes: sorted, different, at most ``kept``.
        full: there were more.

    Source:
        Bar-Yossef, Jayram, Kumar, Sivakumar & Trevisan 2002, Counting distinct elements in a data stream, algorithm 2.
    """

    kept: int
    hashes: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    full: bool = False
    _waiting: list[Hashes] = field(default_factory=list)
    _waiting_count: int = 0

    def add(self, hashes: Hashes) -> None:
        """Take in hashes."""
        if self.full:
            hashes = hashes[hashes < self.hashes[-1]]
        if not len(hashes):
            return
        self._waiting.append(hashes)
        self._waiting_count += len(hashes)
        if self._waiting_count >= self.kept:
            self._sort_in()

    def merge(self, other: SmallestHashes) -> None:
        """Take in what another one saw."""
        other._sort_in()
        self.add(other.hashes)
        self._sort_in()
        self.full = self.full or other.full

    @property
    def exact(self) -> bool:
        """Whether the count is exact."""
        self._sort_in()
        return not self.full

    def count(self) -> int:
        """Return how many different values there were."""
        self._sort_in()
        if not self.full:
            return len(self.hashes)
        return round((self.kept - 1) / (float(self.hashes[-1]) / 2.0**64))

    def _sort_in(self) -> None:
        if not self._waiting:
            return
        merged = np.concatenate([self.hashes, *self._waiting])
        merged.sort()
        different = np.empty(len(merged), np.bool_)
        different[0] = True
        np.not_equal(merged[1:], merged[:-1], out=different[1:])
        merged = merged[different]
        self.full = self.full or len(merged) > self.kept
        self.hashes = merged[: self.kept].copy() if len(merged) > self.kept else merged
        self._waiting, self._waiting_count = [], 0
