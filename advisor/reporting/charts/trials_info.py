"""What of the trials is worth showing: series, outcomes, and the range of losses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting.charts.drawing import decades, within
from advisor.reporting.sentences.template import fill
from advisor.results import Interval, Recommendation, Trial, Verdict

Outcome = Literal["loss", "above", "diverged"]
MAX_OTHERS = 3
"""Rivals drawn at most. Judgement: as many as there are kinds of dashes in ``trials``."""
_ROLES = {"default": phrase("for comparison"), "rival": phrase("rival")}


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
    """Trials cut to what is worth showing, with the rates and losses to mark; not ``measured``: nothing converged."""

    series: tuple[Series, ...]
    domain: tuple[float, float]
    losses: tuple[float, float]
    rail: float
    measured: bool
    advised: float
    interval: Interval
    proposed: float | None
    default_loss: float | None
    constant_loss: float | None


def trials_info(verdict: Verdict, recommendation: Recommendation) -> TrialsInfo | None:
    """Gather the trials; None when there are none to draw."""
    candidates = [trial for trial in verdict.trials if trial.role != "default"]
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
        measured=bool(_finite(candidates)),
        advised=recommendation.learning_rate,
        interval=Interval(lower=within(verdict.interval.lower, domain), upper=within(verdict.interval.upper, domain)),
        proposed=verdict.proposed if moved and domain[0] <= verdict.proposed <= domain[1] else None,
        default_loss=_inside(verdict.default_loss, low, high),
        constant_loss=_inside(verdict.constant_loss, low, high),
    )


def _finite(candidates: list[Trial]) -> list[float]:
    return sorted(loss for trial in candidates for loss in trial.losses if loss is not None and math.isfinite(loss))


def _worth_showing(candidates: list[Trial], verdict: Verdict) -> tuple[float, float]:
    """Return the range of losses to show: the better three quarters, and the references when they are near."""
    losses = _finite(candidates)
    if not losses:
        return 0.0, 1.0
    low, usual = losses[0], losses[min(len(losses) - 1, max(1, (3 * (len(losses) - 1)) // 4))]
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
            outcome: Outcome = (
                "diverged" if loss is None or not math.isfinite(loss) else "loss" if loss <= high else "above"
            )
            if trial.stopped_early and loss is None and not trial.diverged:
                outcome = "above"
            points.append(Point(trial.learning_rate, loss if outcome == "loss" and loss is not None else rail, outcome))
        if trial.mean is not None and math.isfinite(trial.mean):
            means.append((trial.learning_rate, min(trial.mean, rail)))
    return Series(recipe_of(group[0]), tuple(points), tuple(means))


def recipe_of(trial: Trial) -> str:
    """Return the optimizer and schedule of a trial in words."""
    return f"{OPTIMIZER_INFO[trial.optimizer].title}, {_(SCHEDULE_INFO[trial.schedule].title)}"


def remark_on(trial: Trial) -> str:
    """Return what is special about a trial; empty when nothing is."""
    remarks = [_(_ROLES[trial.role])] if trial.role in _ROLES else []
    if trial.diverged:
        remarks.append(
            fill("{diverged} of {trials} diverged", diverged=str(trial.diverged), trials=str(len(trial.losses)))
        )
    if trial.stopped_early:
        remarks.append(_("stopped early"))
    return ", ".join(remarks)
