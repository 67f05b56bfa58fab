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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from advisor.diagnosis.columns import HELD_OUT, TRAIN, role_of, words_of
from advisor.diagnosis.formats.bars import Shown, is_labelled, under_way, with_means
from advisor.diagnosis.formats.cells import RUNS, cell
from advisor.diagnosis.formats.line_edits import NUMBER, SPLITS
from advisor.diagnosis.formats.line_forms import Line, mostly, separated, without_summary
from advisor.diagnosis.formats.places import PLACES
from advisor.diagnosis.formats.printed_line import (
    MOST_LINE,
    PAIR,
    VALUE_FIRST,
    as_held_out,
    is_measured,
    values_of,
)
from advisor.diagnosis.formats.ranks import of_first_rank
from advisor.diagnosis.formats.repeats import Sweep, ends_of_sweeps, last_drawn, logged_once, sweep_of
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
    r"|\bb?ce\b|\bbpb\b|deviance|\bl_[a-z]|\btrl:|, [\d.]+ avg,|\bscore at iteration |\biter\s+\d+ value |'s l2: ",
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
_SPOKEN: Final = re.compile(r"(?<![\w./])[a-z]+(?:_[a-z]+)*(?!\.\w|/|\w)")
"""A word that is no part of a path, a module or a file."""


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
        rows = separated(_rows(lines, pattern))
        if _has_places(rows):
            return rows
        found += [rows] if any(is_measured(name) for row in rows for name in row) else []
    return found[0] if found else []


