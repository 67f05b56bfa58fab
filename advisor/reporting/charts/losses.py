"""Chart: the logged losses and the learning rate over the run, with the stretches in which symptoms show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting
from advisor.reporting.charts.drawing import Drawing, Rows, Size, drawn, label_chart, loss_axis, rows
from advisor.reporting.charts.svg import ROLES
from advisor.reporting.sentences.headings import CHARTS
from advisor.reporting.sentences.template import fill
from advisor.reporting.symptoms import place_of, title_of
from advisor.results import Diagnosis, LoggedCurve

if TYPE_CHECKING:
    import altair as alt

TABLE_ROWS: Final = 21
"""Rows of the table behind the chart. Judgement: every 5 % of a run."""
LANE_HEIGHT: Final = 32
"""Pixels per symptom. Judgement: a bar and its name above it."""
MOST_DECADES: Final = 6.0
"""Decades above the lowest loss that are shown. Judgement: more of a divergence would flatten all else."""

LETTER_WIDTH: Final = 6.4
"""Pixels per letter of a label. Judgement: a wide letter of the page's font at its size."""
TITLES: Final = {
    "loss": phrase("training"),
    "validation_loss": phrase("held-out"),
    "learning_rate": phrase("learning rate"),
}
SAME: Final = 0.005
"""Relative difference of two losses below which a loss stayed. Judgement: two digits say the same."""
_COLORS: Final = {"loss": "accent", "validation_loss": "second", "learning_rate": "ink"}
_DASHES: Final = {"loss": [1, 0], "validation_loss": [5, 3], "learning_rate": [1, 0]}
"""Pixels drawn and left out. Judgement: lines are seen apart without colour."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the run, from one share of it to another, in which a symptom shows; title and place in words."""

    name: str
    start: float
    end: float
    title: str
    place: str


@dataclass(frozen=True, slots=True)
class LossesInfo:
    """What the chart shows.

    Attributes:
        losses: the training loss, then the held-out one, as far as they were logged.
        rate: the learning rate.
        stretches: the symptoms, in the order in which they begin.
        domain: losses from bottom to top.
        logarithmic: the losses are positive and span more than a decade.
        span: first and last position.
        unit: what positions count.
    """

    losses: tuple[LoggedCurve, ...]
    rate: LoggedCurve | None
    stretches: tuple[Stretch, ...]
    domain: tuple[float, float]
    logarithmic: bool
    span: tuple[float, float]
    unit: str

    def at(self, share: float) -> float:
        """The position at a share of the run."""
        return self.span[0] + share * (self.span[1] - self.span[0])


def losses_info(found: Diagnosis) -> LossesInfo | None:
    """Gather the curves of a diagnosis; None without any finite loss or when all stand at one place."""
    losses = tuple(curve for curve in found.curves if curve.role != "learning_rate" and _finite(curve.values))
    if not losses or found.span[0] >= found.span[1]:
        return None
    rate = next((curve for curve in found.curves if curve.role == "learning_rate"), None)
    domain, logarithmic = _domain(losses)
    return LossesInfo(
        losses=losses,
        rate=rate if rate is not None and max(_finite(rate.values), default=0.0) > 0 else None,
        stretches=tuple(
            Stretch(item.name, item.start, item.end, title_of(item), place_of(item, found))
            for item in sorted(found.present, key=lambda item: (item.start, item.end))
        ),
        domain=domain,
        logarithmic=logarithmic,
        span=found.span,
        unit=found.unit,
    )


def losses(found: Diagnosis, chart_id: str = "losses") -> Drawing | None:
    """Draw the curves of a diagnosis; None when there is nothing to draw."""
    info = losses_info(found)
    if info is None:
        return None
    broken = any(None in curve.values for curve in info.losses)
    caption = [_reading(info)]
    if broken:
        caption.append(_("✕ at the top: from here on NaN or infinite."))
    if info.stretches:
        caption.append(_("Shaded: where symptoms show; the lanes below name them."))
    return drawn(
        chart_id,
        _("Losses over the run"),
        _summary(info),
        lambda size: _draw(info, size),
        data=_table(info),
        finding=_finding(info.losses[-1]),
        caption=" ".join(caption),
    )


