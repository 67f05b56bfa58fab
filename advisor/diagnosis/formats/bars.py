"""Progress bars: one measurement drawn again and again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from advisor.diagnosis.columns import HELD_OUT, words_of
from advisor.diagnosis.formats.line_edits import NUMBER
from advisor.diagnosis.formats.printed_line import is_measured

_TQDM: Final = re.compile(r"\b\d{1,3}%\|[^|]*+\|\s*+(?P<count>(?P<done>\d+)/(?P<all>\d+))\s*+\[")
_BEHIND: Final = re.compile(r"(?<=[:\s])\d{1,3}%\|.*$")
_MEAN: Final = re.compile(rf"(?<=[\s:=]){NUMBER}\s*\(\s*(?P<mean>{NUMBER})\)")
"""A value of a batch with the mean over those so far, as the meters of PyTorch's examples print them."""


def without_bar(line: str) -> str:
    """Return a line without the bar of tqdm behind its cells.

    >>> without_bar("1/6  2.5G  0.25  640: 100%|####| 8/8 [00:02<00:00]")
    '1/6  2.5G  0.25  640:'
    """
    return _BEHIND.sub("", line).rstrip()


def under_way(line: str) -> bool:
    """Return whether a bar of tqdm in a line has not arrived."""
    match = _TQDM.search(line)
    return bool(match and match["done"] != match["all"])


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


def with_means(line: str) -> str:
    """Return a line in which the means so far, in brackets, stand for the values of batches.

    >>> with_means("Test: [97/97]  Loss: 0.9 (0.8)")
    'Test: [97/97]  Loss: 0.8'
    """
    return _MEAN.sub(r"\g<mean>", line)
