"""What things are called in front of a reader."""

from __future__ import annotations

from typing import Final

from advisor.catalogue.optimizers import OPTIMIZER_INFO, OptimizerName
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.errors import FactError
from advisor.facts import info
from advisor.facts.names import Grade, Task

GRADES: Final[dict[Grade, str]] = {
    "measured": "measured in our benchmark",
    "published": "published",
    "judgement": "judgement",
}
SETTINGS: Final[dict[str, str]] = {
    "optimizer": "Optimizer",
    "learning_rate": "Learning rate",
    "schedule": "Schedule",
    "warmup_fraction": "Warm-up",
    "final_fraction": "Final rate",
    "rival_optimizer": "Optimizer worth trials",
    "rival_schedule": "Schedule worth trials",
    "horizon_exponent": "Best rate ∝ length to the power",
    "batch_size": "Batch size",
    "batch_tokens": "Batch",
    "epochs": "Epochs",
    "steps": "Steps",
    "total_steps": "Steps",
    "momentum": "Momentum",
    "nesterov": "Nesterov",
    "beta1": "β₁",
    "beta2": "β₂",
    "epsilon": "ε",
    "weight_decay": "Weight decay",
    "clip_norm": "Gradient clipping",
}
TASKS: Final[dict[Task, str]] = {
    "binary": "classification",
    "multiclass": "classification",
    "multilabel": "classification with several labels per row",
    "regression": "regression",
}
FRAMEWORKS: Final[dict[str, str]] = {
    "torch": "torch",
    "lightning": "Lightning",
    "huggingface": "Hugging Face",
    "keras": "Keras",
}
ESTIMATORS: Final[dict[str, str]] = {
    "minimum": "lowest loss",
    "steepest": "steepest descent",
    "drop_start": "start of the drop",
    "valley": "middle of the descent",
    "edge": "edge of divergence",
}


def setting_label(setting: str) -> str:
    """Return the name of a setting; an unknown one is spelled out."""
    return SETTINGS.get(setting, setting.replace("_", " ").capitalize())


def framework_name(framework: str) -> str:
    """Return the name of a framework; an unknown one as it is."""
    return FRAMEWORKS.get(framework, framework)


def estimator_label(name: str) -> str:
    """Return the name of a range-test estimator."""
    return ESTIMATORS.get(name, name.replace("_", " "))


def fact_meaning(path: str) -> tuple[str, str]:
    """Return description and unit of a fact; empty for a fact that this version does not know."""
    try:
        found = info(path)
    except FactError:
        return "", ""
    return found.description, found.unit


def optimizer_title(name: OptimizerName, momentum: float | None) -> str:
    """Return the optimizer's name, with momentum where that makes another method of it."""
    title = OPTIMIZER_INFO[name].title
    return f"{title} with momentum {momentum:g}" if name == "sgd" and momentum else title


def optimizer_name(name: str) -> str:
    """Return an optimizer's name in front of a reader; an unknown one as it is."""
    return next((info.title for known, info in OPTIMIZER_INFO.items() if known == name), name)


def schedule_name(name: str) -> str:
    """Return a schedule's name in front of a reader; an unknown one as it is."""
    return next((info.title for known, info in SCHEDULE_INFO.items() if known == name), name)
