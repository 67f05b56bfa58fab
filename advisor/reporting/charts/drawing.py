"""What all charts share: two sizes, logarithmic axes and labels.

Each chart is drawn twice, for wide and for narrow columns, because the text of a scaled SVG shrinks with it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting.charts.svg import ROLES, inline_svg

if TYPE_CHECKING:
    import altair as alt

LABEL_PADDING: Final = {"left": 22, "right": 4, "top": 4, "bottom": 4}
"""Room for names beside a plot: the page's letters may be wider than those that vl-convert measures.

Judgement: three letters to the left and half a line elsewhere.
"""
MAX_TICKS: Final = 9
"""Ticks of an axis at most. Judgement: more are clutter."""
TICK_ROOM: Final = 52
"""Pixels from tick to tick at least. Judgement: ``10,000`` and a gap."""
NUMBER_LABEL: Final = (
    "datum.value == 0 ? '0' : abs(datum.value) < 0.0095 || abs(datum.value) >= 1e5 "
    "? replace(format(datum.value, '~e'), '+', '') : format(datum.value, ',~g')"
)
"""Vega expression that writes the numbers of an axis as ``formatting.rate`` and ``formatting.number`` do."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much room a chart has: the plot's width in pixels, and how many letters a name may take."""

    name: str
    width: int
    letters: int

    @property
    def wide(self) -> bool:
        """There is room for all labels."""
        return self.name == "wide"


WIDE: Final = Size("wide", 700, 38)  # judgement: the text column of the page
NARROW: Final = Size("narrow", 268, 17)
"""Judgement: a telephone of 320 pixels without its margins."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The numbers behind a chart, for those who cannot see it or want them."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class LegendKey:
    """A line of a chart's legend: its colour as a role, its dashes and its name."""

    label: str
    role: str
    dash: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart ready for the page.

    Attributes:
        title: its topic.
        summary: its text alternative.
        legend: stands under it.
        finding: what it shows, as a heading; empty where it needs none.
    """

    id: str
    title: str
    summary: str
    caption: str
    wide: Markup
    narrow: Markup
    data: Rows
    legend: tuple[LegendKey, ...] = ()
    finding: str = ""


def drawn(
    chart_id: str,
    title: str,
    summary: str,
    draw: Callable[[Size], alt.TopLevelMixin],
    *,
    data: Rows,
    finding: str = "",
    caption: str = "",
    legend: tuple[LegendKey, ...] = (),
    sizes: tuple[Size, ...] = (WIDE, NARROW),
) -> Drawing:
    """Render a chart in both sizes, or in the only one given.

    Args:
        chart_id: prefix of every id in the SVG, unique on the page.
        title: short name of the chart.
        summary: what the chart shows, in a sentence or two.
        draw: the chart for a size.
        data: the numbers behind it.
        finding: what it shows, as a heading; empty where it needs none.
        caption: how to read it; empty when it needs no words.
        legend: what its lines are; empty when there is one.
        sizes: the wide one first.
    """
    svgs = [inline_svg(draw(size), f"{chart_id}-{size.name}", title, summary) for size in sizes]
    return Drawing(chart_id, title, summary, caption, svgs[0], svgs[-1], data, legend, finding)


def rows(values: Sequence[dict[str, Any]]) -> alt.Data:
    """Return chart data from plain rows; as one JSON text, because Altair copies nested data again and again."""
    import altair as alt

    return alt.Data(values=json.dumps(values), format={"type": "json"})


def label_chart(values: Sequence[dict[str, Any]], *, left: bool, strong: bool, gap: int) -> alt.Chart:
    """Return the texts of ``label``, ``gap`` pixels left or right of their place, readable on top of lines."""
    import altair as alt

    chart: alt.Chart = (
        alt.Chart(rows(values))
        .mark_text(
            align="right" if left else "left",
            dx=-gap if left else gap,
            fontWeight="bold" if strong else "normal",
            stroke=ROLES["paper"],
            strokeWidth=4,
        )
        .encode(text="label:N")
    )
    return chart


def log_axis(
    domain: tuple[float, float], width: int, title: str | None = phrase("learning rate"), *, bare: bool = False
) -> alt.Axis:
    """Return a logarithmic axis of ``width`` pixels: whole decades, or 1, 2 and 5 of each when there are few.

    Args:
        domain: from where to where.
        width: pixels.
        title: a message, translated here.
        bare: without ticks, labels and title.
    """
    import altair as alt

    shown = {"labels": False, "ticks": False, "title": None} if bare else {"title": title and _(title)}
    return alt.Axis(values=_log_ticks(domain, width), labelExpr=NUMBER_LABEL, labelOverlap=True, **shown)


def _log_ticks(domain: tuple[float, float], length: int) -> list[float]:
    most = min(MAX_TICKS, max(2, length // TICK_ROOM))
    first, last = math.ceil(math.log10(domain[0]) - 1e-9), math.floor(math.log10(domain[1]) + 1e-9)
    step = max(1, math.ceil((last - first + 1) / most))
    ticks = [float(f"1e{power}") for power in range(first, last + 1, step)]
    if len(ticks) <= 2:
        fine = (_ticks_within(domain, digits, range(first - 1, last + 1)) for digits in ((1, 2, 5), (1, 3)))
        ticks = next((some for some in fine if len(some) <= most and some), ticks)
    return ticks


def loss_axis(domain: tuple[float, float], height: int, title: str, *, logarithmic: bool, **others: Any) -> alt.Axis:
    """Return an upright axis of losses, ``height`` pixels high; ``others`` go to Altair as they are."""
    import altair as alt

    ticks = {"values": _log_ticks(domain, 2 * height)} if logarithmic else {"tickCount": max(2, height // 40)}
    settings: dict[str, Any] = {"labelExpr": NUMBER_LABEL, "labelOverlap": True, "minExtent": 40, **ticks, **others}
    return alt.Axis(title=title, ticks=False, **settings)


def _ticks_within(domain: tuple[float, float], digits: Sequence[int], powers: range) -> list[float]:
    ticks = (float(f"{digit}e{power}") for power in powers for digit in digits)
    return [tick for tick in ticks if domain[0] <= tick <= domain[1]]


def decades(values: Sequence[float]) -> tuple[float, float]:
    """Return a logarithmic domain around positive values with a little room, at most thirty decades wide."""
    logs = sorted(math.log10(value) for value in values)
    low, high = logs[0], logs[-1]
    room = max(0.12, 0.03 * (high - low))
    low, high = max(low - room, -300.0), min(high + room, 300.0)
    return 10.0**low, 10.0 ** min(high, low + 30.0)


def within(value: float, domain: tuple[float, float]) -> float:
    """Return the value, or the nearer end of the domain."""
    return min(max(value, domain[0]), domain[1])


def right_half(value: float, domain: tuple[float, float]) -> bool:
    """Tell whether a value stands in the right half of a logarithmic domain, so that its label goes to its left."""
    return value > math.sqrt(domain[0]) * math.sqrt(domain[1])
