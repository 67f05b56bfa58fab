"""Where a table begins among the first records of a file: below titles, notes and gaps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median_low

from advisor.profiling.reading.cell_patterns import hold_words, is_typed
from advisor.profiling.reading.first_record import NAMED_RECORDS
from advisor.profiling.reading.lines_of_names import COMMENT_SIGNS
from advisor.profiling.reading.records import Record, evenly_spaced

TITLE_LINES = 5
"""More lines than this above the names, most of them of one width, are another table and no title. Judgement: titles
and notes above a table are shorter."""
LONGEST_NOTE = 30
"""Judgement: more lines than this above a gap are a table of their own, and fewer, with a word before each value, notes
on the one below."""

LEAST_COMMENTS = 2
"""Lines. Judgement: one alone may be the names, behind the sign of a comment."""

_SETTING = re.compile(r"(?:#|%|//|!)+\s*[A-Za-z][\w .-]*[:=]\s+\S")
"""A comment with a name and its value, which names no columns."""

OWN_LABELS = 0.8
"""Share of notes with a word of their own. Judgement: dates and marks come again in several parts of a head."""


def first_of_table(records: Sequence[Record], width: int) -> int:
    """Return the position of the first record of a table, its names perhaps.

    Args:
        records: not blank, from the first line on.
        width: fields that most of them have.
    """
    return _names_that_recur(records, _first_of_usual_width(records, width))


def end_of_table(records: Sequence[Record], first: int, width: int) -> int:
    """Return the position behind the last record of a table: that of much narrower notes, if any."""
    last = next((at for at in reversed(range(first, len(records))) if len(records[at].fields) == width), first)
    notes = records[last + 1 :]
    if not notes or len(notes) > LONGEST_NOTE:
        return len(records)
    most = width // 2 if follows_a_gap(records, last + 1) else width // 3
    return last + 1 if all(len(note.fields) < width and _filled(note) <= most for note in notes) else len(records)


def follows_a_gap(records: Sequence[Record], place: int) -> bool:
    """Whether blank lines stand between a record and the one before it."""
    lines = "".join(records[place].fields).splitlines() or [""]
    return records[place].line - len(lines) > records[place - 1].line


def _first_of_usual_width(records: Sequence[Record], width: int) -> int:
    """Return where records of the usual width begin to follow one another, titles padded with separators aside."""
    first = 0
    for position, record in enumerate(records):
        later = records[position + 1 : position + 4]
        if len(record.fields) == width and sum(len(one.fields) == width for one in later) >= min(2, len(later)):
            first = position
            break
    while first + 2 < len(records) and _SETTING.match(" ".join(records[first].fields)):
        first += 1
    first = _after_comments(records, _after_notes(records, first))
    if first + 1 < len(records) and _is_comment_over_names(records[first], records[first + 1]):
        first += 1
    usual = median_low(_filled(record) for record in evenly_spaced(records[first:], NAMED_RECORDS))
    while usual > 2 and first + 1 < len(records) and _is_note(records[first], usual):
        first += 1
    return first


def _is_comment_over_names(record: Record, below: Record) -> bool:
    """Whether a comment happens to have as many words, its sign among them, as the names below it."""
    bare = record.fields[0].strip() in COMMENT_SIGNS and len(below.fields) == len(record.fields) > 2
    return bare and hold_words(below.fields) and below.line == record.line + 1


def _after_comments(records: Sequence[Record], first: int) -> int:
    """Return where the names stand below comments of as many fields, as InfluxDB writes its kinds and groups."""
    names = next((at for at in range(first, len(records)) if not records[at].fields[0].startswith("#")), first)
    if names - first < LEAST_COMMENTS or names + 1 >= len(records):
        return first
    words = [field for field in records[names].fields if field.strip()]
    typed = any(is_typed(field.strip()) for field in records[names + 1].fields)
    return names if len(words) > 1 and hold_words(words) and len(set(words)) == len(words) and typed else first


def _names_that_recur(records: Sequence[Record], first: int) -> int:
    """Return where the names stand when a title of as many fields stands above them on every page."""
    for place in range(first + 1, min(first + TITLE_LINES, len(records) - 2)):
        fields = records[place].fields
        again = len(fields) > 1 and hold_words(fields) and any(one.fields == fields for one in records[place + 1 :])
        if again and _filled(records[first]) < len(fields):
            return place
    return first


def _after_notes(records: Sequence[Record], first: int) -> int:
    """Return where the table begins below notes, a word and its value in each line, and a gap or a heading alone."""
    for place in range(first + 1, min(first + LONGEST_NOTE, len(records) - 2)):
        head, notes = records[place], records[first:place]
        parted = follows_a_gap(records, place) or _filled(records[place - 1]) == 1
        below_notes = parted and hold_words(head.fields) and are_notes(notes)
        if below_notes and len(head.fields) > 1 and len(records) - place > 2 * len(notes):
            return place
    return _names_above_numbers(records, first)


def _names_above_numbers(records: Sequence[Record], first: int) -> int:
    """Return where words stand above nothing but numbers or dates, and below notes of as many fields.

    ``Points,300`` and ``Unit,mV`` stand above ``Time,Signal`` and lines with two numbers each.
    """
    width = len(records[first].fields)
    if width < 2 or (hold_words(records[first].fields) and _are_typed_below(records, first, width)):
        return first
    for place in range(first + 1, min(first + LONGEST_NOTE, len(records) - 2)):
        notes = records[first:place]
        named = len(records[place].fields) == width and hold_words(records[place].fields)
        valued = sum(any(is_typed(cell.strip()) for cell in note.fields[1:]) for note in notes)
        below = named and valued and len(notes) > 1 and are_notes(notes) and len(records) - place > 2 * len(notes)
        if below and _are_typed_below(records, place, width):
            return place
    return first


def _are_typed_below(records: Sequence[Record], place: int, width: int) -> bool:
    rows = evenly_spaced([one for one in records[place + 1 :] if len(one.fields) == width], NAMED_RECORDS)
    return bool(rows) and all(is_typed(cell.strip()) for row in (*rows, records[place + 1]) for cell in row.fields)


def are_notes(records: Sequence[Record]) -> bool:
    """Whether each record begins with a word, most with one of their own, as in ``Station;Berlin``."""
    labels = [record.fields[0].strip() for record in records if not _goes_on(record)]
    own = len(set(labels)) >= OWN_LABELS * len(labels)
    return own and 2 * len(labels) > len(records) and not any(not label or is_typed(label) for label in labels)


def _goes_on(record: Record) -> bool:
    """Whether a note goes on in its line, as ``,Full plate`` does below ``Read,Absorbance``, or ``600`` alone."""
    if len(record.fields) == 1 and is_typed(record.fields[0].strip()):
        return True
    return not record.fields[0].strip() and len(record.fields) > 1 and hold_words(record.fields[1:2])


def _is_note(record: Record, usual: int) -> bool:
    """Whether a record holds a title, or a word and its value, and nothing where others hold more."""
    return _filled(record) <= 1 or (usual > 3 and not any(field.strip() for field in record.fields[2:]))


def _filled(record: Record) -> int:
    return sum(bool(field.strip()) for field in record.fields)
