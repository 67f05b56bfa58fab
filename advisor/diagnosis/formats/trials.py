"""Searches over settings: lines and tables in which each trial has one line, and which are no log of a run."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from itertools import islice, pairwise, takewhile
from typing import Final

from advisor.diagnosis.columns import role_of
from advisor.diagnosis.formats.cells import cell

_ENDED: Final = re.compile(
    r"\btrial[ _#]*(?P<trial>\w+) (?:finished|completed?|terminated|errored|failed|pruned)\b", re.IGNORECASE
)
"""A line on the end of a trial, as Optuna, Keras Tuner and Ray Tune print it."""

_FINAL: Final = frozenset(
    {"finished", "complete", "completed", "terminated", "crashed", "failed", "fail", "pruned", "killed", "errored"}
)
"""States that a run reaches once."""

_STATES: Final = frozenset({"state", "status"})
_NAMED: Final = re.compile(r"^(?:trial|run)(?:[ _](?:name|id))?$", re.IGNORECASE)
_HEADING: Final = re.compile(r"\b(?:state|status|trial|run)\b", re.IGNORECASE)
LEAST_NAMES: Final = 3
"""Columns of a table of trials. Judgement: a name, a state and what it came to."""

MOST_LINE: Final = 4000
"""Characters of a line that are searched. Judgement: no line of such a table is longer."""

_DRAWN: Final = frozenset("|+-=─│┼ ")
_WIDE_GAP: Final = re.compile(r"\s{2,}|\t")


def trials_in(text: str) -> int:
    r"""Return how many trials a text has a line for; 0 for a log of a run.

    >>> trials_in("Trial 0 finished with value: 0.5\nTrial 1 finished with value: 0.4"), trials_in("step 1 loss 0.5")
    (2, 0)
    >>> trials_in("Name,State,loss\na,finished,0.5\nb,crashed,0.4"), trials_in("epoch,state,loss\n1,running,0.5")
    (2, 0)
    """
    ended = {match["trial"] for match in _ENDED.finditer(text)}
    if len(ended) > 1:
        return len(ended)
    if not _HEADING.search(text):
        return 0
    lines = [line[:MOST_LINE] for line in text.splitlines() if set(line.strip()) - _DRAWN]
    found = (_below(lines, place) for place, line in enumerate(lines) if _HEADING.search(line))
    return next(filter(None, found), 0)


def _below(lines: Sequence[str], place: int) -> int:
    """Return how many trials the table has whose names are in a line; 0 for another line."""
    mark = max("|,\t;", key=lines[place].count)
    names = _cells(lines[place], mark)
    if len(names) < LEAST_NAMES or any(text.isdecimal() for text in names):
        return 0
    told = [at for at, name in enumerate(names) if name.lower() in _STATES or _NAMED.match(name)]
    below = (_cells(line, mark) for line in islice(lines, place + 1, None)) if told else ()
    rows = list(takewhile(lambda row: len(row) == len(names), below))
    if any(role_of(name) in {"step", "epoch"} and _counts([row[at] for row in rows]) for at, name in enumerate(names)):
        return 0  # a run, whose epochs are completed one after another
    for at in told:
        texts = [row[at] for row in rows]
        ended = sum(text.lower() in _FINAL for text in texts) if names[at].lower() in _STATES else 0
        told_apart = bool(_NAMED.match(names[at])) and 1 < len(texts) == len(set(texts))
        if ended > 1 or (told_apart and not any(map(str.isdecimal, texts))):
            return len(rows)
    return 0


def _counts(texts: Sequence[str]) -> bool:
    """Return whether a column is a place that rises from row to row."""
    numbers = [cell(text) for text in texts]
    known = [number for number in numbers if number is not None]
    return len(known) == len(texts) > 1 and all(one < other for one, other in pairwise(known))


def _cells(line: str, mark: str) -> list[str]:
    if mark not in line:
        return _WIDE_GAP.split(line.strip())
    parts = line.strip().strip("|")
    return [text.strip() for text in (next(csv.reader([parts])) if mark == "," else parts.split(mark))]
