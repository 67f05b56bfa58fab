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

from advisor.profiling.reading.beside_digits import (
    CURRENCY,
    MULTIPLYING,
    PRICED,
    TAILS,
    USUAL,
    are_flags,
    are_multiples,
    in_usual_signs,
    multiplied_steps,
    negative_word,
    signed_steps,
    steps_for_signs,
    unusual_signs,
    without_flags,
)
from advisor.profiling.reading.duck import literal
from advisor.profiling.reading.rewriting import Step, rewritten_sql

PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$|^[+-]?(?:[iI]nf(?:inity)?|INF)$"
"""What DuckDB reads as a number without help."""

_NEGATIVE = r"^\s*(?:\(|[^\d]*[-−])|-\s*$"
_GAP = "[ \u00a0\u202f\u2009'’]"
_WORD = r"(?:[^\W\d_]|[µ°‰²³·℀-⅏㌀-㏿]){1,12}(?:(?<=[mtnd])[23])?"
_UNIT = rf"{_WORD}(?:/(?:\d+\s)?{_WORD})?\.?"
"""A word of any script, with a power as in m2 or per another as in kg/m³ and l/100 km."""
_SHELL = re.compile(
    rf"^(?P<open>\()?\s*(?P<sign>[+\-−])?\s*(?P<before>{CURRENCY}|%)?\s*(?P<sign2>[+\-−])?"
    rf"(?P<core>[\d.,'’ \u00a0\u202f\u2009]*\d[.,]?|[.,]\d+)(?P<exponent>[eE][+-]?\d+)?"
    rf"\s*(?P<after>%|{CURRENCY}(?:/{_WORD})?|{_UNIT})?\s*(?(open)\))(?P<trailing>-)?$"
)

_LIMITS = frozenset("<>≤≥")
LONGEST = 60
"""Characters of a number and all that stands beside it. Judgement: what is longer is a line that was not split."""
DURATION = r"^(\d+):(\d+):(\d+):(\d+(?:\.\d+)?)$"
SECONDS = (86_400, 3_600, 60, 1)
"""By definition: seconds of a day, an hour, a minute and a second, the parts of ``DURATION``."""
ANGLE = r"^([+-])(\d+):(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)$"

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
        currencies: cells per currency.
        units: cells per unit, such as kg.
        attached: cells with a unit right behind the digits.
        accounting: negative numbers in parentheses or with the sign behind.
        grouped: cells with a decimal sign behind groups of thousands.
        above_thousand: whole numbers of four and more digits written without any sign.
        below_thousand: whole numbers below a thousand.
        example: of a cell whose notation is open; None without one.
        unusual: digits of other scripts, signs without width, and names of ``TAILS``, as they occur.
    """

    proofs: Counter[Proof]
    numbers: int
    words: int
    percent: int
    currencies: Counter[str]
    units: Counter[str]
    attached: int
    accounting: int
    grouped: int
    above_thousand: int
    below_thousand: int
    example: str | None
    unusual: frozenset[str]

    @property
    def measures(self) -> int:
        """How many different things the numbers measure: units, currencies, and words that multiply them."""
        multiples = any(name.startswith(MULTIPLYING) for name in self.unusual)
        if are_multiples(self.units, self.unusual):
            return max(len(self.currencies), 1)
        one = negative_word(self.units) is not None or self.flagged
        units = min(len(self.units), 1) if one else len(self.units)
        return max(len(self.currencies), units + multiples)

    @property
    def flagged(self) -> bool:
        """Whether flags stand behind a blank in some cells, as house numbers and codes never have them."""
        return not self.attached and are_flags(self.units, self.numbers)

    @property
    def decorated(self) -> bool:
        """Whether more than digits and signs stands in some cells."""
        return bool(self.percent or self.currencies or self.units or self.accounting)


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
        sexagesimal: what the steps leave with colons between them: days, hours, minutes and seconds of a duration in
            seconds, or a sign, degrees, minutes and seconds of an angle in degrees.
    """

    decimal: str = "."
    thousands: str | None = None
    unit: str | None = None
    said: str | None = None
    decorated: bool = False
    steps: tuple[Step, ...] = ()
    sexagesimal: Literal["seconds", "degrees"] | None = None

    def sql(self, cell: str) -> str:
        """Return SQL of the number in a cell of text; null where the cell is not written like this."""
        cell = rewritten_sql(cell, self.steps)
        if self.sexagesimal == "degrees":
            sign, *parts = [f"regexp_extract({cell}, {literal(ANGLE)}, {place})" for place in range(1, 5)]
            degrees, minutes, seconds = [f"try_cast({part} as double)" for part in parts]
            angle = f"({degrees} + {minutes} / 60 + {seconds} / 3600)"
            return f"(case when {sign} = '-' then -{angle} else {angle} end)"
        if self.sexagesimal == "seconds":
            parts = [
                f"{seconds} * try_cast(regexp_extract({cell}, {literal(DURATION)}, {place}) as double)"
                for place, seconds in enumerate(SECONDS, start=1)
            ]
            return f"({' + '.join(parts)})"
        unit = f"{re.escape(self.unit)}|" if self.unit else ""
        group = re.escape(self.thousands) if self.thousands else "\x00"
        gap = f"(?:{group}|[ \u00a0\u202f\u2009'’])"
        grouped = rf"\d{{1,3}}(?:{gap}\d{{3}})+"
        if self.thousands == ",":
            grouped += r"|\d{1,2}(?:,\d{2})+,\d{3}"
        core = rf"(?:{grouped}|\d*)(?:{re.escape(self.decimal)}\d*)?(?:[eE][+-]?\d+)?"
        pattern = rf"\(?\s*[+\-−]?\s*(?:{CURRENCY}|%)?\s*[+\-−]?{core}\s*(?:{unit}%|{CURRENCY})?\s*\)?-?"
        stripped = f"regexp_replace({cell}, {literal(f'{unit}{CURRENCY}|%')}, '', 'g')"
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
    currencies: Counter[str] = Counter()
    numbers = words = percent = attached = accounting = grouped = above = below = limits = 0
    example = None
    unusual: set[str] = set()
    for written in cells:
        cell = in_usual_signs(written)
        if cell != written:
            unusual |= unusual_signs(written)
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
        limits += written.lstrip()[:1] in _LIMITS
        proofs[proof] += 1
        after = shell["after"] or ""
        percent += "%" in {shell["before"], after}
        behind = PRICED.fullmatch(after) is not None
        priced = shell["before"] not in {None, "%"}
        currencies.update([shell["before"] if priced else after] if priced or behind else [])
        if after and after != "%" and not behind:
            units[after] += 1
            attached += not cell[shell.start("after") - 1].isspace()
        grouped += "," in shell["core"] and "." in shell["core"]
        accounting += bool(shell["open"]) or bool(shell["trailing"])
        if proof == "whole":
            above += len(shell["core"]) > 3 and shell["core"].isdigit()
            below += len(shell["core"]) <= 3
        elif proof.startswith("maybe"):
            example = example or written
    if limits == numbers:  # "<=50K" and ">50K", without a number that is known, are classes
        numbers, words = 0, words + numbers
    return NumberEvidence(
        proofs,
        numbers,
        words,
        percent,
        currencies,
        units,
        attached,
        accounting,
        grouped,
        above,
        below,
        example,
        frozenset(unusual),
    )


