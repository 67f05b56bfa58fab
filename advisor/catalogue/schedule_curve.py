"""The learning rate of any step of a run as a pure function.

A run of ``total_steps`` optimizer steps has steps 0 … total_steps - 1. The first ``warmup_steps`` of them rise linearly
to the peak; the rest is the schedule's own shape, drawn over progress 0 (its first step) to 1 (the last step of the
run), so the last step always has the final value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from advisor.catalogue.schedules import SCHEDULE_INFO, ScheduleInfo, ScheduleName, Setting
from advisor.errors import PlanError, did_you_mean


def warmup_steps(total_steps: int, warmup_fraction: float) -> int:
    """Return the optimizer steps that a warm-up takes, at most all but the last."""
    return min(round(warmup_fraction * total_steps), max(0, total_steps - 1))


def multiplier(
    name: ScheduleName,
    step: int,
    total_steps: int,
    *,
    warmup_fraction: float = 0.0,
    final_fraction: float | None = None,
    **settings: Setting,
) -> float:
    """Return the learning rate of a step as a share of the peak.

    Args:
        name: canonical name of the schedule.
        step: optimizer step, from 0; steps past the end keep the final value.
        total_steps: optimizer steps of the whole run, at least 1.
        warmup_fraction: share of the run spent rising linearly; step ``s`` of ``w`` has (s + 1) / (w + 1) of the peak.
            One-cycle brings its own rise, so it drops this one.
        final_fraction: share of the peak at the last step; None: the schedule's default. Constant and step ignore it.
        **settings: of the schedule, as in its :class:`ScheduleInfo`: ``milestones`` and ``gamma`` of step, ``cycles``
            and ``base_fraction`` (another name for the final share) of cyclical, ``rise`` and ``start`` of one-cycle,
            ``decay_share`` and ``decay`` (``sqrt`` or ``linear``) of warm-up-stable-decay.

    Raises:
        PlanError: an unknown schedule or setting, a negative step, fewer than one step, or a share outside 0 to 1.

    >>> [round(multiplier("cosine", step, 5), 3) for step in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """
    if name not in SCHEDULE_INFO:
        raise PlanError(f"no schedule is called {name!r}{did_you_mean(name, SCHEDULE_INFO)}")
    info = SCHEDULE_INFO[name]
    if total_steps < 1:
        raise PlanError(f"total_steps={total_steps}: a run has at least one step")
    if step < 0:
        raise PlanError(f"step={step}: steps are counted from 0")
    _check_shares(warmup_fraction, final_fraction)
    _check_settings(info, settings)
    final = info.default_final if final_fraction is None else final_fraction
    if "base_fraction" in settings:
        final = float(settings.pop("base_fraction"))  # type: ignore[arg-type]  # checked to be a number
    rising = warmup_steps(total_steps, warmup_fraction) if info.takes_warmup else 0
    if step < rising:
        return (step + 1) / (rising + 1)
    after = total_steps - 1 - rising
    if after <= 0:  # the run is nothing but warm-up, or a single step
        return info.shape(1.0 if rising or step > 0 else 0.0, final, **settings)
    progress = min(1.0, (step - rising) / after)
    return info.shape(progress, final, **settings)


def learning_rate(
    name: ScheduleName,
    step: int,
    total_steps: int,
    *,
    peak: float,
    warmup_fraction: float = 0.0,
    final_fraction: float | None = None,
    **settings: Setting,
) -> float:
    """Return the learning rate of optimizer step ``step``; see :func:`multiplier`.

    Raises:
        PlanError: as :func:`multiplier`, or a peak that is not a positive number.
    """
    if not (peak > 0 and math.isfinite(peak)):
        raise PlanError(f"peak={peak!r}: the peak learning rate is a positive number")
    return peak * multiplier(
        name, step, total_steps, warmup_fraction=warmup_fraction, final_fraction=final_fraction, **settings
    )


def _check_shares(warmup_fraction: float, final_fraction: float | None) -> None:
    if not 0.0 <= warmup_fraction <= 1.0:
        raise PlanError(f"warmup_fraction={warmup_fraction!r}: a share of the run, between 0 and 1")
    if final_fraction is not None and not 0.0 <= final_fraction <= 1.0:
        raise PlanError(f"final_fraction={final_fraction!r}: a share of the peak, between 0 and 1")


def _check_settings(info: ScheduleInfo, settings: Mapping[str, Setting]) -> None:
    for key, value in settings.items():
        if key not in info.settings:
            known = ", ".join(info.settings) or "none"
            raise PlanError(
                f"schedule {info.name!r} has no setting {key!r}{did_you_mean(key, info.settings)} (it has: {known})"
            )
        if not _fits(key, value):
            raise PlanError(
                f"{key}={value!r} does not fit schedule {info.name!r}, whose default is {info.settings[key]!r}"
            )


def _fits(key: str, value: Setting) -> bool:
    match key, value:
        case "decay", str():
            return value in {"sqrt", "linear"}
        case "milestones", tuple():
            return list(value) == sorted(value) and all(0.0 < milestone <= 1.0 for milestone in value)
        case "cycles", int() | float():
            return value >= 1 and float(value).is_integer()
        case (("gamma" | "base_fraction" | "rise" | "start" | "decay_share"), int() | float()):
            return 0.0 <= value <= 1.0
        case _:
            return False
