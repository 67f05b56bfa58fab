"""Every schedule: its names, shape, defaults, source, and the lines that printed code draws it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from advisor.catalogue import schedule_shapes as shapes

ScheduleName = Literal[
    "constant",
    "step",
    "exponential",
    "cosine",
    "linear",
    "cyclical",
    "one_cycle",
    "warmup_stable_decay",
]
SCHEDULES: tuple[ScheduleName, ...] = get_args(ScheduleName)
Setting = float | str | tuple[float, ...]
Shape = Callable[..., float]
"""(progress 0 … 1, final share of the peak, settings by keyword) -> share of the peak."""


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
        code: the shape as lines of Python, from ``progress`` and ``FINAL`` to the share of the peak.
        decays: the rate ends well below its peak for good, so that the last steps settle.
        settings: further settings of the shape, with their defaults.
    """

    name: ScheduleName
    title: str
    description: str
    formula: str
    default_final: float
    source: str
    shape: Shape
    code: str
    decays: bool = True
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
                code="    return 1.0",
                decays=False,
                takes_final=False,
            ),
            ScheduleInfo(
                name="step",
                title="step decay",
                description="A tenth of the rate after each third of the run.",
                formula="0.1^(number of milestones passed), milestones p = 1/3 and 2/3",
                default_final=shapes.STEP_FACTOR ** len(shapes.STEP_MILESTONES),
                source="founding SEED-10; he2016resnet",
                shape=shapes.step_decay,
                code=f"    return {shapes.STEP_FACTOR} ** sum(progress >= milestone for milestone in (1 / 3, 2 / 3))",
                takes_final=False,
                settings=MappingProxyType({"milestones": shapes.STEP_MILESTONES, "gamma": shapes.STEP_FACTOR}),
            ),
            ScheduleInfo(
                name="exponential",
                title="exponential decay",
                description="The same factor every step: exp(-k·epoch) with k = ln(1/f)/epochs.",
                formula="f^p",
                default_final=0.01,
                source="founding SEED-10",
                shape=shapes.exponential,
                code="    return FINAL**progress",
            ),
            ScheduleInfo(
                name="cosine",
                title="cosine decay",
                description="Half a cosine from the peak to the end: slow, fast, slow.",
                formula="f + (1-f)·(1 + cos πp)/2",
                default_final=0.0,
                source="founding SEED-10; loshchilov2017sgdr",
                shape=shapes.cosine,
                code="    return FINAL + (1 - FINAL) * (1 + math.cos(math.pi * progress)) / 2",
            ),
            ScheduleInfo(
                name="linear",
                title="linear decay",
                description="A straight line to the end.",
                formula="1 + (f-1)·p",
                default_final=0.0,
                source="playbook",
                shape=shapes.linear,
                code="    return 1 + (FINAL - 1) * progress",
            ),
            ScheduleInfo(
                name="cyclical",
                title="cyclical (triangular)",
                description="Four triangles between a fifth of the peak and the peak.",
                formula="f + (1-f)·(1 - |2(4p mod 1) - 1|)",
                default_final=shapes.CYCLE_BASE,
                source="founding SEED-11; smith2017cyclical",
                shape=shapes.cyclical,
                code=(
                    f"    position = (progress * {shapes.CYCLES}) % 1 if progress < 1 else 1.0\n"
                    "    return FINAL + (1 - FINAL) * (1 - abs(2 * position - 1))"
                ),
                decays=False,
                settings=MappingProxyType({"cycles": shapes.CYCLES, "base_fraction": shapes.CYCLE_BASE}),
            ),
            ScheduleInfo(
                name="one_cycle",
                title="one-cycle",
                description="A fast rise over three tenths of the run, then a long cosine to almost nothing.",
                formula="p < 0.3: cosine rise from 1/25; then cosine to f",
                default_final=shapes.ONE_CYCLE_FINAL,
                source="founding SEED-12; smith2018superconvergence",
                shape=shapes.one_cycle,
                code=(
                    f"    if progress < {shapes.ONE_CYCLE_RISE}:\n"
                    f"        rise = (1 - math.cos(math.pi * progress / {shapes.ONE_CYCLE_RISE})) / 2\n"
                    f"        return {shapes.ONE_CYCLE_START} + {1 - shapes.ONE_CYCLE_START} * rise\n"
                    f"    falling = (progress - {shapes.ONE_CYCLE_RISE}) / {1 - shapes.ONE_CYCLE_RISE}\n"
                    "    return FINAL + (1 - FINAL) * (1 + math.cos(math.pi * falling)) / 2"
                ),
                takes_warmup=False,
                settings=MappingProxyType({"rise": shapes.ONE_CYCLE_RISE, "start": shapes.ONE_CYCLE_START}),
            ),
            ScheduleInfo(
                name="warmup_stable_decay",
                title="warm-up, stable, decay",
                description="Flat until four fifths of the run, then 1 - square root to the end.",
                formula="p < 0.8: 1; then 1 - (1-f)·√((p-0.8)/0.2)",
                default_final=0.0,
                source="hagele2024",
                shape=shapes.stable_then_decay,
                code=(
                    f"    if progress < {1 - shapes.DECAY_SHARE}:\n"
                    "        return 1.0\n"
                    f"    falling = min(1.0, (progress - {1 - shapes.DECAY_SHARE}) / {shapes.DECAY_SHARE})\n"
                    "    return 1 - (1 - FINAL) * math.sqrt(falling)"
                ),
                settings=MappingProxyType({"decay_share": shapes.DECAY_SHARE, "decay": "sqrt"}),
            ),
        )
    }
)