def _reading(info: LossesInfo) -> str:
    """Say what the lines are."""
    if any(curve.lows for curve in info.losses):
        if info.logarithmic:
            return _(
                "Line: median of each part of the run; band: its lowest and highest value, on a logarithmic scale."
            )
        return _("Line: median of each part of the run; band: its lowest and highest value.")
    return _("The losses as logged, on a logarithmic scale.") if info.logarithmic else _("The losses as logged.")


def _finite(values: tuple[float | None, ...]) -> list[float]:
    return [value for value in values if value is not None]


def _domain(curves: tuple[LoggedCurve, ...]) -> tuple[tuple[float, float], bool]:
    """Return the losses worth showing, and whether on a logarithmic scale.

    Single high points widen the domain of medians by one and a half of its height at most, else a spike would hide the
    curve.
    """
    medians = [value for curve in curves for value in _finite(curve.values)]
    extremes = [value for curve in curves for value in (*_finite(curve.lows), *_finite(curve.highs))]
    low, high = min(medians), max(medians)
    logarithmic = min((*medians, *extremes)) > 0 and high > 10.0 * low
    if logarithmic:
        height = math.log(high / low)
        low = max(min((*medians, *extremes)), low * math.exp(-1.5 * height))
        high = min(max((*medians, *extremes)), high * math.exp(min(1.5 * height, 600.0 - math.log(high))))
        return (low / 1.15, min(high * 1.15, low / 1.15 * 10.0**MOST_DECADES)), True
    height = high - low
    low, high = (
        max(min((*medians, *extremes)), low - 1.5 * height),
        min(max((*medians, *extremes)), high + 1.5 * height),
    )
    room = 0.06 * (high - low) or 0.05 * abs(low) or 1.0
    return (low - room, high + room), False


def _finding(curve: LoggedCurve) -> str:
    """Say what became of the held-out loss, or of the training loss where there is no other."""
    values = _finite(curve.values)
    first, last = values[0], values[-1]
    moved = abs(last - first) > SAME * max(abs(first), abs(last))
    found = "loss_fell" if last < first else "loss_rose"
    if curve.values[-1] is None:
        found = "loss_broke"
    elif not moved:
        found = "loss_stayed"
    return fill(CHARTS[found], role=_(TITLES[curve.role]), first=first, last=last)


def _summary(info: LossesInfo) -> str:
    parts = []
    for curve in info.losses:
        values = _finite(curve.values)
        parts.append(
            fill(
                "The {role} loss ({name}) goes from {first:number} to {last:number}, lowest {lowest:number}.",
                role=_(TITLES[curve.role]),
                name=formatting.name(curve.name, 40),
                first=values[0],
                last=values[-1],
                lowest=min(values),
            )
        )
    parts += [f"{item.title[:1].upper()}{item.title[1:]} {item.place}." for item in info.stretches]
    return " ".join(parts)


def _table(info: LossesInfo) -> Rows:
    curves = (*info.losses, *((info.rate,) if info.rate else ()))
    shares = [index / (TABLE_ROWS - 1) for index in range(TABLE_ROWS)]
    longest = max(len(curve.shares) for curve in curves)
    if longest <= TABLE_ROWS:
        shares = list(max(curves, key=lambda curve: len(curve.shares)).shares)
    cells = tuple(
        (f"{info.at(share):,.0f}", *(_near(curve, share) for curve in curves)) for share in dict.fromkeys(shares)
    )
    return Rows((_(info.unit).capitalize(), *(_(TITLES[curve.role]).capitalize() for curve in curves)), cells)


