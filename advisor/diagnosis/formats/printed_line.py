"""One printed line to named numbers, and to what it says of where and on which data they were measured."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from advisor.diagnosis.columns import (
    HELD_OUT,
    LOSS,
    TRAIN,
    bare_role,
    error_role,
    is_adversarial,
    loss_part,
    role_of,
    words_of,
)
from advisor.diagnosis.formats.cells import cell, numbers_of
from advisor.diagnosis.formats.line_edits import NUMBER, SPLITS, edited
from advisor.diagnosis.formats.places import PLACES, bare_count, place_of
from advisor.files import parse_json

MOST_LINE: Final = 4000
"""Characters of a line that are searched. Judgement: no log line is longer, and a broken file may be one line."""

_BARE: Final = NUMBER.removesuffix(r"(?!\w|\.\w)")
PAIR: Final = re.compile(
    # Possessive, and only from the beginning of a word: a line of letters alone would take quadratic time.
    r"(?<![\w./@])(?P<name>[A-Za-z_][\w./@]*+(?:'s)?+(?:[ -](?!(?<!\bof )(?:nan|inf)\b)[A-Za-z_][\w./@]*+){0,3})"
    r"(?:['\"]?\s*+[:=]>?\s*+\(?|\s*+(?=\[)|\s++)(?:tensor\(|\[)?\s*+['\"]?"
    rf"(?P<value>{NUMBER}|{_BARE}(?=(?P<unit>ms|s|%|M|G|B|k|it)\b))",
    re.IGNORECASE,
)
_MULTIPLES: Final = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9}
"""By definition: what a letter behind a number multiplies it by; a small m may be milli or minutes."""

_BRACES: Final = re.compile(r"\{[^{}]*\}")
_NESTED: Final = re.compile(r"\{[^{}]*\{.*\}")
_OF_A_NAME: Final = re.compile(r"[A-Za-z_]=$")
"""What stands before a dictionary that is the value of a name, as in ``grad_norm={'0_default': 2.0}``."""

_SECTION: Final = re.compile(rf"\[({SPLITS})\]|\b({SPLITS}): ?\(", re.IGNORECASE)
"""A mark before the numbers of one split, where one line holds those of several, as ESPnet and Flux print them."""

_TABLE_LINE: Final = re.compile(
    rf"^\s*\|\s*(?P<name>[A-Za-z_][\w./ -]*?)\s*\|\s*(?P<value>{NUMBER})\s*\|\s*$", re.IGNORECASE
)
"""A line of a table of two columns, as Stable-Baselines3 prints one for each update."""

VALUE_FIRST: Final = re.compile(
    rf"(?P<value>{NUMBER}) (?P<name>(?:(?:{SPLITS}|avg|mean) )?(?:loss|cost)\b|avg(?=,)|rate\b"
    r"|(?:steps?|iterations?|iters?|updates?|epochs?)\b)",
    re.IGNORECASE,
)
"""A number before its name, as Darknet prints them."""
_WITHOUT_VALUE: Final = re.compile(
    r"(?<![\w./@])[A-Za-z_][\w./@]*+(?:\s*+[:=]\s*+|\s++)(?:-{1,3}|–|—|n/?a|none|null)(?=\s*(?:[|,;]|$))", re.IGNORECASE
)
"""A name whose number was not measured on this line, as in ``val -``: it says nothing of what the line is about."""
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

_OF_ESTIMATOR: Final = "Saving dict for global step"
"""How TensorFlow's estimators begin the line of an evaluation."""

_MEASURING: Final = frozenset({"testing", "validating", "evaluating", "tested", "validated", "evaluated"})
"""Words of a line on held-out data besides the names of these."""

_PAST: Final = frozenset(
    {"best", "min", "minimum", "lowest", "previous", "improved", "prev", "target", "init", "initial"}
)
"""Words of numbers that are no measurement of this line."""


def values_of(line: str, pattern: re.Pattern[str]) -> dict[str, Any]:
    """Return the named numbers of a line, its places among them; those on held-out data under names that say so.

    >>> values_of("val | epoch 3 | loss 2.5", PAIR)
    {'epoch': 3, 'val_loss': 2.5}
    """
    marks = list(_SECTION.finditer(line))
    if len(marks) > 1:  # each mark holds up to the next
        found = values_of(line[: marks[0].start()], pattern)
        for mark, following in zip(marks, [*marks[1:], None], strict=True):
            text = line[mark.end() : following.start() if following else len(line)]
            found |= values_of(f"{mark[1] or mark[2]} ; {text}", pattern)
        return found
    cells = _TABLE_LINE.match(line)
    if cells:
        return {cells["name"]: cell(cells["value"])}
    place, rest = place_of(edited(line))
    inner, printed = _dictionary(rest)
    if inner and printed is not None:
        outside, label = _pairs(rest[: inner.start()] + " ; " + rest[inner.end() :], pattern)
        values = {str(name): value for name, value in printed.items() if cell(value) is not None}
        known = {role_of(name) for name in values}
        if _OF_A_NAME.search(rest[: inner.start()]):  # one of many values of the line
            values = outside | {name: value for name, value in values.items() if name not in outside}
        values |= {name: value for name, value in outside.items() if role_of(name) in PLACES - known}
    else:
        values, label = _pairs(rest, pattern)
    if place.pop("split", "") in HELD_OUT or _is_held_out(label) or _OF_ESTIMATOR in line:
        values = as_held_out(values)
    if values and not any(role_of(name) == "step" for name in {**place, **values}):
        place |= bare_count(line, of_bar=any(role_of(name) == "epoch" for name in values))
    return {**place, **values} if values else {}


