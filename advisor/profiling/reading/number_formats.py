"""Which sign is the decimal one: what cells prove, column by column and for the file as a whole.

``1,5`` proves a decimal comma, ``1,234.50`` a decimal point; ``1.100`` and ``1,234`` prove nothing and are read as the
rest of the file is. No digit is ever joined with another across a sign that the format does not account for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Literal

from advisor.profiling.reading.duck import literal
from advisor.profiling.reading.rewriting import Step, rewritten, rewritten_sql

PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$|^[+-]?(?:[iI]nf(?:inity)?|INF)$"
"""What DuckDB reads as a number without help."""

_NEGATIVE = r"^\s*(?:\(|[^\d]*[-−])|-\s*$"
_GAP = "[ \u00a0\u202f\u2009'’]"
_CURRENCY = (
    r"(?:[A-Z]{0,3}\$|[€£¥₩₹₽₺₫₪₴฿]|USD|EUR|GBP|CHF|KRW|JPY|CNY|RMB|INR|BRL|PLN|CZK|HUF|SEK|NOK|DKK|TRY|RUB|ZAR|AUD|CAD|"
    r"MXN|SGD|HKD|NZD|TWD|THB|zł|Kč|kr\.?|Ft|лв\.?|руб\.?|원|円|元)"
)
_SHELL = re.compile(
    rf"^(?P<open>\()?\s*(?P<sign>[+\-−])?\s*(?P<before>{_CURRENCY})?\s*(?P<sign2>[+\-−])?"
    rf"(?P<core>[\d.,'’ \u00a0\u202f\u2009]*\d[.,]?|[.,]\d+)(?P<exponent>[eE][+-]?\d+)?"
    rf"\s*(?P<after>%|{_CURRENCY}|[a-zA-Zµ°²³/]{{1,8}})?\s*(?(open)\))(?P<trailing>-)?$"
)

_ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10)
"""By definition of Unicode: zero in Arabic, Persian, Devanagari, Bengali, Thai and full width."""
_USUAL = {chr(zero + digit): str(digit) for zero in _ZEROS for digit in range(10)} | {
    "٫": ".",
    "٬": ",",
    "．": ".",
    "，": ",",
    "％": "%",
    "－": "-",  # these are meant
    **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", ""),
}
"""What stands for digits of other scripts and for signs without width."""
_TO_USUAL = str.maketrans(_USUAL)
_MULTIPLES = (
    ("k", r"(?:k|K|\s?(?:[Tt]housand|Tsd\.?|тыс\.?))", 3),
    ("만", r"\s?[만万萬]", 4),
    ("M", r"(?:M|\s?(?:[Mm]illions?|Mio\.?|mio\.?|[Mm]ln\.?|млн\.?))", 6),
    ("억", r"\s?[억億亿]", 8),
    ("bn", r"\s?(?:[Bb]n|[Bb]illions?|Mrd\.?|[Mm]ld\.?|млрд\.?)", 9),
    ("trillion", r"\s?(?:tn|[Tt]rillions?)", 12),
)
"""By definition: words and letters behind a number, and the power of ten that they multiply it by. Letters stand right
behind the digits: 300 K is a temperature."""

_TAILS: dict[str, Step] = {
    "apostrophes in front": (r"^'([\d.,+-])", r"\1"),
    "footnote marks": (r"(\d)\s?(?:[*†‡]{1,3}|\([a-z]\)|\[[a-z0-9]{1,2}\])$", r"\1"),
    "numbers in brackets behind": (r"(\d)\([0-9]{1,2}\)$", r"\1"),
    "uncertainties behind": (
        r"(\d)\s?(?:(?:±|\+/-|\+-)\s?[\d.,]+|\s\([\d]+[.,][\d]+\)|[\[(]-?[\d.,]+\s?(?:to|–|,|;)\s?-?[\d.,]+[\])])$",
        r"\1",
    ),
    **{
        f"multiples such as {shown}": (
            rf"^([^\d]*\d+(?:\.\d{{1,4}}|,\d{{1,2}})?){sign}(\s?{_CURRENCY})?$",
            rf"\1e{power}\2",
        )
        for shown, sign, power in _MULTIPLES
    },
    "millions of money": (rf"^([^\d]*{_CURRENCY}\s?\d+(?:\.\d{{1,4}}|,\d{{1,2}})?)\s?m$", r"\1e6"),
    "billions of money": (rf"^([^\d]*{_CURRENCY}\s?\d+(?:\.\d{{1,4}}|,\d{{1,2}})?)\s?[bB]$", r"\1e9"),
    "powers of ten": (r"(\d)\s?[×x·*]\s?10\^?\(?([+-]?\d{1,3})\)?$", r"\1e\2"),
    "signs of approximation": (r"^(?:~|≈|ca\.|circa)\s?([\d.,+-])", r"\1"),
    "exponents of Fortran": (r"(\.\d*)[dD]([+-]\d{1,3})$", r"\1e\2"),
}
"""What may stand beside the digits, and how it is rewritten."""
_TAILED = re.compile("|".join(pattern for pattern, _ in _TAILS.values()))
_PRICED = re.compile(_CURRENCY)

DURATION = r"^(\d+):(\d+):(\d+):(\d+(?:\.\d+)?)$"
SECONDS = (86_400, 3_600, 60, 1)
"""By definition: seconds of a day, an hour, a minute and a second, the parts of ``DURATION``."""

Proof = Literal["whole", "point", "comma", "maybe point", "maybe comma", "none"]
"""What one number proves about its decimal sign; "maybe point" is ``1.100``, "maybe comma" ``1,234``."""

_PROOFS: tuple[tuple[Proof, str], ...] = (
    ("whole", rf"\d+|\d{{1,3}}(?:{_GAP}\d{{3}})+"),
    ("maybe point", r"[1-9]\d{0,2}\.\d{3}"),
    ("maybe comma", r"[1-9]\d{0,2},\d{3}"),
    ("point", r"\d{1,3}(?:,\d{3})+\.\d*|[1-9]\d{0,2}(?:,\d{3}){2,}|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d*)?"),
    ("comma", r"\d{1,3}(?:\.\d{3})+,\d*|[1-9]\d{0,2}(?:\.\d{3}){2,}"),
    ("point", rf"(?:\d*|\d{{1,3}}(?:{_GAP}\d{{3}})+)\.\d*"),
    ("comma", rf"(?:\d*|\d{{1,3}}(?:{_GAP}\d{{3}})+),\d*"),
)
_COMPILED = tuple((proof, re.compile(pattern)) for proof, pattern in _PROOFS)


@dataclass(frozen=True, slots=True)
class NumberEvidence:
    """What the distinct cells of one column say about how its numbers are written.

    Attributes:
        proofs: cells per proof.
        numbers: cells that are numbers in some notation.
        words: cells that are none.
        percent: cells with a percent sign.
        currency: cells with a currency.
        units: cells per unit, such as kg.
        accounting: negative numbers in parentheses or with the sign behind.
        above_thousand: whole numbers of four and more digits written without any sign.
        below_thousand: whole numbers below a thousand.
        example: of a cell whose notation is open; None without one.
        unusual: digits of other scripts, signs without width, and names of ``_TAILS``, as they occur.
    """

    proofs: Counter[Proof]
    numbers: int
    words: int
    percent: int
    currency: int
    units: Counter[str]
    accounting: int
    above_thousand: int
    below_thousand: int
    example: str | None
    unusual: frozenset[str]

    @property
    def measures(self) -> int:
        """How many different things stand behind the numbers: units, and words that multiply them."""
        return len(self.units) + any(name.startswith(("multiples", "millions", "billions")) for name in self.unusual)

    @property
    def decorated(self) -> bool:
        """Whether more than digits and signs stands in some cells."""
        return bool(self.percent or self.currency or self.units or self.accounting)


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How the numbers of a column are written.

    Attributes:
        decimal: the decimal sign.
        thousands: the sign between groups of three digits; None: none, or blanks.
        unit: word behind the numbers; None without one.
        said: what was converted, in words; None for plain numbers.
        decorated: cells hold percent or currency signs, a unit, or negative numbers in a form of accounting.
        steps: which rewrite a cell before it is read.
        in_seconds: durations; the steps leave days, hours, minutes and seconds with colons between them.
    """

    decimal: str = "."
    thousands: str | None = None
    unit: str | None = None
    said: str | None = None
    decorated: bool = False
    steps: tuple[Step, ...] = ()
    in_seconds: bool = False

    def sql(self, cell: str) -> str:
        """Return SQL of the number in a cell of text; null where the cell is not written like this."""
        cell = rewritten_sql(cell, self.steps)
        if self.in_seconds:
            parts = [
                f"{seconds} * try_cast(regexp_extract({cell}, {literal(DURATION)}, {place}) as double)"
                for place, seconds in enumerate(SECONDS, start=1)
            ]
            return f"({' + '.join(parts)})"
        unit = re.escape(self.unit) if self.unit else r"[^\d]{0,0}"
        group = re.escape(self.thousands) if self.thousands else "\x00"
        gap = f"(?:{group}|[ \u00a0\u202f\u2009'’])"
        grouped = rf"\d{{1,3}}(?:{gap}\d{{3}})+"
        if self.thousands == ",":
            grouped += r"|\d{1,2}(?:,\d{2})+,\d{3}"
        core = rf"(?:{grouped}|\d*)(?:{re.escape(self.decimal)}\d*)?(?:[eE][+-]?\d+)?"
        pattern = rf"\(?\s*[+\-−]?\s*{_CURRENCY}?\s*[+\-−]?{core}\s*(?:%|{_CURRENCY}|{unit})?\s*\)?-?"
        stripped = f"regexp_replace({cell}, {literal(f'{_CURRENCY}|{unit}|%')}, '', 'g')"
        kept = re.escape(self.decimal)
        digits = f"regexp_replace({stripped}, {literal(f'[^0-9eE{kept}]')}, '', 'g')"
        if "e" not in (self.unit or "").lower():
            signed_exponent = f"regexp_extract({cell}, {literal('[eE]([+-]?[0-9]+)')}, 1)"
            mantissa = f"regexp_replace({digits}, {literal('[eE].*$')}, '')"
            digits = f"concat({mantissa}, case when {signed_exponent} = '' then '' else 'e' || {signed_exponent} end)"
        else:
            digits = f"regexp_replace({digits}, '[eE]', '', 'g')"
        number = f"try_cast(replace({digits}, {literal(self.decimal)}, '.') as double)"
        negative = f"regexp_matches({cell}, {literal(_NEGATIVE)})"
        return (
            f"(case when regexp_full_match({cell}, {literal(pattern)}) then "
            f"case when {negative} then -{number} else {number} end end)"
        )


