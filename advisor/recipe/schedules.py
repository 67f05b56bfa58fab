"""Schedules by name, and the learning rate of any step of a run as a pure function.

A run of ``total_steps`` optimizer steps has steps 0 … total_steps - 1. The first ``warmup_steps`` of them rise linearly
to the peak; the rest is the schedule's own shape, drawn over progress 0 (its first step) to 1 (the last step of the
run), so the last step always has the final value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from advisor.errors import PlanError, did_you_mean
from advisor.facts.names import ScheduleName
from advisor.recipe import schedule_shapes as shapes
from advisor.results import Recommendation

Setting = float | str | tuple[float, ...]
Shape = Callable[..., float]
"""(progress 0 … 1, final share of the peak, settings by keyword) -> share of the peak."""

STEP_MILESTONES = (1 / 3, 2 / 3)
STEP_FACTOR = 0.1
CYCLES = 4
CYCLE_BASE = 0.2
ONE_CYCLE_RISE = 0.3
ONE_CYCLE_START = 1 / 25
STABLE_SHARE = 0.8
DECAY_SHARE = 0.2


def _no_settings() -> Mapping[str, Setting]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ScheduleInfo:
    """What there is to know about a schedule.

    Attributes:
        name: canonical name.
        title: as people say it.
        description: what it does, in a sentence.
        formula: the shape after warm-up; p is progress 0 … 1, f the final share of the peak.
        default_final: final share of the peak when nothing else is said.
        takes_warmup: whether a linear warm-up stands in front (one-cycle brings its own rise).
        takes_final: whether the final share can be chosen (constant and step fix it by their shape).
        source: key of the publication or code it comes from.
        shape: the function itself.
        settings: further settings of the shape, with their defaults.
    """

    name: ScheduleName
    title: str
    description: str
    formula: str
    default_final: float
    source: str
    shape: Shape
    takes_warmup: bool = True
    takes_final: bool = True
    settings: Mapping[str, Setting] = field(default_factory=_no_settings)


SCHEDULE_INFO: Mapping[ScheduleName, ScheduleInfo] = MappingProxyType(
    {
        info.name: info
        for info in (
            ScheduleInfo(
                name="constant",
                title="constant",
                description="The same rate all along.",
                formula="1",
                default_final=1.0,
                source="founding SEED-4",
                shape=shapes.constant,
                takes_final=False,
            ),
            ScheduleInfo(
                name="step",
                title="step decay",
                description="A tenth of the rate after each third of the run.",
                formula="0.1^(number of milestones passed), milestones p = 1/3 and 2/3",
                default_final=STEP_FACTOR ** len(STEP_MILESTONES),
                source="founding SEED-10; he2016resnet",
                shape=shapes.step_decay,
                takes_final=False,
                settings=MappingProxyType({"milestones": STEP_MILESTONES, "gamma": STEP_FACTOR}),
            ),
            ScheduleInfo(
                name="exponential",
                title="exponential decay",
                description="The same factor every step: exp(-k·epoch) with k = ln(1/f)/epochs.",
                formula="f^p",
                default_final=0.01,
                source="founding SEED-10",
                shape=shapes.exponential,
            ),
            ScheduleInfo(
                name="cosine",
                title="cosine decay",
                description="Half a cosine from the peak to the end: slow, fast, slow.",
                formula="f + (1-f)·(1 + cos πp)/2",
                default_final=0.0,
                source="founding SEED-10; loshchilov2017sgdr",
                shape=shapes.cosine,
            ),
            ScheduleInfo(
                name="linear",
                title="linear decay",
                description="A straight line to the end.",
                formula="1 + (f-1)·p",
                default_final=0.0,
                source="playbook",
                shape=shapes.linear,
            ),
            ScheduleInfo(
                name="cyclical",
                title="cyclical (triangular)",
                description="Four triangles between a fifth of the peak and the peak.",
                formula="f + (1-f)·(1 - |2(4p mod 1) - 1|)",
                default_final=CYCLE_BASE,
                source="founding SEED-11; smith2017cyclical",
                shape=shapes.cyclical,
                settings=MappingProxyType({"cycles": CYCLES, "base_fraction": CYCLE_BASE}),
            ),
            ScheduleInfo(
                name="one_cycle",
                title="one-cycle",
                description="A fast rise over three tenths of the run, then a long cosine to almost nothing.",
                formula="p < 0.3: cosine rise from 1/25; then cosine to f",
                default_final=ONE_CYCLE_START / 1e4,
                source="founding SEED-12; smith2018superconvergence",
                shape=shapes.one_cycle,
                takes_warmup=False,
                settings=MappingProxyType({"rise": ONE_CYCLE_RISE, "start": ONE_CYCLE_START}),
            ),
            ScheduleInfo(
                name="warmup_stable_decay",
                title="warm-up, stable, decay",
                description="Flat until four fifths of the run, then 1 - square root to the end.",
                formula="p < 0.8: 1; then 1 - (1-f)·√((p-0.8)/0.2)",
                default_final=0.0,
                source="hagele2024",
                shape=shapes.stable_then_decay,
                settings=MappingProxyType({"decay_share": DECAY_SHARE, "decay": "sqrt"}),
            ),
        )
    }
)


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


def curve_of(recommendation: Recommendation, total_steps: int | None = None) -> Callable[[int], float]:
    """Return ``step -> learning rate`` for a recommendation.

    Raises:
        PlanError: neither ``total_steps`` nor the recommendation gives the length of the run, or it is below 1.
    """
    steps = run_length(recommendation, total_steps)

    def curve(step: int) -> float:
        return learning_rate(
            recommendation.schedule,
            step,
            steps,
            peak=recommendation.learning_rate,
            warmup_fraction=recommendation.warmup_fraction,
            final_fraction=recommendation.final_fraction,
        )

    return curve


def run_length(recommendation: Recommendation, total_steps: int | None = None) -> int:
    """Return the optimizer steps of the whole run: the given ones, else the recommendation's.

    Raises:
        PlanError: neither is known, or it is below 1.
    """
    steps = recommendation.total_steps if total_steps is None else total_steps
    if steps is None:
        raise PlanError("total_steps: the length of the run is not known; give the number of optimizer steps")
    if steps < 1:
        raise PlanError(f"total_steps={steps}: a run has at least one step; give the optimizer steps of the whole run")
    return steps


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
