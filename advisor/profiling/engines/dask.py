"""Dask: accumulators beside each partition, their states merged pairwise on the workers."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from advisor.profiling.accumulators.scan import Scan
from advisor.profiling.engines.partition import Instructions, merged, scan_partition
from advisor.profiling.reading.frames import as_arrow
from advisor.profiling.reading.parts import Nested

FAN_IN = 8
"""States that are merged in one place. Judgement: as on Spark."""


class DaskTable:
    """A Dask data frame, series or two-dimensional array.

    Attributes:
        names: of its columns as the user knows them.
        left_out: none; nested columns are found by their first rows.
    """

    engine = "Dask"
    left_out: tuple[Nested, ...] = ()

    def __init__(self, frame: Any) -> None:
        if hasattr(frame, "to_dask_dataframe"):
            frame = frame.to_dask_dataframe([f"x{place}" for place in range(frame.shape[1])])
        self._frame = frame.to_frame() if frame.ndim == 1 else frame
        self.names = [str(name) for name in self._frame.columns]

    def head(self, rows: int) -> pa.Table:
        """Return the first rows."""
        return _numbered(self._frame.head(rows, npartitions=-1))

    def scan(self, told: Instructions) -> Scan | None:
        """Return what all rows say; None when there are none."""
        from dask import delayed  # noqa: PLC0415 - an extra

        states = [delayed(_scan)(part, number, told) for number, part in enumerate(self._frame.to_delayed())]
        while len(states) > 1:
            states = [delayed(merged)(states[start : start + FAN_IN]) for start in range(0, len(states), FAN_IN)]
        return states[0].compute()


def _scan(part: Any, number: int, told: Instructions) -> Scan | None:
    return scan_partition(_numbered(part).to_batches(), number, told)


def _numbered(part: Any) -> pa.Table:
    table = as_arrow(part)
    return table.rename_columns([f"c{place}" for place in range(table.num_columns)])