def number_evidence(cells: Iterable[str], most_words: float = inf) -> NumberEvidence:
    """Read what distinct cells, none of them missing, prove.

    Args:
        cells: of one column.
        most_words: further cells are not read once more of them are no numbers.
    """
    proofs: Counter[Proof] = Counter()
    units: Counter[str] = Counter()
    numbers = words = percent = currency = accounting = above = below = 0
    example = None
    unusual: set[str] = set()
    for written in cells:
        cell = _in_usual_signs(written)
        if cell != written:
            unusual |= {sign for sign in written if sign in _USUAL}
            unusual |= {name for name, (pattern, _) in _TAILS.items() if re.search(pattern, written)}
        shell = _SHELL.match(cell)
        proof = _proof(shell["core"]) if shell and not _is_address(cell) else "none"
        if shell is None or proof == "none":
            words += 1
            if words > most_words:
                break
            continue
        if shell["exponent"] and proof.startswith("maybe"):
            proof = "comma" if proof == "maybe comma" else "point"  # nobody groups the digits before an exponent
        numbers += 1
        proofs[proof] += 1
        after = shell["after"] or ""
        percent += after == "%"
        currency += bool(shell["before"]) or _PRICED.fullmatch(after) is not None
        if after and after != "%" and not _PRICED.fullmatch(after):
            units[after] += 1
        accounting += bool(shell["open"]) or bool(shell["trailing"])
        if proof == "whole":
            above += len(shell["core"]) > 3 and shell["core"].isdigit()
            below += len(shell["core"]) <= 3
        elif proof.startswith("maybe"):
            example = example or written
    return NumberEvidence(
        proofs, numbers, words, percent, currency, units, accounting, above, below, example, frozenset(unusual)
    )


