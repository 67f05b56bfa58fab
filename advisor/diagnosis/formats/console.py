"""Lines that a training loop prints: ``iter 500: loss 1.9, time 30ms``, progress bars, dictionaries, logger output.

Each line is searched for named numbers. What has no name of its own (the epoch in ``[3][ 50/400]``, whether a line is
of held-out data) is taken from the line; a line that gives a position and no loss (``Epoch 3/10``,
``[batch=10/1000]:``) is a heading, whose position holds for the lines below.

Source:
    as printed by PyTorch's examples, nanoGPT, Keras, transformers, fairseq, MMEngine, Detectron2, timm, Composer,
    Coqui, ESPnet, LightGBM, Megatron and Darknet
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from advisor.diagnosis.columns import HELD_OUT, TRAIN, role_of, words_of
from advisor.diagnosis.formats.bars import Shown, ends_of_sweeps, is_labelled, sweep_of, with_means
from advisor.diagnosis.formats.cells import RUNS, cell
from advisor.diagnosis.formats.line_edits import NUMBER, SPLITS
from advisor.diagnosis.formats.places import PLACES
from advisor.diagnosis.formats.printed_line import (
    MOST_LINE,
    PAIR,
    VALUE_FIRST,
    as_held_out,
    has_own_place,
    is_measured,
    values_of,
)
from advisor.diagnosis.formats.ranks import of_first_rank
from advisor.diagnosis.formats.tables_between import TableBetween

ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""Colours and cursor movements of a terminal."""

_BREAKS: Final = re.compile(r"[\r\n\x08]+")
_HEADS_SPLIT: Final = re.compile(
    rf"(?:^(?:[\d:., -]++[|-] )?)\W*+({SPLITS})\w*+\s*+(?:metrics|set)?\W*$"
    rf"|\b(?:loss|metrics|results) (?:on|for|of|over) (?:the )?({SPLITS})\w*+(?:[ -](?:set|data|split))?\W*$",
    re.IGNORECASE,
)
"""A line that names the data of the lines below and nothing else but the time, or whose metrics they are, as MACE's."""

_OF_SUMMARIES: Final = frozenset({"inner", "averaged", "results", "done", "summary"})
"""Words by which lines with the same names differ: fairseq's ``train_inner`` and ``train``."""

_VERTICALS: Final = str.maketrans("│┃║", "|||")
"""Lines drawn between the columns of a table."""

_SPLIT_HEADER: Final = re.compile(
    r"\btrain(?:ing)?\s*\|\s*val(?:id(?:ation)?)?\s*(?:\|\s*test\s*)?\|?\s*$", re.IGNORECASE
)
_SPLIT_LINE: Final = re.compile(
    rf"(?<![\w./-])(?P<name>[A-Za-z_][\w./-]*+)\s*\|\s*(?P<train>{NUMBER})\s*\|\s*(?P<val>{NUMBER})"
    rf"\s*(?:\|\s*{NUMBER}\s*)?\|?\s*$",
    re.IGNORECASE,
)
"""A table with a column for each split and a line for each quantity, as AllenNLP and Ludwig print it."""

_BAR: Final = re.compile(r"^\s*(?P<done>\d+)/(?P<all>\d+)\s*(?:\[|━|\S*(?:━|==|=>)|- \d+m?s\b)")

_UNFINISHED: Final = re.compile(r"[\s\[]=++>[-.]++[\s\]]")
"""A bar drawn as an arrow that has not arrived, as Keras and TensorFlow.js draw it: what follows is a running mean."""

_MENTIONS: Final = re.compile(
    r"loss|nll|cost|objective|err|\b[GD]_|\bgen|\bdisc|ppl|perplexity|xent|cross.?entropy|\br?ms[e]?\b|\bmae\b|\bbpc\b"
    r"|\bb?ce\b|\bbpb\b|deviance|\bl_[a-z]|\btrl:|, [\d.]+ avg,|\bscore at iteration ",
    re.IGNORECASE,
)
"""What a line that gives a loss mentions."""

_MENTIONS_SPLIT: Final = re.compile(rf"\b(?:{SPLITS})\b(?: |: ?|=)[-+]?[\d.]", re.IGNORECASE)
"""What a line mentions that gives a value by the name of its data alone, as in ``250 val 6.1``."""

_COMMA: Final = re.compile(r"(?<=[:= ])([-+]?\d+),(\d+)(?=,?(?:[\s;|]|$))", re.MULTILINE)
_POINT: Final = re.compile(r"(?<=[:= ])[-+]?\d+\.\d+(?=[\s;|,]|$)", re.MULTILINE)
_ANNOUNCING: Final = frozenset({"begin", "start", "starting", "running", "evaluating", "validating", "computing"})
"""Words that begin a measurement on held-out data, besides the name of the data."""

