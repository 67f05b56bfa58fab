"""Two results side by side, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from advisor.reporting.formatting import plain
from advisor.reporting.text.lines import heading
from advisor.reporting.views.side_by_side import Row, SideBySide

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
    yield f"Different: {', '.join(differences)}." if differences else "The two results say the same."
    yield from found.remarks
    rows = [_cut(row) for row in (*found.answer, *found.check, *found.facts, *found.made_by)]
    widths = [max(len(getattr(row, field.name)) for row in (*rows, Row("", left, right))) for field in fields(Row)]
    for title, part in (("The answer", found.answer), ("The check", found.check)):
        yield from _part(title, part, widths, (left, right))
    yield from _part("Facts that differ", found.facts, widths, (left, right))
    for name, rules in zip((left, right), found.rules, strict=True):
        if rules:
            yield from heading(f"Rules that fired for {name} alone")
            yield from (f"  {rule}: {title}" for rule, title in rules)
    yield from _part("Made by", found.made_by, widths, (left, right))


def _cut(row: Row) -> Row:
    return Row(row.label, plain(row.left, WIDTH), plain(row.right, WIDTH))


def _part(title: str, rows: Sequence[Row], widths: Sequence[int], names: tuple[str, str]) -> Iterator[str]:
    if not rows:
        return
    yield from heading(title)
    for row in (Row("", *names), *rows):
        sign, shown = "≠" if row.label and row.differs else " ", _cut(row)
        yield f"{sign} {shown.label:<{widths[0]}}  {shown.left:<{widths[1]}}  {shown.right}".rstrip()
