"""Which numeric columns move together: the strongest pairs, and the spectrum of the correlation matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from advisor.facts import ColumnFacts, CorrelatedPair, CorrelationFacts
from advisor.profiling.accumulators.scan import Scan
from advisor.statistics.arrays import Floats

STRONGEST = 10
"""Judgement: as many pairs as a reader of a report looks at."""
MAX_SPECTRUM = 1_000
"""Judgement: the eigenvalues of more columns take seconds, and a chart shows no more of them."""

_NUMBERS = {"numeric", "integer", "boolean"}


def correlation_of(scan: Scan, columns: Sequence[ColumnFacts], target: ColumnFacts | None) -> CorrelationFacts:
    """Describe the correlations over all rows of a table, missing values counted as their column's mean.

    Args:
        scan: of the whole table.
        columns: its columns, in the order of the scan.
        target: the column to predict; pairs with it are listed apart.

    Returns:
        Pairs and spectrum; nothing of a table of fewer than two numeric features, or of more than the scan keeps sums
        of products for. The spectrum is left out beyond ``MAX_SPECTRUM`` features.
    """
    slots = {position: slot for slot, position in enumerate(scan.numbers)}
    varying = [position for position, column in enumerate(columns) if _varies(column) and position in slots]
    features = [position for position in varying if columns[position].role == "feature"]
    if scan.gram is None or not features:
        return CorrelationFacts()
    correlation = scan.gram.correlation()
    places = [slots[position] for position in features]
    names = [columns[position].name for position in features]
    among = correlation[np.ix_(places, places)]
    goal = next((p for p in varying if target is not None and columns[p].name == target.name), None)
    return CorrelationFacts(
        pairs=_strongest_pairs(among, names),
        with_target=()
        if goal is None
        else _strongest_with(correlation[slots[goal], places], names, columns[goal].name),
        spectrum=_spectrum(among) if 2 <= len(places) <= MAX_SPECTRUM else (),
    )


def _varies(column: ColumnFacts) -> bool:
    return column.kind in _NUMBERS and column.std is not None and column.std > 0.0


def _strongest_pairs(correlation: Floats, names: Sequence[str]) -> tuple[CorrelatedPair, ...]:
    strength = np.triu(np.abs(correlation), 1).ravel()
    count = min(STRONGEST, len(names) * (len(names) - 1) // 2)
    if not count:
        return ()
    few = np.argpartition(strength, -count)[-count:]
    order = few[np.lexsort((few, -strength[few]))]
    return tuple(
        CorrelatedPair(first=names[i], second=names[j], correlation=float(correlation[i, j]))
        for i, j in (divmod(int(place), len(names)) for place in order)
    )


def _strongest_with(correlation: Floats, names: Sequence[str], target: str) -> tuple[CorrelatedPair, ...]:
    order = np.argsort(-np.abs(correlation), kind="stable")[:STRONGEST]
    return tuple(CorrelatedPair(first=names[i], second=target, correlation=float(correlation[i])) for i in order)


def _spectrum(correlation: Floats) -> tuple[float, ...]:
    return tuple(np.maximum(np.linalg.eigvalsh(correlation)[::-1], 0.0).tolist())
