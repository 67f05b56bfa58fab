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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from advisor.diagnosis.columns import HELD_OUT, LOSS, TRAIN, bare_role, error_role, is_adversarial, role_of, words_of
from advisor.diagnosis.formats.cells import cell
from advisor.diagnosis.formats.places import bare_count, place_of
from advisor.files import parse_json

MOST_LINE: Final = 4000
"""Characters of a line that are searched. Judgement: no log line is longer, and a broken file may be one line."""

_NUMBER: Final = (
    r"[-+]?(?:[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|(?:\d+(?:\.\d*)?|\.\d+)(?:[eEf][-+]?\d+)?|nan|inf(?:inity)?)(?![\w.])"
)
_PAIR: Final = re.compile(
    # Possessive, and only from the beginning of a word: a line of letters alone would take quadratic time.
    r"(?<![\w./@])(?P<name>[A-Za-z_][\w./@]*+(?:'s)?+(?:[ -][A-Za-z_][\w./@]*+){0,3})"
    r"(?:['\"]?\s*+[:=]\s*+\(?|\s*+(?=\[)|\s++)(?:tensor\(|\[)?\s*+"
    rf"(?P<value>{_NUMBER}|{_NUMBER[:-9]}(?=(?:ms|s|%|M|G|k|it)\b))",
    re.IGNORECASE,
)
ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""Colours and cursor movements of a terminal."""

_BREAKS: Final = re.compile(r"[\r\n\x08]+")
_BRACES: Final = re.compile(r"\{[^{}]*\}")
_SPLITS: Final = "|".join(sorted(TRAIN | HELD_OUT))
_SECTION: Final = re.compile(rf"\[({_SPLITS})\]|\b({_SPLITS}): ?\(", re.IGNORECASE)
"""A mark before the numbers of one split, where one line holds those of several, as ESPnet and Flux print them."""

_TABLE_LINE: Final = re.compile(
    rf"^\s*\|\s*(?P<name>[A-Za-z_][\w./ -]*?)\s*\|\s*(?P<value>{_NUMBER})\s*\|\s*$", re.IGNORECASE
)
"""A line of a table of two columns, as Stable-Baselines3 prints one for each update."""

_SPLIT_HEADER: Final = re.compile(r"\btrain(?:ing)?\s*\|\s*val(?:id(?:ation)?)?\s*$", re.IGNORECASE)
_SPLIT_LINE: Final = re.compile(
    rf"(?P<name>[A-Za-z_][\w./-]*)\s*\|\s*(?P<train>{_NUMBER})\s*\|\s*(?P<val>{_NUMBER})\s*$", re.IGNORECASE
)
"""A table with a column for each split and a line for each quantity, as AllenNLP prints it."""

_WRAPPED: Final = re.compile(r"\b(?:np\.|numpy\.|jnp\.)?(?:float\d+|[Aa]rray|tensor)\(([^(),\[\]]{1,40})(?:,[^()]*)?\)")
"""A number as Python prints a scalar of NumPy, JAX or torch: ``np.float64(0.5)``."""

_VALUE_FIRST: Final = re.compile(rf"(?P<value>{_NUMBER}) (?P<name>(?:avg )?loss\b|avg(?=,)|rate\b)", re.IGNORECASE)
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
    r"loss|nll|cost|objective|err|\b[GD]_|\bgen|\bdisc|ppl|perplexity|xent|cross.?entropy|\br?ms[e]?\b|\bmae\b|\bbpc\b"
    r"|\bl_[a-z]|\btrl:|, [\d.]+ avg,",
    re.IGNORECASE,
)
"""What a line that gives a loss mentions."""

_MENTIONS_SPLIT: Final = re.compile(rf"\b(?:{_SPLITS})\b(?: |: ?|=)[-+]?[\d.]", re.IGNORECASE)
"""What a line mentions that gives a value by the name of its data alone, as in ``250 val 6.1``."""

_RANK: Final = re.compile(
    r"\[?\b(?:local_|global_)?rank[ =:_]?\s?(\d+)\b|^\s*\[(?:default)?(\d+)\]: |^\s*(\d+): ", re.IGNORECASE
)
"""Which of several processes printed a line; the last is srun's label."""

_COMMA: Final = re.compile(r"(?<=[:= ])([-+]?\d+),(\d+)(?=[\s;|]|$)", re.MULTILINE)
_POINT: Final = re.compile(r"(?<=[:= ])[-+]?\d+\.\d+(?=[\s;|,]|$)", re.MULTILINE)
_ANNOUNCING: Final = frozenset({"begin", "start", "starting", "running", "evaluating", "validating", "computing"})
"""Words that begin a measurement on held-out data, besides the name of the data."""

