"""A recommendation as stock torch objects."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from advisor.errors import PlanError
from advisor.facts.names import ScheduleName
from advisor.recipe.optimizers import OPTIMIZER_INFO, arguments
from advisor.recipe.schedules import Setting, multiplier, run_length
from advisor.recipe.torch_muon import muon_with_adamw
from advisor.recipe.torch_parameters import chosen_groups, parameter_groups, trainable_parameters
from advisor.results import Recommendation

__all__ = ["ScheduleMultiplier", "arguments", "build", "build_optimizer", "parameter_groups"]


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


def build(
    recommendation: Recommendation, model: nn.Module, total_steps: int | None = None
) -> tuple[Optimizer, LRScheduler]:
    """Build the optimizer and a scheduler to step after every optimizer step.

    The optimizer already holds the learning rate of step 0. Both keep their place through ``state_dict``.

    Args:
        recommendation: what to build.
        model: the module to train; frozen parameters are left out, tied ones appear once.
        total_steps: optimizer steps of the whole run; None takes the recommendation's.

    Raises:
        PlanError: the length of the run is unknown, or torch has no such optimizer.
        ModelError: nothing in the model trains.
    """
    steps = run_length(recommendation, total_steps)
    optimizer = build_optimizer(recommendation, model)
    schedule = ScheduleMultiplier(
        recommendation.schedule, steps, recommendation.warmup_fraction, recommendation.final_fraction
    )
    return optimizer, LambdaLR(optimizer, schedule)


def build_optimizer(recommendation: Recommendation, model: nn.Module) -> Optimizer:
    """Build the optimizer alone, at the peak learning rate.

    Raises:
        PlanError: torch has no such optimizer; the message names a package that has.
        ModelError: nothing in the model trains.
    """
    name = recommendation.optimizer
    info = OPTIMIZER_INFO[name]
    trainable_parameters(model)
    settings = arguments(name, recommendation)
    rate, decay = recommendation.learning_rate, recommendation.weight_decay
    if name == "muon":
        return muon_with_adamw(model, learning_rate=rate, weight_decay=decay, **settings)
    torch_class = getattr(torch.optim, info.torch_class, None) if info.torch_class else None
    if torch_class is None:
        where = (
            f"the package {info.package} (pip install {info.package}; recommendation.snippet() shows how)"
            if info.package
            else f"a torch newer than {torch.__version__}"
        )
        raise PlanError(
            f"torch {torch.__version__} has no {info.title}; it is in {where}. Or choose another with optimizer="
        )
    built: Optimizer = torch_class(chosen_groups(model, recommendation.groups, rate, decay), lr=rate, **settings)
    return built
