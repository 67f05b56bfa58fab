"""64-bit hashes of numbers and strings in numpy: the same on every machine, in every process."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""Odd 64-bit part of the golden ratio: openjdk/jdk, ``SplittableRandom.GOLDEN_GAMMA``."""
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
"""openjdk/jdk, ``SplittableRandom.mix64`` (Stafford's variant 13, the finaliser of splitmix64)."""
_SECOND = np.uint64(0x94D049BB133111EB)
"""openjdk/jdk, ``SplittableRandom.mix64``."""
_LANES = 64
"""Bytes with random numbers of their own. Judgement: longer than most words; the table then fits a processor's
cache."""
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
"""openjdk/jdk, ``SplittableRandom.mix64``."""


def mix(values: Hashes) -> Hashes:
    """Scramble values in place and return them.

    Source:
        Vigna's splitmix64 finaliser.
    """
    shifted = np.empty_like(values)
    np.right_shift(values, _SHIFTS[0], out=shifted)
    np.bitwise_xor(values, shifted, out=values)
    np.multiply(values, _FIRST, out=values)
    np.right_shift(values, _SHIFTS[1], out=shifted)
    np.bitwise_xor(values, shifted, out=values)
    np.multiply(values, _SECOND, out=values)
    np.right_shift(values, _SHIFTS[2], out=shifted)
    np.bitwise_xor(values, shifted, out=values)
    return values


def counter_hashes(first: int, count: int, seed: int) -> Hashes:
    """Return one hash per row number ``first … first + count - 1``, shape (count,)."""
    rows = np.arange(first, first + count, dtype=np.uint64)
    start = mix(np.array([seed & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64) + GOLDEN)[0]
    return mix(rows * GOLDEN + start)


def hash_numbers(values: NDArray[np.float64]) -> Hashes:
    """Hash floats by their bits, shape (rows,); 0.0 and -0.0 are the same."""
    return mix((values + 0.0).view(np.uint64) + GOLDEN)


def hash_words(words: pa.Array) -> Hashes:
    """Hash a string array, shape (rows,); what stands at a null is arbitrary.

    Each byte draws a random word by its value and place (tabulation), and the words are added up.
    """
    count = len(words)
    large = pa.types.is_large_string(words.type)
    _, offsets_buffer, data = words.buffers()
    kind = np.dtype(np.int64 if large else np.int32)
    offsets = np.frombuffer(offsets_buffer, kind, count + 1, words.offset * kind.itemsize).astype(np.int64)
    lengths = np.diff(offsets)
    start, stop = int(offsets[0]), int(offsets[-1])
    if stop == start or data is None:
        return mix(lengths.astype(np.uint64) * _SECOND + GOLDEN)
    place = np.arange(stop - start, dtype=np.int64) - np.repeat(offsets[:-1] - start, lengths)
    drawn = _TABLE[((place & (_LANES - 1)) << 8) | np.frombuffer(data, np.uint8)[start:stop]]
    if int(lengths.max()) > _LANES:
        drawn *= (place >> 6).astype(np.uint64) * (_FIRST - np.uint64(1)) + np.uint64(1)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(drawn, dtype=np.uint64)])
    hashes: Hashes = sums[offsets[1:] - start] - sums[offsets[:-1] - start]
    return mix(hashes + lengths.astype(np.uint64) * _SECOND + GOLDEN)


def column_salt(position: int) -> np.uint64:
    """Return an odd multiplier for one column's hashes within a row's."""
    return np.uint64(int(mix(np.array([position + 1], dtype=np.uint64) * GOLDEN)[0]) | 1)


_TABLE: Hashes = mix(np.arange(1, _LANES * 256 + 1, dtype=np.uint64) * GOLDEN)
"""By definition: one random number for each byte at each place."""
