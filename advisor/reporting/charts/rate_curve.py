"""Chart: the learning rate over the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.language import gettext as _
from advisor.reporting import formatting
from advisor.reporting.charts.curve_points import Curve, curve_of
from advisor.reporting.charts.drawing import Drawing, Rows, Size, drawn, rows
from advisor.reporting.charts.svg import ROLES
from advisor.reporting.sentences.headings import CHARTS
from advisor.reporting.sentences.template import fill
from advisor.reporting.views.answer import schedule_in_words
from advisor.results import Recommendation

if TYPE_CHECKING:
    import altair as alt

HEIGHT = 130
"""Pixels. Judgement: the shape is known by name, and the answer above it comes first."""
VANISHED = 0.01
"""Share of the peak below which a rate is almost 0. Judgement: the eye sees no height on the chart."""
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
    if first == peak[1] == last:
        summary = fill("The learning rate stays at {rate:rate}.", rate=peak[1])
    else:
        summary = fill(
            "{schedule}: the learning rate starts at {first:rate}, peaks at {peak:rate} at {place}, and ends at "
            "{last:rate}.",
            schedule=info.schedule[:1].upper() + info.schedule[1:],
            first=first,
            peak=peak[1],
            place=_place(info, peak[0]),
            last=last,
        )
    if recommendation.stop_steps is not None and not info.curve.relative:
        end = recommendation.stop_steps
        reached = min(info.curve.points, key=lambda point: abs(point[0] - end))[1]
        stop = fill("Training stops at step {step:count}, where it is about {rate:rate}.", step=end, rate=reached)
        summary = f"{summary} {stop}"
    return drawn(
        *(chart_id, _("Learning rate over the run"), summary, lambda size: _draw(info, size)),
        data=_table(info),
        finding=_finding(info, recommendation.stop_steps),
    )


def _finding(info: RateCurveInfo, stop_steps: int | None) -> str:
    """Say where the rate goes, or that training stops before the schedule ends."""
    if stop_steps is not None and not info.curve.relative:
        return fill(CHARTS["training_stops"], step=stop_steps, total=info.curve.total_steps)
    steps, rates = zip(*info.curve.points, strict=True)
    at, peak = info.curve.peak
    rises, falls, vanishes = rates[0] < peak, rates[-1] < peak, rates[-1] < VANISHED * peak
    turns = sum(
        (after - rate) * (rate - before) < 0 for before, rate, after in zip(rates, rates[1:], rates[2:], strict=False)
    )
    if turns > 1:
        found = "rate_swings"
    elif rises and falls:
        found = "rate_rises_and_vanishes" if vanishes else "rate_rises_and_falls"
    elif rises:
        found = "rate_rises_and_stays" if at < steps[-1] else "rate_rises"
    else:
        found = "rate_vanishes" if vanishes else "rate_falls" if falls else "rate_stays"
    share = at / max(1, info.curve.total_steps - 1)
    return fill(CHARTS[found], first=rates[0], peak=peak, last=rates[-1], lowest=min(rates), share=share)


def _place(info: RateCurveInfo, step: int) -> str:
    if info.curve.relative:
        return fill("{percent:position} % of the run", percent=info.at(step))
    return fill("step {step:count}", step=step)


def _table(info: RateCurveInfo) -> Rows:
    points = info.curve.points
    picked = sorted({round(index * (len(points) - 1) / (TABLE_ROWS - 1)) for index in range(TABLE_ROWS)})
    header = _("Share of the run") if info.curve.relative else _("Step")
    cells = tuple(
        (
            f"{info.at(points[index][0]):.0f} %" if info.curve.relative else formatting.count(points[index][0]),
            formatting.number(points[index][1]),
        )
        for index in picked
    )
    return Rows((header, _("Learning rate")), cells)


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
            title=_("share of the run, %") if info.curve.relative else _("optimizer step"),
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
    mark = alt.Chart(rows([{"x": info.at(peak_step), "y": peak, "label": fill("peak {rate:rate}", rate=peak)}])).encode(
        x=x, y=y
    )
    left = info.at(peak_step) > 0.7 * end
    layers: list[alt.Chart] = [area, line]
    if info.warmup_end:
        bound = alt.Chart(rows([{"x": info.at(info.warmup_end), "label": _("warm-up ends")}])).encode(x=x)
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
