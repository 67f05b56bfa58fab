"""Progress bars and sweeps over held-out batches: one measurement drawn again and again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from advisor.diagnosis.columns import HELD_OUT, words_of
from advisor.diagnosis.formats.line_edits import NUMBER
from advisor.diagnosis.formats.printed_line import is_measured

_TQDM: Final = re.compile(r"\b\d{1,3}%\|[^|]*+\|\s*+(?P<count>(?P<done>\d+)/(?P<all>\d+))\s*+\[")
_BEHIND: Final = re.compile(r"(?<=[:\s])\d{1,3}%\|.*$")
_SWEEP: Final = re.compile(r"\[\s*(\d+)/\s*(\d+)\s*(?:\]|\()|\|\s*(\d+)/(\d+) \[")
_MEAN: Final = re.compile(rf"(?<=[\s:=]){NUMBER}\s*\((?P<mean>{NUMBER})\)")
"""A value of a batch with the mean over those so far, as the meters of PyTorch's examples print them."""


def without_bar(line: str) -> str:
    """Return a line without the bar of tqdm behind its cells.

    >>> without_bar("1/6  2.5G  0.25  640: 100%|####| 8/8 [00:02<00:00]")
    '1/6  2.5G  0.25  640:'
    """
    return _BEHIND.sub("", line).rstrip()


def is_labelled(line: str) -> bool:
    """Return whether a line is a bar of tqdm with words before it, which say what it counts."""
    match = _TQDM.search(line)
    return bool(match and any(map(str.isalpha, line[: match.start()])))


@dataclass(slots=True)
class Shown:
    """What bars showed last, and where each stood."""

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def new(self, line: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the numbers of a line without those that its bar has shown before: means over epochs, held-out data.

        They stay in the bar until they are measured again, and so does everything in a bar that is drawn once more.
        """
        bar = _TQDM.search(line)
        if bar is None:
            return dict(row)
        measured = [name for name in row if is_measured(name)]
        if measured and bar["done"] != bar["all"] and all(map(_is_running_mean, measured)):
            return {name: value for name, value in row.items() if name not in measured}
        label = line[: bar.start()].strip()
        drawn_anew = self.places.get(label) == bar["count"]
        self.places[label] = bar["count"]
        found = {
            name: value
            for name, value in row.items()
            if self.values.get(name) != value or not (_stays(name) or (drawn_anew and is_measured(name)))
        }
        self.values.update(row)
        return found


def _is_running_mean(name: str) -> bool:
    """Return whether a number is a mean over the batches of an epoch so far, as GluonTS' ``avg_epoch_loss``."""
    return {"avg", "epoch"} <= set(words_of(name))


def _stays(name: str) -> bool:
    words = set(words_of(name))
    return bool(words & HELD_OUT) or ("epoch" in words and len(words) > 1)


def sweep_of(line: str) -> tuple[int, int] | None:
    """Return the batch of a sweep over a set, and their number, as in ``Test: [ 10/97]``; None for another line."""
    match = _SWEEP.search(line)
    done, whole = [int(group) for group in match.groups() if group is not None] if match else (0, 0)
    return (done, whole) if match and done <= whole else None


def with_means(line: str) -> str:
    """Return a line in which the means so far, in brackets, stand for the values of batches.

    >>> with_means("Test: [97/97]  Loss: 0.9 (0.8)")
    'Test: [97/97]  Loss: 0.8'
    """
    return _MEAN.sub(r"\g<mean>", line)


def ends_of_sweeps(sweeps: Sequence[tuple[int, int] | None]) -> list[bool]:
    """Return which lines stay: of a sweep its last, where there are several; all other lines.

    >>> ends_of_sweeps([None, (0, 97), (97, 97), None, (0, 97), (97, 97)])
    [True, False, True, True, False, True]
    """
    counted = [(place, sweep) for place, sweep in enumerate(sweeps) if sweep is not None]
    begins_anew = any(one[1] == other[1] and other[0] < one[0] for (_, one), (_, other) in pairwise(counted))
    stays = [True] * len(sweeps)
    if begins_anew:
        for (place, one), (_, other) in pairwise(counted):
            stays[place] = not (one[1] == other[1] and one[0] < other[0])
    return stays
