"""A recommendation as stock torch objects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.errors import PlanError
from advisor.recipe.optimizers import OptimizerSettings, arguments, settings_of
from advisor.recipe.schedules import run_length
from advisor.recipe.torch_muon import muon_with_adamw
from advisor.recipe.torch_parameters import chosen_groups, trainable_parameters
from advisor.recipe.torch_schedules import build_scheduler
from advisor.results import ParameterGroup, Recommendation


class BuiltTraining(tuple[Optimizer, LRScheduler]):  # noqa: SLOT001 - a pair with attributes
    """An optimizer and its scheduler as a plain pair, and a step that clips as advised.

    ``optimizer, scheduler = built`` gives the stock objects for a loop of your own; ``built.step(loss)`` is the rest of
    the loop.

    Attributes:
        optimizer: of ``torch.optim``.
        scheduler: to step after every optimizer step.
        clip_norm: global gradient norm to clip at; None: do not clip.
        total_steps: optimizer steps of the whole run.
    """

    optimizer: Optimizer
    scheduler: LRScheduler
    clip_norm: float | None
    total_steps: int

    def __new__(
        cls, optimizer: Optimizer, scheduler: LRScheduler, *, clip_norm: float | None, total_steps: int
    ) -> Self:
        """Return the pair with what a step needs beside it."""
        built = super().__new__(cls, (optimizer, scheduler))
        built.optimizer, built.scheduler = optimizer, scheduler
        built.clip_norm, built.total_steps = clip_norm, total_steps
        return built

    def step(self, loss: Tensor) -> Tensor:
        """Take one optimizer step: gradients of the loss, clipped; then the next learning rate, and no gradients.

        Past the end of the run the learning rate stays what it was.

        Returns:
            The global norm of the gradients before clipping, a scalar tensor.
        """
        loss.backward()
        trained = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
        limit = math.inf if self.clip_norm is None else self.clip_norm
        norm = nn.utils.clip_grad_norm_(trained, limit)
        self.optimizer.step()
        if self.scheduler.last_epoch < self.total_steps - 1:
            self.scheduler.step()
        self.optimizer.zero_grad()
        return norm


def build(recommendation: Recommendation, model: nn.Module, total_steps: int | None = None) -> BuiltTraining:
    """Build the optimizer and a scheduler to step after every optimizer step.

    The optimizer already holds the learning rate of step 0. Both keep their place through ``state_dict``. The result
    unpacks to this pair, and its ``step(loss)`` clips gradients as recommended.

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
    scheduler = build_scheduler(recommendation, optimizer, steps)
    return BuiltTraining(optimizer, scheduler, clip_norm=recommendation.clip_norm, total_steps=steps)


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
