"""Logs of several runs one after another, such as the folds of a cross-validation: a diagnosis is of one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from advisor.diagnosis.columns import role_of, words_of
from advisor.diagnosis.formats.cells import RUNS, Cell, Table
from advisor.errors import DataError


def refuse_several_runs(table: Table, source: str) -> None:
    """Refuse a log whose positions begin anew where a column says that another run begins.

    Args:
        table: columns of the log.
        source: its name, for the message.

    Raises:
        DataError: it holds several runs.
    """
    counters = [column for name, column in table.columns.items() if role_of(name) in {"step", "epoch"}]
    for name, column in table.columns.items():
        if not RUNS & set(words_of(name)):
            continue
        runs = _carried_on(column)
        known = [run for run in runs if run is not None]
        begins = [place for place, (one, other) in enumerate(pairwise(runs), 1) if None is not one != other]
        if begins and any(_falls_at(counter, begins) for counter in counters if len(counter) == len(column)):
            shown = ", ".join(f"{run:g}" for run in list(dict.fromkeys(known))[:_SHOWN])
            raise DataError(
                f"{source}: holds {len(begins) + 1} runs one after another ({name} {shown}), and a diagnosis is of "
                f"one; give a file with the lines of one {name}"
            )


_SHOWN: Final = 3
"""Judgement: enough to recognise what counts the runs."""


def _carried_on(column: Sequence[Cell]) -> list[Cell]:
    """Return a column whose gaps hold the value above."""
    filled: list[Cell] = []
    for value in column:
        filled.append(value if value is not None or not filled else filled[-1])
    return filled


def _falls_at(counter: Sequence[Cell], begins: Sequence[int]) -> bool:
    """Return whether a counter falls at every one of these rows, or at the next row that counts."""
    filled = _carried_on(counter)
    for place in begins:
        before = filled[place - 1]
        following = next((value for value in counter[place:] if value is not None), None)
        if before is None or following is None or following >= before:
            return False
    return True
