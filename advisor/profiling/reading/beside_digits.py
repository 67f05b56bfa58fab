"""What stands beside the digits of a number, and the steps that rewrite it so that digits and a unit are left."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache

from advisor.profiling.reading.rewriting import Step, rewritten

CURRENCY = (
    r"(?:[A-Z]{0,3}\$|[€£¥₩₹₽₺₫₪₴฿￥￡￦]|USD|EUR|GBP|CHF|KRW|JPY|CNY|RMB|INR|BRL|PLN|CZK|HUF|SEK|NOK|DKK|TRY|RUB|ZAR|AUD|CAD|"
    r"MXN|SGD|HKD|NZD|TWD|THB|Rs\.?|s?Fr\.|Rp\.?|RM|lei|zł|Kč|kr\.?|Ft|лв\.?|руб\.?|원|円|元)"
)
_ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10)
"""By definition of Unicode: zero in Arabic, Persian, Devanagari, Bengali, Thai and full width."""
USUAL = {chr(zero + digit): str(digit) for zero in _ZEROS for digit in range(10)} | {
    "٫": ".",
    "٬": ",",
    "．": ".",
    "，": ",",
    "％": "%",
    **dict.fromkeys("－–‒‐", "-"),
    **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", ""),
}
"""What stands for digits of other scripts and for signs without width."""
_TO_USUAL = str.maketrans(USUAL)
_MULTIPLES = (
    ("k", r"(?:k|K|\s?(?:[Tt]housand|Tsd\.?|тыс\.?))", 3),
    ("만", r"\s?[만万萬]", 4),
    ("lakh", r"\s?(?:[Ll]akhs?|[Ll]acs?)", 5),
    ("M", r"(?:M|\s?(?:[Mm]illions?|Mio\.?|mio\.?|[Mm]ln\.?|млн\.?))", 6),
    ("억", r"\s?[억億亿]", 8),
    ("crore", r"\s?[Cc]rores?", 7),
    ("bn", r"\s?(?:[Bb]n|[Bb]illions?|Mrd\.?|[Mm]ld\.?|млрд\.?)", 9),
    ("trillion", r"\s?(?:tn|[Tt]rillions?)", 12),
)
"""By definition: words and letters behind a number, and the power of ten that they multiply it by. Letters stand right
behind the digits: 300 K is a temperature."""

_DEVIATION = r"[\d.,]+(\s?[a-zA-Zµ°%/]{1,8}[²³]?)?"
_SINGLE_TAILS: dict[str, Step] = {
    "apostrophes in front": (r"^'([\d.,+-])", r"\1"),
    "triangles for minus": (r"^[△▲]\s?([\d.,])", r"-\1"),
    "footnote marks in front": (r"^[*†‡]{1,3}\s?([\d.,+-])", r"\1"),
    "footnote marks": (r"(\d)\s?(?:[*†‡]{1,3}|\([a-z]\)|\[[a-z0-9]{1,2}\])$", r"\1"),
    "numbers in brackets behind": (r"(\d)\([0-9]{1,2}\)$", r"\1"),
    "uncertainties behind": (
        rf"(\d)\s?(?:(?:±|\+/-|\+-)\s?{_DEVIATION}|\s\(\d+[.,]\d+\)|[\[(]-?[\d.,]+\s?(?:to|-|,|;)\s?-?[\d.,]+[\])])$",
        r"\1\2",
    ),
    "shares in brackets behind": (r"(\d)\s?\(\s?[\d.,]+\s?%\s?\)$", r"\1"),
    "limits such as <5, as the limit": (r"^(?:[<>]=?|[≤≥])\s?([\d.,+-])", r"\1"),
    "dashes for cents": (r"(\d[.,])(?:-{1,2}|—)(\s?[^\d\s]*)$", r"\1\2"),
    "colons behind": (r"^(\d+):$", r"\1"),
    "formulas of spreadsheets": (r'^="?([+-]?\d+[.,]\d+)"?$', r"\1"),
    **{
        f"multiples such as {shown}": (
            rf"^([^\d]*\d+(?:\.\d{{1,4}}|,\d{{1,2}})?){sign}(\s?{CURRENCY})?$",
            rf"\1e{power}\2",
        )
        for shown, sign, power in _MULTIPLES
    },
    "lakhs of money": (r"^([^\d]*₹\s?\d+(?:\.\d{1,4})?)\s?L$", r"\1e5"),
    "crores of money": (r"^([^\d]*₹\s?\d+(?:\.\d{1,4})?)\s?[Cc]r\.?$", r"\1e7"),
    "millions of money": (rf"^([^\d]*{CURRENCY}\s?\d+(?:\.\d{{1,4}}|,\d{{1,2}})?)\s?m$", r"\1e6"),
    "billions of money": (rf"^([^\d]*{CURRENCY}\s?\d+(?:\.\d{{1,4}}|,\d{{1,2}})?)\s?[bB]$", r"\1e9"),
    "trillions of money": (rf"^([^\d]*{CURRENCY}\s?\d+(?:\.\d{{1,4}}|,\d{{1,2}})?)\s?[tT]$", r"\1e12"),
    "signs of approximation": (r"^(?:~|≈|ca\.|circa)\s?([\d.,+-])", r"\1"),
    "exponents of Fortran": (r"(\.\d*)[dD]([+-]\d{1,3})$", r"\1e\2"),
}
_RAISED = 2 * tuple(
    (rf"((?:^|[^\d.,])10[-+\d ]*){raised}", rf"\1 {plain}")
    for raised, plain in zip("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789", strict=True)
)
"""By definition: raised signs and what they stand for; twice, as exponents have up to two digits."""
TAILS: dict[str, tuple[Step, ...]] = {
    **{name: (step,) for name, step in _SINGLE_TAILS.items()},
    "powers of ten": (
        *_RAISED,
        (r"(\d)\s?[×x·*]\s?10\^?\(?\s?([+-]?)\s?(\d{1,3})(?:\s(\d))?\)?$", r"\1e\2\3\4"),
    ),
}
"""What may stand beside the digits, and how it is rewritten."""
_NOTHING_BESIDE = re.compile(r"(?!ca\.|circa)(?:[^\W\d]|[\s_.+-])*\d(?:[^×x·*^dD±+(]*\d)?|\D*")
"""Nothing but words stands before its digits, if there are any, and nothing behind them: most cells are seen to be so
at once."""
_TAIL_STEPS = tuple(step for steps in TAILS.values() for step in steps)
BARE = 0.2
"""Share of the numbers that stand alone beside others with flags. Judgement: units stand behind all, flags where
something is odd."""
LONGEST_FLAG = 2
"""Letters. Judgement: flags are codes."""
MULTIPLYING = ("multiples", "lakhs", "crores", "millions", "billions", "trillions")
_LARGE = {"B": "9", "b": "9", "T": "12", "t": "12"}
"""By definition: letters behind a number that multiply it where K or M stands behind others, and the power of ten."""
_OPPOSITES = {
    frozenset({"DR", "CR"}): "DR",
    frozenset({"D", "C"}): "D",
    frozenset({"S", "H"}): "S",
    frozenset({"W", "E"}): "W",
    frozenset({"N", "S"}): "S",
}
"""Pairs of letters behind numbers, of which one makes them negative: debits of accounts in English and German, and
latitudes and longitudes."""
PRICED = re.compile(CURRENCY)


@cache
def _tailed() -> re.Pattern[str]:
    """Return the pattern of all that may stand beside digits, compiled once a cell needs it."""
    return re.compile("|".join(pattern for steps in TAILS.values() for pattern, _ in steps))


def in_usual_signs(cell: str) -> str:
    """Return a cell with ASCII digits, without invisible signs, and with exponents as everybody writes them.

    >>> in_usual_signs("\u0663\u0664"), in_usual_signs("1.5D+03")
    ('34', '1.5e+03')
    """
    usual = cell if cell.isascii() else cell.translate(_TO_USUAL)
    return rewritten(usual, _TAIL_STEPS) if not _NOTHING_BESIDE.fullmatch(usual) and _tailed().search(usual) else usual


def unusual_signs(written: str) -> set[str]:
    """Return which signs and names of ``TAILS`` make a cell unusual."""
    usual = written.translate(_TO_USUAL)
    named = {name for name, steps in TAILS.items() if any(re.search(one, usual) for one, _ in steps)}
    return named | {sign for sign in written if sign in USUAL}


def steps_for_signs(unusual: frozenset[str]) -> tuple[Step, ...]:
    """Return the steps that rewrite unusual signs: all digits of a script when one of them occurs."""
    zeros = {zero for zero in _ZEROS for sign in unusual & USUAL.keys() if zero <= ord(sign) < zero + 10}
    digits = {chr(zero + digit) for zero in zeros for digit in range(10)}
    signs = tuple((sign, USUAL[sign]) for sign in sorted(digits | (unusual & USUAL.keys())))
    return (*signs, *(step for name, steps in TAILS.items() if name in unusual for step in steps))


def negative_word(units: Iterable[str]) -> str | None:
    """Return which of two opposite words behind numbers makes them negative; None where there is no such pair.

    >>> negative_word(["Cr", "Dr"]), negative_word(["kg", "Dr"])
    ('DR', None)
    """
    return _OPPOSITES.get(frozenset(map(_bare, units)))


def _bare(unit: str) -> str:
    return unit.strip("°. ").upper()


def are_flags(units: Counter[str], numbers: int) -> bool:
    """Whether what stands behind some numbers are flags, such as H and L, as many others have nothing behind them."""
    bare = numbers - units.total()
    return len(units) > 1 and bare >= BARE * numbers and all(len(unit) <= LONGEST_FLAG for unit in units)


def without_flags(units: Iterable[str]) -> Step:
    """Return the step that leaves out flags behind numbers."""
    return rf"(\d)\s(?:{'|'.join(map(re.escape, units))})$", r"\1"


def are_multiples(units: Iterable[str], unusual: Iterable[str]) -> bool:
    """Whether letters behind numbers, such as B, multiply them, because K or M stands behind others.

    >>> are_multiples(["B"], ["multiples such as M"]), are_multiples(["B"], []), are_multiples(["kg"], [])
    (True, False, False)
    """
    units = list(units)
    beside = any(name.startswith(("multiples such as k", "multiples such as M")) for name in unusual)
    return bool(units) and beside and all(unit in _LARGE for unit in units)


def multiplied_steps(units: Iterable[str]) -> tuple[Step, ...]:
    """Return the steps that write letters that multiply as powers of ten."""
    return tuple((rf"(\d)\s?{unit}$", rf"\1e{_LARGE[unit]}") for unit in units)


def signed_steps(units: Iterable[str], negative: str) -> tuple[Step, ...]:
    """Return the steps that put a sign before numbers instead of one of two opposite words behind them."""
    behind = {True: [], False: []}  # type: dict[bool, list[str]]
    for unit in units:
        behind[_bare(unit) == negative].append(re.escape(unit))
    return ((rf"^(.*\d)\s?(?:{'|'.join(behind[True])})$", r"-\1"), (rf"(\d)\s?(?:{'|'.join(behind[False])})$", r"\1"))