def _dictionary(line: str) -> tuple[re.Match[str] | None, Mapping[str, Any] | None]:
    """Return where a dictionary stands in a line and what it holds; groups inside it under ``outer/inner``."""
    nested = _NESTED.search(line)
    whole = literal(nested.group()) if nested else None
    if whole is not None:
        return nested, numbers_of(whole)
    inner = _BRACES.search(line)
    return inner, literal(inner.group()) if inner else None


def as_held_out(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of a line on held-out data under names that say so; its batches are no steps."""
    return {
        name if has_own_place(name) else f"val_{name}": value
        for name, value in values.items()
        if words_of(name) not in {("batch",), ("batches",)}
    }


def _pairs(line: str, pattern: re.Pattern[str]) -> tuple[dict[str, Any], str]:
    """Return the named numbers of a line, and the words that name none of them."""
    values: dict[str, Any] = {}
    label, end = "", 0
    for match in pattern.finditer(line):
        name, value = _shortened(match["name"]), _number(match["value"])
        if pattern is PAIR and match["unit"] in _MULTIPLES and value is not None:
            value *= _MULTIPLES[match["unit"]]
        if pattern is VALUE_FIRST:
            name = {"rate": "learning rate", "avg": "avg loss"}.get(name, name)
        label += f"{line[end : match.start()]} ; "
        end = match.end()
        unused = match["name"].removesuffix(name)
        if name and set(words_of(unused)) & (LOSS | HELD_OUT if role_of(name) in PLACES else LOSS):
            label += unused  # "validation loss at iteration 500" says what the line is about
        if role_of(name) in PLACES and set(words_of(name)) & TRAIN:
            label += name  # beside "Val steps: 10", "Train steps: 50" says that the line is about both
        if pattern is PAIR and match["unit"] == "%" and bare_role(name) is not None:
            continue  # a percentage of "val" is a score
        if name and value is not None and name not in values:
            values[name] = value
    if any(words_of(name)[-1:] == ("train",) and _is_loss(name) for name in values):
        values = {f"loss {name}" if name.lower() in HELD_OUT else name: value for name, value in values.items()}
    return values, _WITHOUT_VALUE.sub(" ", label + line[end:])


def _number(text: str) -> float | int | None:
    return int(text) if text.isdecimal() else cell(text)


@lru_cache(maxsize=4096)
def _shortened(name: str) -> str:
    """Return the longest ending of a name that means something to a log, else the last word; empty for a past value.

    >>> _shortened("INFO step"), _shortened("train loss"), _shortened("best loss"), _shortened("D loss")
    ('step', 'train loss', '', 'D loss')
    """
    name = name.removesuffix(" value")
    parts = re.split(r"[ -]", name)
    if _PAST & set(words_of(name)):
        return ""
    if parts[0].endswith("'s"):
        return name  # "valid_1's binary_logloss"
    if " " not in name and set(words_of(name)) & HELD_OUT and loss_part(name) is not None:
        return name  # "lists/dev-clean.lst-loss"
    for first in range(len(parts)):
        ending = name[sum(len(part) + 1 for part in parts[:first]) :]
        role = role_of(ending) or error_role(ending)
        if role in {"loss", "validation_loss"} and first and parts[first - 1].lower() not in _BEFORE_NAMES:
            return name[sum(len(part) + 1 for part in parts[: first - 1]) :]  # a part, such as "D loss"
        if role is not None:
            return ending
    return parts[-1]


def literal(text: str) -> Mapping[str, Any] | None:
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
    return bool(words & (HELD_OUT | _MEASURING)) and not words & (TRAIN | {"train_inner", "inner"})


def has_own_place(name: str) -> bool:
    """Return whether a name stays as it is on a line of held-out data: places, rates, names that say their data."""
    return role_of(name) in {"step", "epoch", "learning_rate"} or bool(set(words_of(name)) & (HELD_OUT | TRAIN))


def _is_loss(name: str) -> bool:
    return bool(set(words_of(name)) & LOSS) or is_adversarial(name)


@lru_cache(maxsize=4096)
def is_measured(name: str) -> bool:
    """Return whether a number is a loss, or can stand for one."""
    return _is_loss(name) or error_role(name) is not None or bare_role(name) is not None
