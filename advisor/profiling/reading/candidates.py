"""Ways to split the first lines of a text file, each with what speaks for it.

Every candidate (delimiter × quote) counts by the share of records that have the usual number of fields, times how much
their cells look like single values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from advisor.profiling.reading.cell_patterns import plausibility
from advisor.profiling.reading.options import ReadingOptions
from advisor.profiling.reading.records import SINGLE, Record, evenly_spaced, parse
from advisor.profiling.reading.table_start import end_of_table, first_of_table

ALIGNED = "aligned"
"""Stands for columns that are cut at the same places of every line."""

DELIMITERS = (
    "::",
    "||",
    "|~|",
    "~|~",
    "\t\t",
    ",",
    ";",
    "\t",
    "|",
    "\x01",
    "~",
    "^",
    "þ",
    "¦",
    "│",
    "┃",
    "¬",
    "§",
    " ",
)
NAMES = {
    ",": "commas",
    ";": "semicolons",
    "\t": "tabs",
    "|": "pipes",
    " ": "blanks",
    "": "nothing",
    "\x01": "^A",
    ALIGNED: "columns of blanks",
}
SCORED_CELLS = 1_000
"""Cells that are looked at for each candidate. Judgement: their mean plausibility is then known to a hundredth."""

BLANK_PENALTY = 0.9
"""Judgement: blanks also stand inside names and dates, so they need more evidence than a comma."""

NAMED_SEPARATOR = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)
"""How Excel is told what separates the fields."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to split the first lines.

    Attributes:
        delimiter: between fields.
        quote: around fields.
        records: not blank, from the first line on.
        first: position of the first record of the table, its names perhaps.
        width: fields that most records have.
        agreeing: share of the records of the table, from ``first`` on, with that many fields.
        plausibility: mean over their cells.
        trimmed: separators were left out at the end of some records.
        bordered: those at both ends of the records were left out.
        notes: records below the table, behind a gap.
    """

    delimiter: str
    quote: str
    records: tuple[Record, ...]
    first: int
    width: int
    agreeing: float
    plausibility: float
    trimmed: bool = False
    bordered: bool = False
    notes: int = 0

    @property
    def score(self) -> float:
        """What candidates are compared by."""
        return self.agreeing * self.plausibility * (BLANK_PENALTY if self.delimiter == " " else 1.0)

    @property
    def body(self) -> tuple[Record, ...]:
        """Records of the usual width from the first on."""
        return tuple(record for record in self.records[self.first :] if len(record.fields) == self.width)

    def described(self) -> str:
        """Return what this candidate makes of the lines."""
        name = NAMES.get(self.delimiter, repr(self.delimiter))
        columns = "one column" if self.width == 1 else f"{self.width} columns"
        return f"{name}: {columns} in {100.0 * self.agreeing:.0f} % of the lines"


def delimiters_tried(text: str, options: ReadingOptions) -> Sequence[str]:
    """Return the delimiter that was given, or those that stand in a text, and that which parts nothing."""
    if options.delimiter is not None:
        return [options.delimiter]
    return [sign for sign in (*DELIMITERS, SINGLE) if sign in text]


def candidates_for(text: str, delimiters: Sequence[str], options: ReadingOptions) -> list[Candidate]:
    """Return what delimiters and quotes make of a text, the best one first."""
    quotes = (options.quote,) if options.quote is not None else _quotes(text)
    ways = [(delimiter, quote) for delimiter in delimiters for quote in quotes][: 1 if options.delimiter else None]
    made = [one for delimiter, quote in ways if (one := _candidate(text, delimiter, quote, options))]
    return sorted(made, key=lambda one: (-one.score, -one.width))


def _quotes(text: str) -> tuple[str, ...]:
    """Return the signs that stand on both sides of fields; both kinds when the lines show either."""
    if "'" not in text:
        return ('"',)
    single, double = (
        re.search(rf"(?:^|[,;\t|]){sign}[^{sign}\n]*{sign}(?:[,;\t|]|\r?$)", text, re.MULTILINE) for sign in "'\""
    )
    return ('"',) if not single else ('"', "'") if double else ("'",)


def _candidate(text: str, delimiter: str, quote: str, options: ReadingOptions) -> Candidate | None:
    skip = lines_skipped(text, options)
    records = tuple(one for one in parse(text, delimiter, quote) if one.line > skip and not one.blank)
    if not records:
        return None
    width, _ = max(Counter(len(one.fields) for one in records).items(), key=lambda item: (item[1], item[0]))
    counted = len(delimiter) == 1 and delimiter not in {" ", SINGLE} and width > 1
    ending = [counted and _ends_with_separators(one, width) for one in records]
    records = tuple(
        replace(one, fields=one.fields[:width]) if ends else one for one, ends in zip(records, ending, strict=True)
    )
    bordered = width > 2 and all(_is_bordered(one) for one in records if len(one.fields) == width)
    if bordered:
        records = tuple(replace(one, fields=without_border(one.fields, width - 2)) for one in records)
        width -= 2
    first = first_of_table(records, width)
    end = end_of_table(records, first, width)
    body = [one for one in records[first:end] if len(one.fields) == width or not one.is_comment]
    same = [one for one in body if len(one.fields) == width]
    cells = [cell for one in evenly_spaced(same[1:] or same, -(-SCORED_CELLS // width)) for cell in one.fields]
    likely = sum(map(plausibility, cells)) / max(len(cells), 1)
    agreeing = len(same) / len(body)
    return Candidate(
        delimiter,
        quote,
        records,
        first,
        width,
        agreeing,
        likely,
        any(ending[first:]),
        bordered,
        notes=len(records) - end,
    )


def _is_bordered(one: Record) -> bool:
    return not one.fields[0].strip() and not one.fields[-1].strip()


def without_border(fields: Sequence[str], width: int) -> tuple[str, ...]:
    """Return the fields of a record without the empty ones that separators at both its ends make."""
    return tuple(fields[1:-1] if len(fields) == width + 2 else fields)


def _ends_with_separators(one: Record, width: int) -> bool:
    """Whether nothing but separators makes a record longer than the others."""
    return len(one.fields) > width and not any(field.strip() for field in one.fields[width:])


def lines_skipped(text: str, options: ReadingOptions) -> int:
    """Return how many lines are left out unseen: as many as were given, and one that names the separator."""
    return max(options.skip or 0, 1 if NAMED_SEPARATOR.match(text.split("\n", 1)[0]) else 0)
