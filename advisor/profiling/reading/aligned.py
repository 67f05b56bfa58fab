"""Columns that stand at the same places of every line, with blanks between them and no separator."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import dropwhile, pairwise, takewhile

from advisor.profiling.reading.cell_patterns import hold_words, is_plain_number
from advisor.profiling.reading.lines_of_names import COMMENT_SIGNS
from advisor.profiling.reading.records import RULE, split_at_blanks
from advisor.profiling.reading.ruled import ruled_columns

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
MOST_TITLES = 2
"""Lines of words above the names. Judgement: more of them are rows of words."""
MOST_ABOVE = 6
"""Lines above the names that are looked at on every page. Judgement: print has one title, a date and some blanks."""

_SEPARATORS = (re.compile(r",(?!(?<=\d,)\d{3}(?!\d))"), re.compile(";"), re.compile(r"\|"))
"""Signs that part fields where nearly all lines hold them; a comma between thousands does not."""

Bounds = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Aligned:
    """Where columns stand.

    Attributes:
        bounds: of every column, in letters.
        head: the line of names; None: there is none.
        names: those of the columns.
        page_lines: what stands on every page beside names and rows, its digits as zeros.
        ruled: lines of names, and those that draw the columns, where such a line says where they stand.
    """

    bounds: Bounds
    head: str | None = None
    names: tuple[str, ...] = ()
    page_lines: frozenset[str] = frozenset()
    ruled: frozenset[str] = frozenset()

    def rows(self, lines: Iterable[str]) -> Iterable[list[str]]:
        """Yield the cells of every line: none of what stands on every page, one of a line that runs across columns."""
        named = False
        for line in lines:
            if self.page_lines and _digits_as_zeros(line) in self.page_lines:
                yield []
            elif line.rstrip() in self.ruled:
                yield [] if named else list(self.names)
                named = True
            elif line.rstrip() == self.head:
                yield [] if named and self.page_lines else list(self.names)
                named = True
            elif self.head is not None and not named and not self.page_lines:
                yield [line.strip()] if line.strip() else []  # a title
            else:
                across = _runs_across(line, self.bounds)
                yield [line.strip()] if across else [line[start:end].strip() for start, end in self.bounds]


def aligned_columns(text: str) -> Aligned | None:
    """Return where the columns of a text stand that no single separator parts; None where they do not stand so."""
    if "\t" in text or "  " not in text:
        return None
    shown = text.splitlines()[:SEEN_LINES]
    lines = [line.rstrip() for line in shown if line.strip() and RULE.fullmatch("".join(line.split())) is None]
    lines = list(dropwhile(lambda line: line.lstrip().startswith(COMMENT_SIGNS), lines))
    if len(lines) < 3 or sum("  " in line for line in lines) < 0.5 * len(lines):
        return None
    if any(sum(sign.search(line) is not None for line in lines) > 0.9 * len(lines) for sign in _SEPARATORS):
        return None
    head, page_lines = _on_every_page(shown)
    if not page_lines and (ruled := ruled_columns(shown)) is not None:
        return Aligned(ruled.bounds, names=ruled.names, ruled=ruled.heading)
    lines = [line for line in lines if _digits_as_zeros(line) not in page_lines] if page_lines else lines
    above = 1 + lines.index(head) if head in lines else _lines_of_words(lines)
    head = lines[above - 1] if above else None
    body = [line for line in lines[above:] if line != head]
    if len(body) < 2 or (not page_lines and _are_parted_by_blanks(head, body)):
        return None
    bounds = _ending_together(body) or _columns_of(head, body)
    if bounds is None:
        return None
    return Aligned(bounds, head, _names_above(head, bounds) if head is not None else (), page_lines)


def _lines_of_words(lines: Sequence[str]) -> int:
    """Return how many lines stand above the rows, of which the last holds the names.

    Of lines of words, it is the longest one with columns of blanks, if any has some.
    """
    above = list(takewhile(lambda line: len(line.split()) > 1 and hold_words(line.split()), lines[: MOST_TITLES + 1]))
    words = [("  " in line.strip(), len(line.split())) for line in above]
    return words.index(max(words)) + 1 if words else 0


def _are_parted_by_blanks(head: str | None, body: Sequence[str]) -> bool:
    """Whether blanks part all lines into as many pieces, and the names too, but for that of unique names of rows."""
    pieces = {len(split_at_blanks(line, '"')) for line in body}
    if len(pieces) != 1 or head is None:
        return len(pieces) == 1
    names, width = len(split_at_blanks(head, '"')), pieces.pop()
    rows = {line.split()[0] for line in body}
    return names == width or (names == width - 1 and len(rows) == len(body))


def _columns_of(head: str | None, body: Sequence[str]) -> Bounds | None:
    """Return where columns stand with blanks between them; None when blanks part most lines into more pieces."""
    few = max(1, int(FEW_LINES * len(body)))
    seen = _columns(body, few)
    across = [_runs_across(line, seen) for line in body]
    if 0 < sum(across) <= few:
        body = [line for line, runs in zip(body, across, strict=True) if not runs]
    bounds = _columns(body, 0)
    if head is not None:
        bounds = _with_their_names(bounds, _words_above(head, bounds), body)
        joined = _with_thousands(bounds, body)
        bounds = joined if len(joined) == len(head.split()) else bounds
    pieces, share = _usual_pieces(body)
    named = head is not None and len(bounds) - (not _words_above(head, bounds)[0]) <= len(head.split()) <= len(bounds)
    fewer = len(bounds) < pieces and share >= MOST_LINES and not named
    return None if len(bounds) < 2 or fewer else bounds


def _names_above(head: str, bounds: Bounds) -> tuple[str, ...]:
    """Return the names of columns: in their order where gaps part as many, else by where they stand.

    In their order, too, where a column would be left without one of as many words.
    """
    parted = tuple(re.split(r"\s{2,}", head.strip()))
    if len(parted) == len(bounds):
        return parted
    if len(parted) == len(bounds) - 1 and not head[: bounds[0][1]].strip():
        return ("", *parted)
    names, words = _words_above(head, bounds), tuple(head.split())
    return words if len(words) == len(bounds) and not all(names[1:]) else names


def _words_above(head: str, bounds: Bounds) -> tuple[str, ...]:
    """Return the words of a line that stand above or nearest to each column."""
    above: list[list[str]] = [[] for _ in bounds]
    for word in re.finditer(r"\S+", head):
        start, end = word.span()
        near = [
            (max(left - end, start - right), min(abs(left - start), abs(right - end)), at)
            for at, (left, right) in enumerate(bounds)
        ]
        above[min(near)[2]].append(word.group())
    return tuple(map(" ".join, above))


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


def _with_their_names(bounds: Bounds, names: Sequence[str], lines: Sequence[str]) -> Bounds:
    """Join columns, not both of numbers, of which the right one, a single blank behind the left one, has no name."""
    joined: list[tuple[int, int]] = []
    for (start, end), name in zip(bounds, names, strict=True):
        if joined and start - joined[-1][1] == 1 and not name and not _hold_numbers(lines, joined[-1], (start, end)):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def _hold_numbers(lines: Sequence[str], *bounds: tuple[int, int]) -> bool:
    cells = [line[start:end].strip() for line in lines for start, end in bounds]
    return all(is_plain_number(cell) for cell in cells if cell)


def _with_thousands(bounds: Bounds, lines: Sequence[str]) -> Bounds:
    """Join columns, a single blank between them, of which the left one holds thousands and the right one the rest."""
    joined = [bounds[0]]
    for start, end in bounds[1:]:
        left = joined[-1]
        pieces = [(line[slice(*left)].strip(), line[start:end].strip()) for line in lines]
        parted = all(re.fullmatch(r"[-\d ]*", above) and re.fullmatch(r"\d{3}|[%]", rest) for above, rest in pieces)
        if start - left[1] == 1 and parted:
            joined[-1] = (left[0], end)
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
