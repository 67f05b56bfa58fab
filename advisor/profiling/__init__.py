"""Data to facts: DuckDB reads, mergeable numpy accumulators count, a seeded sample answers the rest."""

from advisor.profiling.encoding.encode import Design, Encoded, encode, encode_design
from advisor.profiling.reading.frames import is_frame
from advisor.profiling.reading.options import ReadingOptions
from advisor.profiling.study import Study, profile, study

__all__ = ["Design", "Encoded", "ReadingOptions", "Study", "encode", "encode_design", "is_frame", "profile", "study"]
