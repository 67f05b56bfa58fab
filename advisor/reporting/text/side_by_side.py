"""Two results side by side, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from rich.cells import cell_len

from advisor.language import gettext as _
from advisor.reporting.formatting import plain
from advisor.reporting.sentences.template import fill
from advisor.reporting.text.lines import heading, padded
from advisor.reporting.views.side_by_side import Row, SideBySide

NAMED = 6
"""Differences named in the first line. Judgement: a line; the tables have all."""
WIDTH = 34
"""Letters of a value at most. Judgement: two of them and a label fit a line."""


def in_words(found: SideBySide, left: str, right: str) -> str:
    """Return the comparison as text.

    Args:
        found: what differs.
        left: name of the first result.
        right: name of the second.
    """
    return "\n".join(_lines(found, left, right)).rstrip() + "\n"


def _lines(found: SideBySide, left: str, right: str) -> Iterator[str]:
    differences = found.differences
    same = _("The two results say the same.")
    if not differences:
        yield same
    elif len(differences) <= NAMED:
        yield fill("Different: {what}.", what=", ".join(differences))
    else:
        more = len(differences) - NAMED
        yield fill("Different: {what} and {more:count} more.", what=", ".join(differences[:NAMED]), more=more)
    yield from found.remarks
    rows = [_cut(row) for row in (*found.answer, *found.check, *found.facts, *found.made_by)]
    widths = [max(cell_len(getattr(row, field.name)) for row in (*rows, Row("", left, right))) for field in fields(Row)]
    for title, part in ((_("The answer"), found.answer), (_("The check"), found.check)):
        yield from _part(title, part, widths, (left, right))
    yield from _part(_("Facts that differ"), found.facts, widths, (left, right))
    for name, rules in zip((left, right), found.rules, strict=True):
        if rules:
            yield from heading(fill("Rules that fired for {name} alone", name=name))
            yield from (f"  {rule}: {title}" for rule, title in rules)
    yield from _part(_("Made by"), found.made_by, widths, (left, right))


def _cut(row: Row) -> Row:
    return Row(row.label, plain(row.left, WIDTH), plain(row.right, WIDTH))


def _part(title: str, rows: Sequence[Row], widths: Sequence[int], names: tuple[str, str]) -> Iterator[str]:
    if not rows:
        return
    yield from heading(title)
    for row in (Row("", *names), *rows):
        sign, shown = "≠" if row.label and row.differs else " ", _cut(row)
        yield f"{sign} {padded(shown.label, widths[0])}  {padded(shown.left, widths[1])}  {shown.right}".rstrip()
