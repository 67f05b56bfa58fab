"""A lower learning rate for the rest of a run, whatever scheduler draws it."""

from __future__ import annotations

from typing import Any, Final

_OF_GROUPS: Final = ("lr", "initial_lr", "max_lr", "min_lr")
_OF_SCHEDULERS: Final = ("base_lrs", "max_lrs", "min_lrs", "_last_lr")


def rates_of(optimizer: Any) -> list[float]:
    """Return the learning rate of every parameter group."""
    return [float(group["lr"]) for group in optimizer.param_groups]


def lower(optimizer: Any, scheduler: Any, factor: float, rates: list[float]) -> None:
    """Multiply the learning rates, now and for the rest of the schedule.

    The scheduler keeps its place: the data of the steps that are lost are not seen again.

    Args:
        optimizer: of torch.
        scheduler: of torch, which draws the rates; None: they are constant.
        factor: on all of them.
        rates: of the groups before the state was changed.
    """
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate
        for name in _OF_GROUPS:
            if name in group:
                group[name] = group[name] * factor
    if scheduler is not None:
        _lower_scheduler(scheduler, factor)


def _lower_scheduler(scheduler: Any, factor: float) -> None:
    for name in _OF_SCHEDULERS:
        if isinstance(getattr(scheduler, name, None), list):
            setattr(scheduler, name, [rate * factor for rate in getattr(scheduler, name)])
    if isinstance(getattr(scheduler, "eta_min", None), int | float):
        scheduler.eta_min *= factor
    for part in getattr(scheduler, "_schedulers", ()):
        _lower_scheduler(part, factor)
