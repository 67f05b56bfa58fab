"""Lines that a training loop prints: ``iter 500: loss 1.9, time 30ms``, progress bars, dictionaries, logger output.

Each line is searched for named numbers. What has no name of its own (the epoch in ``[3][ 50/400]``, whether a line is
of held-out data) is taken from the line; a line that gives a position and no loss (``Epoch 3/10``,
``[batch=10/1000]:``) is a heading, whose position holds for the lines below.

Source:
    as printed by PyTorch's examples, nanoGPT, Keras, transformers, fairseq, MMEngine, Detectron2, timm, Composer,
    Coqui, ESPnet, LightGBM, Megatron and Darknet
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from advisor.diagnosis.columns import HELD_OUT, LOSS, TRAIN, error_role, is_adversarial, role_of, words_of
from advisor.diagnosis.formats.cells import cell
from advisor.files import parse_json

MOST_LINE: Final = 4000
"""Characters of a line that are searched. Judgement: no log line is longer, and a broken file may be one line."""

_NUMBER: Final = r"[-+]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|nan|inf(?:inity)?)(?![\w.])"
_PAIR: Final = re.compile(
    # Possessive, and only from the beginning of a word: a line of letters alone would take quadratic time.
    r"(?<![\w./@])(?P<name>[A-Za-z_][\w./@]*+(?:'s)?+(?:[ -][A-Za-z_][\w./@]*+){0,3})"
    rf"(?:['\"]?\s*+[:=]\s*+|\s*+(?=\[)|\s++)(?:tensor\(|\[)?\s*+(?P<value>{_NUMBER}|{_NUMBER[:-9]}(?=(?:ms|s|%|M|G|k|it)\b))",
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
_SPLIT_AND_BATCH: Final = re.compile(
    r"^\s*(?P<split>[A-Za-z]+)(?:ing)?:\s*(?P<epoch>\d+)?\s*\[\s*(?P<batch>\d+)/\d+", re.IGNORECASE
)
_EPOCH_RESULTS: Final = re.compile(r"\b(?P<epoch>\d+)epoch results")
_SECTION: Final = re.compile(rf"\[({'|'.join(sorted(TRAIN | HELD_OUT))})\]", re.IGNORECASE)
"""A mark before the numbers of one split, where one line holds those of several, as ESPnet prints them."""

_TABLE_LINE: Final = re.compile(
    rf"^\s*\|\s*(?P<name>[A-Za-z_][\w./ -]*?)\s*\|\s*(?P<value>{_NUMBER})\s*\|\s*$", re.IGNORECASE
)
"""A line of a table of two columns, as Stable-Baselines3 prints one for each update."""

_WRAPPED: Final = re.compile(r"\b(?:np\.|numpy\.|jnp\.)?(?:float\d+|[Aa]rray|tensor)\(([^(),\[\]]{1,40})(?:,[^()]*)?\)")
"""A number as Python prints a scalar of NumPy, JAX or torch: ``np.float64(0.5)``."""

_VALUE_FIRST: Final = re.compile(rf"(?P<value>{_NUMBER}) (?P<name>(?:avg )?loss|rate)\b", re.IGNORECASE)
"""A number before its name, as Darknet prints them."""
_WITHOUT_VALUE: Final = re.compile(
    r"(?<![\w./@])[A-Za-z_][\w./@]*+(?:\s*+[:=]\s*+|\s++)(?:-{1,3}|–|—|n/?a|none|null)(?=\s*(?:[|,;]|$))", re.IGNORECASE
)
"""A name whose number was not measured on this line, as in ``val -``: it says nothing of what the line is about."""
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

_MENTIONS: Final = re.compile(
    r"loss|nll|cost|objective|err|\b[GD]_|\bgen|\bdisc|ppl|perplexity|xent|\br?ms[e]?\b|\bmae\b|\bbpc\b", re.IGNORECASE
)
"""What a line that gives a loss mentions."""

_PLACES: Final = frozenset({"step", "epoch"})
_PAST: Final = frozenset({"best", "min", "minimum", "lowest", "previous", "improved", "prev", "target"})
"""Words of numbers that are no measurement of this line."""


def parse(text: str) -> list[Mapping[str, Any]]:
    """Return one row per line that names numbers; empty for a text of another form."""
    if not _MENTIONS.search(text, _after_header(text)):
        return []  # a table names its loss once, in its header
    lines = _BREAKS.split(ESCAPES.sub("", text))
    for pattern in (_PAIR, _VALUE_FIRST):
        rows = _rows(lines, pattern)
        names = dict.fromkeys(name for row in rows for name in row)
        if any(_is_loss(name) for name in names) or any(error_role(name) for name in names):
            return rows
    return []


def _rows(lines: Iterable[str], pattern: re.Pattern[str]) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    heading: dict[str, Any] = {}
    for line in lines:
        bar = _BAR.match(line)
        if bar and int(bar["done"]) < int(bar["all"]):
            continue  # a running mean over a part of the epoch
        row = _row(line[:MOST_LINE], pattern)
        places = {name: value for name, value in row.items() if role_of(name) in _PLACES}
        if places and not any(_is_loss(name) or role_of(name) for name in row if name not in places):
            heading = places
            if len(row) == len(places):
                continue
        own = {role_of(name) for name in places}
        above = {name: value for name, value in heading.items() if name not in row and role_of(name) not in own}
        if row:
            rows.append({**above, **row})
    return rows


def _after_header(text: str) -> int:
    """Return the place after the first line that is not a comment."""
    end = 0
    while end < len(text):
        start, end = end, text.find("\n", end) + 1 or len(text)
        line = text[start:end].strip()
        if line and not line.startswith("#"):
            return start if _PAIR.search(line[:MOST_LINE]) else end
    return len(text)


def _row(line: str, pattern: re.Pattern[str]) -> dict[str, Any]:
    sections = _SECTION.split(line)
    if len(sections) > 3:  # what stands before the first mark, then mark and text in turn
        split_rows = [
            _row(f"{mark} ; {text}", pattern) for mark, text in zip(sections[1::2], sections[2::2], strict=True)
        ]
        return {**_row(sections[0], pattern), **{name: value for row in split_rows for name, value in row.items()}}
    line = _WRAPPED.sub(r"\1", line)
    cells = _TABLE_LINE.match(line)
    if cells:
        return {cells["name"]: cell(cells["value"])}
    place, rest = _place(line)
    inner = _BRACES.search(rest)
    found = _literal(inner.group()) if inner else None
    if inner and found is not None:
        label = rest[: inner.start()] + rest[inner.end() :]
        values = {str(name): value for name, value in found.items() if cell(value) is not None}
    else:
        values, label = _pairs(rest, pattern)
    if place.pop("split", "") in HELD_OUT or _is_held_out(label):
        values = {name if _has_own_place(name) else f"val_{name}": value for name, value in values.items()}
    return {**place, **values} if values else {}


def _pairs(line: str, pattern: re.Pattern[str]) -> tuple[dict[str, Any], str]:
    """Return the named numbers of a line, and the words that name none of them."""
    values: dict[str, Any] = {}
    label, end = "", 0
    for match in pattern.finditer(line):
        name, value = _shortened(match["name"]), cell(match["value"])
        if pattern is _VALUE_FIRST and name == "rate":
            name = "learning rate"
        label += f"{line[end : match.start()]} ; "
        end = match.end()
        unused = match["name"].removesuffix(name)
        if set(words_of(unused)) & LOSS:
            label += unused  # "validation loss at iteration 500" says what the line is about
        if name and value is not None and name not in values:
            values[name] = value
    if any(words_of(name)[-1:] == ("train",) and _is_loss(name) for name in values):
        values = {f"loss {name}" if name.lower() in HELD_OUT else name: value for name, value in values.items()}
    return values, _WITHOUT_VALUE.sub(" ", label + line[end:])


@lru_cache(maxsize=4096)
def _shortened(name: str) -> str:
    """Return the longest ending of a name that means something to a log, else the last word; empty for a past value.

    >>> _shortened("INFO step"), _shortened("train loss"), _shortened("best loss"), _shortened("D loss")
    ('step', 'train loss', '', 'D loss')
    """
    parts = re.split(r"[ -]", name.removesuffix(" value"))
    if _PAST & set(words_of(name)):
        return ""
    if parts[0].endswith("'s"):
        return name  # "valid_1's binary_logloss"
    for first in range(len(parts)):
        ending = " ".join(parts[first:])
        role = role_of(ending) or error_role(ending)
        if role in {"loss", "validation_loss"} and first and parts[first - 1].lower() not in _BEFORE_NAMES:
            return f"{parts[first - 1]} {ending}"  # a part, such as "D loss"
        if role is not None:
            return ending
    return parts[-1]


def _place(line: str) -> tuple[dict[str, Any], str]:
    """Return epoch, batch and split where a line gives them by position, and the rest of the line."""
    for pattern in (_EPOCH_AND_BATCH, _BATCH, _PAIR_IN_BRACKETS, _SPLIT_AND_BATCH, _EPOCH_RESULTS):
        match = pattern.search(line)
        if match and (pattern is not _SPLIT_AND_BATCH or match["split"].lower() in TRAIN | HELD_OUT):
            found = match.groupdict()
            counts_steps = found.get("batch") and not (
                pattern is _SPLIT_AND_BATCH and found["split"].lower() in HELD_OUT
            )
            place: dict[str, Any] = {"iter": int(found["batch"])} if counts_steps else {}
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


def _is_held_out(label: str) -> bool:
    words = set(words_of(label))
    return bool(words & HELD_OUT) and not words & (TRAIN | {"train_inner", "inner"})


def _has_own_place(name: str) -> bool:
    return role_of(name) in {"step", "epoch", "learning_rate"} or bool(set(words_of(name)) & (HELD_OUT | TRAIN))


def _is_loss(name: str) -> bool:
    return bool(set(words_of(name)) & LOSS) or is_adversarial(name)
