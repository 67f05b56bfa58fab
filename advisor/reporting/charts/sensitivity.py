"""Charts: the rules' learning rate over one fact each, with the present job marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.language import gettext as _
from advisor.reporting import formatting, labels
from advisor.reporting.charts.drawing import Drawing, Rows, Size, decades, drawn, log_axis, rows
from advisor.reporting.charts.svg import ROLES
from advisor.reporting.sentences.template import fill
from advisor.results import Sensitivity, SensitivityPoint

if TYPE_CHECKING:
    import altair as alt

SMALL = Size("narrow", 124, 17)
"""Judgement: four charts beside each other in the text column."""
HEIGHT = 84
"""Pixels. Judgement: a slope is seen, three charts make a line."""


def sensitivity_charts(found: tuple[Sensitivity, ...]) -> tuple[Drawing, ...]:
    """Draw one small chart per fact."""
    return tuple(_chart(item, f"sensitivity-{number}") for number, item in enumerate(found))


def _chart(item: Sensitivity, chart_id: str) -> Drawing:
    meaning, unit = labels.fact_meaning(item.fact)
    first, last = item.points[0], item.points[-1]
    here = min(item.points, key=lambda point: abs(point.value - item.present))
    summary = fill(
        "{fact} from {first} to {last}: the rules' learning rate goes from {first_rate:rate} to {last_rate:rate}.",
        fact=meaning[:1].upper() + meaning[1:],
        first=_value(first, unit),
        last=_value(last, unit),
        first_rate=first.learning_rate,
        last_rate=last.learning_rate,
    )
    table = Rows(
        (meaning, _("Learning rate")),
        tuple((_value(point, unit), formatting.rate(point.learning_rate)) for point in item.points),
    )
    return drawn(
        chart_id,
        labels.fact_title(item.fact),
        summary,
        lambda size: _draw(item, here, size),
        data=table,
        caption=f"{_value(first, unit)}: {formatting.rate(first.learning_rate)}; "
        f"{_value(last, unit)}: {formatting.rate(last.learning_rate)}",
        sizes=(SMALL,),
    )


def _value(point: SensitivityPoint, unit: str) -> str:
    return formatting.fact_value(point.value, unit)


def _draw(item: Sensitivity, here: SensitivityPoint, size: Size) -> alt.TopLevelMixin:
    import altair as alt

    values = decades([point.value for point in item.points])
    rates = decades([point.learning_rate for point in item.points])
    x = alt.X(
        "x:Q",
        scale=alt.Scale(type="log", domain=list(values), nice=False),
        axis=log_axis(values, size.width, title=None),
    )
    y = alt.Y(
        "y:Q", scale=alt.Scale(type="log", domain=list(rates), nice=False), axis=log_axis(rates, 2 * HEIGHT, title=None)
    )
    line = alt.Chart(rows([{"x": point.value, "y": point.learning_rate} for point in item.points])).encode(x=x, y=y)
    mark = alt.Chart(rows([{"x": here.value, "y": here.learning_rate}])).encode(x=x, y=y)
    return alt.layer(
        line.mark_line(color=ROLES["accent"], strokeWidth=2, strokeJoin="round"),
        mark.mark_point(filled=True, size=60, color=ROLES["ink"], opacity=1),
    ).properties(width=size.width, height=HEIGHT)
