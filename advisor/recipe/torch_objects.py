"""A recommendation as stock torch objects."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from advisor.errors import ModelError, PlanError
from advisor.facts.names import OptimizerName, ScheduleName
from advisor.recipe.optimizers import OPTIMIZER_INFO
from advisor.recipe.schedules import multiplier
from advisor.results import Recommendation


class ScheduleMultiplier:
    """The pure schedule as an object that ``LambdaLR`` can call, pickle and keep in its state."""

    def __init__(
        self, schedule: ScheduleName, total_steps: int, warmup_fraction: float, final_fraction: float | None
    ) -> None:
        self.schedule: ScheduleName = schedule
        self.total_steps = total_steps
        self.warmup_fraction = warmup_fraction
        self.final_fraction = final_fraction

    def __call__(self, step: int) -> float:
        return multiplier(
            self.schedule,
            step,
            self.total_steps,
            warmup_fraction=self.warmup_fraction,
            final_fraction=self.final_fraction,
        )


def build(
    recommendation: Recommendation, model: nn.Module, total_steps: int | None = None
) -> tuple[Optimizer, LRScheduler]:
    """Build the optimizer and a scheduler to step after every optimizer step.

    Args:
        recommendation: what to build.
        model: the module to train; frozen parameters are left out, tied ones appear once.
        total_steps: optimizer steps of the whole run; None takes the recommendation's.

    Raises:
        PlanError: the length of the run is unknown, or torch has no such optimizer.
        ModelError: nothing in the model trains.
    """
    steps = total_steps or recommendation.total_steps
    if steps is None or steps < 1:
        raise PlanError(f"total_steps={steps}: give the number of optimizer steps of the whole run, at least 1")
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
    torch_class = getattr(torch.optim, info.torch_class, None) if info.torch_class else None
    if torch_class is None:
        where = f"the package {info.package}" if info.package else f"torch newer than {torch.__version__}"
        raise PlanError(
            f"torch {torch.__version__} has no {info.title}; it is in {where}. Choose another with optimizer="
        )
    groups = parameter_groups(model, recommendation.weight_decay)
    if name == "muon":
        raise PlanError(
            "Muon trains hidden matrices only and wants AdamW beside it for all other parameters; "
            "build both by hand as the snippet shows, or choose another with optimizer="
        )
    built: Optimizer = torch_class(groups, lr=recommendation.learning_rate, **arguments(name, recommendation))
    return built


def arguments(name: OptimizerName, recommendation: Recommendation) -> dict[str, Any]:
    """Return the keyword arguments of the torch class, learning rate and weight decay left out."""
    defaults = OPTIMIZER_INFO[name].settings

    def setting(key: str) -> Any:
        stated = getattr(recommendation, key)
        return defaults[key] if stated is None else stated

    match name:
        case "sgd":
            momentum = float(setting("momentum"))
            return {"momentum": momentum, "nesterov": bool(setting("nesterov")) and momentum > 0}
        case "rmsprop":
            return {"alpha": setting("beta2"), "momentum": setting("momentum"), "eps": setting("epsilon")}
        case "adagrad":
            return {"eps": setting("epsilon")}
        case "adam" | "adamw":
            return {"betas": (setting("beta1"), setting("beta2")), "eps": setting("epsilon")}
        case _:
            return {}


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Split the trainable parameters into those with weight decay and those without.

    Vectors and scalars (biases, and the gains of norms) are not decayed: pulling them to zero changes what a layer
    outputs without making the model simpler. Matrices, convolutions and embeddings are.

    Raises:
        ModelError: nothing in the model trains.
    """
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not trainable:
        raise ModelError(f"{type(model).__name__} has no trainable parameters; unfreeze some or add a layer")
    decayed = [parameter for parameter in trainable if parameter.ndim >= 2]
    rest = [parameter for parameter in trainable if parameter.ndim < 2]
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": rest, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]
