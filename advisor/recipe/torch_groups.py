"""Parameter groups of an optimizer that the user already has: their learning rates keep their ratios.

The learning rate of a recommendation is that of the fastest group; every other group takes its share of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.errors import PlanError
from advisor.facts import Plan
from advisor.recipe.schedules import run_length
from advisor.recipe.torch_schedules import build_scheduler
from advisor.results import ParameterGroup, Recommendation


def plan_of(optimizer: Optimizer) -> Plan:
    """Return the optimizer and its settings as a plan; its learning rates are left to be advised.

    Raises:
        PlanError: advisor does not know this class of optimizer.
    """
    kind = type(optimizer).__name__
    name = next((name for name, info in OPTIMIZER_INFO.items() if info.torch_class == kind), None)
    if name is None:
        raise PlanError(f"optimizer: advisor does not know {kind}; give the name of the one that comes closest")
    first = optimizer.param_groups[_fastest(optimizer)]
    beta1, beta2 = first.get("betas", (None, first.get("alpha")))
    stated = {
        "optimizer": name,
        "momentum": first.get("momentum") if "momentum" in OPTIMIZER_INFO[name].settings else None,
        "nesterov": first.get("nesterov"),
        "beta1": beta1,
        "beta2": beta2,
        "epsilon": first.get("eps") if isinstance(first.get("eps"), float) else None,
        "weight_decay": max(_decays(optimizer)),
    }
    return Plan(**stated)


def groups_of(optimizer: Optimizer, model: nn.Module) -> tuple[ParameterGroup, ...]:
    """Return the optimizer's groups by parameter name, each with its share of the highest rate and weight decay.

    Raises:
        PlanError: the optimizer holds parameters that are not the model's.
    """
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    rates, decays = _rates(optimizer), _decays(optimizer)
    groups = []
    for number, (group, rate, decay) in enumerate(zip(optimizer.param_groups, rates, decays, strict=True)):
        found = [names.get(id(parameter)) for parameter in group["params"]]
        if None in found:
            raise PlanError(f"optimizer: group {number} holds parameters that are not the model's")
        groups.append(
            ParameterGroup(
                names=tuple(name for name in found if name is not None),
                rate_factor=rate / max(rates) if max(rates) else 1.0,
                decay_factor=decay / max(decays) if max(decays) else 1.0,
            )
        )
    return tuple(groups)


def apply(recommendation: Recommendation, optimizer: Optimizer, total_steps: int | None = None) -> LRScheduler:
    """Set the learning rates of an optimizer, ratios of its groups kept, and return the scheduler for it.

    Nothing but the rates is changed: settings and state stay the optimizer's own.

    Raises:
        PlanError: another kind of optimizer than recommended, or the length of the run is unknown.
    """
    kind = OPTIMIZER_INFO[recommendation.optimizer].torch_class
    if type(optimizer).__name__ != kind:
        raise PlanError(
            f"advice for {recommendation.optimizer}, not {type(optimizer).__name__}; a rate does not carry over: "
            "use build(), or ask again with optimizer=your optimizer"
        )
    steps = run_length(recommendation, total_steps)
    rates = _rates(optimizer)
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = group["initial_lr"] = recommendation.learning_rate * (rate / max(rates) if max(rates) else 1.0)
    return build_scheduler(recommendation, optimizer, steps)


def _rates(optimizer: Optimizer) -> list[float]:
    """Return each group's peak rate; a scheduler keeps it in ``initial_lr``, ``OneCycleLR`` in ``max_lr``."""
    return [float(group.get("max_lr", group.get("initial_lr", group["lr"]))) for group in optimizer.param_groups]


def _decays(optimizer: Optimizer) -> Sequence[float]:
    return [float(group.get("weight_decay", 0.0)) for group in optimizer.param_groups]


def highest_rate(optimizer: Optimizer) -> float | None:
    """Return the peak learning rate of the fastest group; None where it is zero."""
    return max(_rates(optimizer)) or None


def _fastest(optimizer: Optimizer) -> int:
    rates = _rates(optimizer)
    return rates.index(max(rates))


def is_optimizer(setting: Any) -> bool:
    """Return whether a setting is an optimizer object rather than a name."""
    return isinstance(getattr(setting, "param_groups", None), list) and not isinstance(setting, Mapping)
