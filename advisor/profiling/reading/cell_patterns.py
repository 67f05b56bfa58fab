"""What one cell of text looks like: a number in some notation, a date or a word."""

from __future__ import annotations

import re
from collections.abc import Iterable

from advisor.profiling.reading.beside_digits import CURRENCY
from advisor.profiling.reading.number_formats import in_any_notation

NULL_WORDS = (
    *("", "NA", "N/A", "n/a", "#N/A", "<NA>", "null", "NULL", "Null", "None", "NaN", "nan", "NAN", "-nan", "?", "-"),
    *(
        "--",
        "---",
        "----",
        "***",
        "****",
        "*****",
        "—",
        "–",
        "NULL ",
        "missing",
        "#REF!",
        "#DIV/0!",
        "#VALUE!",
        "#NUM!",
        "#NAME?",
        "#NULL!",
    ),
    *("N.A.", "n.a.", "\\N", "(null)", "NaT", ".", "..", "..."),
    *("1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN", "-nan(ind)", "#NA", "#NV", "0000-00-00", "0000-00-00 00:00:00"),
)
"""Words that stand for a missing value: of R, pandas, SQL, SAS, Excel, MySQL and C, and dashes, points and question
marks."""
_NULL_WORDS = frozenset(NULL_WORDS)

TRUE_WORDS = (
    *("true", "yes", "t", "y", "ja", "oui", "si", "sí", "예", "참"),
    *("wahr", "vrai", "verdadero", "vero", "verdadeiro", "waar", "sant", "prawda", "истина"),
    *("on", "tak", "evet", "да", "sim", "はい", "是", "ano", "áno", "نعم", "kyllä", "igen", "ναι", "हाँ", "ya", "có"),
)
FALSE_WORDS = (
    *("false", "no", "f", "n", "nein", "non", "아니오", "거짓"),
    *("falsch", "faux", "falso", "onwaar", "falskt", "fałsz", "ложь"),
    *(
        "off",
        "nie",
        "hayır",
        "нет",
        "não",
        "nao",
        "いいえ",
        "否",
        "ne",
        "لا",
        "nej",
        "ei",
        "nem",
        "όχι",
        "नहीं",
        "tidak",
    ),
    *("không",),
)
"""Yes and no in many languages, on and off, and what Excel writes for true and false in its languages."""

_BLANKS = " \u00a0\u202f\u2009"
_DIGITS = rf"(?:\d{{1,3}}(?:[,.'’{_BLANKS}]\d{{3}})+|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}|\d+)?(?:[.,]\d*)?(?:[eE][+-]?\d+)?"
NUMBER = re.compile(
    rf"^(?=.*\d)\(?[+\-−]?\s?(?:{CURRENCY})?\s?[+\-−]?{_DIGITS}\s?(?:%|{CURRENCY})?\)?-?$",
    re.IGNORECASE,
)
"""A number in any usual notation; which one it is takes more than one cell."""

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_TIME = r"\d{1,2}[:.h]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?(?:\s?[ap]\.?m\.?)?(?:Z|\s?[+-]\d{2}:?\d{2})?"
_DAY = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}(?:[-/.]\d{{1,2}})?|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}|"
    rf"\d{{1,2}}[-\s]{_MONTH}[-\s,]*\d{{2,4}}|{_MONTH}\s\d{{1,2}},?\s\d{{4}})"
)
DATE = re.compile(
    rf"^(?:{_DAY}(?:[T\s]\s?{_TIME})?|\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:\.\d+)?)?(?:\s?[ap]\.?m\.?)?)$", re.IGNORECASE
)
"""A date, a month, a date with a time, or a time with colons."""

_PROSE = re.compile(r"[,;|\t]")
_PARTED = re.compile(r"[,;|\t]\s?[^\W\d_]{2}")
"""A separator right before a word, as no number has it: seen before all notations are tried."""

_DIGIT = re.compile(r"\d")


def is_null(cell: str) -> bool:
    """Return whether a cell, without blanks around it, is a word that stands for a missing value."""
    return cell in _NULL_WORDS


def is_typed(cell: str) -> bool:
    """Return whether a cell is a number or a date in any notation."""
    if is_plain_number(cell):
        return True
    return _DIGIT.search(cell) is not None and (DATE.match(cell) is not None or NUMBER.match(cell) is not None)


def is_plain_number(cell: str) -> bool:
    """Return whether a cell, blanks around it aside, is a number as programs write it."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def hold_words(cells: Iterable[str]) -> bool:
    """Return whether every cell holds something that is neither a number nor a date."""
    return all(cell.strip() and not is_typed(cell.strip()) for cell in cells)


def plausibility(cell: str) -> float:
    """Return how much a cell looks like one value: 1 for dates, gaps and numbers, less for words, least for pieces.

    The weights only have to be ordered: words may be anything, and a word that holds another separator is likelier two
    cells that were not split, and one with a single quote part of a cell that was.
    """
    text = cell.strip()
    if is_null(text) or is_typed(text):
        return 1.0
    if _DIGIT.search(text) is not None and _PARTED.search(text) is None and in_any_notation(text):
        return 1.0
    return 0.4 if _PROSE.search(text) or text.count('"') % 2 else 0.8
