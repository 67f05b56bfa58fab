"""Chart: the range test, with what each estimator reads off it on a lane of its own."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting, labels
from advisor.reporting.charts.drawing import (
    Drawing,
    Rows,
    Size,
    decades,
    drawn,
    label_chart,
    log_axis,
    loss_axis,
    right_half,
    rows,
    within,
)
from advisor.reporting.charts.svg import ROLES
from advisor.reporting.sentences.template import fill
from advisor.results import RangeTest

if TYPE_CHECKING:
    import altair as alt

LANE_HEIGHT = 21
"""Pixels per label. Judgement: a line of small print."""
LETTER_WIDTH = 6.8
"""Pixels per letter of a label. Judgement: a wide letter of the page's font at its size."""
SUGGESTION = phrase("suggestion")


@dataclass(frozen=True, slots=True)
class Lane:
    """What one estimator says; None: cannot tell."""

    label: str
    learning_rate: float | None
    strong: bool = False

    @property
    def text(self) -> str:
        """The label with its value."""
        if not self.learning_rate:
            return fill("{estimator}: cannot tell", estimator=self.label)
        return f"{self.label} {formatting.rate(self.learning_rate)}"


@dataclass(frozen=True, slots=True)
class RangeTestInfo:
    """The curve, the part of it that is worth showing, and the lanes below it."""

    raw: tuple[tuple[float, float], ...]
    smoothed: tuple[tuple[float, float], ...]
    domain: tuple[float, float]
    losses: tuple[float, float]
    lanes: tuple[Lane, ...]
    advised: float


def range_test_info(test: RangeTest, advised: float) -> RangeTestInfo | None:
    """Gather a range test; None when there is too little of a curve to draw."""
    count = min(len(test.learning_rates), len(test.losses))
    if count < 3:
        return None
    rates = test.learning_rates[:count]
    smoothed = test.smoothed[:count] if len(test.smoothed) >= count else test.losses[:count]
    lanes = [Lane(labels.estimator_label(name), value) for name, value in test.estimates]
    lanes.append(Lane(_(SUGGESTION), test.suggestion, strong=True))
    return RangeTestInfo(
        raw=tuple(zip(rates, test.losses, strict=False)),
        smoothed=tuple(zip(rates, smoothed, strict=True)),
        domain=decades(rates),
        losses=_worth_showing(smoothed),
        lanes=tuple(lanes),
        advised=advised,
    )


def range_test(test: RangeTest, advised: float, chart_id: str = "range-test") -> Drawing | None:
    """Draw a range test with the advised learning rate marked; None when there is too little of a curve."""
    info = range_test_info(test, advised)
    if info is None:
        return None
    told = "; ".join(lane.text for lane in info.lanes)
    summary = fill(
        phrase(
            "Loss while the learning rate rises from {first:rate} to {last:rate}, until the loss exploded. Estimates: "
            "{estimates}. Advised: {advised:rate}."
        )
        if test.diverged
        else phrase(
            "Loss while the learning rate rises from {first:rate} to {last:rate}, to the end of the sweep. Estimates: "
            "{estimates}. Advised: {advised:rate}."
        ),
        first=info.raw[0][0],
        last=info.raw[-1][0],
        estimates=told,
        advised=advised,
    )
    cells = tuple(
        (lane.label, formatting.rate(lane.learning_rate) if lane.learning_rate else _("cannot tell"))
        for lane in info.lanes
    )
    return drawn(
        chart_id,
        _("Range test"),
        summary,
        lambda size: _draw(info, size),
        data=Rows((_("Estimator"), _("Learning rate")), (*cells, (_("advised"), formatting.rate(advised)))),
        caption=_(
            "The learning rate rises with every step of one short run. Thin line: loss per step; thick: smoothed."
        ),
    )