_ABOUT_HELD_OUT: Final = HELD_OUT | {"evaluate", "evaluating", "validating", "testing"}
_OF_ESTIMATOR: Final = "Saving dict for global step"
"""How TensorFlow's estimators begin the line of an evaluation."""

_WORD: Final = re.compile(r"[a-z]+")
_PLACES: Final = frozenset({"step", "epoch"})
_PAST: Final = frozenset({"best", "min", "minimum", "lowest", "previous", "improved", "prev", "target"})
"""Words of numbers that are no measurement of this line."""

LEAST_TURNS: Final = 3
"""Stretches of lines of another form from which on their losses are a series of their own. Judgement: the form of a log
may change once, at a restart, but does not come and go."""


@dataclass(slots=True)
class _Line:
    """What one printed line holds.

    Attributes:
        values: named numbers, those of the heading above included.
        form: names up to each loss, by the loss: lines of one form hold one quantity.
        announced: a line between the last loss and this one spoke of held-out data.
    """

    values: dict[str, Any]
    form: Mapping[str, tuple[str, ...]]
    announced: bool = False


def parse(text: str) -> list[Mapping[str, Any]]:
    """Return one row per line that names numbers; empty for a text of another form."""
    start = _after_header(text)
    if not _MENTIONS.search(text, start) and (_has_header(text) or not _MENTIONS_SPLIT.search(text, start)):
        return []  # a table names its loss once, in its header
    text = ESCAPES.sub("", text)
    if _COMMA.search(text) and not _POINT.search(text):
        text = _COMMA.sub(r"\1.\2", text)
    lines = _of_first_rank(_BREAKS.split(text))
    for pattern in (_PAIR, _VALUE_FIRST):
        rows = _separated(_rows(lines, pattern))
        names = dict.fromkeys(name for row in rows for name in row)
        if any(_is_measured(name) for name in names):
            return rows
    return []


def _has_header(text: str) -> bool:
    first = next((line for line in text.split("\n", 50) if line.strip()), "")
    return not re.search(r"\d", first) and any(role_of(name) for name in re.split(r"[\s,;|]+", first) if name)