_ABOUT_FILES: Final = frozenset(
    {"checkpoint", "loaded", "loading", "saved", "saving", "restored", "restoring", "resumed", "resuming"}
)
"""Words of lines on files of weights, whose places say nothing of the lines below."""

_ABOUT_HELD_OUT: Final = HELD_OUT | {"evaluate", "evaluating", "validating", "testing"}
_WORD: Final = re.compile(r"[a-z]+")
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
        sweep: batch of a sweep over held-out data, and their number.
    """

    values: dict[str, Any]
    form: Mapping[str, tuple[str, ...]]
    announced: bool = False
    sweep: tuple[int, int] | None = None


def parse(text: str) -> list[Mapping[str, Any]]:
    """Return one row per line that names numbers; empty for a text of another form."""
    start = _after_header(text)
    if not _MENTIONS.search(text, start) and (_has_header(text) or not _MENTIONS_SPLIT.search(text, start)):
        return []  # a table names its loss once, in its header
    text = ESCAPES.sub("", text).translate(_VERTICALS)
    if _COMMA.search(text) and not _POINT.search(text):
        text = _COMMA.sub(r"\1.\2", text)
    lines = of_first_rank(_BREAKS.split(text), _MENTIONS.search)
    found: list[list[Mapping[str, Any]]] = []
    for pattern in (PAIR, VALUE_FIRST):
        rows = _separated(_rows(lines, pattern))
        if _has_places(rows):
            return rows
        found += [rows] if any(is_measured(name) for row in rows for name in row) else []
    return found[0] if found else []


def _has_places(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether losses stand beside a place; those of the layers that Darknet prints before a batch do not."""
    return any(role_of(name) in PLACES for row in rows if any(map(is_measured, row)) for name in row)


def _has_header(text: str) -> bool:
    first = next((line for line in text.split("\n", 50) if line.strip()), "")
    return not re.search(r"\d", first) and any(role_of(name) for name in re.split(r"[\s,;|]+", first) if name)


