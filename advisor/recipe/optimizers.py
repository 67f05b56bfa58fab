"""The settings that an optimizer trains with, and the arguments of its class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from advisor.catalogue.optimizers import OPTIMIZER_INFO, OptimizerName
from advisor.results import Recommendation


@dataclass(frozen=True, slots=True)
class OptimizerSettings:
    """An optimizer with every setting but its learning rate; settings that it does not take are not looked at."""

    optimizer: OptimizerName
    momentum: float = 0.0
    nesterov: bool = False
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0


def settings_of(recommendation: Recommendation) -> OptimizerSettings:
    """Return the settings of a recommendation; what it leaves open has the catalogue's value.

    Nesterov needs momentum, so without it it is off.
    """
    defaults = OPTIMIZER_INFO[recommendation.optimizer].settings
    stated = {name: getattr(recommendation, name) for name in defaults}
    chosen: dict[str, Any] = {name: defaults[name] if value is None else value for name, value in stated.items()}
    chosen["nesterov"] = bool(chosen.get("nesterov", False)) and chosen["momentum"] > 0
    return OptimizerSettings(recommendation.optimizer, weight_decay=recommendation.weight_decay, **chosen)


def arguments(settings: OptimizerSettings) -> dict[str, Any]:
    """Return the keyword arguments of the optimizer's torch class, learning rate and weight decay left out."""
    info = OPTIMIZER_INFO[settings.optimizer]
    keywords: dict[str, Any] = {}
    if "beta1" in info.settings:
        keywords["betas"] = (settings.beta1, settings.beta2)
    elif "beta2" in info.settings:
        keywords[info.torch_keywords.get("beta2", "beta2")] = settings.beta2
    if "momentum" in info.settings:
        keywords["momentum"] = float(settings.momentum)
    if "nesterov" in info.settings:
        keywords["nesterov"] = settings.nesterov
    if "epsilon" in info.settings:
        keywords[info.torch_keywords.get("epsilon", "eps")] = settings.epsilon
    return keywords
