"""Rows that sum up the rows above them, which are no rows of a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import isfinite

from advisor.profiling.reading.dialect import Dialect
from advisor.profiling.reading.records import parse

SUMMED_LINES = 2_000
"""Judgement: rows of sums that stand among others do so within the first pages."""
LABELLED_COLUMNS = 10
"""Judgement: the word that marks a row of sums stands among its first cells."""
WORDS = (
    *("total", "sum", "summe", "gesamt", "somme", "totale", "subtotal", "sub-total", "zwischensumme", "sous-total"),
    *("합계", "총계", "계", "평균"),
    *("average", "mean", "avg", "mittelwert", "durchschnitt", "moyenne", "promedio", "media"),
)
"""What rows of sums and means are called."""
SUMS = re.compile(rf"^(grand\s+)?({'|'.join(WORDS)})s?\.?:?$", re.IGNORECASE)
"""A cell that holds such a word alone."""


def sums_among(head: str, dialect: Dialect, *, complete: bool) -> tuple[int, tuple[str, ...]] | None:
    """Return place and words of rows that sum up others; None without any.

    A word that stands in several rows marks sums or means of the rows since the last such one; a word that stands in
    one row, those of all others.

    Args:
        head: the first lines.
        dialect: how they are split.
        complete: these are all lines.
    """
    lowered = head.lower()
    if not any(word in lowered for word in WORDS):
        return None
    rows = [
        [cell.strip() for cell in one.fields]
        for one in parse(head, dialect.delimiter, dialect.quote, most=SUMMED_LINES)
        if one.line > dialect.line and len(one.fields) == dialect.width
    ]
    for place in range(min(dialect.width, LABELLED_COLUMNS)):
        words = Counter(row[place] for row in rows if SUMS.match(row[place]))
        found = []
        for word, count in words.items():
            others = [row for row in rows if row[place] == word or row[place] not in words]
            if count > 1 and _are_sums(others, place, word):
                found.append(word)
            elif count == 1 and complete and len(others) < SUMMED_LINES:
                last = [row for row in others if row[place] != word] + [row for row in others if row[place] == word]
                found += [word] if _are_sums(last, place, word) else []
        if found:
            return place, tuple(found)
    return None


def _are_sums(rows: Sequence[Sequence[str]], place: int, word: str) -> bool:
    """Whether every row with a word holds, in some column, the sums or means of the rows since the one before."""
    for column in range(len(rows[0])):
        cells = [_plain_number(row[column]) for row in rows]
        held, agreed = [], []
        for row, value in zip(rows, cells, strict=True):
            if row[place] != word:
                held += [] if value is None else [value]
                continue
            close = 1e-3 * max(map(abs, held), default=0.0)
            agreed.append(
                value is not None
                and len(held) > 1
                and min(abs(value - sum(held)), abs(value - sum(held) / len(held))) <= close
            )
            held = []
        if agreed and all(agreed):
            return True
    return False


def _plain_number(cell: str) -> float | None:
    for text in (cell, cell.replace(",", "") if "." in cell else cell.replace(".", "").replace(",", ".")):
        try:
            value = float(text)
        except ValueError:
            continue
        return value if isfinite(value) else None
    return None
