"""Lines of names in forms of their own: shorter or longer than the rows, in a comment, or two above each other."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.profiling.reading.cell_patterns import DATE, hold_words, is_typed
from advisor.profiling.reading.first_record import AGREEING, NAMED_RECORDS, are_names
from advisor.profiling.reading.records import Record, evenly_spaced

MOST_LEVELS = 3
"""Lines of names. Judgement: tables with more of them are rare."""

COMMENT_SIGNS = ("#", "%", "//", "!")
"""What lines begin with that hold no names: in shells and R, MATLAB and TeX, C, Fortran."""


def names_all_but_the_first(above: Record, width: int, body: Sequence[tuple[str, ...]]) -> bool:
    """R writes tables whose first column, the names of the rows, each its own, has no name."""
    unique = len({row[0] for row in body}) == len(body)
    words = unique and hold_words(above.fields) and not above.fields[0].startswith(COMMENT_SIGNS)
    return len(above.fields) == width - 1 and words and not are_names(body[0], body[1:])


def names_one_more(above: Record, width: int, body: Sequence[tuple[str, ...]]) -> bool:
    """Whether one name more than there are fields stands above them: the last column was left empty throughout."""
    words = hold_words(above.fields) and not above.fields[0].startswith(COMMENT_SIGNS)
    return len(above.fields) == width + 1 > 2 and words and not are_names(body[0], body[1:])


def names_in_a_comment(above: Record, width: int) -> tuple[str, ...] | None:
    """Return the names in a comment like ``# x y z`` or ``#Fields: date time`` right above the data; None without."""
    first, *others = above.fields
    if not first.startswith(COMMENT_SIGNS) or len(above.fields) != width + 1:
        return None
    sign = first.lstrip("#%/!").strip()
    return tuple(others) if hold_words(others) and (not sign or sign.endswith(":")) else None


def names_parted_otherwise(
    above: Record, delimiter: str, width: int, *, ends_with_separator: bool
) -> tuple[str, ...] | None:
    """Return the names right above the data that another sign parts, or the same one doubled; None without.

    ``date,value`` stands above ``2024-03-01;5`` where lines were put together, ``||date||value||`` above
    ``|2024-03-01|5|`` in Confluence, and columns of blanks above tabs in simulators.
    """
    line = delimiter.join(above.fields)
    ways = [re.split(r"\s{2,}", line.strip())] if delimiter != " " else []
    ways += [line.split(sign) for sign in ",;\t|" if sign != delimiter] + [line.strip(delimiter).split(2 * delimiter)]
    wanted = width - ends_with_separator
    named = [[name.strip() for name in way] for way in ways if len(way) == wanted > 1]
    last = [""] * ends_with_separator
    return next(((*way, *last) for way in named if hold_words(way) and len(set(way)) == wanted), None)


