"""The schedule of a recommendation as a scheduler of torch: stock classes where they draw the curve."""

from __future__ import annotations

from typing import Any

from torch.optim import Optimizer, lr_scheduler
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, SequentialLR

from advisor.catalogue.schedule_curve import multiplier
from advisor.catalogue.schedules import ScheduleName, Setting
from advisor.recipe.stock_schedules import Argument, StockSchedule, stock_schedules
from advisor.results import Recommendation


class ScheduleMultiplier:
    """The pure schedule as an object that ``LambdaLR`` can call, pickle and keep in its state."""

    def __init__(
        self,
        schedule: ScheduleName,
        total_steps: int,
        warmup_fraction: float,
        final_fraction: float | None,
        **settings: Setting,
    ) -> None:
        self.schedule: ScheduleName = schedule
        self.total_steps = total_steps
        self.warmup_fraction = warmup_fraction
        self.final_fraction = final_fraction
        self.settings = settings

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step as a share of the peak."""
        return multiplier(
            self.schedule,
            step,
            self.total_steps,
            warmup_fraction=self.warmup_fraction,
            final_fraction=self.final_fraction,
            **self.settings,
        )


def build_scheduler(recommendation: Recommendation, optimizer: Optimizer, total_steps: int) -> LRScheduler:
    """Return the scheduler for an optimizer whose groups hold their peak learning rates.

    It is made of stock classes where these draw the curve, and is ``LambdaLR`` with our own function elsewhere.
    """
    peaks = [float(group["lr"]) for group in optimizer.param_groups]
    parts = stock_schedules(recommendation, total_steps, peaks)
    if not parts:
        own = ScheduleMultiplier(
            recommendation.schedule, total_steps, recommendation.warmup_fraction, recommendation.final_fraction
        )
        return LambdaLR(optimizer, own)
    built = [_built(part, optimizer) for part in parts]
    if len(built) == 1:
        return built[0]
    lasting = next(argument for argument in parts[0].arguments if argument.name == "total_iters")
    return SequentialLR(optimizer, built, milestones=[int(lasting.value)])  # type: ignore[arg-type]


def _built(part: StockSchedule, optimizer: Optimizer) -> LRScheduler:
    kind: Any = getattr(lr_scheduler, part.name)
    scheduler: LRScheduler = kind(optimizer, **{item.name: _plain(item) for item in part.arguments})
    return scheduler


def _plain(argument: Argument) -> Any:
    return list(argument.value) if isinstance(argument.value, tuple) else argument.value
