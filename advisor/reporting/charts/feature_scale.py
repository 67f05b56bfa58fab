"""Chart: how far each feature spreads, on one logarithmic axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.facts import DataFacts
from advisor.reporting import formatting
from advisor.reporting.charts.drawing import LABEL_PADDING, Drawing, Rows, Size, decades, drawn, log_axis, rows
from advisor.reporting.charts.svg import ROLES

if TYPE_CHECKING:
    import altair as alt

MAX_FEATURES = 30
"""Features drawn at most, the smallest and the largest. Judgement: one screen high."""
ROW_HEIGHT = 19
"""Pixels per feature. Judgement: a line of small print."""


@dataclass(frozen=True, slots=True)
class ScaleInfo:
    """Features with their standard deviations, widest first, and how many stand between them unseen."""

    features: tuple[tuple[str, float], ...]
    hidden: int
    ratio: float


def scale_info(data: DataFacts) -> ScaleInfo | None:
    """Gather the spread of the numeric features; None below two. Of many, the widest and the narrowest halves stay."""
    spreads = [(item.name, item.std) for item in data.columns if item.role == "feature" and item.std]
    if len(spreads) < 2:
        return None
    spreads.sort(key=lambda pair: (-pair[1], pair[0]))
    half = MAX_FEATURES // 2
    shown = spreads if len(spreads) <= MAX_FEATURES else [*spreads[:half], *spreads[-half:]]
    return ScaleInfo(tuple(shown), len(spreads) - len(shown), spreads[0][1] / spreads[-1][1])


def scale_chart(data: DataFacts, chart_id: str = "scale") -> Drawing | None:
    """Draw the standard deviation of the numeric features; None when there are fewer than two."""
    info = scale_info(data)
    if info is None:
        return None
    first, last = info.features[0], info.features[-1]
    summary = (
        f"Standard deviation per feature, from {formatting.number(first[1])} ({formatting.name(first[0], 60)}) down to "
        f"{formatting.number(last[1])} ({formatting.name(last[0], 60)}): a ratio of {formatting.number(info.ratio)}."
    )
    caption = "As the values stand in the file, before any scaling."
    if info.hidden:
        caption += f" The {formatting.count(info.hidden)} features between the widest and the narrowest are left out."
    table = Rows(
        ("Feature", "Standard deviation"),
        tuple((formatting.name(column), formatting.number(std)) for column, std in info.features),
    )
    return drawn(
        chart_id, "Spread of the features", summary, lambda size: _draw(info, size), data=table, caption=caption
    )


def _draw(info: ScaleInfo, size: Size) -> alt.TopLevelMixin:
    import altair as alt

    domain = decades([std for _, std in info.features])
    points = [
        {
            "x": std,
            "x0": domain[0],
            "y": index + 0.5,
            "name": formatting.name(name, size.letters - 6),
            "label": formatting.number(std),
        }
        for index, (name, std) in enumerate(info.features)
    ]
    axis = log_axis(domain, size, "standard deviation")
    x = alt.X("x:Q", scale=alt.Scale(type="log", domain=list(domain), nice=False), axis=axis)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[len(points), 0], nice=False), axis=None)
    base = alt.Chart(rows(points)).encode(y=y)
    return alt.layer(
        base.mark_rule(color=ROLES["grid"], strokeWidth=1.5).encode(x=x, x2="x0:Q"),
        base.mark_point(filled=True, size=46, color=ROLES["accent"], opacity=1).encode(x=x),
        base.mark_text(align="left", dx=9, color=ROLES["muted"]).encode(x=x, text="label:N"),
        base.mark_text(align="right").encode(x=alt.XValue(-12), text="name:N"),
    ).properties(padding=LABEL_PADDING, width=size.width - (190 if size.wide else 110), height=ROW_HEIGHT * len(points))
