"""How often each value occurs, exactly, while there are few different ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from advisor.statistics.arrays import Floats

Counts = NDArray[np.int64]


@dataclass(slots=True)
class ValueCounts:
    """Counts of numbers or words; given up for good once there are more than ``kept`` different ones.

    Attributes:
        kept: most different values.
        given_up: there were more; nothing is known.
        values: different numbers, sorted, shape (values,).
        counts: of each, shape (values,).
        words: counts of words.
    """

    kept: int
    given_up: bool = False
    values: Floats = field(default_factory=lambda: np.empty(0))
    counts: Counts = field(default_factory=lambda: np.empty(0, np.int64))
    words: Counter[str] = field(default_factory=Counter)

    def add_numbers(self, present: Floats) -> None:
        """Take in finite numbers."""
        if not self.given_up and len(present):
            self._add(*np.unique(present, return_counts=True))

    def add_words(self, words: pa.Array, counts: Counts) -> None:
        """Take in different words, none of them null, with their counts, shape (words,)."""
        if self.given_up:
            return
        if len(words) > self.kept:
            self.give_up()
            return
        self.words.update(dict(zip(words.to_pylist(), counts.tolist(), strict=True)))
        if len(self.words) > self.kept:
            self.give_up()

    def merge(self, other: ValueCounts) -> None:
        """Take in what another one saw."""
        if other.given_up:
            self.give_up()
        if self.given_up:
            return
        if len(other.values):
            self._add(other.values, other.counts)
        self.words.update(other.words)
        if len(self.words) > self.kept:
            self.give_up()

    def give_up(self) -> None:
        """Forget everything: there are too many different values."""
        self.given_up = True
        self.values, self.counts, self.words = np.empty(0), np.empty(0, np.int64), Counter()

    def most_common(self, count: int) -> tuple[tuple[str, int], ...]:
        """Return the most frequent values as text with their counts; nothing once given up."""
        if self.words:
            return tuple(self.words.most_common(count))
        order = np.argsort(-self.counts, kind="stable")[:count]
        return tuple((text_of(float(self.values[at])), int(self.counts[at])) for at in order)

    def _add(self, values: Floats, counts: NDArray[np.integer]) -> None:
        together, place = np.unique(np.concatenate([self.values, values]), return_inverse=True)
        if len(together) > self.kept:
            self.give_up()
            return
        weights = np.concatenate([self.counts, counts])
        self.values, self.counts = together, np.bincount(place, weights, len(together)).astype(np.int64)


def text_of(value: float) -> str:
    """Return a number as it would be written by hand.

    >>> text_of(1234567.0), text_of(0.1)
    ('1234567', '0.1')
    """
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
