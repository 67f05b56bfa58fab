"""A recommendation as stock torch objects."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.catalogue.schedule_curve import multiplier
from advisor.catalogue.schedules import ScheduleName, Setting
from advisor.errors import PlanError
from advisor.recipe.optimizers import OptimizerSettings, arguments, settings_of
from advisor.recipe.schedules import run_length
from advisor.recipe.torch_muon import muon_with_adamw
from advisor.recipe.torch_parameters import chosen_groups, trainable_parameters
from advisor.results import ParameterGroup, Recommendation


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
    optimizer = build_optimizer(settings_of(recommendation), model, recommendation.learning_rate, recommendation.groups)
    schedule = ScheduleMultiplier(
        recommendation.schedule, steps, recommendation.warmup_fraction, recommendation.final_fraction
    )
    return optimizer, LambdaLR(optimizer, schedule)


def build_optimizer(
    settings: OptimizerSettings, model: nn.Module, learning_rate: float, groups: Sequence[ParameterGroup] = ()
) -> Optimizer:
    """Build the optimizer alone, at the peak learning rate; whatever trains, trains with this one.

    Args:
        settings: which optimizer, and all but its rate.
        model: the module to train; frozen parameters are left out, tied ones appear once.
        learning_rate: peak rate, of the fastest group where there are several.
        groups: of the user's own optimizer, with their shares of rate and decay; empty: decayed and not decayed.

    Raises:
        PlanError: torch has no such optimizer; the message names a package that has.
        ModelError: nothing in the model trains.
    """
    info = OPTIMIZER_INFO[settings.optimizer]
    trainable_parameters(model)
    if not info.in_torch():
        where = (
            f"the package {info.package} (pip install {info.package}; recommendation.snippet() shows how)"
            if info.package
            else f"a torch newer than {torch.__version__}"
        )
        raise PlanError(
            f"torch {torch.__version__} has no {info.title}; it is in {where}. Or choose another with optimizer="
        )
    keywords, decay = arguments(settings), settings.weight_decay
    if info.companion is not None:
        return muon_with_adamw(model, learning_rate=learning_rate, weight_decay=decay, **keywords)
    torch_class = getattr(torch.optim, str(info.torch_class))
    built: Optimizer = torch_class(chosen_groups(model, groups, learning_rate, decay), lr=learning_rate, **keywords)
    return built
