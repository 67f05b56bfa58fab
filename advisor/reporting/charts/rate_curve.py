"""Chart: the learning rate over the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.reporting import formatting
from advisor.reporting.charts.curve_points import Curve, curve_of
from advisor.reporting.charts.drawing import Drawing, Rows, Size, drawn, rows
from advisor.reporting.charts.svg import ROLES
from advisor.reporting.views.answer import schedule_in_words
from advisor.results import Recommendation

if TYPE_CHECKING:
    import altair as alt

HEIGHT = 130
"""Pixels. Judgement: the shape is known by name, and the answer above it comes first."""
TABLE_ROWS = 11
"""Rows of the table behind the chart. Judgement: every 10 % of a run."""


@dataclass(frozen=True, slots=True)
class RateCurveInfo:
    """The sampled curve, and the step at which warm-up ends (0: none)."""

    curve: Curve
    schedule: str
    warmup_end: int

    def at(self, step: int) -> float:
        """The horizontal position of a step: itself, or a percentage of a run of unknown length."""
        return 100.0 * step / max(1, self.curve.total_steps - 1) if self.curve.relative else float(step)


def rate_curve_info(recommendation: Recommendation) -> RateCurveInfo:
    """Gather the learning rate over the run."""
    curve = curve_of(recommendation)
    warmup_end = curve.peak[0] if recommendation.warmup_fraction else 0
    return RateCurveInfo(curve, schedule_in_words(recommendation), warmup_end)


def rate_curve(recommendation: Recommendation, chart_id: str = "rate-curve") -> Drawing:
    """Draw the learning rate over the run."""
    info = rate_curve_info(recommendation)
    first, last = info.curve.points[0][1], info.curve.points[-1][1]
    peak = info.curve.peak
    told = (
        f"{info.schedule.capitalize()}: the learning rate starts at {formatting.rate(first)}, is highest with "
        f"{formatting.rate(peak[1])} at {_place(info, peak[0])}, and ends at {formatting.rate(last)}."
    )
    summary = f"The learning rate stays at {formatting.rate(peak[1])}." if first == peak[1] == last else told
    return drawn(chart_id, "Learning rate over the run", summary, lambda size: _draw(info, size), data=_table(info))


def _place(info: RateCurveInfo, step: int) -> str:
    return f"{info.at(step):.0f} % of the run" if info.curve.relative else f"step {formatting.count(step)}"


def _table(info: RateCurveInfo) -> Rows:
    points = info.curve.points
    picked = sorted({round(index * (len(points) - 1) / (TABLE_ROWS - 1)) for index in range(TABLE_ROWS)})
    header = "Share of the run" if info.curve.relative else "Step"
    cells = tuple(
        (
            f"{info.at(points[index][0]):.0f} %" if info.curve.relative else formatting.count(points[index][0]),
            formatting.number(points[index][1]),
        )
        for index in picked
    )
    return Rows((header, "Learning rate"), cells)


def _draw(info: RateCurveInfo, size: Size) -> alt.TopLevelMixin:
    import altair as alt

    peak_step, peak = info.curve.peak
    points = [{"x": info.at(step), "y": rate} for step, rate in info.curve.points]
    end = points[-1]["x"] or 1.0
    ticks = 6 if size.wide else 4
    x_format = "~s" if end >= 1e5 else ",~f"
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[0, end], nice=False),
        axis=alt.Axis(
            title="share of the run, %" if info.curve.relative else "optimizer step",
            grid=False,
            tickCount=ticks,
            format=x_format,
        ),
    )
    write = "~e" if peak < 0.01 else "~g"
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(domain=[0, 1.12 * peak], nice=False),
        axis=alt.Axis(
            title=None, tickCount=4, labelExpr=f"datum.value == 0 ? '0' : format(datum.value, '{write}')", ticks=False
        ),
    )
    base = alt.Chart(rows(points)).encode(x=x, y=y)
    area = base.mark_area(color=ROLES["soft"], line=False, interpolate="linear")
    line = base.mark_line(color=ROLES["accent"], strokeWidth=2.25, strokeJoin="round")
    mark = alt.Chart(rows([{"x": info.at(peak_step), "y": peak, "label": f"peak {formatting.rate(peak)}"}])).encode(
        x=x, y=y
    )
    left = info.at(peak_step) > 0.7 * end
    layers: list[alt.Chart] = [area, line]
    if info.warmup_end:
        bound = alt.Chart(rows([{"x": info.at(info.warmup_end), "label": "warm-up ends"}])).encode(x=x)
        layers += [
            bound.mark_rule(color=ROLES["muted"], strokeDash=[2, 3]),
            bound.mark_text(align="left", dx=6, dy=-6, color=ROLES["muted"], baseline="bottom").encode(
                y=alt.YValue(HEIGHT), text="label:N"
            ),
        ]
    layers += [
        mark.mark_point(filled=True, size=70, color=ROLES["accent"], stroke=ROLES["paper"], strokeWidth=2, opacity=1),
        mark.mark_text(align="right" if left else "left", dx=-10 if left else 10, dy=-9, fontWeight="bold").encode(
            text="label:N"
        ),
    ]
    return alt.layer(*layers).properties(width=size.width, height=HEIGHT)
