"""Data to facts: DuckDB reads, mergeable numpy accumulators count, a seeded sample answers the rest."""

from advisor.profiling.encoding.encode import Design, Encoded, design, encode
from advisor.profiling.study import Study, profile, study

__all__ = ["Design", "Encoded", "Study", "design", "encode", "profile", "study"]
