"""Where a printed line was logged: epochs, batches and splits that it gives by position and not by name.

Source:
    as printed by the projects that ``console`` names
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from advisor.diagnosis.columns import HELD_OUT, TRAIN

PLACES: Final = frozenset({"step", "epoch"})
"""Roles of numbers that say where a line was logged."""

_SPLITS: Final = "|".join(sorted(TRAIN | HELD_OUT))
_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"epoch\S*?:?\s*+(?:\((?P<split>\w+)\))?\s*+\[\s*+(?P<epoch>\d+)\]\s*\[\s*(?P<batch>\d+)",
        r"iter\((?P<split>\w+)\)\s*\[\s*(?P<batch>\d+)",
        r"^\s*\[(?P<epoch>\d+),\s*(?P<batch>\d+)\]",
        rf"(?:^|\s)(?P<split>{_SPLITS}):\s*\[(?P<epoch>\d+)/\d+\]\s*\[\s*(?P<batch>\d+)/\d+\]",
        rf"(?:^|\s)(?P<split>{_SPLITS})(?:ing)?:\s*(?P<epoch>\d+)?\s*\[\s*(?P<batch>\d+)/\s*\d+",
        rf"(?:^|\s)(?P<split>{_SPLITS}) \((?P<epoch>\d+)/\d+\)",
        r"^\s*(?P<epoch>\d+)\|(?P<batch>\d+)\|(?=[A-Za-z])",
        r"\b(?P<epoch>\d+)epoch results",
    )
)
"""In turn of MMEngine and PyTorch's examples, MMEngine by steps, PyTorch's tutorial, Swin, timm, Catalyst, torchtune,
ESPnet."""

_COUNTS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:^|\]\s)\s*\[\s*(?P<batch>\d+)(?:/\s*\d+)?\](?=[\s:]+[A-Za-z])",
        r"^\s*(?P<batch>\d+)(?:\s*[|:]\s*|\s+)(?=[A-Za-z])",
        r"^\s*(?P<batch>\d+):\s+(?=\d*\.\d)",
        r"^\s*(?P<batch>\d+)/\d+ = [\d.]+%",
    )
)
"""Counts without a name, of lines that give no other place: behind the mark of a logger, and in front."""

_BARS: Final = (
    re.compile(r"\bepochs?:?\s*\d{1,3}%\|[^|]*\|\s*(?P<epoch>\d+)/\d+ \[[\d:]+<", re.IGNORECASE),
    re.compile(r"\d%\|[^|]*\|\s*(?P<epoch>\d+)/\d+ \[[\d:]+<[\d:?]+,\s*(?:[\d.]+s/epoch|[\d.]+epoch/s)\b"),
    re.compile(r"\|\s*(?P<batch>\d+)/\d+ \[[\d:]+<"),
)
"""Counts of a bar of tqdm, the first two of one over epochs, by its label or by its unit."""


def place_of(line: str) -> tuple[dict[str, Any], str]:
    """Return epoch, batch (as ``iter``) and split where a line gives them by position, and the rest of the line.

    Batches of held-out data are no steps.

    >>> place_of("Train: [3/300][10/1251] loss 2.0")
    ({'iter': 10, 'epoch': 3, 'split': 'train'}, ' ;  loss 2.0')
    """
    for pattern in _PATTERNS:
        match = pattern.search(line)
        if match:
            found = match.groupdict()
            split = (found.get("split") or "").lower()
            place: dict[str, Any] = {}
            if found.get("batch") and split not in HELD_OUT:
                place["iter"] = int(found["batch"])
            if found.get("epoch") is not None:
                place["epoch"] = int(found["epoch"])
            if split:
                place["split"] = split
            return place, line[: match.start()] + " ; " + line[match.end() :]
    return {}, line


def bare_count(line: str, *, of_bar: bool = False) -> Mapping[str, Any]:
    """Return a count without a name as ``iter`` or ``epoch``; empty where a line has none.

    Args:
        line: as printed.
        of_bar: only the count of a progress bar, beside a place that has a name.

    >>> bare_count("250 val 6.1"), bare_count("I0501 a.py:48] [100] loss=2.0"), bare_count("loss 2.0")
    ({'iter': 250}, {'iter': 100}, {})
    """
    patterns = _BARS if of_bar else (*_COUNTS, *_BARS)
    match = next(filter(None, (pattern.search(line) for pattern in patterns)), None)
    if match is None:
        return {}
    found = match.groupdict()
    return {"epoch": int(found["epoch"])} if found.get("epoch") else {"iter": int(found["batch"])}
