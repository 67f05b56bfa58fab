"""Chart: what short trainings at many learning rates ended at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from advisor.reporting import formatting, labels
from advisor.reporting.charts import ROLES, Drawing, Rows, Size, decades, drawn, rate_axis, right_half, rows, within
from advisor.results import Interval, Recommendation, Trial, Verdict

if TYPE_CHECKING:
    import altair as alt

Outcome = Literal["loss", "above", "diverged"]
SHAPES: dict[Outcome, str] = {"loss": "circle", "above": "triangle-up", "diverged": "cross"}
MAX_OTHERS = 3
_DASHES = ([5, 3], [2, 2], [8, 3, 2, 3])
_OTHER_COLORS = ("second", "muted", "ink")


@dataclass(frozen=True, slots=True)
class Point:
    """One training: where it ended, or the rail at the top for what has no place on the chart."""

    learning_rate: float
    loss: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Series:
    """All trials of one optimizer and schedule."""

    label: str
    points: tuple[Point, ...]
    means: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class TrialsInfo:
    """Trials cut to what is worth showing, with the learning rates and losses to mark."""

    series: tuple[Series, ...]
    domain: tuple[float, float]
    losses: tuple[float, float]
    rail: float
    advised: float
    interval: Interval
    proposed: float | None
    default_loss: float | None
    constant_loss: float | None


def trials_info(verdict: Verdict, recommendation: Recommendation) -> TrialsInfo | None:
    """Gather the trials; None when there are none to draw."""
    candidates = [trial for trial in verdict.trials if trial.role == "candidate"]
    if len(candidates) < 2:
        return None
    low, high = _worth_showing(candidates, verdict)
    rail = high + 0.09 * (high - low)
    groups: dict[tuple[str, str], list[Trial]] = {(recommendation.optimizer, recommendation.schedule): []}
    for trial in sorted(candidates, key=lambda trial: trial.learning_rate):
        groups.setdefault((trial.optimizer, trial.schedule), []).append(trial)
    series = [_series(trials, high, rail) for trials in groups.values() if trials][: MAX_OTHERS + 1]
    domain = decades([*(trial.learning_rate for trial in candidates), verdict.learning_rate])
    moved = not math.isclose(verdict.learning_rate, verdict.proposed, rel_tol=1e-3)
    return TrialsInfo(
        series=tuple(series),
        domain=domain,
        losses=(low, rail + 0.05 * (high - low)),
        rail=rail,
        advised=recommendation.learning_rate,
        interval=Interval(lower=within(verdict.interval.lower, domain), upper=within(verdict.interval.upper, domain)),
        proposed=verdict.proposed if moved and domain[0] <= verdict.proposed <= domain[1] else None,
        default_loss=_inside(verdict.default_loss, low, high),
        constant_loss=_inside(verdict.constant_loss, low, high),
    )


def trials(verdict: Verdict, recommendation: Recommendation, chart_id: str = "trials") -> Drawing | None:
    """Draw the trials with the advised learning rate and its interval marked; None when there are none."""
    info = trials_info(verdict, recommendation)
    if info is None:
        return None
    diverged = sum(trial.diverged for trial in verdict.trials)
    best = min((trial for trial in verdict.trials if trial.mean is not None), key=_mean, default=None)
    found = f" The lowest mean is {formatting.number(best.mean, 4)} at {formatting.rate(best.learning_rate)}." if best else ""
    summary = (
        f"Held-out loss after short trainings at {len(verdict.trials)} settings with {max(1, verdict.seeds)} seeds each; "
        f"{diverged} trainings diverged.{found} Advised: {formatting.rate(info.advised)}, "
        f"90 % interval {formatting.span(verdict.interval)}."
    )
    outcomes = {point.outcome for series in info.series for point in series.points}
    caption = "Each dot is one training, the line their mean over seeds, the band the 90 % interval."
    caption += " ✕ diverged." if "diverged" in outcomes else ""
    caption += " ▲ above the chart." if "above" in outcomes else ""
    return drawn(chart_id, "Short trainings", summary, lambda size: _draw(info, size), _table(verdict), caption)


def _mean(trial: Trial) -> float:
    return math.inf if trial.mean is None else trial.mean


def _finite(candidates: list[Trial]) -> list[float]:
    return sorted(loss for trial in candidates for loss in trial.losses if loss is not None and math.isfinite(loss))


def _worth_showing(candidates: list[Trial], verdict: Verdict) -> tuple[float, float]:
    """Return the range of losses to show: the better three quarters, and the references when they are near."""
    losses = _finite(candidates)
    if not losses:
        return 0.0, 1.0
    low, usual = losses[0], losses[(3 * (len(losses) - 1)) // 4]
    room = max(usual - low, 1e-3 * abs(low), 1e-12)
    high = low + 1.25 * room
    for reference in (verdict.default_loss, verdict.constant_loss):
        if reference is not None and high < reference < low + 3.0 * room:
            high = reference + 0.1 * room
    return low - 0.08 * (high - low), min(high, losses[-1] + 0.1 * room) if losses[-1] > usual else high


def _inside(loss: float | None, low: float, high: float) -> float | None:
    return loss if loss is not None and low <= loss <= high else None


def _series(group: list[Trial], high: float, rail: float) -> Series:
    points, means = [], []
    for trial in group:
        for loss in trial.losses:
            outcome: Outcome = "diverged" if loss is None or not math.isfinite(loss) else "loss" if loss <= high else "above"
            if trial.stopped_early and loss is None and not trial.diverged:
                outcome = "above"
            points.append(Point(trial.learning_rate, loss if outcome == "loss" and loss is not None else rail, outcome))
        if trial.mean is not None and math.isfinite(trial.mean):
            means.append((trial.learning_rate, min(trial.mean, rail)))
    label = f"{labels.OPTIMIZERS[group[0].optimizer]}, {labels.SCHEDULES[group[0].schedule]}"
    return Series(label, tuple(points), tuple(means))


def _table(verdict: Verdict) -> Rows:
    body = tuple(
        (
            formatting.rate(trial.learning_rate),
            f"{labels.OPTIMIZERS[trial.optimizer]}, {labels.SCHEDULES[trial.schedule]}",
            ", ".join("—" if loss is None else formatting.number(loss, 4) for loss in trial.losses),
            "—" if trial.mean is None else formatting.number(trial.mean, 4),
            _remark(trial),
        )
        for trial in verdict.trials
    )
    return Rows(("Learning rate", "Recipe", "Loss per seed", "Mean", "Remark"), body)


def _remark(trial: Trial) -> str:
    remarks = ["for comparison"] if trial.role == "default" else []
    if trial.diverged:
        remarks.append(f"{trial.diverged} of {len(trial.losses)} diverged")
    if trial.stopped_early:
        remarks.append("stopped early")
    return ", ".join(remarks)


def _draw(info: TrialsInfo, size: Size) -> alt.TopLevelMixin:
    import altair as alt

    x = alt.X("x:Q", scale=alt.Scale(type="log", domain=list(info.domain), nice=False), axis=rate_axis())
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(domain=list(info.losses), nice=False, zero=False),
        axis=alt.Axis(title="held-out loss", tickCount=5, ticks=False, format="~g", minExtent=40),
    )
    band = alt.Chart(rows([{"x": info.interval.lower, "x2": info.interval.upper}])).mark_rect(color=ROLES["soft"])
    layers: list[alt.Chart] = [band.encode(x=x, x2="x2:Q"), *_references(info, y)]
    several = len(info.series) > 1
    for index, series in reversed(list(enumerate(info.series))):
        layers += _layers_of(series, index, x, y, named=several)
    layers += _marks(info, x)
    return alt.layer(*layers).properties(width=size.width, height=250 if size.wide else 210)


def _layers_of(series: Series, index: int, x: alt.X, y: alt.Y, *, named: bool) -> list[alt.Chart]:
    import altair as alt

    color = ROLES["accent" if index == 0 else _OTHER_COLORS[(index - 1) % len(_OTHER_COLORS)]]
    line = alt.Chart(rows([{"x": rate, "y": loss, "name": series.label} for rate, loss in series.means])).encode(x=x, y=y)
    dash = [1, 0] if index == 0 else _DASHES[(index - 1) % len(_DASHES)]
    lines = line.mark_line(color=color, strokeWidth=2.25, strokeJoin="round", clip=True, strokeDash=dash)
    found = [lines]
    if named and series.means:
        end = series.means[0]
        label = alt.Chart(rows([{"x": end[0], "y": end[1], "label": series.label}])).encode(x=x, y=y, text="label:N")
        found.append(
            label.mark_text(align="left", dx=4, dy=-10, color=color, stroke=ROLES["paper"], strokeWidth=4)
        )
    for outcome, shape in SHAPES.items():
        points = [{"x": point.learning_rate, "y": point.loss} for point in series.points if point.outcome == outcome]
        if points:
            turned = {"angle": 45} if outcome == "diverged" else {}
            mark = alt.Chart(rows(points)).encode(x=x, y=y)
            found.append(
                mark.mark_point(
                    filled=True,
                    shape=shape,
                    size=34 if outcome == "loss" else 64,
                    color=ROLES["danger"] if outcome == "diverged" else color,
                    opacity=0.75 if outcome == "loss" else 1,
                    **turned,
                )
            )
    return found


def _references(info: TrialsInfo, y: alt.Y) -> list[alt.Chart]:
    import altair as alt

    layers = []
    for loss, label in ((info.default_loss, "Adam at 1e-3, constant"), (info.constant_loss, "best constant prediction")):
        if loss is not None:
            mark = alt.Chart(rows([{"y": loss, "label": label}])).encode(y=y)
            layers += [
                mark.mark_rule(color=ROLES["second"], strokeWidth=1.5, strokeDash=[6, 4]),
                mark.mark_text(
                    align="left", dx=6, dy=-8, color=ROLES["second"], stroke=ROLES["paper"], strokeWidth=4
                ).encode(x=alt.value(0), text="label:N"),
            ]
    return layers


def _marks(info: TrialsInfo, x: alt.X) -> list[alt.Chart]:
    import altair as alt

    wanted = [(info.advised, f"advised {formatting.rate(info.advised)}", True)]
    if info.proposed is not None:
        wanted.append((info.proposed, f"rules {formatting.rate(info.proposed)}", False))
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
            ).encode(y=alt.value(-3 - 15 * index), text="label:N"),
        ]
    return layers
