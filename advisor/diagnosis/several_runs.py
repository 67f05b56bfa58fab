"""Logs of several runs, one after another as folds are, or beside each other: a diagnosis is of one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from advisor.diagnosis.columns import listed, loss_part, role_of, run_of, words_of
from advisor.diagnosis.formats.cells import RUNS, Cell, Table
from advisor.diagnosis.history import Series
from advisor.errors import DataError

GAINED: Final = 0.3
"""Share of its first value that a loss must have moved before the next run begins. Judgement: a run that has moved less
cannot be told from one that goes on."""
BACK: Final = 0.25
"""Share of that distance from the first value up to which a loss has begun anew. Judgement: a session that goes on
begins near where the last one ended."""
_SHOWN: Final = 3
"""Judgement: enough to recognise what counts the runs."""


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
    lengths = {len(column) for column in table.columns.values()}
    for name, column in table.columns.items():
        begins = _restarts(column) if role_of(name) in {"step", "epoch"} and len(column) == max(lengths) else []
        losses = [other for loss, other in table.columns.items() if role_of(loss) in {"loss", "validation_loss"}]
        if begins and any(_starts_over(other, begins) for other in losses if len(other) == len(column)):
            raise DataError(
                f"{source}: holds {len(begins) + 1} runs one after another ({name} begins anew with row "
                f"{begins[0] + 1}, and the loss with it), and a diagnosis is of one; "
                "give a file with the lines of one run"
            )


def of_one_run(series: Sequence[Series], wanted: Sequence[str | None], source: str) -> list[Series]:
    """Return the series of one run where a chart export of wandb holds columns of several beside each other.

    Args:
        series: of the log.
        wanted: names of columns that were asked for: they say which run is meant.
        source: name of the log, for the message.

    Raises:
        DataError: losses of several runs, and no name says which is meant.
    """
    losses = [item for item in series if loss_part(item.name) is not None and np.isfinite(item.values).any()]
    runs = list(dict.fromkeys(run_of(item.name) for item in losses))
    if len(runs) < 2:
        return list(series)
    meant = {run_of(name) for name in wanted if name is not None} - {""}
    if not meant:
        named = [item.name for item in losses]
        raise DataError(
            f"{source}: holds {len(runs)} runs beside each other ({listed(runs, _SHOWN)}), and a diagnosis is of one; "
            f"name its loss with --loss-column, in Python loss_column=..., such as {listed(named[:1])}"
        )
    return [item for item in series if run_of(item.name) in meant | {""}]


def _restarts(counter: Sequence[Cell]) -> list[int]:
    """Return the rows in which a counter is set back to where it began."""
    known = [(row, value) for row, value in enumerate(counter) if value is not None]
    return [row for (_, before), (row, now) in pairwise(known) if now < before and now <= max(known[0][1], 1.0)]


def _starts_over(loss: Sequence[Cell], begins: Sequence[int]) -> bool:
    """Return whether a loss is back at its first value, far from the last one, wherever the counter begins anew."""
    first = next((value for value in loss if value is not None), math.nan)
    if not math.isfinite(first):
        return False
    for row in begins:
        before = next((value for value in reversed(loss[:row]) if value is not None), math.nan)
        after = next((value for value in loss[row:] if value is not None), math.nan)
        moved = abs(before - first) if math.isfinite(before) else abs(first)
        if not (moved > GAINED * abs(first) and abs(after - first) < BACK * moved):
            return False
    return True


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
