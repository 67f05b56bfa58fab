"""Columns of a log to series: what is a gap, what is a NaN of the run, and where each value was logged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from advisor.diagnosis.columns import error_role, loss_part, role_of, words_of
from advisor.diagnosis.formats.cells import Cell, Table
from advisor.diagnosis.history import Array, Series, Unit

_LOSSES: Final = frozenset({"loss", "validation_loss"})
_RUN_ENDS: Final = frozenset({"total_flos", "train_runtime", "train_steps_per_second", "eval_runtime"})
"""Columns of the Trainer of transformers, which logs epochs as positions."""

MOST_FIRST_STEPS: Final = 2.0
"""A log that begins within this many steps of zero begins with its run. Judgement: counters begin at 0 or 1 and may
skip one."""


LEAST_BROKEN: Final = 3
"""NaN at the end of a complete column of a loss from which on they are the run's own, whatever else goes on. Judgement:
one or two may be the logger's."""


LEAST_CARRIED: Final = 10
"""Rows of stretches with one held-out loss from which on it is carried along. Judgement: one that is printed with few
digits may come twice, but not time after time."""


_PLACEHOLDERS: Final = (0.0, -1.0)
"""Judgement: what loops write as the loss of a row in which none was measured."""


def series_of(table: Table) -> tuple[list[Series], Unit, str | None]:
    """Turn columns into series with positions; return also the unit and the column of the positions.

    Positions are the step column's, else the epoch column's, else row numbers. Columns of other lengths than the
    longest (losses per step beside losses per epoch) are spread evenly over the run. Where a counter falls back to its
    start, a second session was appended, and counting continues; where it falls back to a later step, as after resuming
    from a checkpoint, what was logged last counts.

    Args:
        table: columns of the log. Where NaN may stand for a gap, it counts as the run's own only in a column that is
            complete until it turns NaN for good.
    """
    columns = table.columns
    if table.nan_may_be_gap:
        columns = {name: _without_gaps(column, columns) for name, column in columns.items()}
    else:
        columns = {name: _without_alternating_gaps(column) for name, column in columns.items()}
    columns = {
        name: _where_measured(_without_placeholders(column)) if role_of(name) == "validation_loss" else column
        for name, column in columns.items()
    }
    columns = {
        name: _from_the_first_step(column) if role_of(name) == "loss" else column for name, column in columns.items()
    }
    rows = max((len(column) for column in columns.values()), default=0)
    unit, at, source = _positions(columns, rows)
    found = []
    for name, column in columns.items():
        own = at if len(column) == rows else np.linspace(0.0, at[-1], len(column) + 1)[1:] if column else at[:0]
        kept = [index for index, value in enumerate(column) if value is not None]
        values = np.array([column[index] for index in kept], dtype=np.float64)
        found.append(in_order(name, own[kept], values))
    return found, unit, source


def in_order(name: str, at: Array, values: Array) -> Series:
    """Return a series in the order of positions; of several values at one place in a log that jumps back, the last."""
    if len(at) > 1 and (np.diff(at) < 0).any():
        last = {float(position): index for index, position in enumerate(at)}
        order = np.array([last[position] for position in sorted(last)])
        at, values = at[order], values[order]
    return Series(name, at, values)


def continued(counts: Array) -> Array:
    """Return a counter that goes on where it was set back to its start, as when a second session is appended.

    A single lower value between rising ones belongs to another counter (validation rows that count epochs in a log by
    steps); it gets the place of the value before it.

    >>> continued(np.array([0.0, 1.0, 2.0, 0.0, 1.0])).tolist(), continued(np.array([1.0, 2.0, 3.0, 2.0, 3.0])).tolist()
    ([0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 2.0, 3.0])
    >>> continued(np.array([50.0, 100.0, 1.0, 150.0])).tolist(), continued(np.array([5.0, 10.0, 5.0, 10.0])).tolist()
    ([50.0, 100.0, 100.0, 150.0], [5.0, 10.0, 15.0, 20.0])
    """
    rises = np.diff(counts)
    if len(counts) < 2 or not (rises < 0).any():
        return counts
    step = float(np.median(rises[rises > 0])) if (rises > 0).any() else 1.0
    start = float(counts[0]) if counts[0] <= MOST_FIRST_STEPS * step else 0.0
    placed, offset, highest = counts.copy(), 0.0, float(counts[0])
    for index in range(1, len(counts)):
        value = float(counts[index])
        following = float(counts[index + 1]) if index + 1 < len(counts) else -math.inf
        if value < counts[index - 1] and value <= max(start, 1.0):
            if following > highest:
                placed[index] = placed[index - 1]
                continue
            offset += highest + (step if value < step / 2.0 else 0.0)
            highest = value
        highest = max(highest, value)
        placed[index] = value + offset
    return placed


