"""The column to predict: given or guessed, and what kind of prediction that is."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.errors import DataError, did_you_mean
from advisor.facts import ColumnFacts
from advisor.facts.data import TARGET_GUESSED
from advisor.facts.names import Task
from advisor.profiling.reading.table import Table

LIKELY_NAMES = ("target", "label", "class", "y", "outcome", "response", "species", "price", "survived", "default")
MAX_CLASSES = 20
"""Judgement: consecutive whole numbers up to here are codes of classes; beyond, counts."""
MOST_MISSING = 0.5
"""A column of which more is missing is no guess for the target. Judgement: most rows would be left out."""


def choose_target(columns: Sequence[ColumnFacts], table: Table, wanted: str | None) -> tuple[str | None, str | None]:
    """Return the target's name and a note when it was guessed.

    Raises:
        DataError: the wanted column is absent, ambiguous, constant, empty or an identifier.
    """
    by_name = {column.name: column for column in columns}
    if wanted is not None:
        return _check_target(by_name, table, wanted), None
    features = [c for c in columns if c.kind not in {"constant", "empty", "identifier", "text"}]
    usable = [c for c in features if c.kind != "date" and (c.missing or 0.0) <= MOST_MISSING]
    if len(features) < 2 or not usable:
        return None, None
    another = "Name another with target (--target)."
    lowered = {column.name.lower(): column.name for column in usable}
    for name in LIKELY_NAMES:
        if name in lowered:
            return lowered[name], f"{TARGET_GUESSED} from its name: {lowered[name]!r}. {another}"
    if len(usable) == 1:
        return usable[
            0
        ].name, f"{TARGET_GUESSED}: {usable[0].name!r}, the only column of values beside dates. {another}"
    last = usable[-1].name
    return last, f"{TARGET_GUESSED}: {last!r}, the last usable column. {another}"


def _check_target(by_name: dict[str, ColumnFacts], table: Table, wanted: str) -> str:
    if wanted in table.repeated_names:
        raise DataError(f"{table.name}: {wanted!r} stands over several columns; rename them so that the target is one")
    if wanted not in by_name:
        known = ", ".join(list(by_name)[:12])
        raise DataError(
            f"{table.name}: no column is called {wanted!r}{did_you_mean(wanted, by_name)} (columns: {known})"
        )
    column = by_name[wanted]
    trouble = {
        "empty": "has no values",
        "constant": "has a single value, so there is nothing to predict",
        "identifier": "has a different value in every row, like an id, so it cannot be predicted",
        "text": f"holds {column.distinct or 0:,} different texts: free text, or classes with too few rows each",
    }.get(column.kind)
    if trouble:
        raise DataError(f"{table.name}: the target {wanted!r} {trouble}; choose another")
    if column.kind == "date":
        raise DataError(f"{table.name}: the target {wanted!r} is a date; predict a number made from it instead")
    return wanted


def task_of(column: ColumnFacts, rows: int) -> Task:
    """Return what predicting a column means: two or more classes, or a number.

    Whole numbers are classes when they are few, follow one another, and each stands for several rows.
    """
    distinct = column.distinct or 0
    if column.kind in {"categorical", "boolean"}:
        return "binary" if distinct == 2 else "multiclass"
    if column.kind == "integer" and column.min is not None and column.max is not None:
        consecutive = column.max - column.min + 1 == distinct
        if distinct == 2 or (distinct <= MAX_CLASSES and consecutive and distinct * 5 <= rows):
            return "binary" if distinct == 2 else "multiclass"
    return "regression"
