"""Columns whose places a line above the rows draws: dashes with gaps below the names, or pipes between the names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.profiling.reading.records import RULE

RULED_LINES = 60
"""First lines among which the one that draws the columns is looked for. Judgement: what stands above is shorter."""
FITTING = 0.9
"""Share of the rows with blanks where the line has gaps. Judgement: some are notes and titles."""
MOST_NAMES = 4
"""Lines of names. Judgement: names, types, units and words for missing values are four; more are rows."""

_RULER = re.compile(r"[\s|+]*[-=]+(?:[ |+]+[-=]+)+[ |+]*")
_FRAME = re.compile(r"\|(?:[^|]*\|){2,}")


@dataclass(frozen=True, slots=True)
class Ruled:
    """Where a line says that columns stand.

    Attributes:
        bounds: of every column, in letters.
        names: those of the columns.
        heading: lines that are no rows: those of the names and those that draw.
    """

    bounds: tuple[tuple[int, int], ...]
    names: tuple[str, ...]
    heading: frozenset[str]


def ruled_columns(lines: Sequence[str]) -> Ruled | None:
    """Return where the columns of lines stand by a line that draws them; None without such a line."""
    for place, line in enumerate(lines[:RULED_LINES]):
        if _RULER.fullmatch(line.rstrip()) is not None:
            return _below_dashes(lines, place)
        if _FRAME.fullmatch(line.strip()) is not None:
            return _below_pipes(lines, place)
    return None


def _below_dashes(lines: Sequence[str], place: int) -> Ruled | None:
    runs = [match.span() for match in re.finditer(r"[-=]+", lines[place])]
    starts = [start for start, _ in runs]
    bounds = tuple(zip([0, *starts[1:]], [*(start - 1 for start in starts[1:]), 10**6], strict=True))
    gaps = [at for (_, end), start in zip(runs, starts[1:], strict=False) for at in range(end, start)]
    above: list[str] = []
    for line in reversed(lines[max(0, place - MOST_NAMES) : place]):
        cells = _cut(line, bounds)
        if RULE.search(line) or not _is_blank_at(line, gaps) or 2 * sum(map(bool, cells)) < len(bounds):
            break
        above.insert(0, line)
    if not above or not _fit(lines[place + 1 :], gaps):
        return None
    names = tuple(" ".join(filter(None, parts)) for parts in zip(*(_cut(one, bounds) for one in above), strict=True))
    return Ruled(bounds, names, frozenset(line.rstrip() for line in (*above, lines[place])))


def _below_pipes(lines: Sequence[str], place: int) -> Ruled | None:
    pipes = _pipes(lines[place])
    heading = [line for line in lines[place : place + MOST_NAMES] if _pipes(line) == pipes]
    if not _fit(lines[place + len(heading) :], pipes[:-1]):
        return None
    bounds = tuple(zip((pipe + 1 for pipe in pipes), pipes[1:], strict=False))
    return Ruled(bounds, tuple(_cut(lines[place], bounds)), frozenset(line.rstrip() for line in heading))


def _pipes(line: str) -> list[int]:
    return [at for at, sign in enumerate(line) if sign == "|"]


def _fit(below: Sequence[str], gaps: Sequence[int]) -> bool:
    """Whether rows, two at least, have blanks in the gaps, where pipes would part them by themselves."""
    rows = [line for line in below if line.strip() and RULE.search(line) is None]
    fitting = [line for line in rows if "|" not in line and _is_blank_at(line, gaps)]
    return len(fitting) > 1 and len(fitting) >= FITTING * len(rows)


def _is_blank_at(line: str, places: Sequence[int]) -> bool:
    return all(line[at : at + 1] in {"", " ", "|"} for at in places)


def _cut(line: str, bounds: Sequence[tuple[int, int]]) -> list[str]:
    return [line[start:end].strip().strip("|").strip() for start, end in bounds]
