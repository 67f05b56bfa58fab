"""Shifted power sums of many columns at once: mean, standard deviation, skewness, kurtosis, extremes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from advisor.statistics.arrays import Floats

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

LARGEST_EXACT = 2**53
"""By definition of float64, whole numbers up to here are the same as floats."""


@dataclass(slots=True)
class Moments:
    """Sums over the finite values of p columns; merging two equals one over both.

    ``z = (x - centre) / unit`` with centre and unit from the first values seen, so that sums of powers lose no digits
    to an offset.

    Attributes:
        columns: p.
        centre: shape (p,); likewise all below.
        unit: above zero.
        started: whether centre and unit are set.
        count: finite values.
        missing: nulls and NaN.
        infinite: infinite values.
        zeros: values equal to zero.
        sums: Σz, Σz², Σz³, Σz⁴, shape (4, p).
        low: smallest value; inf before any.
        high: largest value; -inf before any.
        whole: every value is a whole number.
    """

    columns: int
    centre: Floats = field(init=False)
    unit: Floats = field(init=False)
    started: Flags = field(init=False)
    count: Counts = field(init=False)
    missing: Counts = field(init=False)
    infinite: Counts = field(init=False)
    zeros: Counts = field(init=False)
    sums: Floats = field(init=False)
    low: Floats = field(init=False)
    high: Floats = field(init=False)
    whole: Flags = field(init=False)

    def __post_init__(self) -> None:
        p = self.columns
        self.centre, self.unit, self.started = np.zeros(p), np.ones(p), np.zeros(p, np.bool_)
        self.count, self.missing, self.infinite, self.zeros = (np.zeros(p, np.int64) for _ in range(4))
        self.sums = np.zeros((4, p))
        self.low, self.high = np.full(p, np.inf), np.full(p, -np.inf)
        self.whole = np.ones(p, np.bool_)

    def add(self, column: int, values: Floats, finite: Flags | None, missing: int, z: Floats) -> Floats:
        """Take in one column of a batch.

        Args:
            column: its position.
            values: shape (rows,), anything where not finite.
            finite: where a finite value stands; None for everywhere.
            missing: nulls and NaN among the rows.
            z: written: the standardised values, 0 where not finite, shape (rows,).

        Returns:
            The finite values, shape (finite values,).
        """
        present = values if finite is None else values[finite]
        self.missing[column] += missing
        self.infinite[column] += len(values) - len(present) - missing
        if not len(present):
            z[:] = 0.0
            return present
        if not self.started[column]:
            self._start(column, present)
        low, high = float(present.min()), float(present.max())
        self.low[column], self.high[column] = min(self.low[column], low), max(self.high[column], high)
        self.count[column] += len(present)
        self.zeros[column] += len(present) - np.count_nonzero(present)
        if self.whole[column]:
            self.whole[column] = bool((np.rint(present) == present).all())
        with np.errstate(over="ignore", invalid="ignore"):
            np.subtract(values, self.centre[column], out=z)
            z *= 1.0 / self.unit[column]
            if finite is not None:
                z[~finite] = 0.0
            squares = z * z
            self.sums[:, column] += (z.sum(), squares.sum(), np.dot(squares, z), np.dot(squares, squares))
        return present

    def _start(self, column: int, present: Floats) -> None:
        scale = 2.0 ** float(np.frexp(np.abs(present).max())[1] - 1) or 1.0  # the mean of huge values would overflow
        scaled = present / scale
        centre = float(scaled.mean())
        spread = float(np.sqrt(((scaled - centre) ** 2).mean()))
        self.centre[column] = centre * scale
        unit = spread * scale if spread > 1e-9 * abs(centre) else abs(centre) * scale or 1.0
        self.unit[column] = max(unit, 1e-290)
        self.started[column] = True

    def merge(self, other: Moments) -> None:
        """Take in what another one saw."""
        fresh = ~self.started & other.started
        self.centre[fresh], self.unit[fresh] = other.centre[fresh], other.unit[fresh]
        self.started |= other.started
        self.sums += shifted_sums(other.sums, other.count, *self.shift_of(other))
        self.low, self.high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        self.whole &= other.whole
        self.count += other.count
        self.missing += other.missing
        self.infinite += other.infinite
        self.zeros += other.zeros

    def shift_of(self, other: Moments) -> tuple[Floats, Floats]:
        """Return a, b with ``own z = a + b · other z``, each of shape (p,)."""
        a = np.where(other.started, (other.centre - self.centre) / self.unit, 0.0)
        b = np.where(other.started, other.unit / self.unit, 1.0)
        return a, b

    def central(self) -> Floats:
        """Return mean of z and its central moments of order 2, 3, 4, shape (4, p); NaN without a value."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            m1, m2, m3, m4 = self.sums / self.count
            return np.stack(
                [
                    m1,
                    np.maximum(m2 - m1**2, 0.0),
                    m3 - 3.0 * m1 * m2 + 2.0 * m1**3,
                    m4 - 4.0 * m1 * m3 + 6.0 * m1**2 * m2 - 3.0 * m1**4,
                ]
            )

    def mean(self) -> Floats:
        """Return the means, shape (p,); NaN without a value."""
        return self.centre + self.unit * self.central()[0]

    def std(self) -> Floats:
        """Return the standard deviations (of the values as a population), shape (p,); exactly 0 for a constant."""
        return np.where(self.low == self.high, 0.0, self.unit * np.sqrt(self.central()[1]))

    def skew(self) -> Floats:
        """Return the skewness, shape (p,); NaN for a constant."""
        _, second, third, _ = self.central()
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.low == self.high, np.nan, third / second**1.5)

    def kurtosis(self) -> Floats:
        """Return the excess kurtosis, shape (p,); NaN for a constant."""
        _, second, _, fourth = self.central()
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.low == self.high, np.nan, fourth / second**2 - 3.0)


def shifted_sums(sums: Floats, count: Counts, a: Floats, b: Floats) -> Floats:
    """Return the power sums of ``a + b·z`` from those of ``z``, shape (4, p)."""
    s1, s2, s3, s4 = sums
    return np.stack(
        [
            count * a + b * s1,
            count * a**2 + 2 * a * b * s1 + b**2 * s2,
            count * a**3 + 3 * a**2 * b * s1 + 3 * a * b**2 * s2 + b**3 * s3,
            count * a**4 + 4 * a**3 * b * s1 + 6 * a**2 * b**2 * s2 + 4 * a * b**3 * s3 + b**4 * s4,
        ]
    )