def in_any_notation(cell: str) -> bool:
    """Return whether a cell is a number in some notation, with a unit perhaps."""
    shell = _SHELL.match(_in_usual_signs(cell))
    return shell is not None and _proof(shell["core"]) != "none"


def _in_usual_signs(cell: str) -> str:
    """Return a cell with ASCII digits, without invisible signs, and with exponents as everybody writes them.

    >>> _in_usual_signs("\u0663\u0664"), _in_usual_signs("1.5D+03")
    ('34', '1.5e+03')
    """
    usual = cell if cell.isascii() else cell.translate(_TO_USUAL)
    return rewritten(usual, tuple(_TAILS.values())) if _TAILED.search(usual) else usual


def _steps(unusual: frozenset[str]) -> tuple[Step, ...]:
    """Return the steps that rewrite unusual signs: all digits of a script when one of them occurs."""
    zeros = {zero for zero in _ZEROS for sign in unusual & _USUAL.keys() if zero <= ord(sign) < zero + 10}
    digits = {chr(zero + digit) for zero in zeros for digit in range(10)}
    signs = tuple((sign, _USUAL[sign]) for sign in sorted(digits | (unusual & _USUAL.keys())))
    return (*signs, *(step for name, step in _TAILS.items() if name in unusual))


def _is_address(cell: str) -> bool:
    """Return whether a cell is an address like 192.168.100.101, whose points stand between no thousands."""
    groups = cell.split(".")
    return len(groups) == 4 and all(group.isdigit() and int(group) <= 255 for group in groups)


