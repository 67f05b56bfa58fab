"""A schedule as classes of ``torch.optim.lr_scheduler``, with the arguments that make them draw our curve.

Each function of this room is pure; ``torch_schedules`` builds the classes and ``code_parts`` prints them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.catalogue.schedule_curve import warmup_steps
from advisor.catalogue.schedule_shapes import (
    CYCLES,
    EXPONENTIAL_FLOOR,
    ONE_CYCLE_RISE,
    ONE_CYCLE_START,
    STEP_FACTOR,
    STEP_MILESTONES,
)
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.results import Recommendation

SHORTEST = 10
"""Optimizer steps below which our own function draws the curve. Judgement: ``OneCycleLR`` divides by the length of its
phases, and nobody reads the code of so short a run."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a scheduler.

    Attributes:
        name: keyword.
        value: as torch takes it; a tuple has one number per parameter group.
        code: how a program with ``LEARNING_RATE``, ``TOTAL_STEPS`` and ``WARMUP_STEPS`` says it.
    """

    name: str
    value: float | bool | tuple[float, ...]
    code: str


@dataclass(frozen=True, slots=True)
class StockSchedule:
    """A class of ``torch.optim.lr_scheduler`` with its arguments."""

    name: str
    arguments: tuple[Argument, ...]


def stock_schedules(
    recommendation: Recommendation, total_steps: int, peaks: Sequence[float]
) -> tuple[StockSchedule, ...]:
    """Return the stock schedulers that draw the curve of a recommendation, one per stretch of the run.

    Args:
        recommendation: its schedule, warm-up and final share.
        total_steps: optimizer steps of the whole run.
        peaks: peak learning rate of every parameter group.

    Returns:
        One scheduler, or a warm-up of ``warmup_steps`` steps and what follows it; empty where no stock class draws the
        curve.
    """
    info = SCHEDULE_INFO[recommendation.schedule]
    rising = warmup_steps(total_steps, recommendation.warmup_fraction) if info.takes_warmup else 0
    after = total_steps - 1 - rising
    if total_steps < SHORTEST or after < 1:
        return ()
    final = info.default_final if recommendation.final_fraction is None else recommendation.final_fraction
    length = "TOTAL_STEPS - 1 - WARMUP_STEPS" if rising else "TOTAL_STEPS - 1"
    main = _after_warmup(recommendation.schedule, total_steps, after, length, final, tuple(peaks), warms_up=rising > 0)
    if main is None:
        return ()
    if not rising:
        return (main,)
    warmup = StockSchedule(
        "LinearLR",
        (
            Argument("start_factor", 1.0 / (rising + 1), "1 / (WARMUP_STEPS + 1)"),
            Argument("total_iters", rising, "WARMUP_STEPS"),
        ),
    )
    return (warmup,) if recommendation.schedule == "constant" else (warmup, main)


def _after_warmup(
    name: str, total_steps: int, after: int, length: str, final: float, peaks: tuple[float, ...], *, warms_up: bool
) -> StockSchedule | None:
    peak = Argument("max_lr", peaks if len(set(peaks)) > 1 else peaks[0], "LEARNING_RATE")
    fixed = Argument("cycle_momentum", False, "False")
    match name:
        case "constant":
            return StockSchedule("ConstantLR", (Argument("factor", 1.0, "1.0"),))
        case "step":
            milestones = tuple(math.ceil(share * after - 1e-9) for share in STEP_MILESTONES)
            numbers = ", ".join(map(str, milestones))
            return StockSchedule(
                "MultiStepLR",
                (
                    Argument("milestones", milestones, f"[{numbers}]"),
                    Argument("gamma", STEP_FACTOR, f"{STEP_FACTOR:g}"),
                ),
            )
        case "exponential":
            end = max(final, EXPONENTIAL_FLOOR)
            factor = Argument("gamma", end ** (1.0 / after), f"{end:.6g} ** (1 / ({length}))")
            return StockSchedule("ExponentialLR", (factor,))
        case "cosine" if final == 0.0 or len(set(peaks)) == 1:
            lowest = Argument("eta_min", final * peaks[0], f"{final:.6g} * LEARNING_RATE")
            return StockSchedule(
                "CosineAnnealingLR", (Argument("T_max", after, length), *([lowest] if final > 0.0 else []))
            )
        case "linear":
            return StockSchedule(
                "LinearLR",
                (
                    Argument("start_factor", 1.0, "1.0"),
                    Argument("end_factor", final, f"{final:.6g}"),
                    Argument("total_iters", after, length),
                ),
            )
        case "cyclical" if not warms_up:
            ends = tuple(final * rate for rate in peaks)
            base = Argument("base_lr", ends if len(set(ends)) > 1 else ends[0], f"{final:.6g} * LEARNING_RATE")
            up = Argument("step_size_up", after / (2 * CYCLES), f"({length}) / {2 * CYCLES}")
            return StockSchedule("CyclicLR", (base, peak, up, fixed))
        case "one_cycle" if final > 0.0:
            # OneCycleLR counts the rise from 1 and the whole from 0; this share puts its peak where ours is.
            rise = (ONE_CYCLE_RISE * (total_steps - 1) + 1) / total_steps
            fall = ONE_CYCLE_START / final
            return StockSchedule(
                "OneCycleLR",
                (
                    peak,
                    Argument("total_steps", total_steps, "TOTAL_STEPS"),
                    Argument("pct_start", rise, f"{rise:.8g}"),
                    *([] if math.isclose(fall, 1e4) else [Argument("final_div_factor", fall, f"{fall:.8g}")]),
                    fixed,
                ),
            )
        case _:
            return None
