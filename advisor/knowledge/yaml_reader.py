"""YAML as rule files need it: YAML 1.2 core scalars, no aliases or tags, bounded, every value with its line.

Plain PyYAML reads ``1e-3`` as a string and ``no`` as False, keeps the last of two equal keys, and follows aliases into
bombs. This reader builds values straight from the C parser's events, without recursion. Lines are only wanted when
something is wrong, so they are read in a second pass, then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

import yaml

from advisor.errors import Problem

MAX_BYTES: Final = 1_000_000
"""Judgement: two hundred times the largest shipped rule; a file beyond holds many rules or none."""
MAX_DEPTH: Final = 40
"""Judgement: shipped rules nest nine levels, and what recurses over a value stays far from Python's limit."""
MAX_VALUES: Final = 20_000
"""Judgement: a file of the largest size that is nothing but values is no rule."""
MAX_MESSAGE: Final = 1000
"""Characters of one message. Judgement: a screen; what a file holds must not flood it."""

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NUMBER_STARTS = frozenset("+-.0123456789")
_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

Place = tuple[str | int, ...]


@dataclass(slots=True)
class Document:
    """The value of a file, and what was wrong on the way.

    Attributes:
        path: the file as the user would name it.
        text: as read; empty when it was refused.
        value: plain dicts, lists and scalars; None when the file could not be read.
        problems: everything found; the value may still be usable.
    """

    path: str
    text: str = ""
    value: Any = None
    problems: list[Problem] = field(default_factory=list)
    _lines: dict[Place, int] | None = None

    @property
    def lines(self) -> dict[Place, int]:
        """Place in the value → line, counted from 1; read on first use."""
        if self._lines is None:
            self._lines = lines_of(self.text)
        return self._lines

    def line(self, place: Place) -> int:
        """Return the line of a place in the value, or of the nearest known place around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Place, code: str, message: str) -> None:
        """Note a problem at a place in the value."""
        shown = message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…"
        self.problems.append(Problem(self.path, self.line(place), code, shown))


class Refusal(Exception):  # noqa: N818 - a signal inside this module
    """Something that YAML allows and rule files do not."""

    def __init__(self, event: Any, code: str, message: str) -> None:
        super().__init__(message)
        self.line = event.start_mark.line + 1
        self.code = code


def read_yaml(path: Path, name: str | None = None) -> Document:
    """Read one file; problems are collected in the document, never raised."""
    document = Document(name or str(path))
    if path.exists() and not path.is_file():
        document.problem((), "E101", "cannot be read: not a plain file")  # a pipe would be waited for without end
        return document
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            document.problem((), "E101", f"larger than {MAX_BYTES // 1000} kB; split it, one rule per file")
            return document
        text = content.decode("utf-8")
    except OSError as error:
        document.problem((), "E101", f"cannot be read: {error.strerror}")
        return document
    except UnicodeDecodeError as error:
        document.problem((), "E101", f"cannot be read: not UTF-8 at byte {error.start}")
        return document
    return parse_yaml(text, document)


def parse_yaml(text: str, document: Document) -> Document:
    """Parse text into ``document``; stops at the first thing that makes the rest meaningless."""
    try:
        document.value = _build(text)
        document.text = text  # only what passed is ever read for its lines: a bomb is defused once
    except Refusal as refusal:
        document.problems.append(Problem(document.path, refusal.line, refusal.code, str(refusal)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).split("\n", maxsplit=1)[0]
        document.problems.append(Problem(document.path, mark.line + 1 if mark else 1, "E102", f"not YAML: {reason}"))
    return document


_NO_KEY: Final = object()


def _build(text: str) -> Any:  # noqa: C901, PLR0912 - one loop, kept flat: it runs 20 000 times at every start
    """Return the value of the text.

    Raises:
        Refusal: something rule files do not allow.
        yaml.YAMLError: not YAML.
    """
    parser: Any = yaml.CSafeLoader(text)
    root: Any = None
    parent: Any = None
    key: Any = _NO_KEY
    around: list[Any] = []
    count = documents = 0
    while True:
        event = parser.get_event()
        kind = type(event)
        value: Any
        if kind is yaml.ScalarEvent:
            value = event.value if event.style or not event.implicit[0] else _scalar(event.value)
        elif kind is yaml.MappingStartEvent:
            value = {}
        elif kind is yaml.SequenceStartEvent:
            value = []
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            parent = around.pop()
            continue
        elif kind is yaml.StreamEndEvent:
            return root
        elif kind is yaml.AliasEvent:
            raise Refusal(event, "E103", f"alias *{event.anchor}: aliases are not allowed; write the value out")
        else:
            documents += kind is yaml.DocumentStartEvent
            if documents > 1:
                raise Refusal(event, "E102", "more than one document; one rule per file")
            continue
        count += 1
        if event.anchor is not None or event.tag is not None or count > MAX_VALUES or len(around) >= MAX_DEPTH:
            _refuse(event, count)
        if parent.__class__ is dict:
            if key is _NO_KEY:
                key = _key(event, parent)
                continue
            parent[key] = value
            key = _NO_KEY
        elif parent is None:
            root = value
        else:
            parent.append(value)
        if kind is not yaml.ScalarEvent:
            around.append(parent)
            parent = value


def _key(event: Any, parent: dict[str, Any]) -> str:
    if type(event) is not yaml.ScalarEvent:
        raise Refusal(event, "E102", "a key must be plain text")
    key = str(event.value)
    if key in parent:
        raise Refusal(event, "E105", f"{key!r} stands twice in one map")
    return key


def _refuse(event: Any, count: int) -> NoReturn:
    if event.anchor is not None:
        raise Refusal(event, "E103", f"anchor &{event.anchor}: anchors are not allowed")
    if event.tag is not None:
        raise Refusal(event, "E103", f"tag {event.tag}: tags are not allowed")
    if count > MAX_VALUES:
        raise Refusal(event, "E101", f"more than {MAX_VALUES} values; split it, one rule per file")
    raise Refusal(event, "E101", f"nested deeper than {MAX_DEPTH} levels")


def _scalar(text: str) -> Any:
    if text[:1] in _NUMBER_STARTS:
        if _INTEGER.fullmatch(text):
            return int(text) if len(text) < 30 else text
        return float(text) if _FLOAT.fullmatch(text) else text
    return _CONSTANTS.get(text, text)


def lines_of(text: str) -> dict[Place, int]:
    """Return the line of every key and value of a text that has been read."""
    lines: dict[Place, int] = {}
    place: Place = ()
    stack: list[tuple[Place, str | int | None]] = []  # the container's place, and its next key (None: a key comes)
    events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        if stack:
            container, key = stack[-1]
            if key is None:
                name = str(getattr(event, "value", ""))
                stack[-1] = (container, name)
                lines[(*container, name)] = line
                continue
            place = (*container, key)
            stack[-1] = (container, key + 1 if isinstance(key, int) else None)
        lines.setdefault(place, line)
        if isinstance(event, yaml.CollectionStartEvent):
            stack.append((place, 0 if isinstance(event, yaml.SequenceStartEvent) else None))
    return lines
