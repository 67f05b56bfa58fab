"""What things are called in front of a reader."""

from __future__ import annotations

from typing import Final

from advisor.catalogue.optimizers import OPTIMIZER_INFO, OptimizerName
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.cleaning import plain
from advisor.errors import FactError
from advisor.facts import info
from advisor.facts.names import Grade, Task
from advisor.language import gettext as _
from advisor.language import phrase
from advisor.numerals import number

GRADES: Final[dict[Grade, str]] = {
    "measured": phrase("measured in our benchmark"),
    "published": phrase("published"),
    "judgement": phrase("judgement"),
}
SETTINGS: Final[dict[str, str]] = {
    "optimizer": phrase("Optimizer"),
    "learning_rate": phrase("Learning rate"),
    "schedule": phrase("Schedule"),
    "warmup_fraction": phrase("Warm-up"),
    "final_fraction": phrase("Final rate"),
    "rival_optimizer": phrase("Rival optimizer"),
    "rival_schedule": phrase("Rival schedule"),
    "horizon_exponent": phrase("Exponent for shorter trials"),
    "batch_size": phrase("Batch size"),
    "batch_tokens": phrase("Batch"),
    "epochs": phrase("Epochs"),
    "steps": phrase("Steps"),
    "total_steps": phrase("Steps"),
    "stop_steps": phrase("Stop after"),
    "momentum": phrase("Momentum"),
    "nesterov": phrase("Nesterov"),
    "beta1": phrase("β₁"),
    "beta2": phrase("β₂"),
    "epsilon": phrase("ε"),
    "weight_decay": phrase("Weight decay"),
    "clip_norm": phrase("Gradient clipping"),
}
TASKS: Final[dict[Task, str]] = {
    "binary": phrase("classification"),
    "multiclass": phrase("classification"),
    "multilabel": phrase("classification with several labels per row"),
    "regression": phrase("regression"),
}
FRAMEWORKS: Final[dict[str, str]] = {
    "torch": "torch",
    "lightning": "Lightning",
    "huggingface": "Hugging Face",
    "keras": "Keras",
}
ESTIMATORS: Final[dict[str, str]] = {
    "minimum": phrase("lowest loss"),
    "steepest": phrase("steepest descent"),
    "drop_start": phrase("start of the drop"),
    "valley": phrase("middle of the descent"),
    "edge": phrase("edge of divergence"),
}


_FACT_TITLES = {
    "plan.batch_size": phrase("Batch size"),
    "plan.epochs": phrase("Epochs"),
    "data.rows": phrase("Training rows"),
    "model.width": phrase("Width of the hidden layers"),
    "data.noise.level": phrase("Noise"),
}


def setting_label(setting: str) -> str:
    """Return the name of a setting; an unknown one is spelled out."""
    return _(SETTINGS[setting]) if setting in SETTINGS else setting.replace("_", " ").capitalize()


def framework_name(framework: str) -> str:
    """Return the name of a framework; an unknown one as it is."""
    return FRAMEWORKS.get(framework, framework)


def estimator_label(name: str) -> str:
    """Return the name of a range-test estimator."""
    return _(ESTIMATORS[name]) if name in ESTIMATORS else name.replace("_", " ")


def fact_meaning(path: str) -> tuple[str, str]:
    """Return description and unit of a fact; empty for a fact that this version does not know."""
    try:
        found = info(path)
    except FactError:
        return "", ""
    return _(found.description), found.unit


def fact_title(path: str) -> str:
    """Return the name of a fact over a chart; its path where it has none."""
    return _(_FACT_TITLES[path]) if path in _FACT_TITLES else plain(path)


def optimizer_title(name: OptimizerName, momentum: float | None) -> str:
    """Return the optimizer's name, with momentum where that makes another method of it."""
    title = OPTIMIZER_INFO[name].title
    if name == "sgd" and momentum:
        return _("{optimizer} with momentum {momentum}").format(optimizer=title, momentum=number(momentum))
    return title


def optimizer_name(name: str) -> str:
    """Return an optimizer's name in front of a reader; an unknown one as it is."""
    return next((info.title for known, info in OPTIMIZER_INFO.items() if known == name), name)


def schedule_name(name: str) -> str:
    """Return a schedule's name in front of a reader; an unknown one as it is."""
    return next((_(info.title) for known, info in SCHEDULE_INFO.items() if known == name), name)