def epochs_in(table: Table) -> float | None:
    """Return how many passes the log covers.

    Whole epochs counted from 0 or 1 are counts: the last is as many, or one more. Epochs that are fractions, or that
    were logged as positions (floats in JSON, or in proportion to the steps, as the Trainer of transformers does), say
    themselves how far the run came.
    """
    names = [name for name in _longest_first(table) if role_of(name) == "epoch"]
    # LeRobot's "ep" counts episodes, beside "epch" for epochs.
    name = next((name for name in names if name.lower() != "ep"), names[0] if names else None)
    if name is None:
        return None
    column = table.columns[name]
    tested = _rows_of_a_test(table)
    known = [
        value for row, value in enumerate(column) if value is not None and math.isfinite(value) and row not in tested
    ]
    if not known or (max(known) <= 0 and min(known) < 0):
        return None
    counts = continued(np.array(known))
    whole = bool((counts == np.round(counts)).all())
    counted_from_0 = float(counts.min()) == 0 and whole and not _are_positions(table, name)
    return float(counts.max()) + (1.0 if counted_from_0 else 0.0) or None


def _rows_of_a_test(table: Table) -> frozenset[int]:
    """Return the rows that hold results on a test set alone: Lightning counts an epoch more when it tests."""
    rows = max((len(column) for column in table.columns.values()), default=0)
    full = {name: column for name, column in table.columns.items() if len(column) == rows}
    measured = {name: column for name, column in full.items() if role_of(name) not in {"step", "epoch"}}
    tests = [column for name, column in measured.items() if "test" in words_of(name)]
    others = [column for name, column in measured.items() if "test" not in words_of(name)]
    if not tests:
        return frozenset()
    return frozenset(
        row
        for row in range(rows)
        if any(column[row] is not None for column in tests) and all(column[row] is None for column in others)
    )


def _are_positions(table: Table, epoch: str) -> bool:
    if table.float_epochs or _RUN_ENDS & set(table.columns):
        return True
    step = next((name for name in table.columns if role_of(name) == "step"), None)
    if step is None or len(table.columns[step]) != len(table.columns[epoch]):
        return False
    pairs = [
        (at, count)
        for at, count in zip(table.columns[step], table.columns[epoch], strict=True)
        if at is not None and count is not None
    ]
    ratios = {round(at / count, 6) for at, count in pairs if count}
    # One row per epoch whose steps are in proportion to it, with epoch 0 at step 0: before the first epoch.
    return len(ratios) == 1 and next(iter(ratios)) > 1.0 and all(at == 0 for at, count in pairs if not count)


def _longest_first(table: Table) -> list[str]:
    return sorted(table.columns, key=lambda name: -sum(value is not None for value in table.columns[name]))


def _positions(columns: Mapping[str, Sequence[Cell]], rows: int) -> tuple[Unit, Array, str | None]:
    for role in ("step", "epoch"):
        found: list[tuple[tuple[bool, bool], str, Array]] = []
        counters = {name: column for name, column in columns.items() if role_of(name) == role and len(column) == rows}
        for name, column in counters.items():
            values = _filled(column, [other for other in counters.values() if other is not column])
            known = np.flatnonzero(np.isfinite(values))
            counts = values[known]
            if len(np.unique(counts)) >= 2:
                at = np.interp(np.arange(rows), known, continued(counts))
                # fairseq's "update" counts epochs in fractions, and Coqui's "STEP" begins anew in each of them.
                worse = (
                    role == "step" and bool((counts != np.round(counts)).any()),
                    bool((np.diff(counts) < 0).any()),
                )
                found.append((worse, name, at))
        if found:
            _, name, at = min(found, key=lambda item: item[0])
            return ("step" if role == "step" else _epoch_or_row(at, columns)), at, name
    return "row", np.arange(1.0, rows + 1.0), None


def _filled(column: Sequence[Cell], others: Sequence[Sequence[Cell]]) -> Array:
    """Return a counter whose gaps are filled from counters of other lines, as DeepSpeed's ``step`` and ``steps``.

    Counters that stand beside it in a row count something else, and so do those that would make it fall.
    """
    values = np.array([math.nan if value is None else value for value in column])
    for other in others:
        if any(mine is not None and value is not None for mine, value in zip(column, other, strict=True)):
            continue
        filled = np.where(np.isfinite(values), values, np.array([math.nan if one is None else one for one in other]))
        if _falls(filled) <= _falls(values):
            values = filled
    return values


