"""Data to facts: DuckDB reads, mergeable numpy accumulators count, a seeded sample answers the rest."""