def in_any_notation(cell: str) -> bool:
    """Return whether a cell is a number in some notation, with a unit perhaps."""
    if len(cell) > LONGEST:
        return False
    shell = _SHELL.match(in_usual_signs(cell))
    return shell is not None and _proof(shell["core"]) != "none"


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
    steps = steps_for_signs(column.unusual)
    mixed = bool(column.proofs["point"] and column.proofs["comma"])
    if mixed:
        if column.grouped or column.proofs["maybe comma"] or column.proofs["maybe point"]:
            return None
        decimal, steps = ".", (*steps, (r"^([^.,]*),([^.,]*)$", r"\1.\2"))
    thousands = None
    if decimal is None:
        decimal = of_file
        if column.proofs["maybe comma"]:
            grouped = column.below_thousand > 0 and column.above_thousand == 0
            decimal = of_file or ("." if grouped or delimiter == "," else None)
        elif column.proofs["maybe point"]:
            decimal = of_file or (None if column.currencies else ".")  # nobody writes thousandths of money
    if decimal is None and not (column.proofs["maybe comma"] or column.proofs["maybe point"]):
        decimal = "."
    if decimal is None:
        return None
    if decimal == "." and not mixed and (column.proofs["maybe comma"] or column.proofs["point"]):
        thousands = ","
    if decimal == "," and (column.proofs["maybe point"] or column.proofs["comma"]):
        thousands = "."
    unit, behind, units_said = _behind(column)
    steps = (*steps, *behind)
    said = [
        *(["decimal commas"] if decimal == "," else []),
        *(["decimal points in some cells and commas in others"] if mixed else []),
        *(["thousands separators"] if decimal == "." and column.proofs["maybe comma"] else []),
        *(["points between thousands"] if decimal == "," and column.proofs["maybe point"] else []),
        *(["percent signs"] if column.percent else []),
        *(["currency signs"] if column.currencies else []),
        *units_said,
        *(["negative numbers in parentheses or with the sign behind"] if column.accounting else []),
        *(["digits or signs of another kind"] if column.unusual & USUAL.keys() else []),
        *(name for name in TAILS if name in column.unusual),
    ]
    return NumberFormat(decimal, thousands, unit, " and ".join(said) or "separators", column.decorated, steps)


def _behind(column: NumberEvidence) -> tuple[str | None, tuple[Step, ...], tuple[str, ...]]:
    """Return the unit behind numbers, the steps that rewrite other words there, and what they are, in words."""
    if not column.units:
        return None, (), ()
    most = column.units.most_common(1)[0][0]
    if (negative := negative_word(column.units)) is not None:
        return None, signed_steps(column.units, negative), (f"{negative} behind negative numbers",)
    if are_multiples(column.units, column.unusual):
        return None, multiplied_steps(column.units), (f"multiples such as {most}",)
    if column.flagged:
        return None, (without_flags(column.units),), (f"flags such as {most}",)
    return most, (), (f"the unit {most}",)
