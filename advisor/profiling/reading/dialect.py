"""How a text file is split into records and fields, worked out from its first lines or refused.

One of the candidates is taken when nearly all records agree and no other that yields other columns comes close.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from advisor.errors import DataError
from advisor.profiling.reading.candidates import (
    NAMED_SEPARATOR,
    Candidate,
    candidates_for,
    delimiters_tried,
    lines_skipped,
)
from advisor.profiling.reading.cell_patterns import hold_words, is_typed
from advisor.profiling.reading.first_record import AGREEING, are_names
from advisor.profiling.reading.lines_of_names import (
    are_grouped,
    are_two_lines,
    are_units,
    grouped_names,
    names_all_but_the_first,
    names_in_a_comment,
    names_of_levels,
    names_of_two_lines,
    names_one_more,
    names_parted_otherwise,
    names_the_rows,
    without_values,
)
from advisor.profiling.reading.options import ReadingOptions
from advisor.profiling.reading.other_shapes import refuse_other_shapes
from advisor.profiling.reading.records import SINGLE, escape_sign, parse
from advisor.profiling.reading.table_start import (
    LONGEST_NOTE,
    TITLE_LINES,
    are_notes,
)

USUAL = (",", ";", "\t", "|")
"""Separators that, where they part all lines, are preferred to others that part all but the first ones."""
AGREEING_SHORT = 0.7
"""Share of the records of a short file that agree, at least. Judgement: one broken line of a few is a large share."""
SHORT = 20
"""Records up to which a file is short. Judgement: one broken line is then five per cent or more."""

MOST_ABOVE = 3
"""Lines above a table for each of its own. Judgement: longer heads than tables are rare, and lines that something else
parts are often alike at the end of a file by chance."""

CLOSE = 0.985
"""A second candidate within this ratio of the first one's score is as good. Judgement: nobody should guess between
them."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to split a text file.

    Attributes:
        delimiter: at most four characters; a blank stands for any run of blanks and tabs.
        quote: one character, or nothing.
        escape: what a quote within quotes is written with.
        skip: records before the first of data, blank lines and that with the names included.
        line: the last of their lines.
        names: of the columns; None: the file has none.
        width: fields of a record.
        units: the last of these lines holds units of the columns.
        preamble: lines left out above the names.
        padded: records may end early; what is absent is missing.
        uneven: some records end with separators too many, or have blanks before a quote; what DuckDB reads is written
            again without them.
        bordered: a delimiter stands at both ends of every line; they are written again without.
        notes: records below the table, behind a gap, which are no rows.
    """

    delimiter: str
    quote: str
    escape: str
    skip: int
    line: int
    names: tuple[str, ...] | None
    width: int
    units: bool = False
    preamble: int = 0
    padded: bool = False
    uneven: bool = False
    bordered: bool = False
    notes: int = 0


def detect_dialect(text: str, name: str, options: ReadingOptions) -> Dialect:
    """Work out how a file is split.

    Args:
        text: its first lines, whole ones.
        name: for messages.
        options: what the user said.

    Raises:
        DataError: no candidate splits the lines consistently, or two do equally well.
    """
    lines = text.split("\n")
    named = NAMED_SEPARATOR.match(lines[0])
    if named and options.delimiter is None:
        options = options.model_copy(update={"delimiter": named[1]})
    candidates = candidates_for(text, delimiters_tried(text, options), options)
    splitting = [one for one in candidates if one.width > 1 or options.delimiter is not None]
    consistent = [one for one in splitting if _is_consistent(one) or options.delimiter is not None]
    consistent = [one for one in consistent if not any(_holds(longer, one) for longer in consistent)]
    if any(one.delimiter in USUAL and not one.first for one in consistent):
        consistent = [one for one in consistent if one.delimiter in USUAL or not one.first]
    if consistent:
        best = consistent[0]
        rivals = [one for one in consistent[1:] if one.score >= CLOSE * best.score and one.delimiter != best.delimiter]
        if rivals and options.delimiter is None:
            raise DataError(_undecided(name, lines, [best, *rivals], "can be split in more than one way"))
        if _is_comma_or_field(best) and options.delimiter is None:
            raise DataError(
                _undecided(
                    name, lines, candidates, "a comma may part two fields, be a decimal sign, or belong to the text"
                )
            )
        refuse_other_shapes(best.records[best.first :], best.width, name)
        return _with_names(best, text, options)
    padded = [one for one in splitting if _is_padded(one)]
    if padded:
        refuse_other_shapes(padded[0].records[padded[0].first :], padded[0].width, name)
        return replace(_with_names(_as_padded(padded[0]), text, options), padded=True)
    candidates += [] if options.delimiter is not None else candidates_for(text, [SINGLE], options)
    if not candidates:
        raise DataError(f"{name}: holds no line of data; there is nothing to read")
    single = max((one for one in candidates if one.width == 1), key=lambda one: one.score, default=None)
    if single is not None and _holds_single_values(single):
        return replace(_with_names(single, text, options), delimiter=SINGLE)
    raise DataError(_undecided(name, lines, candidates, "its lines have no consistent columns"))


def _holds(longer: Candidate, shorter: Candidate) -> bool:
    """Whether a delimiter of several signs, such as ``||``, parts the lines as well as one of these signs does."""
    inside = shorter.delimiter in longer.delimiter and len(shorter.delimiter) < len(longer.delimiter)
    return inside and longer.score >= CLOSE * shorter.score


def _is_consistent(one: Candidate) -> bool:
    count = len(one.records) - one.first
    above = Counter(len(record.fields) for record in one.records[: one.first])
    other_table = (
        one.first > TITLE_LINES and max(above.values()) >= 0.5 * one.first and max(above, key=above.__getitem__) > 1
    )
    enough = one.agreeing >= (AGREEING if count > SHORT else AGREEING_SHORT) and len(one.body) >= 2
    if one.first > TITLE_LINES and one.first > MOST_ABOVE * count:
        return False  # the last lines of a table that something else parts
    return enough and (not other_table or (one.first <= LONGEST_NOTE and are_notes(one.records[: one.first])))


def _is_padded(one: Candidate) -> bool:
    """Records end early, and none is longer than the names above them."""
    head = one.records[0].fields
    widths = [len(record.fields) for record in one.records]
    return hold_words(head) and len(head) == max(widths) > 1 and min(widths) > 1 and one.plausibility >= 0.8


def _is_comma_or_field(one: Candidate) -> bool:
    """Whether names stand above lines with one comma more, such as ``12,5`` or ``hello, world``, that may be no end."""
    if one.delimiter != "," or not one.first or len(one.records[one.first - 1].fields) != one.width - 1:
        return False
    digits = all(field.strip().lstrip("-").isdigit() for record in one.body for field in record.fields)
    return digits or (one.width == 2 and not any(map(is_typed, (record.fields[1].strip() for record in one.body))))


def _as_padded(one: Candidate) -> Candidate:
    width = len(one.records[0].fields)
    filled = tuple(replace(r, fields=(*r.fields, *[""] * (width - len(r.fields)))) for r in one.records)
    return replace(one, records=filled, first=0, width=width, agreeing=1.0)


def _holds_single_values(one: Candidate) -> bool:
    """Whether lines that nothing splits hold one value each, rather than several that nothing here could part."""
    cells = [record.fields[0].strip() for record in one.records[1:] if record.fields]
    return bool(cells) and sum(
        is_typed(cell) or re.fullmatch(r"[\w .'-]{1,60}", cell) is not None for cell in cells
    ) >= (AGREEING * len(cells))


def _with_names(one: Candidate, text: str, options: ReadingOptions) -> Dialect:
    head, rest = one.records[one.first], one.records[one.first + 1 :]
    body = [record.fields for record in rest if len(record.fields) == one.width]
    above = one.records[one.first - 1] if one.first else None
    names: tuple[str, ...] | None = None
    width, units = one.width, False
    empty_end = width > 1 and not any(fields[-1].strip() for fields in [head.fields, *body])
    first_line = above.line if above is not None else lines_skipped(text, options)
    last_line = first_line
    if options.header is None and above is not None and names_all_but_the_first(above, one.width, [head.fields, *body]):
        names = (*above.fields, "") if empty_end else ("row", *above.fields)
        last_line = above.line
        first_line = one.records[one.first - 2].line if one.first > 1 else lines_skipped(text, options)
    elif options.header is None and above is not None and names_one_more(above, one.width, [head.fields, *body]):
        names, last_line, width = above.fields, above.line, one.width + 1
        first_line = one.records[one.first - 2].line if one.first > 1 else lines_skipped(text, options)
    elif options.header is None and rest and are_grouped(head.fields, rest[0].fields, body[1:]):
        names, last_line = grouped_names(head.fields, rest[0].fields), rest[0].line
    elif options.header is None and rest and are_two_lines(head.fields, rest[0].fields, body[1:]):
        names = names_of_two_lines(head.fields, rest[0].fields)
        last_line = rest[1].line if names_the_rows(rest[1].fields) else rest[0].line
    elif options.header is None and (levels := names_of_levels([head.fields, *body])) is not None:
        names, below = levels[0], rest[levels[1] - 2]
        last_line = below.line
    elif options.header or (options.header is None and are_names(head.fields, body)):
        names, last_line = without_values(head.fields, body), head.line
        if rest and len(rest[0].fields) == one.width and are_units(rest[0].fields, body[1:]):
            last_line, units = rest[0].line, True
    elif options.header is None and above is not None and (commented := names_in_a_comment(above, one.width)):
        names, last_line = commented, above.line
        first_line = one.records[one.first - 2].line if one.first > 1 else lines_skipped(text, options)
    elif (
        options.header is None
        and above is not None
        and (other := names_parted_otherwise(above, one.delimiter, width, ends_with_separator=empty_end))
    ):
        names, last_line = other, above.line
        first_line = one.records[one.first - 2].line if one.first > 1 else lines_skipped(text, options)
    return Dialect(
        delimiter=one.delimiter,
        quote=one.quote,
        escape=escape_sign(text, one.quote) if one.quote else "",
        skip=_records_until(_past_a_rule(last_line, text, one) if names else last_line, text, one),
        line=last_line,
        names=names,
        units=units,
        width=width,
        preamble=first_line - (options.skip or 0),
        padded=width > one.width,
        bordered=one.bordered,
        notes=one.notes,
        uneven=one.trimmed or _has_blanks_before_quotes(text, one),
    )


def _has_blanks_before_quotes(text: str, one: Candidate) -> bool:
    """Whether blanks stand between a separator and a quote, which then opens no field for DuckDB."""
    if not one.quote or f" {one.quote}" not in text or len(one.delimiter) != 1 or one.delimiter.isspace():
        return False
    return re.search(rf"(?:^|{re.escape(one.delimiter)}) +{re.escape(one.quote)}", text, re.MULTILINE) is not None


def _past_a_rule(line: int, text: str, one: Candidate) -> int:
    """Return the line of a rule drawn right below a line, else that line itself."""
    below = next((record for record in parse(text, one.delimiter, one.quote) if record.line > line), None)
    return below.line if below is not None and below.blank and any(map(str.strip, below.fields)) else line


def _records_until(line: int, text: str, one: Candidate) -> int:
    """Return how many records end by a line: fewer than there are lines where quotes hold line breaks."""
    return sum(1 for _ in takewhile(lambda record: record.line <= line, parse(text, one.delimiter, one.quote)))


def _undecided(name: str, lines: Sequence[str], candidates: Sequence[Candidate], why: str) -> str:
    shown = "\n".join(f"  {number} | {line[:100]}" for number, line in enumerate(lines[:5], start=1))
    tried = (
        "; ".join(dict.fromkeys(one.described() for one in candidates if one.delimiter != SINGLE))
        or "commas, semicolons, tabs, pipes and blanks, of which none is there"
    )
    return (
        f"{name}: {why}. The first lines:\n{shown}\nTried: {tried}.\n"
        "Say what separates the fields with --delimiter (also --quote, --skip, --header or --no-header)."
    )
