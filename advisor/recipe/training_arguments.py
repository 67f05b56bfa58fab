"""A recommendation as arguments of ``transformers.TrainingArguments``, without importing transformers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.catalogue.schedule_curve import warmup_steps
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.recipe.code_parts import run_steps
from advisor.recipe.optimizers import settings_of
from advisor.results import Recommendation

_OPTIMIZERS = {"adamw": "adamw_torch", "adagrad": "adagrad", "schedule_free_adamw": "schedule_free_adamw"}
"""Names of ``TrainingArguments(optim=…)`` that do what the catalogue's entries do."""


@dataclass(frozen=True, slots=True)
class TrainerArguments:
    """Keyword arguments of ``TrainingArguments``.

    Attributes:
        values: name and value.
        complete: they hold optimizer and schedule; where not, both have to be handed to the Trainer as objects.
    """

    values: tuple[tuple[str, Any], ...]
    complete: bool


def training_arguments(recommendation: Recommendation, *, batch_size: int | None = None) -> TrainerArguments:
    """Return what ``TrainingArguments`` can say of a recommendation.

    The Trainer's curves start a step later than ours and reach their end a step after the last one; they are drawn over
    the steps that it takes, so that a run that stops before its schedule ends needs a scheduler of its own.

    Args:
        recommendation: what to train with.
        batch_size: per device; None: the recommendation's.
    """
    steps = run_steps(recommendation)
    per_device = batch_size or recommendation.batch_size
    values: list[tuple[str, Any]] = [("max_steps", recommendation.stop_steps or steps)]
    if per_device is not None:
        values.append(("per_device_train_batch_size", per_device))
    values.append(("max_grad_norm", recommendation.clip_norm or 0.0))  # 0 does not clip; its default does
    schedule = _schedule(recommendation, steps)
    optimizer = _OPTIMIZERS.get(recommendation.optimizer)
    if schedule is None or optimizer is None or recommendation.stop_steps is not None:
        return TrainerArguments(tuple(values), complete=False)
    settings = settings_of(recommendation)
    values += [("learning_rate", float(f"{recommendation.learning_rate:.6g}")), ("optim", optimizer)]
    if recommendation.optimizer != "adagrad":
        values += [
            ("adam_beta1", settings.beta1),
            ("adam_beta2", settings.beta2),
            ("adam_epsilon", settings.epsilon),
        ]
    values += [("weight_decay", recommendation.weight_decay), *schedule]
    return TrainerArguments(tuple(values), complete=True)


def unsaid(recommendation: Recommendation) -> str:
    """Return, for a message, what the Trainer's arguments cannot say of a recommendation."""
    if recommendation.stop_steps is not None:
        return f"that a run of {recommendation.total_steps} steps stops after {recommendation.stop_steps}"
    return f"{OPTIMIZER_INFO[recommendation.optimizer].title} with a {recommendation.schedule} schedule"


def _schedule(recommendation: Recommendation, steps: int) -> list[tuple[str, Any]] | None:
    """Return the arguments of the Trainer's own schedule; None where it has none of this shape."""
    info = SCHEDULE_INFO[recommendation.schedule]
    warmup = warmup_steps(steps, recommendation.warmup_fraction)
    final = info.default_final if recommendation.final_fraction is None else recommendation.final_fraction
    rising = [("warmup_steps", warmup)]
    match recommendation.schedule:
        case "constant":
            return [("lr_scheduler_type", "constant_with_warmup" if warmup else "constant"), *rising]
        case "linear" if final == 0.0:
            return [("lr_scheduler_type", "linear"), *rising]
        case "cosine" if final == 0.0:
            return [("lr_scheduler_type", "cosine"), *rising]
        case "cosine":
            least = {"min_lr_rate": final}
            return [("lr_scheduler_type", "cosine_with_min_lr"), ("lr_scheduler_kwargs", least), *rising]
        case _:
            return None