def _worth_showing(losses: tuple[float, ...]) -> tuple[float, float]:
    """Return the losses from the lowest to a third above where the curve starts; the explosion beyond is cut off."""
    start = statistics.median(losses[: max(1, len(losses) // 6)])
    low = min(losses)
    fall = start - low
    high = start + 0.35 * fall if fall > 1e-3 * max(abs(start), 1e-12) else statistics.median(losses) + abs(start) * 0.1
    room = 0.06 * (high - low) or abs(low) * 0.05 or 1.0
    return low - room, max(high, low + room)


def _draw(info: RangeTestInfo, size: Size) -> alt.TopLevelMixin:
    import altair as alt

    scale = alt.Scale(type="log", domain=list(info.domain), nice=False)
    hidden = alt.X("x:Q", scale=scale, axis=log_axis(info.domain, size.width, bare=True))
    shown = alt.X("x:Q", scale=scale, axis=log_axis(info.domain, size.width))
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(domain=list(info.losses), nice=False, zero=False),
        axis=loss_axis(info.losses, 160, _("loss"), logarithmic=False),
    )
    raw, smoothed = (
        alt.Chart(rows([{"x": rate, "y": loss} for rate, loss in points])).encode(x=hidden, y=y)
        for points in (info.raw, info.smoothed)
    )
    left = right_half(info.advised, info.domain)
    at = within(info.advised, info.domain)
    mark = alt.Chart(rows([{"x": at, "label": fill("advised {rate:rate}", rate=info.advised)}]))
    top = alt.layer(
        raw.mark_line(color=ROLES["muted"], strokeWidth=1, opacity=0.45, clip=True),
        smoothed.mark_line(color=ROLES["accent"], strokeWidth=2.25, clip=True, strokeJoin="round"),
        mark.mark_rule(color=ROLES["ink"], strokeWidth=1.5).encode(x=hidden),
        mark.mark_text(
            align="right" if left else "left", dx=-6 if left else 6, baseline="top", fontWeight="bold"
        ).encode(x=hidden, y=alt.YValue(-14), text="label:N"),
    ).properties(width=size.width, height=170 if size.wide else 140)
    return alt.vconcat(top, _lanes(info, size, shown, mark), bounds="flush")


def _label_left(info: RangeTestInfo, value: float, text: str, size: Size) -> bool:
    """Put a lane's label on the side away from the advised rate, unless there is no room."""
    low, high = (math.log10(end) for end in info.domain)
    before = size.width * (math.log10(value) - low) / (high - low)
    needed = LETTER_WIDTH * len(text) + 16
    after = size.width - before
    if min(before, after) < needed:
        return before > after
    return value < info.advised


def _lanes(info: RangeTestInfo, size: Size, x: alt.X, mark: alt.Chart) -> alt.LayerChart | alt.FacetChart:
    import altair as alt

    y = alt.Y("y:Q", scale=alt.Scale(domain=[len(info.lanes), 0], nice=False), axis=None)
    points: dict[bool, list[dict[str, float]]] = {}
    texts: dict[tuple[bool, bool], list[dict[str, float | str]]] = {}
    for index, lane in enumerate(info.lanes):
        value = within(lane.learning_rate or info.domain[0], info.domain)
        left = lane.learning_rate is not None and _label_left(info, value, lane.text, size)
        if lane.learning_rate:
            points.setdefault(lane.strong, []).append({"x": value, "y": index + 0.5})
        texts.setdefault((left, lane.strong), []).append({"x": value, "y": index + 0.5, "label": lane.text})
    layers: list[alt.Chart] = [mark.mark_rule(color=ROLES["ink"], strokeWidth=1.5).encode(x=x)]
    layers += [
        alt.Chart(rows(values))
        .mark_point(
            filled=True,
            size=120 if strong else 70,
            shape="diamond" if strong else "circle",
            color=ROLES["accent" if strong else "ink"],
            opacity=1,
        )
        .encode(x=x, y=y)
        for strong, values in points.items()
    ]
    layers += [
        label_chart(values, left=left, strong=strong, gap=9).encode(x=x, y=y)
        for (left, strong), values in texts.items()
    ]
    return alt.layer(*layers).properties(width=size.width, height=LANE_HEIGHT * len(info.lanes))
