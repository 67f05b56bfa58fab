"""Rows that sum up the rows above them, which are no rows of a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import isfinite, prod

from advisor.profiling.reading.cell_patterns import is_typed
from advisor.profiling.reading.dialect import Dialect
from advisor.profiling.reading.records import RULE, parse

SUMMED_LINES = 2_000
"""Judgement: rows of sums that stand among others do so within the first pages."""
LABELLED_COLUMNS = 10
"""Judgement: the word that marks a row of sums stands among its first cells."""
WORDS = (
    *("total", "sum", "summe", "gesamt", "somme", "totale", "subtotal", "sub-total", "zwischensumme", "sous-total"),
    *("합계", "총계", "소계", "계", "평균", "合計", "総計", "小計", "計", "合计", "总计", "小计", "总和"),
    *("итого", "всего", "итог", "разом", "усього", "suma", "razem", "ogółem", "łącznie", "celkem", "spolu", "összesen"),
    *("ukupno", "skupaj", "toplam", "genel toplam", "summa", "totalt", "i alt", "yhteensä", "totaal", "totalen"),
    *("total geral", "total general", "jumlah", "tổng", "tổng cộng", "รวม", "σύνολο", "المجموع", "סה״כ", "योग", "कुल"),
    *("average", "mean", "avg", "mittelwert", "durchschnitt", "moyenne", "promedio", "media", "ø"),
)
"""What rows of sums and means are called."""
SUMS = re.compile(rf"^(grand\s+)?({'|'.join(WORDS)})s?\.?:?$", re.IGNORECASE)
"""A cell that holds such a word alone."""


WITH_SUM = re.compile(rf"(?:^|\s)(?:{'|'.join(WORDS)})s?\.?:?(?:\s|$)", re.IGNORECASE)
"""A cell that holds such a word among others, as in ``Total of group 3``."""
_STATISTICS = re.compile(
    r"^(?:s\.?d\.?|std\.?|st\.? ?dev\.?|std\.? ?dev\.?|stdev|standard deviation|standardabweichung|s\.?e\.?m?\.?|"
    r"%? ?c\.?v\.?(?: ?[(\[]?%[)\]]?)?|rsd ?%?|median|min\.?|max\.?|minimum|maximum|n|count|anzahl|variance|range):?$",
    re.IGNORECASE,
)
"""A cell that names another statistic of the rows above."""
MOST_HEADINGS = 0.2
"""Share of the rows that may be headings. Judgement: headings stand over several rows each."""
_DIGITS = re.compile(r"\d")
_GAPS = re.compile(r"(?<=\d)[ \u00a0\u202f\u2009'’](?=\d{3})")
"""Between groups of thousands."""
_COMMAS = re.compile(r"\d,\d{3},\d{3}|\d,\d{3}\.\d")
_POINTS = re.compile(r"\d\.\d{3}\.\d{3}|\d\.\d{3},\d")
"""Two signs between digits show which one parts thousands."""
LEAST_COLUMNS = 3
"""Judgement: of two columns, the second may be missing in any row."""
LEAST_SUMMED = 6
"""Rows. Judgement: of fewer, one may be the sum of the others by chance."""
EXPLAINED = 0.1
"""Share of the rows with nothing but a first cell that gaps may make by chance. Judgement: the others are headings."""
MOST_LABELS = 200
"""Labels of sums, or headings, that are left out one by one. Judgement: more are no labels."""


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
    plain = lowered.isascii()
    named = any(word in lowered for word in WORDS if not plain or word.isascii())
    if not named and not complete:
        return None
    rows = [
        [cell.strip() for cell in one.fields]
        for one in parse(head, dialect.delimiter, dialect.quote, most=SUMMED_LINES)
        if one.line > dialect.line and len(one.fields) == dialect.width
    ]
    if complete and (block := _statistics_at_the_end(rows)) is not None:
        return block
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
        labels = [row[place] for row in rows if row[place] not in words and WITH_SUM.search(row[place])]
        if labels and complete and len(labels) <= MOST_LABELS and len(rows) < SUMMED_LINES:
            others = [row for row in rows if row[place] not in words]
            if _are_sums(others, place, *labels):
                found += dict.fromkeys(labels)
        if found:
            return place, tuple(found)
    unnamed = [row for row in rows if not any(map(SUMS.match, row[:LABELLED_COLUMNS]))]
    return _sums_without_a_word(unnamed) if complete and LEAST_SUMMED <= len(unnamed) < SUMMED_LINES else None


def _statistics_at_the_end(rows: Sequence[Sequence[str]]) -> tuple[int, tuple[str, ...]] | None:
    """Return place and words of last rows, two at least, of sums or means and further statistics; None without."""
    for place in range(min(len(rows[0]) if rows else 0, LABELLED_COLUMNS)):
        first = len(rows)
        while first and (SUMS.match(rows[first - 1][place]) or _STATISTICS.match(rows[first - 1][place])):
            first -= 1
        words = tuple(dict.fromkeys(row[place] for row in rows[first:]))
        held = {row[place] for row in rows[:first]}
        summed = [row for row in rows[first:] if SUMS.match(row[place])]
        named = any(_STATISTICS.match(word) for word in words) and len(words) > 1 and held.isdisjoint(words)
        if named and first > 1 and any(_are_sums([*rows[:first], row], place, row[place]) for row in summed):
            return place, words
    return None


def _sums_without_a_word(rows: Sequence[Sequence[str]]) -> tuple[int, tuple[str, ...]] | None:
    """Return place and words of rows that nothing but their numbers show to be sums; None without any.

    They are the last or first row, which sums up all others in every column of numbers or in several, or several rows
    with a gap where the others have none.
    """
    thousands = _thousands(rows)
    numbers = [[_plain_number(cell, thousands) for cell in row] for row in rows]
    for summed, others in ((-1, numbers[:-1]), (0, numbers[1:])):
        sums = [
            _is_sum(value, [row[at] for row in others if row[at] is not None])
            for at, value in enumerate(numbers[summed])
            if value is not None
        ]
        if sums and (all(sums) or sum(sums) > 1):
            return _marked(rows, [rows[summed]])
    for place in range(min(len(rows[0]), LABELLED_COLUMNS)):
        marked = [at for at, row in enumerate(rows) if not row[place]]
        if not 1 < len(marked) <= MOST_HEADINGS * len(rows) or marked[-1] != len(rows) - 1:
            continue
        leaves = [at for at in range(len(rows)) if at not in marked]
        for column in range(len(rows[0])):
            values = [row[column] for row in numbers]
            begins = [0, *(at + 1 for at in marked)]
            if all(
                _is_sum(values[at], [values[one] for one in range(start, at) if values[one] is not None])
                or _is_sum(values[at], [values[one] for one in leaves if values[one] is not None])
                for start, at in zip(begins, marked, strict=False)
            ):
                return _marked(rows, [rows[at] for at in marked])
    return None


def _is_sum(value: float | None, held: Sequence[float | None]) -> bool:
    """Whether a number is the sum of several others, none of which accounts for it alone."""
    known = [one for one in held if one]
    return value is not None and len(known) > 2 and value != 0 and abs(value - sum(known)) <= 1e-6 * abs(value)


def _marked(rows: Sequence[Sequence[str]], sums: Sequence[Sequence[str]]) -> tuple[int, tuple[str, ...]] | None:
    """Return the first place at which rows of sums have words that no other row has."""
    for place in range(min(len(rows[0]), LABELLED_COLUMNS)):
        words = {row[place] for row in sums}
        if sum(row[place] in words for row in rows) == len(sums) and not any(map(is_typed, words)):
            return place, tuple(words)
    return None


def headings_among(head: str, dialect: Dialect) -> tuple[int, tuple[str, ...]] | None:
    """Return place and words of rules, and of rows that hold nothing but a heading or a note; None without any.

    Args:
        head: all lines.
        dialect: how they are split.
    """
    sign = re.escape(dialect.delimiter)
    ends_empty = re.search(rf"^[^\n]+?(?:{sign}[ \t{dialect.quote}]*)+\r?$", head, re.MULTILINE)
    if ends_empty is None and RULE.search(head) is None:
        return None
    rows = [
        [cell.strip() for cell in one.fields]
        for one in parse(head, dialect.delimiter, dialect.quote, most=10**9)
        if one.line > dialect.line and len(one.fields) == dialect.width
    ]
    rows = [row for row in rows if any(row)]
    places = Counter(next(at for at, cell in enumerate(row) if cell) for row in rows if sum(map(bool, row)) == 1)
    place = places.most_common(1)[0][0] if places else 0
    ruled = {row[place] for row in rows if row[place] and all(RULE.fullmatch(cell) for cell in row if cell)}
    full = [row for row in rows if any(row[:place]) or any(row[place + 1 :])]
    alone = [row[place] for row in rows if row not in full and row[place] not in ruled]
    held = {row[place] for row in full}
    sure = all(cell not in held and not is_typed(cell) for cell in alone)
    gaps = [(sum(not row[at] for row in full) + 0.5) / (len(full) + 1.0) for at in range(dialect.width) if at != place]
    by_chance = len(rows) * prod(gaps)
    last = len(alone) == 1 and rows[-1] not in full
    few = last or 1 < len(alone) <= min(MOST_LABELS, MOST_HEADINGS * len(rows))
    if not sure or not few or dialect.width < LEAST_COLUMNS or by_chance > EXPLAINED * len(alone):
        alone = []
    words = tuple(dict.fromkeys((*ruled, *alone)))
    return (place, words) if words else None


def _are_sums(rows: Sequence[Sequence[str]], place: int, *marks: str) -> bool:
    """Whether rows with one of these marks hold, in some column, sums or means of the rows since the one before."""
    thousands = _thousands(rows)
    for column in range(len(rows[0])):
        cells = [_plain_number(row[column], thousands) for row in rows]
        held, agreed = [], []
        for row, value in zip(rows, cells, strict=True):
            if row[place] not in marks:
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


def _thousands(rows: Sequence[Sequence[str]]) -> str:
    """Return the sign that parts thousands in some cells, and thus in all; empty where none shows it."""
    cells = [cell for row in rows for cell in row]
    return "," if any(map(_COMMAS.search, cells)) else "." if any(map(_POINTS.search, cells)) else ""


def _plain_number(cell: str, thousands: str) -> float | None:
    if not cell or not _DIGITS.search(cell):
        return None
    cell = cell.strip("$€£¥% +")
    cell = cell.replace(thousands, "") if thousands else cell
    if cell[-1:] == "-" or cell[:1] == "(":
        cell = f"-{cell.strip('-()')}"
    cell = _GAPS.sub("", cell)
    comma_last = cell.rfind(",") > cell.rfind(".")
    decimal = cell.replace(".", "").replace(",", ".") if comma_last else cell.replace(",", "")
    for text in (cell, decimal):
        try:
            value = float(text)
        except ValueError:
            continue
        return value if isfinite(value) else None
    return None
