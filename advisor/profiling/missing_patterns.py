"""Which columns of a table are missing together."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from advisor.facts import MissingPattern
from advisor.profiling.encoding.arrow import nulls_of

MOST_FREQUENT = 10
"""Judgement: as many patterns as a reader of a report looks at."""
LEAST_ROWS = 2
"""Judgement: what stands in one row is no pattern."""


def missing_patterns(sample: pa.Table) -> tuple[MissingPattern, ...]:
    """Return the sets of columns that are missing from the same rows, most frequent first.

    Args:
        sample: rows of a table, missing values as nulls or NaN.

    Returns:
        At most ten, complete rows among them, with their shares of the sample; none when nothing is missing.
    """
    gaps = [(name, _missing(sample.column(name))) for name in sample.column_names]
    gaps = [(name, missing) for name, missing in gaps if missing.any()]
    if not gaps:
        return ()
    packed = np.packbits(np.stack([missing for _, missing in gaps], axis=1), axis=1)
    _, first, counts = np.unique(
        packed.view(np.dtype((np.void, packed.shape[1]))).ravel(), return_index=True, return_counts=True
    )
    order = np.lexsort((first, -counts))[:MOST_FREQUENT]
    return tuple(
        MissingPattern(
            columns=tuple(name for name, missing in gaps if missing[first[place]]),
            share=float(counts[place]) / len(packed),
        )
        for place in order
        if counts[place] >= LEAST_ROWS
    )


def _missing(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Return where a column has no value, shape (rows,)."""
    return nulls_of(column, nan_is_null=pa.types.is_floating(column.type))