def _of_first_rank(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines of one process where several printed their losses into one log."""
    ranks = [_rank_of(line) for line in lines]
    known = [rank for rank, line in zip(ranks, lines, strict=True) if rank is not None and _MENTIONS.search(line)]
    # A counter in front of the line is no rank: it goes on, ranks come again.
    if len(set(known)) < 2 or 2 * len(set(known)) > len(known):
        return lines
    return [line for rank, line in zip(ranks, lines, strict=True) if rank in {None, min(known)}]


def _rank_of(line: str) -> int | None:
    match = _RANK.search(line)
    return next((int(group) for group in match.groups() if group is not None), None) if match else None


def _rows(lines: Iterable[str], pattern: re.Pattern[str]) -> list[_Line]:
    rows: list[_Line] = []
    heading: dict[str, Any] = {}
    announced = evaluating = by_split = False
    reached = -1.0
    for line in lines:
        bar = _BAR.match(line)
        if bar and int(bar["done"]) < int(bar["all"]):
            continue  # a running mean over a part of the epoch
        table = _SPLIT_LINE.search(line) if by_split else None
        by_split = bool(_SPLIT_HEADER.search(line)) or (by_split and "|" in line)
        if table:
            row = {table["name"]: cell(table["train"]), f"val_{table['name']}": cell(table["val"])}
        else:
            row = _row(line[:MOST_LINE], pattern)
        places = {name: value for name, value in row.items() if role_of(name) in _PLACES}
        measured = [name for name in row if _is_measured(name)]
        words = set(_WORD.findall(line[:MOST_LINE].lower())) if not measured else set()
        if words & _ABOUT_HELD_OUT and not words & TRAIN:
            announced = True
            evaluating = evaluating or bool(words & _ANNOUNCING)
        elif words & TRAIN:
            announced = evaluating = False
        if places and not any(_is_measured(name) or role_of(name) for name in row if name not in places):
            heading = places
            evaluating = evaluating and announced and bool(words & _ABOUT_HELD_OUT)
            if len(row) == len(places):
                continue
        if not row:
            continue
        steps = [cell(value) for name, value in places.items() if role_of(name) == "step"]
        step = max((at for at in steps if at is not None), default=-1.0)
        if evaluating and measured and step > reached >= 0.0:
            evaluating = False  # training goes on
        if evaluating and measured:
            row = _as_held_out({name: value for name, value in row.items() if role_of(name) != "step"})
        elif measured:
            reached = max(reached, step)
        own = {role_of(name) for name in places}
        above = {name: value for name, value in heading.items() if name not in row and role_of(name) not in own}
        names = list(row)
        form = {name: tuple(map(str.lower, names[: names.index(name) + 1])) for name in names if _is_measured(name)}
        rows.append(_Line({**above, **row}, form, announced and bool(measured)))
        announced = announced and not measured
    return rows


def _separated(rows: Sequence[_Line]) -> list[Mapping[str, Any]]:
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
            continue
        order = [(index, form) for form, indices in places.items() for index in indices]
        sequence = [form for _, form in sorted(order)]
        main = max(places, key=lambda form: len(places[form]))  # the first of those that are as frequent
        for form, indices in places.items():
            turns = sum(now == form and (at == 0 or sequence[at - 1] != form) for at, now in enumerate(sequence))
            if form == main or turns < LEAST_TURNS or turns * 2 < len(indices):
                continue
            tested = 2 * sum(rows[index].announced for index in indices) >= len(indices)
            for index in indices:
                values = rows[index].values
                values[f"val_{name}" if tested and not _has_own_place(name) else f"{name} (2)"] = values.pop(name)
    return [row.values for row in rows]


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
    marks = list(_SECTION.finditer(line))
    if len(marks) > 1:  # each mark holds up to the next
        found = _row(line[: marks[0].start()], pattern)
        for mark, following in zip(marks, [*marks[1:], None], strict=True):
            text = line[mark.end() : following.start() if following else len(line)]
            found |= _row(f"{mark[1] or mark[2]} ; {text}", pattern)
        return found
    line = _WRAPPED.sub(r"\1", line)
    cells = _TABLE_LINE.match(line)
    if cells:
        return {cells["name"]: cell(cells["value"])}
    place, rest = place_of(line)
    inner = _BRACES.search(rest)
    literal = _literal(inner.group()) if inner else None
    if inner and literal is not None:
        outside, label = _pairs(rest[: inner.start()] + " ; " + rest[inner.end() :], pattern)
        values = {str(name): value for name, value in literal.items() if cell(value) is not None}
        known = {role_of(name) for name in values}
        values |= {name: value for name, value in outside.items() if role_of(name) in _PLACES - known}
    else:
        values, label = _pairs(rest, pattern)
    if place.pop("split", "") in HELD_OUT or _is_held_out(label) or _OF_ESTIMATOR in line:
        values = _as_held_out(values)
    if values and not any(role_of(name) == "step" for name in {**place, **values}):
        place |= bare_count(line) if not any(role_of(name) == "epoch" for name in values) else {}
    return {**place, **values} if values else {}


def _as_held_out(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of a line on held-out data under names that say so; its batches are no steps."""
    return {
        name if _has_own_place(name) else f"val_{name}": value
        for name, value in values.items()
        if words_of(name) not in {("batch",), ("batches",)}
    }


def _pairs(line: str, pattern: re.Pattern[str]) -> tuple[dict[str, Any], str]:
    """Return the named numbers of a line, and the words that name none of them."""
    values: dict[str, Any] = {}
    label, end = "", 0
    for match in pattern.finditer(line):
        name, value = _shortened(match["name"]), _number(match["value"])
        if pattern is _VALUE_FIRST:
            name = {"rate": "learning rate", "avg": "avg loss"}.get(name, name)
        label += f"{line[end : match.start()]} ; "
        end = match.end()
        unused = match["name"].removesuffix(name)
        if set(words_of(unused)) & (LOSS | HELD_OUT if role_of(name) in _PLACES else LOSS):
            label += unused  # "validation loss at iteration 500" says what the line is about
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
    for first in range(len(parts)):
        ending = name[sum(len(part) + 1 for part in parts[:first]) :]
        role = role_of(ending) or error_role(ending)
        if role in {"loss", "validation_loss"} and first and parts[first - 1].lower() not in _BEFORE_NAMES:
            return name[sum(len(part) + 1 for part in parts[: first - 1]) :]  # a part, such as "D loss"
        if role is not None:
            return ending
    return parts[-1]


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


def _is_measured(name: str) -> bool:
    """Return whether a number is a loss, or can stand for one."""
    return _is_loss(name) or error_role(name) is not None or bare_role(name) is not None
