"""A recommendation as arguments of a skorch net."""

from __future__ import annotations

from typing import Any

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.errors import PlanError
from advisor.recipe.optimizers import arguments, settings_of
from advisor.recipe.schedules import run_length
from advisor.results import Recommendation


def skorch_arguments(recommendation: Recommendation, total_steps: int | None = None) -> dict[str, Any]:
    """Return keyword arguments of ``NeuralNet``: optimizer, rate, batch size, schedule and clipping.

    All parameters are decayed alike, because skorch groups them by name; ``optimizer__param_groups`` exempts some.

    Raises:
        PlanError: the length of the run is not known, or torch has no such optimizer.
    """
    import torch  # noqa: PLC0415 - skorch brings it
    from skorch.callbacks import GradientNormClipping, LRScheduler  # noqa: PLC0415 - an optional framework

    from advisor.recipe.torch_schedules import ScheduleMultiplier  # noqa: PLC0415 - imports torch

    info = OPTIMIZER_INFO[recommendation.optimizer]
    if not info.in_torch() or info.companion is not None:
        raise PlanError(f"skorch cannot step {info.title}; ask again with optimizer='adamw'")
    steps = run_length(recommendation, total_steps)
    own = ScheduleMultiplier(
        recommendation.schedule, steps, recommendation.warmup_fraction, recommendation.final_fraction
    )
    callbacks: list[Any] = [
        LRScheduler(policy=torch.optim.lr_scheduler.LambdaLR, lr_lambda=own, step_every="batch", event_name="event_lr")
    ]
    if recommendation.clip_norm is not None:
        callbacks.append(GradientNormClipping(recommendation.clip_norm))
    settings = arguments(settings_of(recommendation)) | {"weight_decay": recommendation.weight_decay}
    found: dict[str, Any] = {
        "optimizer": getattr(torch.optim, str(info.torch_class)),
        "lr": recommendation.learning_rate,
        "callbacks": callbacks,
        **{f"optimizer__{name}": value for name, value in settings.items()},
    }
    if recommendation.batch_size is not None:
        found["batch_size"] = recommendation.batch_size
    return found
