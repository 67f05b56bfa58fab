"""Type columns of text by a sample of their cells: booleans, numbers, dates, words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from advisor.errors import DataError
from advisor.profiling.encoding.arrow import words_of
from advisor.profiling.reading.angles import angle_format
from advisor.profiling.reading.cell_patterns import FALSE_WORDS, NULL_WORDS, TRUE_WORDS
from advisor.profiling.reading.date_formats import DateFormat, date_format, proves_day_first
from advisor.profiling.reading.durations import duration_format
from advisor.profiling.reading.missing_words import LEAST_VALUES, words_for_missing
from advisor.profiling.reading.number_formats import (
    PLAIN,
    NumberEvidence,
    NumberFormat,
    decimal_of_file,
    format_of,
    in_any_notation,
    number_evidence,
    proven_decimal,
)
from advisor.profiling.reading.numbers_as_dates import are_plain_dates, counted_moments, matching
from advisor.profiling.reading.options import ColumnType, ReadingOptions
from advisor.profiling.reading.text_column import TextColumn
from advisor.profiling.reading.unread_numbers import unread_numbers

FITTING = 0.9
"""Share of the present cells that must fit a kind. Judgement: with a tenth of broken cells a column still is what the
rest says; they are counted, said and taken as missing."""

MAX_DISTINCT = 2_000
"""Distinct cells that are looked at one by one, evenly spaced over the sample. Judgement: a kind that holds for two
thousand cells holds."""

EXACT_DIGITS = 15
"""By definition of float64: whole numbers with more digits may lie beyond 2^53, where floats are no longer exact."""

LONG_NUMBERS = "Whole numbers of more than 15 digits were read as words, which keeps all digits."
"""The note on a column of these."""

GROUPED_CELLS = 50
"""First cells that tell whether plain numbers might be thousands. Judgement: the evidence then comes from all."""

PROVING_CELLS = 1_000
"""Cells of a plain column that may prove the decimal point. Judgement: a column that has one shows it early."""
_POINT = r"\.(?:\d{1,2}|\d{4,})(?:[eE].*)?$"
_GROUPED = r"^[+-]?(?:[1-9]\d{0,2}\.\d{3}|\d{1,3})$"
LEAST_OPEN = 5
"""Judgement: fewer numbers may have three digits behind the point by chance."""
COUNTRIES = 3
"""Codes of two letters beside NA that make it one of them. Judgement: yes and no are two, countries are more."""

TWO_LETTERS = 26**2
"""By definition: as many codes of two letters there are."""
SPELLINGS = 3 * len(TRUE_WORDS + FALSE_WORDS)
"""By definition: yes and no in small letters, with a capital, and in capitals."""

_PADDED = r"^[+-]?0\d+$"
_SPECIAL = rf"^[+-]?(?:0\d+|\d{{{EXACT_DIGITS + 1},}})$"
_PLAIN = re.compile(PLAIN)
_COUNTRY = re.compile(r"^[A-Z]{2}$")


@dataclass(slots=True)
class _Cells:
    """What a sample says about one column.

    Attributes:
        name: of the column.
        present: cells that are not missing.
        plain: of these, plain numbers.
        padded: whole numbers with leading zeros.
        long: whole numbers of more than ``EXACT_DIGITS`` digits.
        distinct: different cells, in the order of the rows, at most ``MAX_DISTINCT``.
        counts: cells per distinct cell, of all of them.
        numbers: what the cells prove, when nearly all are numbers in some notation.
        nulls: words that stand for a missing value in some of the others.
        points: plain numbers prove the decimal point, by one, two or more than three digits behind it.
        counted: plain numbers count moments, such as seconds since 1970; None: they do not.
        gaps: few words among many numbers or dates, which stand for missing values there; not counted above.
    """

    name: str
    present: int
    plain: int = 0
    padded: int = 0
    long: int = 0
    distinct: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    numbers: NumberEvidence | None = None
    nulls: tuple[str, ...] = ()
    points: bool = False
    counted: DateFormat | None = None
    gaps: tuple[str, ...] = ()


def type_columns(
    sample: pa.Table, names: Sequence[str], options: ReadingOptions, delimiter: str, file: str
) -> tuple[TextColumn, ...]:
    """Type every column of a sample of text.

    Args:
        sample: columns of strings, in order.
        names: of the columns.
        options: what the user said.
        delimiter: of the file, which says whether a comma in a number had to be quoted.
        file: name, for messages.

    Raises:
        DataError: numbers that may be read in two ways, or a kind given for a column that does not exist.
    """
    unknown = [column for column, _ in options.types if column not in names]
    if unknown:
        raise DataError(f"{file}: types name {unknown[0]!r}, but the columns are {', '.join(names[:12])}")
    nulls = tuple(dict.fromkeys((*NULL_WORDS, *options.na)))
    cells = [_look_at(sample.column(place), name, nulls) for place, name in enumerate(names)]
    cells = [_without_gaps(sample.column(place), one, nulls, options) for place, one in enumerate(cells)]
    shared = {word for one in cells for word in one.gaps}
    cells = [_without_shared_gaps(sample.column(at), one, nulls, options, shared) for at, one in enumerate(cells)]
    proven = [proven_decimal(one.numbers) if one.numbers is not None else "." if one.points else None for one in cells]
    decimal = options.decimal or decimal_of_file(proven)
    dates = {one.name: _date_of(one, options, None) for one in cells if _may_be_dates(one)}
    orders = {order for found in dates.values() if (order := proves_day_first(found)) is not None}
    day_first = orders.pop() if len(orders) == 1 else None
    if day_first is not None:
        open_ones = {one.name: _date_of(one, options, day_first) for one in cells if _is_open(dates.get(one.name))}
        dates |= open_ones
    dates |= {one.name: one.counted for one in cells if one.counted is not None}
    typed = [_typed(one, dates.get(one.name), nulls, options, decimal, delimiter, file) for one in cells]
    return tuple(
        replace(_with_gaps_named(column, one, nulls), seen_nulls=one.nulls)
        for column, one in zip(typed, cells, strict=True)
    )


def _with_gaps_named(column: TextColumn, one: _Cells, nulls: tuple[str, ...]) -> TextColumn:
    """Say which words were taken as missing; among words, none of them is."""
    if not one.gaps:
        return column
    if column.storage == "text":
        return replace(column, nulls=nulls)
    words = ", ".join(repr(word) for word in one.gaps)
    said = f"Among {column.storage}s, {words} was taken as missing (--types {one.name}=text reads it as a word)."
    return replace(column, note=f"{column.note} {said}" if column.note else said)


def as_words(column: TextColumn, share: float) -> TextColumn:
    """Return a column read as words after all, because too many of its later cells are nothing else."""
    note = f"The first rows look like {column.storage}s, but {100.0 * share:.0f} % of all do not; read as words."
    return TextColumn(column.name, "text", nulls=column.nulls, note=note)


def as_long_numbers(column: TextColumn) -> TextColumn:
    """Return a column of whole numbers read as words, because floats cannot tell some of them apart."""
    return TextColumn(column.name, "text", nulls=column.nulls, note=LONG_NUMBERS)


def _look_at(column: pa.ChunkedArray, name: str, nulls: Sequence[str]) -> _Cells:
    present = column.drop_null() if column.null_count else column
    simple = _are_floats(present) or matching(present, PLAIN) == len(present)
    present, absent = (present, ()) if simple else _present(present, nulls)
    if not len(present):
        return _Cells(name, 0, nulls=absent)
    plain = len(present) if simple else matching(present, PLAIN)
    special = bool(plain) and matching(present, _SPECIAL) > 0
    padded = matching(present, _PADDED) if special else 0
    long = matching(present, rf"^[+-]?\d{{{EXACT_DIGITS + 1},}}$") if special else 0
    seen = _Cells(name, len(present), plain, padded, long, nulls=absent)
    seen.points = plain == len(present) and matching(present.slice(0, PROVING_CELLS), _POINT) > 0
    grouped = plain and matching(present.slice(0, GROUPED_CELLS), _GROUPED) == min(len(present), GROUPED_CELLS)
    if plain >= FITTING * len(present) and are_plain_dates(present, name, plain):
        plain = seen.plain = 0
    elif plain == len(present):
        seen.counted = counted_moments(name, present)
    if plain == len(present) and not special and not grouped:
        return seen
    counted = present.value_counts()
    words = counted.field(0).to_pylist()
    seen.counts = Counter(dict(zip(words, counted.field(1).to_pylist(), strict=True)))
    step = -(-len(words) // MAX_DISTINCT)
    seen.distinct = words[::step]
    evidence = number_evidence(seen.distinct, most_words=(1.0 - FITTING) * len(seen.distinct) + 1.0)
    if evidence.numbers >= FITTING * len(seen.distinct) and evidence.measures < 2:
        seen.numbers = evidence
    return seen


def _without_gaps(column: pa.ChunkedArray, one: _Cells, nulls: Sequence[str], options: ReadingOptions) -> _Cells:
    """Look at a column again without the words that stand for missing values among its numbers or dates."""
    gaps = words_for_missing(one.counts) if options.type_of(one.name) in {None, "number", "date"} else ()
    if not gaps or one.name in gaps:  # names that stand over the rows again are no gaps among them
        return one
    return replace(_look_at(column, one.name, (*nulls, *gaps)), gaps=gaps)


def _without_shared_gaps(
    column: pa.ChunkedArray, one: _Cells, nulls: Sequence[str], options: ReadingOptions, shared: Collection[str]
) -> _Cells:
    """Look at a column again without words that stand for missing values in other columns, where numbers are left."""
    words = tuple(word for word in one.counts if word in shared and word != one.name)
    if one.gaps or not words or options.type_of(one.name) not in {None, "number"}:
        return one
    again = _look_at(column, one.name, (*nulls, *words))
    numbers = again.plain == again.present or (again.numbers is not None and not again.numbers.words)
    return replace(again, gaps=words) if numbers and len(one.counts) - len(words) >= LEAST_VALUES else one


def _present(column: pa.ChunkedArray, nulls: Sequence[str]) -> tuple[pa.ChunkedArray, tuple[str, ...]]:
    """Return the cells, none of them null, that hold a value, and which words the others hold."""
    trimmed = pc.utf8_trim_whitespace(column)
    absent = pc.is_in(trimmed, words_of(nulls))
    return trimmed.filter(pc.invert(absent)), tuple(trimmed.filter(absent).unique().to_pylist())


def _are_floats(cells: pa.ChunkedArray) -> bool:
    """Whether all cells are plain numbers; other ones than Arrow reads may be some, too."""
    try:
        values = cells.cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return not pc.any(pc.is_nan(values)).as_py()


def _may_be_dates(one: _Cells) -> bool:
    return bool(one.distinct) and one.plain < FITTING * one.present


def _date_of(one: _Cells, options: ReadingOptions, day_first: bool | None) -> DateFormat | None:
    if options.date_format is not None:
        given = DateFormat(options.date_format, clock="%d" not in options.date_format and "%H" in options.date_format)
        if date_format(one.distinct) is not None or options.type_of(one.name) == "date":
            return given
    return date_format(one.distinct, day_first=day_first)


def _is_open(found: DateFormat | None) -> bool:
    return found is not None and found.open


def _typed(
    one: _Cells,
    date: DateFormat | None,
    nulls: tuple[str, ...],
    options: ReadingOptions,
    decimal: str | None,
    delimiter: str,
    file: str,
) -> TextColumn:
    nulls = (*nulls, *one.gaps)
    wanted = options.type_of(one.name)
    if wanted is not None:
        return _as_told(one, wanted, nulls, options, decimal, delimiter, file)
    if not one.present:
        return TextColumn(one.name, "number", nulls=nulls, direct=True)
    if 0 < len(one.counts) <= SPELLINGS and all(word.lower() in TRUE_WORDS + FALSE_WORDS for word in one.counts):
        return TextColumn(one.name, "boolean", nulls=nulls)
    if (sexagesimal := _sexagesimal(one)) is not None:
        seconds = f"Numbers written as {sexagesimal.said} were converted to seconds."
        degrees = f"Numbers written as {sexagesimal.said} were converted to degrees."
        note = seconds if sexagesimal.sexagesimal == "seconds" else degrees
        return TextColumn(one.name, "number", sexagesimal, nulls=nulls, note=note)
    if date is not None:
        return TextColumn(one.name, "date", date=date, nulls=nulls, note=date.said)
    if one.padded:
        return _words(one, nulls, "Numbers with leading zeros are codes; they were read as words.")
    if one.long and one.plain >= FITTING * one.present:
        return _words(one, nulls, LONG_NUMBERS)
    written = options.decimal is not None or options.thousands is not None
    if one.plain >= FITTING * one.present and not _needs_format(one, decimal, options):
        found = format_of(one.numbers, decimal, delimiter) if one.numbers is not None and _is_mixed(one) else None
        if found is not None:
            return _as_numbers(one, found, nulls)
        direct = one.plain == one.present
        return TextColumn(one.name, "number", nulls=nulls, direct=direct, note=_maybe_thousands(one, delimiter))
    if one.numbers is not None or (written and one.plain >= FITTING * one.present):
        found = _format(one, options, decimal, delimiter, file)
        if found is not None:
            return _as_numbers(one, found, nulls)
    return _words(one, nulls, unread_numbers(one.distinct))


def _sexagesimal(one: _Cells) -> NumberFormat | None:
    if one.plain >= FITTING * one.present:
        return None
    return duration_format(one.distinct) or angle_format(one.distinct)


def _is_mixed(one: _Cells) -> bool:
    """Whether some cells are numbers in another notation than the plain one, as ``1,250`` among numbers below 1,000."""
    if one.plain == one.present:
        return one.numbers is not None and bool(one.numbers.unusual)
    return any(in_any_notation(cell) for cell in one.distinct if _PLAIN.match(cell) is None)


def _maybe_thousands(one: _Cells, delimiter: str) -> str | None:
    """Say that ``1.100`` was read with a decimal point in a file whose separator is that of decimal commas."""
    evidence = one.numbers
    if delimiter != ";" or evidence is None or evidence.proofs["maybe point"] < max(LEAST_OPEN, evidence.numbers):
        return None
    return (
        f"Numbers such as {evidence.example} were read with a decimal point; if they are thousands, say --thousands ."
    )


def _as_numbers(one: _Cells, found: NumberFormat, nulls: tuple[str, ...]) -> TextColumn:
    said = f"Numbers written with {found.said} were converted."
    return TextColumn(one.name, "number", found, nulls=nulls, note=said)


def _needs_format(one: _Cells, decimal: str | None, options: ReadingOptions) -> bool:
    """Whether plain numbers are written like ``1.100`` in a file whose decimal sign is the comma."""
    if options.thousands is not None and options.thousands != ",":
        return one.numbers is not None or bool(one.counts)
    return decimal == "," and one.numbers is not None and one.numbers.proofs["maybe point"] > 0


def _words(one: _Cells, nulls: tuple[str, ...], note: str | None) -> TextColumn:
    """Return a column of words, in which NA is a country among countries, and - a sign beside +."""
    if "+" in one.counts:
        nulls = tuple(word for word in nulls if word != "-")
    codes = [word for word in one.counts if _COUNTRY.match(word)] if len(one.counts) <= TWO_LETTERS else []
    if len(codes) >= COUNTRIES and len(codes) >= FITTING * len(one.counts):
        nulls = tuple(word for word in nulls if word != "NA")
        note = "NA stands among codes of two letters and was read as one of them, not as missing (--na NA)."
    return TextColumn(one.name, "text", nulls=nulls, note=note)


def _format(
    one: _Cells, options: ReadingOptions, decimal: str | None, delimiter: str, file: str
) -> NumberFormat | None:
    evidence = one.numbers or number_evidence(one.distinct)
    if options.decimal is not None or options.thousands is not None:
        sign = options.decimal or (
            "." if options.thousands == "," else "," if options.thousands == "." else decimal or "."
        )
        thousands = options.thousands if options.thousands is not None else ("," if sign == "." else ".")
        unit = evidence.units.most_common(1)[0][0] if evidence.units else None
        return NumberFormat(sign, thousands, unit, f"the decimal sign {sign!r}", evidence.decorated)
    found = format_of(evidence, decimal, delimiter)
    mixed = evidence.proofs["point"] and evidence.proofs["comma"]
    if found is None and not mixed and evidence.example is not None:
        sign = "," if "," in evidence.example else "."
        raise DataError(
            f"{file}: column {one.name!r} holds numbers like {evidence.example}, which may be thousands or decimals, "
            f"and nothing else in the file tells; say --decimal {sign} or --thousands {sign}"
        )
    return found


def _as_told(
    one: _Cells,
    wanted: ColumnType,
    nulls: tuple[str, ...],
    options: ReadingOptions,
    decimal: str | None,
    delimiter: str,
    file: str,
) -> TextColumn:
    match wanted:
        case "text":
            return TextColumn(one.name, "text", nulls=nulls)
        case "boolean":
            return TextColumn(one.name, "boolean", nulls=nulls)
        case "date":
            return TextColumn(one.name, "date", date=_date_of(one, options, None), nulls=nulls)
        case "number":
            plain = one.plain == one.present and not _needs_format(one, decimal, options)
            found = None if plain else _format(one, options, decimal, delimiter, file)
            return TextColumn(one.name, "number", found, nulls=nulls)
