"""Words that stand for a missing value in one column, because they are few among many numbers or dates."""

from __future__ import annotations

from collections import Counter

from advisor.profiling.reading.cell_patterns import is_typed
from advisor.profiling.reading.number_formats import in_any_notation

MOST_WORDS = 6
"""Judgement: a table has one word for missing, or one for each of some reasons; more are values."""
LEAST_VALUES = 10
"""Different numbers or dates beside them. Judgement: fewer may name categories, of which the word is one more."""
MOST_CELLS = 0.5
"""Share of the cells that the words may fill. Judgement: beyond, the numbers are the exception."""


def words_for_missing(counts: Counter[str]) -> tuple[str, ...]:
    """Return the words of a column of numbers or dates that stand for missing values; none in a column of words.

    A word is one without any digit, so that ``<5`` and ``10+`` stay what they are, and stands in more than one cell.

    >>> words_for_missing(Counter({str(number): 1 for number in range(20)} | {"unknown": 4}))
    ('unknown',)
    """
    words: list[str] = []
    for cell in counts:
        if is_typed(cell) or in_any_notation(cell):
            continue
        words.append(cell)
        if len(words) > MOST_WORDS:
            return ()
    filled = sum(counts[word] for word in words)
    if len(counts) - len(words) < LEAST_VALUES or filled > MOST_CELLS * sum(counts.values()):
        return ()
    if any(counts[word] < 2 or any(letter.isdigit() for letter in word) for word in words):
        return ()
    return tuple(words)
