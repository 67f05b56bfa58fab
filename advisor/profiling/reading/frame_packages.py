"""Which objects in memory are tables, told without the packages that read them."""

from __future__ import annotations

from typing import Any

FRAMES = frozenset({"pandas", "polars", "pyarrow", "duckdb", "modin", "cudf", "ibis", "narwhals", "dask", "pyspark"})
"""Packages whose objects are tables: columns with names and kinds."""


def is_frame(source: Any) -> bool:
    """Return whether an object is a table: of a package of frames, or one that hands itself over as Arrow."""
    package = type(source).__module__.split(".")[0]
    return package in FRAMES or (package not in {"datasets", "torch"} and hasattr(source, "__arrow_c_stream__"))
