"""Lines that a training loop prints: ``iter 500: loss 1.9, time 30ms``, progress bars, dictionaries, logger output.

Each line is searched for named numbers. What has no name of its own (the epoch in ``[3][ 50/400]``, the epoch of a
Keras bar, whether a line is of held-out data) is taken from the line or the lines before it.

Source:
    as printed by PyTorch's examples, nanoGPT, Keras, transformers, fairseq, MMEngine and Detectron2
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from advisor.diagnosis.columns import HELD_OUT, LOSS, TRAIN, is_adversarial, role_of, words_of
from advisor.diagnosis.formats.cells import cell
from advisor.files import parse_json

MOST_LINE: Final = 4000
"""Characters of a line that are searched. Judgement: no log line is longer, and a broken file may be one line."""

_NUMBER: Final = r"[-+]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|nan|inf(?:inity)?)(?![\w.])"
_PAIR: Final = re.compile(
    # Possessive, and only from the beginning of a word: a line of letters alone would take quadratic time.
    r"(?<![\w./@])(?P<name>[A-Za-z_][\w./@]*+(?:[ -][A-Za-z_][\w./@]*+){0,3})"
    rf"(?:\s*+[:=]\s*+|\s*+(?=\[)|\s++)(?:tensor\(|\[)?\s*+(?P<value>{_NUMBER}|{_NUMBER[:-9]}(?=(?:ms|s|%|M|G|k|it)\b))",
    re.IGNORECASE,
)
ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""Colours and cursor movements of a terminal."""

_BREAKS: Final = re.compile(r"[\r\n\x08]+")
_BRACES: Final = re.compile(r"\{[^{}]*\}")
_EPOCH_AND_BATCH: Final = re.compile(
    r"epoch\S*?:?\s*+(?:\((?P<split>\w+)\))?\s*+\[\s*+(?P<epoch>\d+)\]\s*\[\s*(?P<batch>\d+)", re.IGNORECASE
)
_BATCH: Final = re.compile(r"iter\((?P<split>\w+)\)\s*\[\s*(?P<batch>\d+)", re.IGNORECASE)
_PAIR_IN_BRACKETS: Final = re.compile(r"^\s*\[(?P<epoch>\d+),\s*(?P<batch>\d+)\]")
_KERAS_EPOCH: Final = re.compile(r"^\s*Epoch (?P<epoch>\d+)\s*/\s*\d+\s*$", re.IGNORECASE)
_BAR: Final = re.compile(r"^\s*(?P<done>\d+)/(?P<all>\d+)\s*(?:\[|━|\S*[━=])")
_BEFORE_NAMES: Final = frozenset(
    {
        "info",
        "debug",
        "warning",
        "root",
        "main",
        "trainer",
        "at",
        "in",
        "with",
        "and",
        "the",
        "a",
        "is",
        "has",
        "got",
        "its",
    }
)
"""Words of a log line before the name of a number."""

_MENTIONS: Final = re.compile(r"loss|nll|cost|objective|err|\b[GD]_|\bgen|\bdisc", re.IGNORECASE)
"""What a line that gives a loss mentions."""

_PAST: Final = frozenset({"best", "min", "minimum", "lowest", "previous", "improved", "prev", "target"})
"""Words of numbers that are no measurement of this line."""


def parse(text: str) -> list[Mapping[str, Any]]:
    """Return one row per line that names numbers; empty for a text of another form."""
    if not _MENTIONS.search(text, _after_header(text)):
        return []  # a table names its loss once, in its header
    rows: list[Mapping[str, Any]] = []
    epoch: int | None = None
    for line in _BREAKS.split(ESCAPES.sub("", text)):
        heading = _KERAS_EPOCH.match(line)
        if heading:
            epoch = int(heading["epoch"])
            continue
        bar = _BAR.match(line)
        if bar and int(bar["done"]) < int(bar["all"]):
            continue  # a running mean over a part of the epoch
        row = _row(line[:MOST_LINE])
        if row and epoch is not None and not any(role_of(name) == "epoch" for name in row):
            row["epoch"] = epoch
        if row:
            rows.append(row)
    return rows if any(_is_loss(name) for row in rows for name in row) else []


