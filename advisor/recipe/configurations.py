"""A recommendation as flags or a configuration fragment of a training tool, and what the tool cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import yaml

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.catalogue.schedule_curve import warmup_steps
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.errors import PlanError, did_you_mean
from advisor.recipe.optimizers import settings_of
from advisor.recipe.training_arguments import training_arguments, unsaid
from advisor.results import Recommendation

Tool = Literal["timm", "ultralytics", "torchtune", "axolotl", "trl"]
TOOLS: tuple[Tool, ...] = get_args(Tool)

_TIMM_OPTIMIZERS = {
    **{name: name for name in ("sgd", "adam", "adamw", "adafactor", "lamb", "lars", "lion", "adagrad", "rmsprop")},
    "muon": "muon",
}
_TORCHTUNE = {"cosine": "get_cosine_schedule_with_warmup"}


def configuration(recommendation: Recommendation, tool: Tool) -> str:
    """Return flags (timm) or YAML (the others) for a tool; what it cannot say stands in a comment.

    Raises:
        PlanError: an unknown tool, or one that has no such optimizer or schedule.
    """
    match tool:
        case "timm":
            return _timm(recommendation)
        case "ultralytics":
            return _ultralytics(recommendation)
        case "torchtune":
            return _torchtune(recommendation)
        case "axolotl" | "trl":
            return _of_trainer(recommendation, tool)
        case _:
            raise PlanError(f"no tool is called {tool!r}{did_you_mean(tool, TOOLS)} (known: {', '.join(TOOLS)})")


def _timm(rec: Recommendation) -> str:
    optimizer = _TIMM_OPTIMIZERS.get(rec.optimizer)
    if optimizer is None:
        raise _lacks("timm's train.py", OPTIMIZER_INFO[rec.optimizer].title, "optimizer")
    schedules = {"cosine": "cosine", "step": "step", "constant": "none"}
    if rec.schedule not in schedules:
        raise _lacks("timm's train.py", SCHEDULE_INFO[rec.schedule].title, "schedule")
    settings = settings_of(rec)
    flags: dict[str, Any] = {"opt": optimizer, "lr": rec.learning_rate, "weight-decay": rec.weight_decay}
    if "momentum" in OPTIMIZER_INFO[rec.optimizer].settings:
        flags["momentum"] = settings.momentum
    if "beta1" in OPTIMIZER_INFO[rec.optimizer].settings:
        flags["opt-betas"] = f"{settings.beta1:g} {settings.beta2:g}"
    flags |= {"sched": schedules[rec.schedule], "batch-size": rec.batch_size, "clip-grad": rec.clip_norm}
    if rec.epochs:
        epochs = max(1, round(rec.epochs))
        rising = round(rec.warmup_fraction * epochs)
        flags |= {"epochs": max(1, epochs - rising), "warmup-epochs": rising}
    if rec.schedule == "cosine":
        flags["min-lr"] = (rec.final_fraction or 0.0) * rec.learning_rate
    return " ".join(f"--{name} {_shown(value)}" for name, value in flags.items() if value is not None) + "\n"


def _ultralytics(rec: Recommendation) -> str:
    names = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSProp"}
    if rec.optimizer not in names:
        raise _lacks("Ultralytics", OPTIMIZER_INFO[rec.optimizer].title, "optimizer")
    if rec.schedule not in {"cosine", "linear"}:
        raise _lacks("Ultralytics", SCHEDULE_INFO[rec.schedule].title, "schedule")
    settings = settings_of(rec)
    values: dict[str, Any] = {
        "optimizer": names[rec.optimizer],  # with "auto" it chooses rate and momentum by itself
        "lr0": rec.learning_rate,
        "lrf": rec.final_fraction or 0.0,
        "cos_lr": rec.schedule == "cosine",
        "momentum": settings.beta1 if rec.optimizer in {"adam", "adamw"} else settings.momentum,
        "weight_decay": rec.weight_decay,
        "batch": rec.batch_size,
        "nbs": rec.batch_size,  # otherwise gradients are added up to a nominal batch of 64
        "epochs": max(1, round(rec.epochs)) if rec.epochs else None,
        "warmup_epochs": rec.warmup_fraction * rec.epochs if rec.epochs else None,
    }
    return _yaml(values)


def _torchtune(rec: Recommendation) -> str:
    info = OPTIMIZER_INFO[rec.optimizer]
    if info.torch_class is None or info.companion is not None:
        raise _lacks("torchtune", info.title, "optimizer")
    if rec.schedule not in _TORCHTUNE:
        raise _lacks("torchtune", SCHEDULE_INFO[rec.schedule].title, "schedule")
    settings = settings_of(rec)
    optimizer: dict[str, Any] = {"_component_": f"torch.optim.{info.torch_class}", "lr": rec.learning_rate}
    if "beta1" in info.settings:
        optimizer["betas"] = [settings.beta1, settings.beta2]
    optimizer["weight_decay"] = rec.weight_decay
    rising = warmup_steps(rec.total_steps, rec.warmup_fraction) if rec.total_steps else None
    schedule = {"_component_": f"torchtune.training.lr_schedulers.{_TORCHTUNE[rec.schedule]}"}
    values = {
        "optimizer": optimizer,
        "lr_scheduler": {**schedule, "num_warmup_steps": rising if rising is not None else 100},
        "clip_grad_norm": rec.clip_norm,
        "batch_size": rec.batch_size,
        "epochs": max(1, round(rec.epochs)) if rec.epochs else None,
    }
    return _yaml(values)


def _of_trainer(rec: Recommendation, tool: Tool) -> str:
    arguments = training_arguments(rec)
    if not arguments.complete:
        raise PlanError(
            f"{tool} cannot say {unsaid(rec)}; ask again with optimizer='adamw', schedule='cosine' and epochs=…"
        )
    values = dict(arguments.values)
    if tool == "axolotl":
        renamed = {"optim": "optimizer", "lr_scheduler_type": "lr_scheduler"}
        values = {renamed.get(name, name): value for name, value in values.items()}
        if "per_device_train_batch_size" in values:
            values["micro_batch_size"] = values.pop("per_device_train_batch_size")
    return _yaml(values)


def _yaml(values: Mapping[str, Any]) -> str:
    stated = {name: value for name, value in values.items() if value is not None}
    return str(yaml.safe_dump(_plain(stated), sort_keys=False, allow_unicode=True))


def _plain(value: Any) -> Any:
    """Return numbers as YAML 1.1 reads them again: ``1e-05`` without a point would be a word."""
    match value:
        case Mapping():
            return {name: _plain(item) for name, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case float():
            return float(f"{value:.6g}")
        case _:
            return value


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _lacks(what: str, title: str, setting: str) -> PlanError:
    usual = "adamw" if setting == "optimizer" else "cosine"
    return PlanError(f"{what} has no {title}; ask again with {setting}={usual!r}")
