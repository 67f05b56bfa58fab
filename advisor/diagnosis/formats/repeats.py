"""One measurement in several lines: sweeps over held-out batches, rows drawn again, lines that two loggers print."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from advisor.diagnosis.columns import role_of
from advisor.diagnosis.formats.places import PLACES

_OF_A_WHOLE: Final = re.compile(
    r"\[\s*(\d+)/\s*(\d+)\s*(?:\]|\()|\|\s*(\d+)/(\d+) \[|\b(?:step|batch):?\s+(\d+)/(\d+)\b(?!/)", re.IGNORECASE
)
_COUNTED: Final = re.compile(r"\b(?:steps?|batch|iter(?:ation)?)\s*[:=]?\s*(\d+)\b(?!/)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Where in a sweep over a set a line stands.

    Attributes:
        done: batches so far.
        whole: batches of the set; None where the line does not say.
    """

    done: int
    whole: int | None


def sweep_of(line: str) -> Sweep | None:
    """Return the batch of a sweep over a set, as in ``Test: [ 10/97]`` or ``Steps: 10``; None for another line.

    >>> sweep_of("Test: [ 10/97]  loss 2.0"), sweep_of("Validation | Steps: 10 | Loss: 2.0"), sweep_of("loss 2.0")
    (Sweep(done=10, whole=97), Sweep(done=10, whole=None), None)
    """
    match = _OF_A_WHOLE.search(line)
    if match:
        done, whole = (int(group) for group in match.groups() if group is not None)
        return Sweep(done, whole) if done <= whole else None
    counted = _COUNTED.search(line)
    return Sweep(int(counted[1]), None) if counted else None


def ends_of_sweeps(sweeps: Sequence[Sweep | None], *, breaks: Sequence[int] = ()) -> list[bool]:
    """Return which lines stay: of a sweep its last, where there are several; all other lines.

    Args:
        sweeps: where each line stands in one.
        breaks: lines of the training, which end a sweep.

    >>> one, other = Sweep(0, 97), Sweep(97, 97)
    >>> ends_of_sweeps([None, one, other, None, one, other], breaks=[0, 3])
    [True, False, True, True, False, True]
    """
    counted = [(place, sweep) for place, sweep in enumerate(sweeps) if sweep is not None]
    begins_anew = any(one.whole == other.whole and other.done < one.done for (_, one), (_, other) in pairwise(counted))
    stays = [True] * len(sweeps)
    if begins_anew:
        ends = set(breaks)
        for (place, one), (following, other) in pairwise(counted):
            goes_on = one.whole == other.whole and one.done < other.done
            stays[place] = not goes_on or not ends.isdisjoint(range(place, following))
    return stays


def last_drawn(rows: Sequence[Mapping[str, Any]], under_way: Sequence[bool]) -> list[bool]:
    """Return which lines stay: all but rows of a table that are under way and drawn once more at the same place.

    >>> last_drawn([{"epoch": 1, "loss": 2.0}, {"epoch": 1, "loss": 1.5}, {"epoch": 2, "loss": 1.0}], [True] * 3)
    [False, True, True]
    """
    places = [_places(row) for row in rows]
    return [
        not (drawn and place + 1 < len(rows) and places[place + 1] == places[place])
        for place, drawn in enumerate(under_way)
    ]


def logged_once(rows: Sequence[Mapping[str, Any]], measured: Sequence[Sequence[str]]) -> list[bool]:
    """Return which lines stay: all but those that repeat what was last measured under each of their names, in one step.

    >>> rows = [{"step": 5, "loss": 2.0}, {"step": 5, "loss": 2.0}, {"step": 6, "loss": 2.0}]
    >>> logged_once(rows, [["loss"]] * 3)
    [True, False, True]
    """
    stays, last = [], dict[str, Any]()
    for row, names in zip(rows, measured, strict=True):
        places = _places(row)
        now = {name: (places, row[name]) for name in names}
        counted = any(role_of(name) == "step" for name in row)
        stays.append(not (names and counted and all(last.get(name) == value for name, value in now.items())))
        last |= now
    return stays


def _places(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if role_of(name) in PLACES}