@dataclass(slots=True)
class _Reader:
    """What lines above say of those below.

    Attributes:
        pattern: of a named number.
        rows: of the lines so far.
        heading: places of the last lines that give no measurement.
        headed: nothing was measured since the first of them.
        announced: a line since the last loss spoke of held-out data.
        evaluating: it said that a measurement on them begins.
        below: a line named held-out data and nothing else.
        by_split: inside a table with a column for each split.
        reached: highest step of a training loss.
        bar: length and heading of the bar in the last line, when that was one and is full.
        shown: what bars showed last.
        table: names of columns above.
    """

    pattern: re.Pattern[str]
    rows: list[_Line] = field(default_factory=list)
    heading: Mapping[str, Any] = field(default_factory=dict)
    headed: bool = False
    announced: bool = False
    evaluating: bool = False
    below: bool = False
    by_split: bool = False
    reached: float = -1.0
    bar: tuple[str, Mapping[str, Any]] | None = None
    shown: Shown = field(default_factory=Shown)
    table: TableBetween = field(default_factory=TableBetween)

    def take(self, line: str) -> None:
        """Read one line."""
        if _UNFINISHED.search(line):
            return
        bar = _BAR.match(line)
        if bar and int(bar["done"]) < int(bar["all"]):
            return  # a running mean over a part of the epoch
        if bar and self.bar and self.bar[1] == self.heading and any(role_of(name) == "epoch" for name in self.heading):
            if bar["all"] != self.bar[0]:
                return  # an evaluation after the last epoch
            self.rows.pop()  # drawn once more, with what was measured after its last step
        words = set(_WORD.findall(line.lower()))
        row = self._numbers(line)
        sweep = sweep_of(line) if _is_held_out(row) else None
        row = self.shown.new(line, self._numbers(with_means(line)) if sweep else row)
        if any(RUNS & set(words_of(name)) for name in row):
            self.heading = {}  # another run has places of its own
        places = {name: value for name, value in row.items() if role_of(name) in PLACES}
        measured = any(is_measured(name) for name in row)
        if not measured:
            self._note(line, words)
            if is_labelled(line):  # counts batches of what its words say
                places = {name: value for name, value in places.items() if role_of(name) == "epoch"}
                row = dict(places)
        if places and not measured and words & _ABOUT_FILES:
            return
        if places and not measured and not any(role_of(name) for name in row if name not in places):
            # Places that stand on lines of their own are one heading, as Blocks' epochs and iterations.
            above = self.heading if self.headed else {}
            roles = {role_of(name) for name in places}
            self.heading = {name: value for name, value in above.items() if role_of(name) not in roles} | places
            self.headed, self.below = True, False
            self.evaluating = self.evaluating and bool(words & _ABOUT_HELD_OUT)
            if len(row) == len(places):
                return
        self.headed = self.headed and not measured
        if row:
            self.rows.append(self._line(row, places, words, measured=measured))
            self.rows[-1].sweep = sweep
        self.bar = (bar["all"], self.heading) if bar and row else None

    def _numbers(self, line: str) -> dict[str, Any]:
        row = self.table.row(line)
        if row is not None:
            split = row.pop("split", None)
            self.below = self.below if split is None else split in HELD_OUT
            return row
        table = _SPLIT_LINE.search(line) if self.by_split else None
        self.by_split = bool(_SPLIT_HEADER.search(line)) or (
            self.by_split and ("|" in line or not any(map(str.isalnum, line)))
        )
        if table:
            return {table["name"]: cell(table["train"]), f"val_{table['name']}": cell(table["val"])}
        return values_of(line, self.pattern)

    def _note(self, line: str, words: set[str]) -> None:
        """Keep what a line without a measurement says of the data of the lines below."""
        head = _HEADS_SPLIT.search(line)
        self.below = (head[1] or head[2]).lower() in HELD_OUT if head else self.below
        if words & TRAIN:
            self.announced = self.evaluating = False
        elif words & _ABOUT_HELD_OUT:
            self.announced = True
            self.evaluating = self.evaluating or bool(words & _ANNOUNCING)

    def _line(self, row: dict[str, Any], places: Mapping[str, Any], words: set[str], *, measured: bool) -> _Line:
        steps = [cell(value) for name, value in places.items() if role_of(name) == "step"]
        step = max((at for at in steps if at is not None), default=-1.0)
        if measured and step > self.reached >= 0.0:
            self.evaluating = self.below = False  # training goes on
        if self.below:
            row = as_held_out(row)
        elif self.evaluating and measured:
            row = as_held_out({name: value for name, value in row.items() if role_of(name) != "step"})
        elif measured:
            self.reached = max(self.reached, step)
        own, names = {role_of(name) for name in places}, list(row)
        told = measured or any(role_of(name) for name in row)  # else it belongs to no heading, such as a time
        heading = self.heading if told else {}
        above = {name: value for name, value in heading.items() if name not in row and role_of(name) not in own}
        kind = sorted(_OF_SUMMARIES & words)
        form = {name: (*kind, *map(str.lower, names[: names.index(name) + 1])) for name in names if is_measured(name)}
        announced = self.announced and measured
        self.announced = self.announced and not measured
        return _Line({**above, **row}, form, announced)


def _is_held_out(row: Mapping[str, Any]) -> bool:
    """Return whether all that a line measures is of held-out data."""
    measured = [name for name in row if is_measured(name)]
    return bool(measured) and all(HELD_OUT & set(words_of(name)) for name in measured)


def _rows(lines: Iterable[str], pattern: re.Pattern[str]) -> list[_Line]:
    reader = _Reader(pattern)
    for line in lines:
        reader.take(line[:MOST_LINE])
    stays = ends_of_sweeps([row.sweep for row in reader.rows])
    return _without_summary([row for row, stay in zip(reader.rows, stays, strict=True) if stay])


def _without_summary(rows: list[_Line]) -> list[_Line]:
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
            tested = 2 * sum(rows[index].announced for index in indices) >= len(indices)
            _rename(rows, indices, name, f"val_{name}" if tested and not has_own_place(name) else f"{name} (2)")
    return [row.values for row in rows]


def _is_announced(rows: Sequence[_Line], name: str, indices: Sequence[int]) -> bool:
    """Return whether a loss stands only below lines that speak of held-out data, beside none that names these.

    Another loss that is not announced so has to be there: it is the one of the training.
    """
    if has_own_place(name) or len(indices) < LEAST_TURNS or not all(rows[index].announced for index in indices):
        return False
    beside = {other for index in indices for other in rows[index].values if is_measured(other)}
    elsewhere = any(row.form and not row.announced for row in rows)
    return elsewhere and not any(HELD_OUT & set(words_of(other)) for other in beside)


def _rename(rows: Sequence[_Line], indices: Sequence[int], name: str, new: str) -> None:
    for index in indices:
        rows[index].values[new] = rows[index].values.pop(name)


def _after_header(text: str) -> int:
    """Return the place after the first line that is not a comment."""
    end = 0
    while end < len(text):
        start, end = end, text.find("\n", end) + 1 or len(text)
        line = text[start:end].strip()
        if line and not line.startswith("#"):
            return start if PAIR.search(line[:MOST_LINE]) else end
    return len(text)