def _near(curve: LoggedCurve, share: float) -> str:
    index = min(range(len(curve.shares)), key=lambda index: abs(curve.shares[index] - share))
    value = curve.values[index]
    if value is None:
        return _("not finite")
    return formatting.rate(value) if curve.role == "learning_rate" else formatting.number(value, 4)


def _draw(info: LossesInfo, size: Size) -> alt.TopLevelMixin:
    import altair as alt

    panels: list[Any] = [_loss_panel(info, size, last=not info.rate and not info.stretches)]
    if info.rate is not None:
        panels.append(_rate_panel(info, info.rate, size, last=not info.stretches))
    if info.stretches:
        panels.append(_lanes(info, size))
    return alt.vconcat(*panels, bounds="flush", spacing=18)


def _x(info: LossesInfo, size: Size, *, shown: bool) -> alt.X:
    import altair as alt

    far = info.span[1] >= 1e5
    kept: dict[str, Any] = {} if shown else {"labels": False, "ticks": False}
    return alt.X(
        "x:Q",
        scale=alt.Scale(domain=list(info.span), nice=False),
        axis=alt.Axis(
            title=_(info.unit) if shown else None,
            grid=False,
            tickCount=6 if size.wide else 4,
            format="~s" if far else ",~f",
            **kept,
        ),
    )


def _loss_panel(info: LossesInfo, size: Size, *, last: bool) -> alt.LayerChart | alt.FacetChart:
    import altair as alt

    x = _x(info, size, shown=last)
    low, high = info.domain
    kind: Any = "log" if info.logarithmic else "linear"
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(type=kind, domain=[low, high], nice=False, zero=False),
        axis=loss_axis(info.domain, 200, _("loss"), logarithmic=info.logarithmic, minExtent=44),
    )
    named = {
        curve.role: f"{_(TITLES[curve.role])} ({formatting.name(curve.name, size.letters)})" for curve in info.losses
    }
    legend: dict[str, Any] = {"domain": list(named.values())}
    color = alt.Color("name:N", scale=alt.Scale(**legend, range=[ROLES[_COLORS[role]] for role in named]))
    dash = alt.StrokeDash("name:N", scale=alt.Scale(**legend, range=[_DASHES[role] for role in named]))
    layers: list[Any] = [
        alt.Chart(rows([{"x": info.at(start), "x2": info.at(end)}]))
        .mark_rect(color=ROLES["soft"], opacity=0.8)
        .encode(x=x, x2="x2:Q")
        for start, end in _joined(info.stretches)
    ]
    for curve in info.losses:
        layers += _bands(info, curve, x, y)
    for curve in info.losses:
        layers += [
            alt.Chart(rows(part))
            .mark_line(strokeWidth=2, clip=True, strokeJoin="round")
            .encode(x=x, y=y, color=color, strokeDash=dash)
            for part in _parts(info, curve, named[curve.role])
        ]
    broken = [{"x": info.at(share)} for curve in info.losses for share in _breaks(curve)]
    if broken:
        mark = alt.Chart(rows(broken)).mark_point(
            filled=True, shape="cross", angle=45, size=50, color=ROLES["danger"], opacity=1
        )
        layers.append(mark.encode(x=x, y=alt.YValue(7)))
    return alt.layer(*layers).properties(width=size.width, height=230 if size.wide else 190)


def _joined(stretches: tuple[Stretch, ...]) -> list[tuple[float, float]]:
    """Return the union of stretches, each at least a hundredth of the run wide; overlaps are not drawn twice."""
    found: list[tuple[float, float]] = []
    for item in stretches:
        start, end = item.start, max(item.end, min(1.0, item.start + 0.01))
        start = min(start, end - 0.01)
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((max(start, 0.0), end))
    return found


