"""Bars beside their names, one a line: correlations, eigenvalues, patterns of missing values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from advisor.reporting.charts.drawing import LABEL_PADDING, Size, rows
from advisor.reporting.charts.svg import ROLES
from advisor.reporting.formatting import name

if TYPE_CHECKING:
    import altair as alt

ROW_HEIGHT: Final = 19
"""Pixels per bar. Judgement: a line of small print."""
ROOM: Final = 46
"""Pixels for the number at the end of the longest bar. Judgement: ``-0.999`` and a gap."""
NAME_SHARE: Final = 0.66
"""Share of the width for the names at most. Judgement: names say what a bar is, and a third still compares lengths."""
LETTER: Final = 6.3
"""Pixels of a letter. Judgement: a lower-case letter of DejaVu Sans at its size, the widest of the page's fonts."""
GAP: Final = 10
"""Pixels between a name and its bar. Judgement: a letter and a half."""
HALF: Final = Size("wide", 352, 30)
"""Judgement: half of the page's text column."""


@dataclass(frozen=True, slots=True)
class NamedBar:
    """A bar from zero to ``value``, with the number written at its end."""

    name: str
    value: float
    label: str
    role: str = "accent"


def named_bars(bars: Sequence[NamedBar], size: Size, domain: tuple[float, float]) -> alt.TopLevelMixin:
    """Draw bars in the order given, from the top.

    Args:
        bars: at least one.
        size: of the chart, names and numbers included.
        domain: values at the left and at the right end; zero is among them.
    """
    import altair as alt

    longest = max(cell_len(name(bar.name)) for bar in bars)
    names = min(NAME_SHARE * size.width, LETTER * longest + GAP)
    lines = [
        {
            "y": index + 0.5,
            "x": bar.value,
            "zero": 0.0,
            "name": name(bar.name, int((names - GAP) / LETTER + 0.01)),
            "label": bar.label,
            "end": max(bar.value, 0.0),
        }
        for index, bar in enumerate(bars)
    ]
    y = alt.Y("y:Q", scale=alt.Scale(domain=[len(bars), 0], nice=False), axis=None)
    scale = alt.Scale(domain=list(domain), nice=False, zero=False)
    layers: list[alt.Chart] = []
    for role in dict.fromkeys(bar.role for bar in bars):
        own = [line for line, bar in zip(lines, bars, strict=True) if bar.role == role]
        layers.append(
            alt.Chart(rows(own))
            .mark_rule(color=ROLES[role], strokeWidth=9)
            .encode(x=alt.X("zero:Q", scale=scale, axis=None), x2="x:Q", y=y)
        )
    base = alt.Chart(rows(lines)).encode(y=y)
    layers += [
        base.mark_text(align="left", dx=6, color=ROLES["muted"]).encode(
            x=alt.X("end:Q", scale=scale, axis=None), text="label:N"
        ),
        base.mark_text(align="right").encode(x=alt.XValue(-GAP), text="name:N"),
    ]
    width = size.width - names - ROOM
    return alt.layer(*layers).properties(width=width, height=ROW_HEIGHT * len(bars), padding=LABEL_PADDING)
