"""Data to facts: DuckDB reads, mergeable numpy accumulators count, a seeded sample answers the rest."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisor.profiling.encoding.encode import Design, Encoded, encode, encode_design
    from advisor.profiling.reading.frame_packages import is_frame
    from advisor.profiling.reading.options import ReadingOptions
    from advisor.profiling.study import Study, profile

__all__ = ["Design", "Encoded", "ReadingOptions", "Study", "encode", "encode_design", "is_frame", "profile"]

# Names are resolved on first use: arrays and tensors are described without the readers of tables, which take 50 MB.
_HOMES = {
    "Design": "encoding.encode",
    "Encoded": "encoding.encode",
    "ReadingOptions": "reading.options",
    "Study": "study",
    "encode": "encoding.encode",
    "encode_design": "encoding.encode",
    "is_frame": "reading.frame_packages",
    "profile": "study",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'advisor.profiling' has no attribute {name!r}")
    value = getattr(import_module(f"advisor.profiling.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