def _bands(info: LossesInfo, curve: LoggedCurve, x: alt.X, y: alt.Y) -> list[Any]:
    """Return the area between the lowest and the highest value of each part; parts that are not finite interrupt it."""
    import altair as alt

    if not curve.lows:
        return []
    low, high = info.domain
    found, part = [], []
    for share, bottom, top in (*zip(curve.shares, curve.lows, curve.highs, strict=True), (1.0, None, None)):
        if bottom is not None and top is not None:
            part.append({"x": info.at(share), "y": min(max(bottom, low), high), "y2": max(min(top, high), low)})
        elif part:
            found.append(part)
            part = []
    return [
        alt.Chart(rows(values))
        .mark_area(color=ROLES[_COLORS[curve.role]], opacity=0.18, line=False)
        .encode(x=x, y=y, y2="y2:Q")
        for values in found
    ]


def _parts(info: LossesInfo, curve: LoggedCurve, name: str) -> list[list[dict[str, Any]]]:
    """Return the finite stretches of a curve."""
    found: list[list[dict[str, Any]]] = [[]]
    for share, value in zip(curve.shares, curve.values, strict=True):
        if value is None:
            found.append([])
        else:
            found[-1].append({"x": info.at(share), "y": value, "name": name})
    return [part for part in found if part]


def _breaks(curve: LoggedCurve) -> list[float]:
    """Return where stretches that are not finite begin."""
    pairs = zip(curve.shares, curve.values, (0.0, *curve.values[:-1]), strict=True)
    return [share for share, value, before in pairs if value is None and before is not None]


def _rate_panel(info: LossesInfo, rate: LoggedCurve, size: Size, *, last: bool) -> alt.LayerChart | alt.FacetChart:
    import altair as alt

    top = max(_finite(rate.values))
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(domain=[0, 1.12 * top], nice=False),
        axis=alt.Axis(
            title=_("rate"),
            tickCount=2,
            ticks=False,
            minExtent=44,
            labelExpr=f"datum.value == 0 ? '0' : format(datum.value, '{'~e' if top < 0.01 else '~g'}')",
        ),
    )
    x = _x(info, size, shown=last)
    lines = [
        alt.Chart(rows(part))
        .mark_line(color=ROLES["ink"], strokeWidth=1.75, strokeJoin="round", clip=True)
        .encode(x=x, y=y)
        for part in _parts(info, rate, "rate")
    ]
    return alt.layer(*lines).properties(width=size.width, height=56)


def _lanes(info: LossesInfo, size: Size) -> alt.LayerChart | alt.FacetChart:
    import altair as alt

    count = len(info.stretches)
    x = _x(info, size, shown=True)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[count, 0], nice=False), axis=None)
    bars, texts = [], {True: [], False: []}  # type: ignore[var-annotated]
    for index, item in enumerate(info.stretches):
        end = max(item.end, min(1.0, item.start + 0.01))
        start = min(item.start, end - 0.01)
        bars.append({"x": info.at(max(start, 0.0)), "x2": info.at(end), "y": index + 0.78})
        text, share, left = _label(item, max(start, 0.0), end, size)
        texts[left].append({"x": info.at(share), "y": index + 0.4, "label": text})
    bar = alt.Chart(rows(bars)).mark_rule(color=ROLES["danger"], strokeWidth=5).encode(x=x, x2="x2:Q", y=y)
    labels = [
        label_chart(values, left=left, strong=False, gap=0).encode(x=x, y=y) for left, values in texts.items() if values
    ]
    return alt.layer(bar, *labels).properties(width=size.width, height=LANE_HEIGHT * count)


def _label(item: Stretch, start: float, end: float, size: Size) -> tuple[str, float, bool]:
    """Return a lane's text, the share at which it is anchored, and whether it stands left of that, so that it fits."""
    for text in (f"{item.title}, {item.place}", item.title):
        needed = LETTER_WIDTH * len(text) / size.width
        if start + needed <= 1.0:
            return text, start, False
        if end >= needed:
            return text, end, True
    return item.title, 0.0, False
