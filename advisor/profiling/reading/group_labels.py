"""Columns that name a group in its first row alone, as pivot tables, reports and printed frames have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from advisor.profiling.reading.cell_patterns import is_typed
from advisor.profiling.reading.sums import SUMS, WITH_SUM

MOST_LEVELS = 3
"""Columns of groups. Judgement: tables with more of them are rare."""
GAPS = 0.5
"""Share of the rows without a label, at least. Judgement: groups have two rows or more on average."""
SHARED = 0.5
"""Share of the members of all groups, and of any two that follow one another, that stand in more than one of them.
Judgement: the same months, products or sexes stand below each group; where names are missing by chance, nothing comes
again in the same order."""
LEAST_MEMBERS = 3
"""Rows of a group, and groups of one length. Judgement: every second cell may be missing for another reason."""
LEAST_EVEN = 20
"""Rows of groups of one length. Judgement: a dozen may be parted evenly by chance, as one in some thousand was."""
LEAST_AGAIN = 6
"""Members of a group that stand in the next one too, over all groups. Judgement: fewer come again by chance."""
LEAST_ROWS = 6
"""Judgement: in fewer rows, the same members may come again by chance."""


def columns_of_groups(rows: Sequence[Sequence[str]]) -> int:
    """Return how many of the first columns name a group in its first row alone.

    >>> columns_of_groups([(group if member == "a" else "", member, "1") for group in "xyz" for member in "abc"])
    1
    >>> columns_of_groups([("x" if at % 3 == 0 else "", f"name {at}", "1") for at in range(9)])
    0
    """
    rows = [row for row in rows if not _is_sum(row)]
    count = 0
    while count < min(MOST_LEVELS, len(rows[0]) - 1 if rows else 0) and _names_groups(rows, count):
        count += 1
    return count


def filled_down(records: Iterable[list[str]], skip: int, columns: int) -> Iterator[list[str]]:
    """Yield records with the label of a group in each of its rows.

    Args:
        records: all, blank ones too.
        skip: how many of them stand above the rows.
        columns: of labels.
    """
    labels = [""] * columns
    for number, fields in enumerate(records):
        if number < skip or len(fields) <= columns or _is_sum(fields) or not any(map(str.strip, fields[columns:])):
            yield fields
            continue
        for place in range(columns):
            if fields[place].strip():
                labels[place:] = [fields[place], *[""] * (columns - place - 1)]
        yield [*labels, *fields[columns:]]


def _is_sum(row: Sequence[str]) -> bool:
    return any(SUMS.match(cell.strip()) or WITH_SUM.search(cell) for cell in row[:MOST_LEVELS])


def _names_groups(rows: Sequence[Sequence[str]], place: int) -> bool:
    labels = [row[place].strip() for row in rows]
    gaps = sum(not label for label in labels)
    if len(rows) < LEAST_ROWS or not labels[0] or gaps < GAPS * len(rows):
        return False
    members: list[list[str]] = []
    for row, label in zip(rows, labels, strict=True):
        if label:
            members.append([])
        members[-1].append(row[place + 1].strip())
    nested = sum(not row[place + 1].strip() for row in rows) >= GAPS * len(rows)
    if nested:  # labels of groups within these, whose members are looked at in turn
        return all(group[0] for group in members) and _names_groups(rows, place + 1)
    return len(members) > 1 and (_recur(members) or _are_as_long(members, labels))


def _are_as_long(groups: Sequence[Sequence[str]], labels: Sequence[str]) -> bool:
    """Whether several groups have equally many rows, each a word of its own."""
    words = [label for label in labels if label]
    alike = len(set(map(len, groups))) == 1 and len(groups[0]) >= LEAST_MEMBERS and len(groups) >= LEAST_MEMBERS
    return alike and len(labels) >= LEAST_EVEN and len(set(words)) == len(words) and not any(map(is_typed, words))


def may_name_groups(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first column has a word in the first row and few others, each once, which may name groups of rows.

    >>> may_name_groups([("x", "1"), ("", "2"), ("", "3"), ("y", "4"), ("", "5"), ("", "6"), ("", "7")])
    True
    """
    words = [row[0].strip() for row in rows if row[0].strip()]
    few = len(rows) >= LEAST_ROWS and 1 < len(words) <= (1.0 - GAPS) * len(rows)
    return few and bool(rows[0][0].strip()) and len(set(words)) == len(words) and not any(map(is_typed, words))


def _recur(groups: Sequence[Sequence[str]]) -> bool:
    """Whether most members of groups, no one twice in any, come again in others, in the same order."""
    if any(not all(group) or len(set(group)) < len(group) for group in groups):
        return False
    counts = Counter(member for group in groups for member in group)
    again = sum(count for count in counts.values() if count > 1)
    if again < SHARED * sum(counts.values()) or max(map(len, groups)) < LEAST_MEMBERS:
        return False
    again = 0
    for one, other in pairwise(groups):
        shared = [member for member in one if member in other]
        few = len(shared) < SHARED * min(len(one), len(other)) or min(len(one), len(other)) < LEAST_MEMBERS - 1
        if few or shared != [member for member in other if member in one]:
            return False
        again += len(shared)
    return again >= LEAST_AGAIN
