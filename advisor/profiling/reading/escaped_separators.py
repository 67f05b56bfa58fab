"""Separators inside fields that a backslash marks, with no quotes around the fields."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TextIO

from advisor.profiling.reading.records import MAX_RECORDS

AGREEING = 0.95
"""Share of the lines with the usual number of separators once those behind a backslash are not counted. Judgement:
nearly all, as backslashes also stand in paths."""

_BACKSLASH, _SEPARATOR = "\x1e", "\x1f"
"""Stand for what was behind a backslash while a line is split; no table holds them."""
_ESCAPED = re.compile(r"\\.", re.DOTALL)


def escaped_separator(text: str) -> str | None:
    """Return the separator that stands behind a backslash inside fields; None where no separator does.

    It is one without which fewer lines have the usual number of fields.
    """
    if "\\" not in text:
        return None
    for sign in ",;\t|":
        if f"\\{sign}" not in text or re.search(rf'(?:^|{re.escape(sign)})"', text, re.MULTILINE):
            continue
        lines = list(islice(_whole(text.splitlines(keepends=True)), MAX_RECORDS))
        counts = Counter(_ESCAPED.sub("", line).count(sign) for line in lines)
        usual, agreeing = counts.most_common(1)[0]
        plainly = sum(line.count(sign) == usual for line in lines)
        if usual and plainly < agreeing >= AGREEING * len(lines):
            return sign
    return None


def write_quoted(lines: Iterable[str], sign: str, out: TextIO) -> None:
    """Write lines with quotes around the fields that need them instead of backslashes before separators."""
    writer = csv.writer(out, delimiter=sign, lineterminator="\n")
    for line in _whole(lines):
        held = line.rstrip("\r\n").replace("\\\\", _BACKSLASH).replace(f"\\{sign}", _SEPARATOR).replace("\\\n", "\n")
        writer.writerow(
            field.replace(_BACKSLASH, "\\").replace(_SEPARATOR, sign).replace('\\"', '"') for field in held.split(sign)
        )


def _whole(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, those that end with a backslash together with the next one."""
    held = ""
    for line in lines:
        held += line
        ending = held.rstrip("\r\n")
        if (len(ending) - len(ending.rstrip("\\"))) % 2 == 0:
            yield held
            held = ""
    if held:
        yield held