def _has_places(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether most losses stand beside a place; those of layers that Darknet prints before a batch do not."""
    placed = [any(role_of(name) in PLACES for name in row) for row in rows if any(map(is_measured, row))]
    return bool(placed) and mostly(placed)


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
        whole: steps of an epoch, where its line says them.
        bar: length and heading of the bar in the last line, when that was one and is full.
        shown: what bars showed last.
        table: names of columns above.
    """

    pattern: re.Pattern[str]
    rows: list[Line] = field(default_factory=list)
    heading: Mapping[str, Any] = field(default_factory=dict)
    headed: bool = False
    announced: bool = False
    evaluating: bool = False
    below: bool = False
    by_split: bool = False
    reached: float = -1.0
    whole: int | None = None
    bar: tuple[str, Mapping[str, Any]] | None = None
    shown: Shown = field(default_factory=Shown)
    table: TableBetween = field(default_factory=TableBetween)

    def take(self, line: str) -> None:
        """Read one line."""
        if _UNFINISHED.search(line):
            return
        bar = _BAR.match(line)
        if bar and not self._ends(bar):
            return
        words = set(_WORD.findall(line.lower()))
        row = self._numbers(line)
        sweep = sweep_of(line) if _is_held_out(row) else None
        row = self.shown.new(line, self._numbers(with_means(line)) if sweep else row)
        places = {name: value for name, value in row.items() if role_of(name) in PLACES}
        measured = any(is_measured(name) for name in row)
        if not measured:
            self._note(line, _spoken(line))
            if is_labelled(line):  # counts batches of what its words say
                places = {name: value for name, value in places.items() if role_of(name) == "epoch"}
                row = dict(places)
            if places and words & _ABOUT_FILES:
                return
        if any(RUNS & set(words_of(name)) for name in row):
            self.heading = {}  # another run has places of its own
        if places and not measured and not any(role_of(name) for name in row if name not in places):
            self._head(places, words)
            if len(row) == len(places):
                return
        self.headed = self.headed and not measured
        if row:
            if measured and _spoken(line) & TRAIN and not words & _ABOUT_HELD_OUT:
                self.evaluating = self.below = False
            self.evaluating = self.evaluating and not _is_held_out(row)  # lines of an evaluation say so themselves
            kept = self._line(row, places, words, sweep_of(line), measured=measured)
            kept.sweep = sweep or (sweep_of(line) if _is_held_out(kept.values) else None)
            kept.under_way = self.table.holds and under_way(line)
            self.rows.append(kept)
        self.bar = (bar["all"], self.heading) if bar and row else None

    def _ends(self, bar: re.Match[str]) -> bool:
        """Return whether a bar gives the results of its epoch; take back what it gave before, when drawn once more."""
        if int(bar["done"]) < int(bar["all"]):
            return False  # a running mean over a part of the epoch
        if self.bar and self.bar[1] == self.heading and any(role_of(name) == "epoch" for name in self.heading):
            if bar["all"] != self.bar[0]:
                return False  # an evaluation after the last epoch
            self.rows.pop()  # with what was measured after its last step
        return True

    def _head(self, places: Mapping[str, Any], words: set[str]) -> None:
        """Keep the places of a line that gives nothing else; on several lines they are one heading, as Blocks'."""
        above = self.heading if self.headed else {}
        roles = {role_of(name) for name in places}
        self.heading = {name: value for name, value in above.items() if role_of(name) not in roles} | dict(places)
        self.headed, self.below = True, False
        self.evaluating = self.evaluating and bool(words & _ABOUT_HELD_OUT)

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
            self.evaluating = self.evaluating or bool(words & _ANNOUNCING and not words & _ABOUT_FILES)

    def _line(
        self, row: dict[str, Any], places: Mapping[str, Any], words: set[str], sweep: Sweep | None, *, measured: bool
    ) -> Line:
        whole = sweep.whole if sweep else None
        steps = [cell(value) for name, value in places.items() if role_of(name) == "step"]
        step = max((at for at in steps if at is not None and whole in {None, self.whole or whole}), default=-1.0)
        if measured and step > self.reached >= 0.0:
            self.evaluating = self.below = False  # training goes on
        if self.below:
            row = as_held_out(row)
        elif self.evaluating and measured:
            row = as_held_out({name: value for name, value in row.items() if role_of(name) != "step"})
        elif measured:
            self.reached, self.whole = max(self.reached, step), whole
        own, names = {role_of(name) for name in places}, list(row)
        told = measured or any(role_of(name) for name in row)  # else it belongs to no heading, such as a time
        heading = self.heading if told else {}
        above = {name: value for name, value in heading.items() if name not in row and role_of(name) not in own}
        kind = sorted(_OF_SUMMARIES & words)
        form = {name: (*kind, *map(str.lower, names[: names.index(name) + 1])) for name in names if is_measured(name)}
        announced = self.announced and measured
        self.announced = self.announced and not measured
        labelled = any(HELD_OUT & set(words_of(name)) for name in form)  # those without a label are of the training
        return Line({**above, **row}, form, announced, bool(words & _ABOUT_HELD_OUT) and not labelled)


def _spoken(line: str) -> set[str]:
    return {word for name in _SPOKEN.findall(line.lower()) for word in name.split("_")}


def _is_held_out(row: Mapping[str, Any]) -> bool:
    """Return whether all that a line measures is of held-out data."""
    measured = [name for name in row if is_measured(name)]
    return bool(measured) and all(HELD_OUT & set(words_of(name)) for name in measured)


def _rows(lines: Iterable[str], pattern: re.Pattern[str]) -> list[Line]:
    reader = _Reader(pattern)
    for line in lines:
        reader.take(line[:MOST_LINE])
    values = [row.values for row in reader.rows]
    of_training = [place for place, row in enumerate(reader.rows) if row.form and not _is_held_out(row.values)]
    kept = zip(
        reader.rows,
        ends_of_sweeps([row.sweep for row in reader.rows], breaks=of_training),
        last_drawn(values, [row.under_way for row in reader.rows]),
        logged_once(values, [list(row.form) for row in reader.rows]),
        strict=True,
    )
    return without_summary([row for row, *stays in kept if all(stays)])


def _after_header(text: str) -> int:
    """Return the place after the first line that is not a comment."""
    end = 0
    while end < len(text):
        start, end = end, text.find("\n", end) + 1 or len(text)
        line = text[start:end].strip()
        if line and not line.startswith("#"):
            return start if PAIR.search(line[:MOST_LINE]) else end
    return len(text)