def _falls(values: Array) -> int:
    return int((np.diff(values[np.isfinite(values)]) < 0).sum())


def _epoch_or_row(at: Array, columns: Mapping[str, Sequence[Cell]]) -> Unit:
    """Rows are epochs only when each loss has about one value for each; several per epoch are of single batches.

    Lines that print one number each make as many rows for an epoch as it has numbers.
    """
    losses = [
        column
        for name, column in columns.items()
        if len(column) == len(at) and (loss_part(name) is not None or error_role(name) is not None)
    ]
    most = max((sum(value is not None for value in column) for column in losses), default=len(at))
    return "epoch" if most <= 2.5 * len(np.unique(at)) else "row"


def _without_alternating_gaps(column: Sequence[Cell]) -> Sequence[Cell]:
    """Return a column of text without NaN where most cells are NaN and numbers go on between them: those are gaps."""
    broken = [value is not None and math.isnan(value) for value in column]
    finite = [index for index, value in enumerate(column) if value is not None and not broken[index]]
    if 2 * sum(broken) <= len(column) or not finite:
        return column
    last = finite[-1]
    stretches = sum(now and not before for before, now in pairwise(broken))
    if stretches < 3 or sum(broken[last:]) > 2 * (len(column) / max(stretches, 1)):
        return column
    return [None if gap else value for gap, value in zip(broken, column, strict=True)]


def _from_the_first_step(column: Sequence[Cell]) -> Sequence[Cell]:
    """Return the column of a loss without a 0 that was logged before the first step, as llama.cpp does.

    What follows is as high as the loss becomes; that of a policy, which is 0 at first, rises from there.
    """
    known = [value for value in column if value is not None]
    if len(known) < LEAST_BROKEN or known[0] != 0.0 or not known[1] >= float(np.median(known)) > 0.0:
        return column
    first = next(index for index, value in enumerate(column) if value is not None)
    return [None if index == first else value for index, value in enumerate(column)]


def _without_placeholders(column: Sequence[Cell]) -> Sequence[Cell]:
    """Return the column of a held-out loss without the 0 or -1 of rows in which a loop did not measure it."""
    measured = [value for value in column if value is not None and value not in _PLACEHOLDERS]
    if not measured:
        return []  # no held-out loss is 0 in every row: NGBoost prints one without held-out data
    if 2 * len(measured) > len(column) or min(measured) <= 0.0:
        return column
    stretches = sum(now in _PLACEHOLDERS and before not in _PLACEHOLDERS for before, now in pairwise(column))
    return [None if value in _PLACEHOLDERS else value for value in column] if stretches >= 3 else column


def _where_measured(column: Sequence[Cell]) -> Sequence[Cell]:
    """Return the column of a held-out loss without values that rows carry along until it is measured again.

    What is carried along stays as it is over stretches of nearly the same length; a loss that hardly moves does not.
    """
    known = [index for index, value in enumerate(column) if value is not None]
    changes = [at for at in range(1, len(known)) if column[known[at]] != column[known[at - 1]]]
    lengths = [now - before for before, now in pairwise([0, *changes])]
    alike = len(lengths) > 1 and min(lengths) > 1 and max(lengths) <= min(lengths) + 1
    if not alike or sum(lengths) < LEAST_CARRIED:
        return column
    measured = {known[at] for at in (0, *changes)}
    return [value if index in measured else None for index, value in enumerate(column)]


def _without_gaps(column: Sequence[Cell], columns: Mapping[str, Sequence[Cell]]) -> Sequence[Cell]:
    broken = [value is not None and math.isnan(value) for value in column]
    if not any(broken):
        return column
    first = broken.index(True)
    others = [
        other
        for name, other in columns.items()
        if other is not column and len(other) == len(column) and role_of(name) not in {"step", "epoch"}
    ]
    is_loss = any(other is column and role_of(name) in _LOSSES for name, other in columns.items())
    goes_on = any(value is not None and math.isfinite(value) for other in others for value in other[first:])
    # Rows at the end may be of another kind, such as a test after training; three of them are not.
    for_good = all(broken[first:]) and first > 0 and (not goes_on or len(broken) - first >= LEAST_BROKEN)
    if all(broken) and not goes_on:
        for_good = True
    if is_loss and for_good:  # a learning rate cannot turn NaN
        return column
    return [None if gap else value for gap, value in zip(broken, column, strict=True)]
