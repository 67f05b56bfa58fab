"""Which lines of a log hold one quantity: losses of a second form are another series, repeats at the end none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from advisor.diagnosis.columns import HELD_OUT, role_of, words_of
from advisor.diagnosis.formats.places import PLACES
from advisor.diagnosis.formats.printed_line import has_own_place, is_measured
from advisor.diagnosis.formats.repeats import Sweep

LEAST_TURNS: Final = 3
"""Stretches of lines of another form from which on their losses are a series of their own. Judgement: the form of a log
may change once, at a restart, but does not come and go."""


@dataclass(slots=True)
class Line:
    """What one printed line holds.

    Attributes:
        values: named numbers, those of the heading above included.
        form: names up to each loss, by the loss: lines of one form hold one quantity.
        announced: a line between the last loss and this one spoke of held-out data.
        about_held_out: its words speak of held-out data, and none of its names does.
        sweep: where it stands in a sweep over held-out data.
        under_way: a row of a table whose bar has not arrived.
    """

    values: dict[str, Any]
    form: Mapping[str, tuple[str, ...]]
    announced: bool = False
    about_held_out: bool = False
    sweep: Sweep | None = None
    under_way: bool = False


def without_summary(rows: list[Line]) -> list[Line]:
    """Return lines without those at the end that have no place and repeat what was measured last, as wandb's do."""
    placed = [
        index for index, row in enumerate(rows) if row.form and any(role_of(name) in PLACES for name in row.values)
    ]
    if not placed:
        return rows
    last: dict[str, Any] = {}
    for row in rows[: placed[-1] + 1]:
        last.update({name: row.values[name] for name in row.form})
    tail = [row for row in rows[placed[-1] + 1 :] if any(last.get(name) != row.values[name] for name in row.form)]
    return [*rows[: placed[-1] + 1], *tail]


def separated(rows: Sequence[Line]) -> list[Mapping[str, Any]]:
    """Return the values of lines, with losses of lines of a second form under a name of their own.

    Frameworks print means over epochs and results on held-out data under the name of the loss of a batch. Where lines
    of another form come between again and again, their losses are another series: a held-out one if the lines before
    speak of it, else one whose name says no more than that.
    """
    forms: dict[str, dict[tuple[str, ...], list[int]]] = {}
    for index, row in enumerate(rows):
        for name, form in row.form.items():
            forms.setdefault(name, {}).setdefault(form, []).append(index)
    for name, places in forms.items():
        if len(places) < 2:
            if _is_announced(rows, name, *places.values()):
                _rename(rows, next(iter(places.values())), name, f"val_{name}")
            continue
        order = [(index, form) for form, indices in places.items() for index in indices]
        sequence = [form for _, form in sorted(order)]
        turns = Counter(now for before, now in zip([None, *sequence], sequence, strict=False) if now != before)
        main = max(places, key=lambda form: len(places[form]))  # the first of those that are as frequent
        for form, indices in places.items():
            if form == main or turns[form] < LEAST_TURNS or turns[form] * 2 < len(indices):
                continue
            tested = mostly(rows[index].announced for index in indices) or (
                mostly(rows[index].about_held_out for index in indices)
                and not mostly(rows[index].about_held_out for index in places[main])
            )
            _rename(rows, indices, name, f"val_{name}" if tested and not has_own_place(name) else f"{name} (2)")
    return [row.values for row in rows]


def mostly(holds: Iterable[bool]) -> bool:
    """Return whether something holds for half of the lines or more."""
    known = list(holds)
    return 2 * sum(known) >= len(known)


def _is_announced(rows: Sequence[Line], name: str, indices: Sequence[int]) -> bool:
    """Return whether a loss stands only below lines that speak of held-out data, beside none that names these.

    Another loss that is not announced so has to be there: it is the one of the training.
    """
    if has_own_place(name) or len(indices) < LEAST_TURNS or not all(rows[index].announced for index in indices):
        return False
    beside = {other for index in indices for other in rows[index].values if is_measured(other)}
    elsewhere = any(row.form and not row.announced for row in rows)
    return elsewhere and not any(HELD_OUT & set(words_of(other)) for other in beside)


def _rename(rows: Sequence[Line], indices: Sequence[int], name: str, new: str) -> None:
    for index in indices:
        rows[index].values[new] = rows[index].values.pop(name)