def are_grouped(groups: Sequence[str], names: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether names stand in two lines, of which the upper one names groups of columns by their first one alone."""
    if len(names) != len(groups) or not groups[0].strip() or all(cell.strip() for cell in groups):
        return False
    if _names_recur(groups, names) or _name_the_rest(groups, names, body):
        return True
    if not hold_words(names) or len(body) < 2:
        return False
    return any(all(is_typed(row[at].strip()) for row in body) for at in range(len(names))) and are_names(names, body)


def names_of_levels(lines: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], int] | None:
    """Return names made of several lines of words, each below the one above it, and how many lines; None without.

    The upper line leaves gaps behind the name of a group, or repeats it, and the lowest one names each column of a
    group: ``,Men,,Women,`` above ``Area,Count,Rate,Count,Rate``, or ``price,price,volume`` above ``AAPL,MSFT,AAPL``.

    Args:
        lines: the first records of the table, all of one width.
    """
    first = [cell.strip() for cell in lines[0]] if lines else []
    for count in range(2, min(MOST_LEVELS, len(lines) - 2) + 1):
        body = evenly_spaced(lines[count:], NAMED_RECORDS)
        body = body[1:] if names_the_rows(body[0]) else body
        typed = [
            at for at in range(len(first)) if _are_typed(cells := [row[at].strip() for row in body]) and any(cells)
        ]
        above = [[line[at].strip() for at in typed] for line in lines[:count]]
        cells = [cell.strip() for line in lines[:count] for cell in line if cell.strip()]
        named = all(any(column) for column in zip(*lines[:count], strict=True))
        if len(typed) < 2 or not named or any(map(is_typed, cells)) or not any(above[-1]):
            continue
        grouped = all(len(set(filter(None, level))) < len(level) for level in above[:-1]) and any(above[0])
        made = _joined(lines[:count])
        alone = [at for at in range(len(first)) if not lines[count - 1][at].strip()]
        if any(not first[at] for at in alone) or not (hold_words(above[-1]) or _fill_all_gaps(first, lines[count - 1])):
            continue
        apart = len({made[at] for at in typed}) == len(typed) > len(set(above[-1]))
        if grouped and (apart or _stand_over_gaps(above)) and len(set(made)) == len(made):
            if names_the_rows(lines[count]):
                return (lines[count][0].strip(), *made[1:]), count + 1
            return made, count
    return None


def _fill_all_gaps(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether words stand below every gap of a line and the name before it, as the answers below a question do."""
    gaps = [at for at, cell in enumerate(upper) if not cell]
    return bool(gaps) and all(lower[at].strip() and lower[at - 1].strip() for at in gaps if at)


def _stand_over_gaps(above: Sequence[Sequence[str]]) -> bool:
    """Whether some names of groups stand alone over several columns, each of which has a name below it."""
    return any(not cell for level in above[:-1] for cell in level) and len(set(above[-1])) == len(above[-1])


def _joined(lines: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return names from lines of which all but the last one may leave gaps behind the name of a group."""
    levels = []
    for line in lines[:-1]:
        group, filled = "", []
        for cell in line:
            group = cell.strip() or group
            filled.append(group)
        levels.append(filled)
    levels.append([cell.strip() for cell in lines[-1]])
    return tuple(" ".join(filter(None, parts)) for parts in zip(*levels, strict=True))


def are_two_lines(upper: Sequence[str], lower: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether names such as years or ``1USD`` stand above words, which stand above numbers or dates."""
    if len(lower) != len(upper) or len(body) < 2 or sum(hold_words([cell]) for cell in lower) < 2:
        return False
    rows = evenly_spaced(body, NAMED_RECORDS)
    typed = [at for at in range(len(lower)) if _are_typed([row[at].strip() for row in rows if row[at].strip()])]
    below = [lower[at].strip() for at in typed if lower[at].strip()]
    named = all(upper[at].strip() for at in typed if lower[at].strip())
    return hold_words(below) and len(below) > 1 and named and not are_names(upper, [lower, *body])


def _are_typed(cells: Sequence[str]) -> bool:
    return sum(map(is_typed, cells)) >= AGREEING * max(len(cells), 1)


def are_units(units: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether a line below the names holds words over numbers or dates, and else what stands over empty columns."""
    if len(body) < 2:
        return False
    below = [[row[at].strip() for row in body if row[at].strip()] for at in range(len(units))]
    over = [unit.strip() for unit, cells in zip(units, below, strict=True) if cells]
    alone = [unit for unit, cells in zip(units, below, strict=True) if unit.strip() and not cells]
    return bool(alone) and len(over) > 1 and hold_words(over) and all(map(_are_typed, filter(None, below)))


def without_values(names: Sequence[str], body: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return names without those that are written as the times or dates below them, which stand for no name.

    ``sar`` sets the time of its start before the names: ``12:00:01 AM CPU %user``.
    """
    rows = evenly_spaced(body, NAMED_RECORDS)
    return tuple(
        "" if rows and DATE.match(name.strip()) and _are_written_as(name, [row[at] for row in rows]) else name
        for at, name in enumerate(names)
    )


def _are_written_as(name: str, cells: Sequence[str]) -> bool:
    shape = re.sub(r"\d+", "0", name.strip()).replace("P", "A")
    return sum(re.sub(r"\d+", "0", cell.strip()).replace("P", "A") == shape for cell in cells) >= AGREEING * len(cells)


def names_of_two_lines(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """Return names from two lines, each below the one above it."""
    return tuple(f"{above.strip()} {name.strip()}".strip() for above, name in zip(upper, lower, strict=True))


def names_the_rows(fields: Sequence[str]) -> bool:
    """Whether a line below the names holds one more word, that of the first column, as pivot tables have it."""
    return hold_words(fields[:1]) and not any(map(str.strip, fields[1:]))


def _names_recur(groups: Sequence[str], names: Sequence[str]) -> bool:
    """Whether the same names stand below several groups, as years do below women and men."""
    below: list[list[str]] = []
    for above, name in zip(groups, names, strict=True):
        if above.strip():
            below.append([])
        below[-1].append(name.strip())
    several = [part for part in below if len(part) > 1]
    alone = [part for part in below if len(part) == 1]
    return (
        len(several) > 1
        and all(part == several[0] for part in several)
        and all(several[0])
        and len(set(several[0])) == len(several[0])
        and bool(alone)
        and not any(part[0] for part in alone)
    )


def _name_the_rest(groups: Sequence[str], names: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether words stand below all gaps of a line of names, and nothing over numbers or dates, as in surveys.

    ``Respondent,How may we contact you?,`` stands above ``,Email,Phone`` and rows that begin with numbers.
    """
    gaps = [at for at, cell in enumerate(groups) if not cell.strip()]
    below = [name.strip() for name in names if name.strip()]
    if len(body) < 2 or not hold_words(below) or not all(names[at].strip() for at in gaps):
        return False
    typed = [at for at in range(len(groups)) if _are_typed(cells := [row[at].strip() for row in body]) and all(cells)]
    return bool(typed) and not any(names[at].strip() for at in typed) and hold_words(filter(str.strip, groups))


def grouped_names(groups: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return names from two lines, each below the name of its group."""
    joined, group = [], ""
    for above, name in zip(groups, names, strict=True):
        group = above.strip() or group
        joined.append(f"{group} {name.strip()}".strip())
    return tuple(joined)
