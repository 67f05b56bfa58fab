"""Chart: the numeric features before and after scaling: how far each spreads, and the shape that scaling leaves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from advisor.facts import ColumnFacts, DataFacts
from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting
from advisor.reporting.charts.drawing import LABEL_PADDING, Drawing, Rows, Size, decades, drawn, log_axis, rows, within
from advisor.reporting.charts.named_bars import GAP, LETTER
from advisor.reporting.charts.svg import ROLES
from advisor.reporting.sentences.headings import CHARTS
from advisor.reporting.sentences.template import fill

if TYPE_CHECKING:
    import altair as alt

MAX_FEATURES = 20
"""Features up to which all are drawn. Judgement: half a screen high."""
ENDS = 6
"""Features drawn of either end, the widest and the narrowest, where there are more. Judgement: what stands out."""
ALIKE = 10.0
"""Widest over narrowest spread below which scales are much the same. Judgement: one order of magnitude."""
ROW_HEIGHT = 19
"""Pixels per feature. Judgement: a line of small print."""


SHOWN_DEVIATIONS = 6.0
"""Standard deviations either side of the mean on the chart; what lies beyond ends in an arrow. Judgement: the body of a
distribution keeps most of the room."""
NAME_WIDTH = {"wide": 300, "narrow": 110}
"""Pixels for the names at most. Judgement: two fifths of the width."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A numeric feature: its spread as it stands in the file, and its quantiles in standard deviations from its mean.

    Attributes:
        quantiles: smallest value, lower quartile, median, upper quartile and largest; None where one is unknown.
    """

    name: str
    std: float
    quantiles: tuple[float, float, float, float, float] | None


@dataclass(frozen=True, slots=True)
class ScaleInfo:
    """Features, widest first, and how many stand between them unseen."""

    features: tuple[Feature, ...]
    hidden: int
    ratio: float

    @property
    def has_shapes(self) -> bool:
        """The distribution of some feature is known."""
        return any(feature.quantiles for feature in self.features)


def scale_info(data: DataFacts) -> ScaleInfo | None:
    """Gather the spread of the numeric features; None below two. Of many, the widest and the narrowest stay."""
    features = [_feature(item, item.std) for item in data.columns if item.role == "feature" and item.std]
    if len(features) < 2:
        return None
    features.sort(key=lambda feature: (-feature.std, feature.name))
    shown = features if len(features) <= MAX_FEATURES else [*features[:ENDS], *features[-ENDS:]]
    return ScaleInfo(tuple(shown), len(features) - len(shown), features[0].std / features[-1].std)


def _feature(item: ColumnFacts, std: float) -> Feature:
    if (
        item.mean is None
        or item.min is None
        or item.q25 is None
        or item.median is None
        or item.q75 is None
        or item.max is None
    ):
        return Feature(item.name, std, None)
    low, lower, middle, upper, high = (
        (value - item.mean) / std for value in (item.min, item.q25, item.median, item.q75, item.max)
    )
    return Feature(item.name, std, (low, lower, middle, upper, high))


def scale_chart(data: DataFacts, chart_id: str = "scale") -> Drawing | None:
    """Draw the numeric features before and after scaling; None when there are fewer than two."""
    info = scale_info(data)
    if info is None:
        return None
    first, last = info.features[0], info.features[-1]
    summary = fill(
        "Standard deviation per feature, from {largest:number} ({first}) down to {smallest:number} ({last}): a ratio "
        "of {ratio:number}.",
        largest=first.std,
        first=formatting.name(first.name, 60),
        smallest=last.std,
        last=formatting.name(last.name, 60),
        ratio=info.ratio,
    )
    caption = [_("Dots: standard deviation of the values as they stand in the file, before any scaling.")]
    if info.has_shapes:
        caption.append(_("Bars: lower to upper quartile after scaling; lines: smallest to largest value."))
        if any(_is_beyond(feature) for feature in info.features):
            caption.append(_("▶ beyond the chart."))
    if info.hidden:
        left_out = phrase("The {hidden:count} features between the widest and the narrowest are left out.")
        caption.append(fill(left_out, hidden=info.hidden))
    return drawn(
        *(chart_id, _("Features before and after scaling"), summary, lambda size: _draw(info, size)),
        data=_table(info),
        finding=_finding(info),
        caption=" ".join(caption),
    )


def _finding(info: ScaleInfo) -> str:
    return fill(CHARTS["scales_alike" if info.ratio < ALIKE else "scales_differ"], ratio=info.ratio)


def _is_beyond(feature: Feature) -> bool:
    return feature.quantiles is not None and max(-feature.quantiles[0], feature.quantiles[-1]) > SHOWN_DEVIATIONS


def _table(info: ScaleInfo) -> Rows:
    headers = (
        *(_("Feature"), _("Standard deviation"), _("Smallest"), _("Lower quartile"), _("Median")),
        *(_("Upper quartile"), _("Largest")),
    )
    body = tuple(
        (
            *(formatting.name(feature.name), formatting.number(feature.std)),
            *(formatting.number(value, 2) for value in feature.quantiles or (None,) * 5),
        )
        for feature in info.features
    )
    return Rows(headers, body)


def _draw(info: ScaleInfo, size: Size) -> alt.TopLevelMixin:
    import altair as alt

    room = size.width - _name_width(info, size)
    if not info.has_shapes:
        return _spreads(info, size, room).properties(padding=LABEL_PADDING)
    if not size.wide:
        return alt.vconcat(_spreads(info, size, room), _shapes(info, size, room, named=True)).properties(
            padding=LABEL_PADDING
        )
    return alt.hconcat(
        _spreads(info, size, room // 2 - 20), _shapes(info, size, room // 2, named=False), spacing=40
    ).properties(padding=LABEL_PADDING)


def _spreads(info: ScaleInfo, size: Size, width: int) -> alt.LayerChart | alt.FacetChart:
    import altair as alt

    domain = decades([feature.std for feature in info.features])
    points = [
        {"x": feature.std, "x0": domain[0], "y": index + 0.5, "label": formatting.number(feature.std)}
        for index, feature in enumerate(info.features)
    ]
    axis = log_axis(domain, width, phrase("standard deviation in the file"))
    x = alt.X("x:Q", scale=alt.Scale(type="log", domain=list(domain), nice=False), axis=axis)
    base = alt.Chart(rows(points)).encode(y=_row_scale(info))
    return alt.layer(
        base.mark_rule(color=ROLES["grid"], strokeWidth=1.5).encode(x=x, x2="x0:Q"),
        base.mark_point(filled=True, size=46, color=ROLES["accent"], opacity=1).encode(x=x),
        base.mark_text(align="left", dx=9, color=ROLES["muted"]).encode(x=x, text="label:N"),
        _names(info, size),
    ).properties(width=width, height=ROW_HEIGHT * len(points))


def _shapes(info: ScaleInfo, size: Size, width: int, *, named: bool) -> alt.LayerChart | alt.FacetChart:
    import altair as alt

    ends = (-SHOWN_DEVIATIONS, SHOWN_DEVIATIONS)
    boxes = [
        {
            "y": index + 0.5,
            **dict(
                zip(
                    ("low", "lower", "middle", "upper", "high"),
                    (within(q, ends) for q in feature.quantiles),
                    strict=True,
                )
            ),
        }
        for index, feature in enumerate(info.features)
        if feature.quantiles
    ]
    arrows = [
        {"x": end, "y": index + 0.5, "angle": 90 if end > 0 else 270}
        for index, feature in enumerate(info.features)
        if feature.quantiles
        for end, value in zip(ends, (feature.quantiles[0], feature.quantiles[-1]), strict=True)
        if abs(value) > SHOWN_DEVIATIONS
    ]
    axis = alt.Axis(title=_("standard deviations from the mean"), values=[-6, -3, 0, 3, 6])
    scale = alt.Scale(domain=list(ends), nice=False)
    base = alt.Chart(rows(boxes)).encode(y=_row_scale(info))
    layers: list[alt.Chart] = [
        base.mark_rule(color=ROLES["muted"], strokeWidth=1.25).encode(
            x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"
        ),
        base.mark_rule(color=ROLES["accent"], strokeWidth=8).encode(x=alt.X("lower:Q", scale=scale), x2="upper:Q"),
        base.mark_tick(color=ROLES["paper"], thickness=2, size=8).encode(x=alt.X("middle:Q", scale=scale)),
        alt.Chart(rows(arrows))
        .mark_point(filled=True, shape="triangle-up", size=34, color=ROLES["muted"], opacity=1)
        .encode(x=alt.X("x:Q", scale=scale), y=_row_scale(info), angle=alt.Angle("angle:Q", scale=None)),
    ]
    if named:
        layers.append(_names(info, size))
    return alt.layer(*layers).properties(width=width, height=ROW_HEIGHT * len(info.features))


def _row_scale(info: ScaleInfo) -> alt.Y:
    import altair as alt

    return alt.Y("y:Q", scale=alt.Scale(domain=[len(info.features), 0], nice=False), axis=None)


def _name_width(info: ScaleInfo, size: Size) -> int:
    """Return how many pixels the names take: as many as the longest, within bounds."""
    longest = max(cell_len(formatting.name(feature.name)) for feature in info.features)
    return min(NAME_WIDTH[size.name], math.ceil(LETTER * longest) + GAP)


def _names(info: ScaleInfo, size: Size) -> alt.Chart:
    import altair as alt

    letters = int((_name_width(info, size) - GAP) / LETTER)
    names = [
        {"y": index + 0.5, "name": formatting.name(feature.name, letters)}
        for index, feature in enumerate(info.features)
    ]
    found: alt.Chart = (
        alt.Chart(rows(names)).mark_text(align="right").encode(x=alt.XValue(-GAP), y=_row_scale(info), text="name:N")
    )
    return found
