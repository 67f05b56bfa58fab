"""Chart: the way from the starting value to the advised learning rate, one row per step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.reporting import formatting
from advisor.reporting.charts.drawing import (
    LABEL_PADDING,
    Drawing,
    Rows,
    Size,
    decades,
    drawn,
    label_chart,
    log_axis,
    right_half,
    rows,
    within,
)
from advisor.reporting.charts.svg import ROLES
from advisor.reporting.formatting import plain
from advisor.reporting.views.reasons import Step
from advisor.results import Interval

if TYPE_CHECKING:
    import altair as alt

ROW_HEIGHT = 26
"""Pixels per rule. Judgement: a line of print with room for its interval."""
INTERVAL_REACH = 30.0
"""An interval is drawn at most this factor beyond the rates on the chart. Judgement: that leaves them room."""


@dataclass(frozen=True, slots=True)
class StepsInfo:
    """The steps and where they lead."""

    steps: tuple[Step, ...]
    advised: float
    interval: Interval
    domain: tuple[float, float]


def steps_info(steps: tuple[Step, ...], advised: float, interval: Interval) -> StepsInfo | None:
    """Gather the steps; None when a single one says it all."""
    if len(steps) < 2:
        return None
    rates = [advised, *(step.after for step in steps), *(step.before for step in steps if step.before is not None)]
    ends = (max(interval.lower, min(rates) / INTERVAL_REACH), min(interval.upper, max(rates) * INTERVAL_REACH))
    return StepsInfo(steps, advised, interval, decades([*rates, *ends]))


def steps_chart(steps: tuple[Step, ...], advised: float, interval: Interval, chart_id: str = "steps") -> Drawing | None:
    """Draw the steps to the learning rate; None when a single step says it all."""
    info = steps_info(steps, advised, interval)
    if info is None:
        return None
    way = ", then ".join(f"{step.lead} ({plain(step.reason.title)})" for step in steps)
    summary = f"{way}. Advised: {formatting.rate(advised)}, 90 % interval {formatting.span(interval)}."
    cells = tuple(
        (step.reason.title, step.lead, "" if step.before is None else formatting.rate(step.before), step.after_text)
        for step in steps
    )
    table = Rows(("Step", "Does", "Before", "After"), cells)
    return drawn(chart_id, "Steps to the learning rate", summary, lambda size: _draw(info, size), data=table)


def _draw(info: StepsInfo, size: Size) -> alt.TopLevelMixin:
    import altair as alt

    count = len(info.steps) + 1
    scale = alt.Scale(type="log", domain=list(info.domain), nice=False)
    x = alt.X("x:Q", scale=scale, axis=log_axis(info.domain, size))
    y = alt.Y("y:Q", scale=alt.Scale(domain=[count, 0], nice=False), axis=None)
    moves = alt.Chart(rows([_move(index, step) for index, step in enumerate(info.steps)])).encode(x=x, y=y)
    low, high = (within(end, info.domain) for end in (info.interval.lower, info.interval.upper))
    band = alt.Chart(rows([{"x": low, "x2": high, "y": count - 0.5}])).encode(x=x, y=y)
    answer = alt.Chart(rows([{"x": within(info.advised, info.domain), "y": count - 0.5}])).encode(x=x, y=y)
    layers = [
        moves.mark_rule(color=ROLES["grid"], strokeWidth=1.5).encode(x=alt.X("x2:Q", scale=scale), y2="below:Q"),
        moves.mark_rule(color=ROLES["muted"], strokeWidth=9).encode(x2="x2:Q"),
        moves.transform_filter("datum.start").mark_point(filled=True, size=70, color=ROLES["ink"], opacity=1),
        band.mark_rule(color=ROLES["soft"], strokeWidth=12, strokeCap="round").encode(x2="x2:Q"),
        answer.mark_point(filled=True, size=90, shape="diamond", color=ROLES["accent"], opacity=1),
        *_leads(info, x, y),
        *_names(info, y, size),
    ]
    return alt.layer(*layers).properties(
        padding=LABEL_PADDING, width=size.width - (250 if size.wide else 112), height=ROW_HEIGHT * count
    )


def _move(index: int, step: Step) -> dict[str, float | bool]:
    before = step.after if step.before is None else step.before
    return {"x": before, "x2": step.after, "y": index + 0.5, "below": index + 1.5, "start": step.before is None}


def _leads(info: StepsInfo, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Write what each step does beside its bar, on the side where there is room."""
    found: dict[tuple[bool, bool], list[dict[str, float | str]]] = {}
    for index, step in enumerate(info.steps):
        ends = (step.after if step.before is None else step.before, step.after)
        left = right_half(max(ends), info.domain)
        found.setdefault((left, False), []).append(
            {"x": min(ends) if left else max(ends), "y": index + 0.5, "label": step.lead}
        )
    advised = within(info.advised, info.domain)
    row: dict[str, float | str] = {"x": advised, "y": len(info.steps) + 0.5, "label": formatting.rate(info.advised)}
    found[right_half(advised, info.domain), True] = [row]
    return [
        label_chart(values, left=left, strong=strong, gap=10).encode(x=x, y=y)
        for (left, strong), values in found.items()
    ]


def _names(info: StepsInfo, y: alt.Y, size: Size) -> list[alt.Chart]:
    import altair as alt

    titles = [
        {"y": index + 0.5, "label": plain(step.reason.title, size.letters)} for index, step in enumerate(info.steps)
    ]
    last = [{"y": len(info.steps) + 0.5, "label": plain("advised, 90 % interval", size.letters)}]
    return [
        label_chart(values, left=True, strong=values is last, gap=0).encode(x=alt.XValue(-12), y=y)
        for values in (titles, last)
    ]
