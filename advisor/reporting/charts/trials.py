"""Chart: what trials at several learning rates ended at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting
from advisor.reporting.charts.drawing import (
    Drawing,
    LegendKey,
    Rows,
    Size,
    drawn,
    log_axis,
    loss_axis,
    right_half,
    rows,
    within,
)
from advisor.reporting.charts.svg import ROLES
from advisor.reporting.charts.trials_info import Outcome, Series, TrialsInfo, recipe_of, remark_on, trials_info
from advisor.reporting.sentences.headings import CHARTS
from advisor.reporting.sentences.template import fill
from advisor.results import Recommendation, Trial, Verdict

if TYPE_CHECKING:
    import altair as alt

HEIGHT = 190
"""Pixels. Judgement: losses a twentieth of the range apart are told apart."""
SHAPES: dict[Outcome, str] = {"loss": "circle", "above": "triangle-up", "diverged": "cross"}
_DASHES = ((5, 3), (2, 2), (8, 3, 2, 3))  # judgement: rivals are seen apart without colour
_REFERENCES: tuple[tuple[str, str, tuple[int, ...]], ...] = (  # judgement: apart from the rivals
    (phrase("Adam at 1e-3, constant"), "ink", (8, 3, 2, 3)),
    (phrase("best constant prediction"), "danger", (1, 4)),
)
_OTHER_COLORS = ("second", "muted", "ink")


def trials(verdict: Verdict, recommendation: Recommendation, chart_id: str = "trials") -> Drawing | None:
    """Draw the trials with the advised learning rate and its interval marked; None when there are none."""
    info = trials_info(verdict, recommendation)
    if info is None:
        return None
    diverged = sum(trial.diverged for trial in verdict.trials)
    best = min((trial for trial in verdict.trials if trial.mean is not None), key=_mean, default=None)
    summary = [
        fill(
            "Held-out loss after trials at {settings:position} settings with {seeds:position} seeds each; "
            "{diverged:position} trainings diverged.",
            settings=len(verdict.trials),
            seeds=max(1, verdict.seeds),
            diverged=diverged,
        )
    ]
    if best is not None and best.mean is not None:
        summary.append(fill("The lowest mean is {loss:loss} at {rate:rate}.", loss=best.mean, rate=best.learning_rate))
    summary.append(
        fill("Advised: {rate:rate}, 90 % interval {span}.", rate=info.advised, span=formatting.span(verdict.interval))
    )
    outcomes = {point.outcome for series in info.series for point in series.points}
    caption = [_("Each dot is one training, the line their mean over seeds, the band the 90 % interval.")]
    if "diverged" in outcomes:
        caption.append(_("✕ diverged."))
    if "above" in outcomes:
        caption.append(_("▲ above the chart."))
    return drawn(
        *(chart_id, _("Trials"), " ".join(summary), lambda size: _draw(info, size)),
        data=_table(verdict),
        finding=_finding(verdict, recommendation),
        caption=" ".join(caption),
        legend=_legend(info),
    )


def _finding(verdict: Verdict, rec: Recommendation) -> str:
    """Say where the advised recipe ends lowest, and what became of higher rates."""
    flat = next((reason for reason in verdict.reasons if reason.code == "hardly_depends_on_rate"), None)
    if flat is not None:
        return fill(CHARTS["trials_flat"], **dict(flat.values))
    own = sorted(
        (trial for trial in verdict.trials if (trial.optimizer, trial.schedule) == (rec.optimizer, rec.schedule)),
        key=lambda trial: trial.learning_rate,
    )
    ended = [trial for trial in own if trial.mean is not None]
    if not ended:
        return fill(CHARTS["no_trial_ended"])
    best = min(ended, key=_mean).learning_rate
    beyond = next((trial.learning_rate for trial in own if trial.diverged and trial.learning_rate > best), None)
    if beyond is not None:
        return fill(CHARTS["trials_diverge"], best=best, limit=beyond)
    if best == own[-1].learning_rate:
        return fill(CHARTS["trials_lowest_last"], best=best)
    return fill(CHARTS["trials_lowest_first" if best == own[0].learning_rate else "trials_lowest_inside"], best=best)


def _legend(info: TrialsInfo) -> tuple[LegendKey, ...]:
    """Name the lines; a single one needs no name."""
    series = tuple(LegendKey(one.label, *_line_style(index)) for index, one in enumerate(info.series))
    references = tuple(key for _, key in _reference_lines(info))
    return series + references if len(series + references) > 1 else ()


def _line_style(index: int) -> tuple[str, tuple[int, ...]]:
    """Return colour and dashes of a series; the advised one comes first."""
    if index == 0:
        return "accent", ()
    return _OTHER_COLORS[(index - 1) % len(_OTHER_COLORS)], _DASHES[(index - 1) % len(_DASHES)]


def _reference_lines(info: TrialsInfo) -> list[tuple[float, LegendKey]]:
    """Return the losses to compare with that lie on the chart, each with what its line is."""
    losses = (info.default_loss, info.constant_loss)
    return [
        (loss, LegendKey(_(label), role, dash))
        for loss, (label, role, dash) in zip(losses, _REFERENCES, strict=True)
        if loss is not None
    ]


def _mean(trial: Trial) -> float:
    return math.inf if trial.mean is None else trial.mean


def _table(verdict: Verdict) -> Rows:
    body = tuple(
        (
            formatting.rate(trial.learning_rate),
            recipe_of(trial),
            ", ".join("—" if loss is None else formatting.number(loss, 4) for loss in trial.losses),
            "—" if trial.mean is None else formatting.number(trial.mean, 4),
            remark_on(trial),
        )
        for trial in verdict.trials
    )
    return Rows((_("Learning rate"), _("Recipe"), _("Loss per seed"), _("Mean"), _("Remark")), body)


def _draw(info: TrialsInfo, size: Size) -> alt.TopLevelMixin:
    import altair as alt

    x = alt.X(
        "x:Q", scale=alt.Scale(type="log", domain=list(info.domain), nice=False), axis=log_axis(info.domain, size.width)
    )
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(domain=list(info.losses), nice=False, zero=False),
        axis=loss_axis(info.losses, HEIGHT, _("held-out loss"), logarithmic=False, labels=info.measured),
    )
    band = alt.Chart(rows([{"x": info.interval.lower, "x2": info.interval.upper}])).mark_rect(color=ROLES["soft"])
    layers: list[alt.Chart] = [
        band.encode(x=x, x2="x2:Q"),
    ]
    for index, series in reversed(list(enumerate(info.series))):
        layers += _layers_of(series, index, x, y)
    layers += [*_references(info, y), *_marks(info, x)]
    return alt.layer(*layers).properties(width=size.width, height=HEIGHT)


def _layers_of(series: Series, index: int, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    import altair as alt

    role, dash = _line_style(index)
    color = ROLES[role]
    line = alt.Chart(rows([{"x": rate, "y": loss, "name": series.label} for rate, loss in series.means])).encode(
        x=x, y=y
    )
    found = [
        line.mark_line(color=color, strokeWidth=2.25, strokeJoin="round", clip=True, strokeDash=list(dash) or [1, 0])
    ]
    for outcome, shape in SHAPES.items():
        points = [{"x": point.learning_rate, "y": point.loss} for point in series.points if point.outcome == outcome]
        if points:
            mark = alt.Chart(rows(points)).encode(x=x, y=y)
            found.append(
                mark.mark_point(
                    filled=True,
                    shape=shape,
                    size=34 if outcome == "loss" else 64,
                    color=ROLES["danger"] if outcome == "diverged" else color,
                    opacity=0.75 if outcome == "loss" else 1,
                    angle=45 if outcome == "diverged" else 0,
                )
            )
    return found


def _references(info: TrialsInfo, y: alt.Y) -> list[alt.Chart]:
    import altair as alt

    return [
        alt.Chart(rows([{"y": loss}]))
        .mark_rule(color=ROLES[key.role], strokeWidth=1.5, strokeDash=list(key.dash))
        .encode(y=y)
        for loss, key in _reference_lines(info)
    ]


def _marks(info: TrialsInfo, x: alt.X) -> list[alt.Chart]:
    import altair as alt

    wanted = [(info.advised, fill("advised {rate:rate}", rate=info.advised), True)]
    if info.proposed is not None:
        wanted.append((info.proposed, fill("rules {rate:rate}", rate=info.proposed), False))
    layers = []
    for index, (value, label, strong) in enumerate(wanted):
        at = within(value, info.domain)
        left = right_half(at, info.domain)
        mark = alt.Chart(rows([{"x": at, "label": label}])).encode(x=x)
        layers += [
            mark.mark_rule(
                color=ROLES["ink" if strong else "muted"], strokeWidth=1.5, strokeDash=[1, 0] if strong else [3, 3]
            ),
            mark.mark_text(
                align="right" if left else "left",
                dx=-5 if left else 5,
                baseline="bottom",
                color=ROLES["ink" if strong else "muted"],
                fontWeight="bold" if strong else "normal",
            ).encode(y=alt.YValue(-3 - 15 * index), text="label:N"),
        ]
    return layers
