"""The covariance matrix of all rows, missing values counted as their column's mean."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from advisor.statistics.arrays import Floats


@dataclass(slots=True)
class Gram:
    """Sums of products of standardised values over rows, exact over merges.

    Missing values enter as z = 0; what that does to the products is put right at the end from three sums: of z·z, of
    z of one column where another misses, and of rows in which both miss.

    Attributes:
        columns: p.
        rows: rows seen.
        products: Σ z zᵀ, shape (p, p).
        beside: row i, column j: Σ z_j over the rows in which i misses, shape (p, p).
        both: rows in which both miss, shape (p, p).
        sums: Σ z, shape (p,).
    """

    columns: int
    rows: int = 0
    products: Floats = field(init=False)
    beside: Floats = field(init=False)
    both: Floats = field(init=False)
    sums: Floats = field(init=False)

    def __post_init__(self) -> None:
        p = self.columns
        self.products, self.beside, self.both = (np.zeros((p, p)) for _ in range(3))
        self.sums = np.zeros(p)

    def add(self, z: Floats, missing: Floats, with_missing: NDArray[np.intp]) -> None:
        """Take in a batch.

        Args:
            z: standardised values, 0 where missing, shape (p, rows).
            missing: 1 where missing, shape (columns with any missing, rows).
            with_missing: which columns those are.
        """
        self.rows += z.shape[1]
        self.sums += z.sum(axis=1)
        if not len(with_missing):
            self.products += z @ z.T
            return
        stacked = np.concatenate([z, missing])
        sums = stacked @ stacked.T
        p = self.columns
        self.products += sums[:p, :p]
        self.beside[with_missing] += sums[p:, :p]
        self.both[np.ix_(with_missing, with_missing)] += sums[p:, p:]

    def merge(self, other: Gram, a: Floats, b: Floats) -> None:
        """Take in what another one saw, whose z stand to these as ``a + b·z``."""
        observed_sums = other.sums[None, :] - other.beside  # Σ z_j where i is there
        missing = np.diag(other.both)
        observed = other.rows - missing[:, None] - missing[None, :] + other.both
        self.products += (
            np.outer(a, a) * observed
            + np.outer(a, b) * observed_sums
            + (np.outer(a, b) * observed_sums).T
            + np.outer(b, b) * other.products
        )
        # Σ over rows where i misses and j is there of (a_j + b_j z_j)
        self.beside += a[None, :] * (missing[:, None] - other.both) + b[None, :] * other.beside
        self.both += other.both
        self.sums += a * (other.rows - missing) + b * other.sums
        self.rows += other.rows

    def covariance(self) -> Floats:
        """Return the covariance of z with each missing value replaced by its column's mean, shape (p, p)."""
        missing = np.diag(self.both)
        mean = self.sums / np.maximum(self.rows - missing, 1.0)
        observed = self.rows - missing[:, None] - missing[None, :] + self.both
        observed_sums = self.sums[None, :] - self.beside
        shifted = (
            self.products
            - mean[:, None] * observed_sums
            - (mean[:, None] * observed_sums).T
            + np.outer(mean, mean) * observed
        )
        return shifted / max(self.rows, 1)

    def correlation(self) -> Floats:
        """Return the correlations, shape (p, p); 0 beside a constant column, 1 on the diagonal."""
        covariance = self.covariance()
        scale = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        varying = scale > 0.0
        inverse = np.where(varying, 1.0 / np.where(varying, scale, 1.0), 0.0)
        correlation = np.clip(covariance * np.outer(inverse, inverse), -1.0, 1.0)
        np.fill_diagonal(correlation, 1.0)
        return correlation