def _proof(core: str) -> Proof:
    return next((proof for proof, pattern in _COMPILED if pattern.fullmatch(core)), "none")


def decimal_of_file(proven: Iterable[str | None]) -> str | None:
    """Return the decimal sign that some columns prove and no other one contradicts; None when nothing is proven."""
    signs = {sign for sign in proven if sign is not None}
    return signs.pop() if len(signs) == 1 else None


def proven_decimal(column: NumberEvidence) -> str | None:
    """Return the decimal sign that a column proves by itself."""
    point, comma = column.proofs["point"], column.proofs["comma"]
    if point and comma:
        return None
    return "." if point else "," if comma else None


def format_of(column: NumberEvidence, of_file: str | None, delimiter: str) -> NumberFormat | None:
    """Return how a column of numbers is written; None when that is open between two readings.

    Args:
        column: its evidence.
        of_file: decimal sign that other columns prove.
        delimiter: between the fields: a file that needs no quotes around ``1,234`` says nothing by them.
    """
    decimal = proven_decimal(column)
    if decimal is None and column.proofs["point"] and column.proofs["comma"]:
        return None
    thousands = None
    if decimal is None:
        decimal = of_file
        if column.proofs["maybe comma"]:
            grouped = column.below_thousand > 0 and column.above_thousand == 0
            decimal = of_file or ("." if grouped or delimiter == "," else None)
        elif column.proofs["maybe point"]:
            decimal = of_file or "."
    if decimal is None and not (column.proofs["maybe comma"] or column.proofs["maybe point"]):
        decimal = "."
    if decimal is None:
        return None
    if decimal == "." and (column.proofs["maybe comma"] or column.proofs["point"]):
        thousands = ","
    if decimal == "," and (column.proofs["maybe point"] or column.proofs["comma"]):
        thousands = "."
    unit = column.units.most_common(1)[0][0] if column.units else None
    said = [
        *(["decimal commas"] if decimal == "," else []),
        *(["thousands separators"] if decimal == "." and column.proofs["maybe comma"] else []),
        *(["points between thousands"] if decimal == "," and column.proofs["maybe point"] else []),
        *(["percent signs"] if column.percent else []),
        *(["currency signs"] if column.currency else []),
        *([f"the unit {unit}"] if unit else []),
        *(["negative numbers in parentheses or with the sign behind"] if column.accounting else []),
        *(["digits or signs of another kind"] if column.unusual & _USUAL.keys() else []),
        *(name for name in _TAILS if name in column.unusual),
    ]
    return NumberFormat(
        decimal, thousands, unit, " and ".join(said) or "separators", column.decorated, _steps(column.unusual)
    )
