"""Chart: how the loss fell over the run at the advised rate, a third and three times of it, and at the default."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting
from advisor.reporting.charts.drawing import Drawing, LegendKey, Rows, Size, drawn, loss_axis, rows
from advisor.reporting.charts.svg import ROLES
from advisor.reporting.sentences.headings import CHARTS
from advisor.reporting.sentences.template import fill
from advisor.results import Recommendation, Trial, Verdict

if TYPE_CHECKING:
    import altair as alt

NEAR = 1.73
"""A trial stands for a rate within this factor of it. Judgement: the root of three, so that none stands for two."""
LOGARITHMIC = 20.0
"""Highest over lowest loss from which the axis is logarithmic. Judgement: on a linear one the end would be flat."""
CLIPPED = 3.0
"""Multiple of the highest first loss above which a curve leaves the chart. Judgement: a run that explodes keeps the
others readable."""
EARLY = 1.0 / 3.0
"""Share of the run before which half of the fall is early. Judgement: a straight line takes a half."""
HEIGHT = 150
"""Pixels. Judgement: a little less than the trials, which decide."""
ADVISED = phrase("nearest to the advised")
_STYLES: dict[str, tuple[str, tuple[int, ...]]] = {  # judgement: told apart without colour
    ADVISED: ("accent", ()),
    phrase("about a third"): ("muted", (5, 3)),
    phrase("about three times"): ("second", (2, 2)),
    "Adam at 1e-3": ("ink", (8, 3, 2, 3)),
}


@dataclass(frozen=True, slots=True)
class RunCurve:
    """The training loss of a trial over its run.

    Attributes:
        role: which rate it stands for.
        learning_rate: peak.
        losses: over equal parts of the run; fewer than the others have where it left.
        half: share of the run after which half of the fall is done; None: it did not fall.
        upward: share of all movement that goes up: 0 falls all the way.
    """

    role: str
    learning_rate: float
    losses: tuple[float, ...]
    half: float | None
    upward: float

    @property
    def name(self) -> str:
        """Such as ``nearest to the advised: 3e-3``."""
        if self.role == "Adam at 1e-3":
            return _("Adam at 1e-3, constant")
        return f"{_(self.role)}: {formatting.rate(self.learning_rate)}"


def run_curves_info(verdict: Verdict, rec: Recommendation) -> tuple[RunCurve, ...]:
    """Gather the curves; empty when that of the advised rate is not known."""
    own = [
        trial
        for trial in verdict.trials
        if trial.role == "candidate" and (trial.optimizer, trial.schedule) == (rec.optimizer, rec.schedule)
    ]
    parts = max((len(trial.curve) for trial in verdict.trials), default=0)
    wanted = {ADVISED: 1.0, "about a third": 1.0 / 3.0, "about three times": 3.0}
    found = {role: _nearest(own, rec.learning_rate * factor) for role, factor in wanted.items()}
    default = next((trial for trial in verdict.trials if trial.role == "default"), None)
    trials = {**found, "Adam at 1e-3": default}
    if parts < 3 or found[ADVISED] is None:
        return ()
    return tuple(_curve(role, trial, parts) for role, trial in trials.items() if trial is not None and trial.curve)


def _nearest(trials: list[Trial], rate: float) -> Trial | None:
    def distance(trial: Trial) -> float:
        return abs(math.log(trial.learning_rate / rate))

    near = min((trial for trial in trials if trial.curve), key=distance, default=None)
    return near if near is not None and distance(near) <= math.log(NEAR) else None


def _curve(role: str, trial: Trial, parts: int) -> RunCurve:
    losses = trial.curve
    moves = [after - before for before, after in itertools.pairwise(losses)]
    total = sum(map(abs, moves))
    low = min(losses)
    middle = 0.5 * (losses[0] + low)
    half = next(index for index, loss in enumerate(losses) if loss <= middle) / parts if low < losses[0] else None
    upward = sum(move for move in moves if move > 0) / total if total else 0.0
    return RunCurve(role, trial.learning_rate, losses, half, upward)


def run_curves(verdict: Verdict, rec: Recommendation, chart_id: str = "runs") -> Drawing | None:
    """Draw how the loss fell; None when that of the advised rate is not known."""
    curves = run_curves_info(verdict, rec)
    if not curves:
        return None
    caption = _("Training loss, mean of each part of the run and over seeds.")
    if _is_logarithmic(curves):
        caption = _("Training loss, mean of each part of the run and over seeds, on a logarithmic scale.")
    table = Rows(
        (_("Run"), _("Half of the fall after"), _("Upward share of the movement"), _("First loss"), _("Last loss")),
        tuple(
            (
                curve.name,
                "—" if curve.half is None else fill("{share:share} of the run", share=curve.half),
                formatting.share(curve.upward),
                formatting.loss(curve.losses[0]),
                formatting.loss(curve.losses[-1]),
            )
            for curve in curves
        ),
    )
    legend = tuple(LegendKey(curve.name, *_STYLES[curve.role]) for curve in curves)
    return drawn(
        *(chart_id, _("How the runs went"), _summary(curves[0]), lambda size: _draw(curves, size)),
        data=table,
        finding=_finding(curves[0]),
        caption=caption,
        legend=legend,
    )


def _finding(advised: RunCurve) -> str:
    if advised.half is None:
        return fill(CHARTS["loss_does_not_fall"], rate=advised.learning_rate)
    return fill(CHARTS["loss_falls_early" if advised.half < EARLY else "loss_falls_evenly"], half=advised.half)


def _summary(advised: RunCurve) -> str:
    if advised.half is None:
        return fill("At {rate:rate} the training loss does not fall.", rate=advised.learning_rate)
    return fill(
        "At {rate:rate} half of the fall of the training loss lies in the first {half:share} of the run; "
        "{upward:share} of its movement is upward.",
        rate=advised.learning_rate,
        half=advised.half,
        upward=advised.upward,
    )


def _is_logarithmic(curves: tuple[RunCurve, ...]) -> bool:
    losses = [loss for curve in curves for loss in curve.losses]
    return min(losses) > 0 and max(losses) > LOGARITHMIC * min(losses)


def _draw(curves: tuple[RunCurve, ...], size: Size) -> alt.TopLevelMixin:
    import altair as alt

    logarithmic = _is_logarithmic(curves)
    losses = [loss for curve in curves for loss in curve.losses]
    low, top = min(losses), max(curve.losses[0] for curve in curves)
    high = min(max(losses), top + (CLIPPED - 1.0) * abs(top))
    room = 0.0 if logarithmic else 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    domain = [0.9 * low, 1.1 * high] if logarithmic else [low - room, high + room]
    scale = alt.Scale(type="log" if logarithmic else "linear", domain=domain, nice=False, zero=False)
    parts = max(len(curve.losses) for curve in curves)
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[0, 100], nice=False),
        axis=alt.Axis(title=_("share of the run, %"), grid=False, tickCount=6 if size.wide else 4),
    )
    y = alt.Y(
        "y:Q",
        scale=scale,
        axis=loss_axis((domain[0], domain[1]), HEIGHT, _("training loss"), logarithmic=logarithmic),
    )
    layers = []
    for curve in reversed(curves):
        role, dash = _STYLES[curve.role]
        points = [{"x": 100.0 * (index + 0.5) / parts, "y": loss} for index, loss in enumerate(curve.losses)]
        layers.append(
            alt.Chart(rows(points))
            .mark_line(
                color=ROLES[role],
                strokeWidth=2.25 if curve.role == ADVISED else 1.75,
                strokeJoin="round",
                strokeDash=list(dash) or [1, 0],
                clip=True,
            )
            .encode(x=x, y=y)
        )
    return alt.layer(*layers).properties(width=size.width, height=HEIGHT)