def _after_header(text: str) -> int:
    """Return the place after the first line that is not a comment."""
    end = 0
    while end < len(text):
        start, end = end, text.find("\n", end) + 1 or len(text)
        line = text[start:end].strip()
        if line and not line.startswith("#"):
            return start if _PAIR.search(line[:MOST_LINE]) else end
    return len(text)


def _row(line: str) -> dict[str, Any]:
    place, rest = _place(line)
    inner = _BRACES.search(rest)
    found = _literal(inner.group()) if inner else None
    if inner and found is not None:
        label = rest[: inner.start()] + rest[inner.end() :]
        values = {str(name): value for name, value in found.items() if cell(value) is not None}
    else:
        pairs = list(_pairs(rest))
        values = dict(pairs)
        label = _outside(rest)
    if place.pop("split", "") in HELD_OUT or _is_held_out(label):
        values = {name if _has_own_place(name) else f"val_{name}": value for name, value in values.items()}
    return {**place, **values} if values else {}


def _pairs(line: str) -> Iterator[tuple[str, float]]:
    seen: set[str] = set()
    for match in _PAIR.finditer(line):
        name, value = _shortened(match["name"]), cell(match["value"])
        if name and value is not None and name not in seen:
            seen.add(name)
            yield name, value


@lru_cache(maxsize=4096)
def _shortened(name: str) -> str:
    """Return the longest ending of a name that means something to a log, else the last word; empty for a past value.

    >>> _shortened("INFO step"), _shortened("train loss"), _shortened("best loss"), _shortened("D loss")
    ('step', 'train loss', '', 'D loss')
    """
    parts = re.split(r"[ -]", name)
    if _PAST & set(words_of(name)):
        return ""
    for first in range(len(parts)):
        ending = " ".join(parts[first:])
        role = role_of(ending)
        if role in {"loss", "validation_loss"} and first and parts[first - 1].lower() not in _BEFORE_NAMES:
            return f"{parts[first - 1]} {ending}"  # a part, such as "D loss"
        if role is not None:
            return ending
    return parts[-1]


def _place(line: str) -> tuple[dict[str, Any], str]:
    """Return epoch, batch and split where a line gives them by position, and the rest of the line."""
    for pattern in (_EPOCH_AND_BATCH, _BATCH, _PAIR_IN_BRACKETS):
        match = pattern.search(line)
        if match:
            found = match.groupdict()
            place: dict[str, Any] = {"iter": int(found["batch"])}
            if found.get("epoch") is not None:
                place["epoch"] = int(found["epoch"])
            if found.get("split"):
                place["split"] = found["split"].lower()
            return place, line[: match.start()] + " ; " + line[match.end() :]
    return {}, line


def _literal(text: str) -> Mapping[str, Any] | None:
    """Return a dictionary as JSON or Python prints it; None for anything else."""
    try:
        found = parse_json(text)
    except (ValueError, RecursionError):
        try:
            found = ast.literal_eval(re.sub(r"(?<=[:\s])(-?(?:nan|inf))(?=[,\s}])", r"'\1'", text))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    return found if isinstance(found, dict) else None


def _outside(line: str) -> str:
    return _PAIR.sub(" ", line)


def _is_held_out(label: str) -> bool:
    words = set(words_of(label))
    return bool(words & HELD_OUT) and not words & (TRAIN | {"train_inner", "inner"})


def _has_own_place(name: str) -> bool:
    return role_of(name) in {"step", "epoch", "learning_rate"} or bool(set(words_of(name)) & (HELD_OUT | TRAIN))


def _is_loss(name: str) -> bool:
    return bool(set(words_of(name)) & LOSS) or is_adversarial(name)
