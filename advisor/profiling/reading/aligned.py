"""Columns that stand at the same places of every line, with blanks between them and no separator."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from advisor.profiling.reading.cell_patterns import hold_words, is_plain_number
from advisor.profiling.reading.records import RULE, split_at_blanks

SEEN_LINES = 1_000
"""Judgement: columns that stand apart in so many lines stand apart in all."""
FEW_LINES = 0.05
"""Share of the lines that may run across columns, as titles and notes do, and one at least. Judgement: more of them
mean that there are no such columns."""
MOST_LINES = 0.9
"""Share of the lines that speak for all. Judgement: some are titles and notes."""
TOUCHING = 0.5
"""Share of the lines in which a number ends before a blank where a column ends. Judgement: numbers rarely fill all of
their column."""
MOST_ABOVE = 6
"""Lines above the names that are looked at on every page. Judgement: print has one title, a date and some blanks."""

Bounds = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Aligned:
    """Where columns stand.

    Attributes:
        bounds: of every column, in letters.
        page_lines: what stands on every page beside the rows, its digits as zeros; the names on the first one apart.
        names: the line of names, if it stands on every page.
    """

    bounds: Bounds
    page_lines: frozenset[str] = frozenset()
    names: str | None = None

    def rows(self, lines: Iterable[str]) -> Iterable[list[str]]:
        """Yield the cells of every line: none of what stands on every page, one of a line that runs across columns."""
        named = False
        for line in lines:
            again = named and line.rstrip() == self.names
            if again or (self.page_lines and _digits_as_zeros(line) in self.page_lines):
                yield []
            else:
                named = named or line.rstrip() == self.names
                yield [line.strip()] if _runs_across(line, self.bounds) else self._cut(line)

    def _cut(self, line: str) -> list[str]:
        return [line[start:end].strip() for start, end in self.bounds]


def aligned_columns(text: str) -> Aligned | None:
    """Return where the columns of a text stand that no single separator parts; None where they do not stand so."""
    shown = text.splitlines()[:SEEN_LINES]
    lines = [line for line in shown if line.strip()]
    if len(lines) < 3 or "\t" in text or sum("  " in line for line in lines) < 0.5 * len(lines):
        return None
    if any(sum(sign in line for line in lines) > 0.9 * len(lines) for sign in ",;|"):
        return None
    names, page_lines = _on_every_page(shown)
    if page_lines:
        lines = [line for line in lines if _digits_as_zeros(line) not in page_lines]
    pieces, share = _usual_pieces(lines)
    if share == 1.0 and not page_lines:
        return None
    if (touching := _ending_together(lines)) is not None:
        return Aligned(touching, page_lines, names)
    few = max(1, int(FEW_LINES * len(lines)))
    across = [_runs_across(line, _columns(lines, few)) for line in lines]
    if 0 < sum(across) <= few:
        lines = [line for line, runs in zip(lines, across, strict=True) if not runs]
    bounds = _with_their_names(_columns(lines, 0), lines[0])
    if len(bounds) < 2 or (len(bounds) < pieces and share >= MOST_LINES):
        return None
    return Aligned(bounds, page_lines, names)


def _usual_pieces(lines: Sequence[str]) -> tuple[int, float]:
    """Return in how many pieces blanks part most lines, and the share of these."""
    pieces, count = Counter(len(split_at_blanks(line, '"')) for line in lines).most_common(1)[0]
    return pieces, count / len(lines)


def _ending_together(lines: Sequence[str]) -> Bounds | None:
    """Return where numbers stand that end at the same places of every line, and touch each other in some lines."""
    numbers = [line.rstrip() for line in lines if not any(map(str.isalpha, line))]
    if len(numbers) < MOST_LINES * len(lines) or len(set(map(len, numbers))) > 1:
        return None
    ends = Counter(match.end() for line in numbers for match in re.finditer(r"\S+", line))
    edges = [end for end, count in sorted(ends.items()) if count > TOUCHING * len(numbers)]
    bounds = tuple(pairwise([0, *edges]))
    whole = all(is_plain_number(line[start:end]) for line in numbers for start, end in bounds)
    touch = any(start and not line[start].isspace() for line in numbers for start, _ in bounds)
    return bounds if len(bounds) > 1 and whole and touch else None


def _columns(lines: Sequence[str], few: int) -> Bounds:
    """Return where letters stand in more lines than a few."""
    filled = Counter(at for line in lines for at, letter in enumerate(line) if not letter.isspace())
    bounds, start = [], None
    for at in range(max(map(len, lines)) + 1):
        used = filled[at] > few
        if used and start is None:
            start = at
        elif not used and start is not None:
            bounds.append((start, at))
            start = None
    return tuple(bounds)


def _runs_across(line: str, bounds: Bounds) -> bool:
    """Whether letters without a blank among them fill a gap between two columns, or a column and more on both sides."""
    if any(end == start for (_, end), (start, _) in pairwise(bounds)):
        return False
    stretches = [
        *((end - 1, start + 1) for (_, end), (start, _) in pairwise(bounds)),
        *((start - 1, end + 1) for start, end in bounds if start),
    ]
    return any(end <= len(line) and not any(map(str.isspace, line[start:end])) for start, end in stretches)


def _with_their_names(bounds: Bounds, head: str) -> Bounds:
    """Join columns of which the left one has a name and the right one, a single blank behind it, has none."""
    joined: list[tuple[int, int]] = []
    for start, end in bounds:
        if joined and start - joined[-1][1] == 1 and head[slice(*joined[-1])].strip() and not head[start:end].strip():
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def _on_every_page(lines: Sequence[str]) -> tuple[str | None, frozenset[str]]:
    """Return a line of names that recurs and what stands above and below it on every page, its digits as zeros."""
    counts = Counter(line.rstrip() for line in lines if len(line.split()) > 1 and RULE.search(line) is None)
    names = next((line for line, count in counts.items() if count > 1 and hold_words(line.split())), None)
    if names is None:
        return None, frozenset()
    places = [at for at, line in enumerate(lines) if line.rstrip() == names]
    found: set[str] = set()
    for step in range(1, MOST_ABOVE + 1):
        above = {_digits_as_zeros(lines[at - step]) if at >= step else None for at in places}
        if len(above) > 1:
            break
        found |= {line for line in above if line}
    below = {lines[at + 1].strip() if at + 1 < len(lines) else "" for at in places}
    found |= {line for line in below if RULE.match(line)}
    return (names, frozenset(found)) if found else (None, frozenset())


def _digits_as_zeros(line: str) -> str:
    return re.sub(r"\d+", "0", line).strip()
