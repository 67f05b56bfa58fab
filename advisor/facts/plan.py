"""What the user intends: horizon, batch, device, and everything they have fixed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import field_validator

from advisor.errors import InputError, PlanError, did_you_mean, shortened
from advisor.facts.leaf import FactSheet, fact, out_of_range
from advisor.facts.names import (
    OPTIMIZERS,
    SCHEDULES,
    Device,
    Goal,
    Loss,
    OptimizerName,
    Precision,
    ScheduleName,
)
from advisor.facts.spelling import canonical

_LENGTH = ("epochs", "steps")


class Plan(FactSheet):
    """The training plan. What is None is free for the rules to choose; what is given is kept.

    >>> Plan(epochs=20, batch_size=64, optimizer="AdamW").optimizer
    'adamw'

    Raises:
        PlanError: an unknown name, or a count that is not positive.
    """

    error: ClassVar[type[InputError]] = PlanError
    noun: ClassVar[str] = "setting"

    epochs: float | None = fact("passes over the training rows", "epochs", gt=0)
    batch_size: int | None = fact("samples per forward pass on one device", "samples", ge=1)
    steps: int | None = fact(
        "optimizer steps of the whole run, when fixed directly instead of by epochs", "steps", ge=1
    )
    accumulation: int | None = fact("batches whose gradients are added before one optimizer step", "batches", ge=1)
    devices: int | None = fact("devices that share one optimizer step", "devices", ge=1)
    tokens: float | None = fact("training tokens of the whole run (language models)", "tokens", gt=0)
    batch_tokens: float | None = fact("tokens per optimizer step (language models)", "tokens", gt=0)
    device: Device | None = fact("device that trains")
    precision: Precision | None = fact("number format of the forward and backward pass")
    loss: Loss | None = fact("loss function")
    goal: Goal | None = fact("what the run is judged by")
    optimizer: OptimizerName | None = fact("optimizer, when fixed by the user or chosen by a rule")
    momentum: float | None = fact("momentum of SGD or RMSProp", "share", ge=0, le=1)
    nesterov: bool | None = fact("Nesterov's form of momentum")
    beta1: float | None = fact("decay of Adam's gradient average", "share", ge=0, le=1)
    beta2: float | None = fact("decay of Adam's squared-gradient average", "share", ge=0, le=1)
    epsilon: float | None = fact("Adam's denominator offset", "", gt=0)
    weight_decay: float | None = fact("weight decay coefficient (decoupled for AdamW, L2 otherwise)", "per step", ge=0)
    clip_norm: float | None = fact("global gradient norm above which gradients are scaled down", "norm", gt=0)
    schedule: ScheduleName | None = fact("shape of the learning rate over the run")
    warmup_fraction: float | None = fact(
        "share of the run spent raising the learning rate linearly", "share", ge=0, le=1
    )
    learning_rate: float | None = fact("peak learning rate, when the user wants it checked instead of chosen", "", gt=0)
    reference_learning_rate: float | None = fact("peak learning rate known to work at another batch size", "", gt=0)
    reference_batch_size: int | None = fact("batch size at which the reference learning rate worked", "samples", ge=1)
    early_stopping: bool | None = fact("training stops when validation stops improving")
    horizon_known: bool | None = fact("the length of the run is fixed before it starts")
    weight_averaging: bool | None = fact("an average of the weights (EMA, SWA) is evaluated")
    augmentation: bool | None = fact("strong augmentation, mixup or cutmix")
    class_weights_normalized: bool | None = fact("class weights average to one")
    layerwise_decay: float | None = fact(
        "factor by which the learning rate falls per layer from the top", "ratio", gt=0, le=1
    )

    @property
    def has_open_length(self) -> bool:
        """Whether the run may end before its last step: the user gave no length, or stops early."""
        return bool(self.early_stopping) or (self.epochs is None and self.steps is None and self.tokens is None)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        for name, value in self:
            if wanted := out_of_range(value):
                raise PlanError(f"{name}={shortened(value)}: must be {wanted}")

    @field_validator("optimizer", mode="before")
    @classmethod
    def _known_optimizer(cls, name: object) -> object:
        return _known(name, "optimizer", OPTIMIZERS)

    @field_validator("schedule", mode="before")
    @classmethod
    def _known_schedule(cls, name: object) -> object:
        return _known(name, "schedule", SCHEDULES)


def completed_settings(settings: Mapping[str, Any], stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of ``advise`` with what a framework's own objects state where the user says nothing.

    >>> completed_settings({"plan": Plan(epochs=3)}, {"steps": 500, "batch_size": 8})["batch_size"]
    8

    Args:
        settings: what the user says, as keywords or as ``plan``.
        stated: what a trainer, module or Learner is set to; what is None is not stated.
    """
    length = any(says(settings, name) for name in _LENGTH)
    left = {
        name: value
        for name, value in stated.items()
        if value is not None and not says(settings, name) and not (length and name in _LENGTH)
    }
    return {**left, **settings}


def says(settings: Mapping[str, Any], name: str) -> bool:
    """Return whether settings of ``advise`` hold one, as a keyword or in ``plan``."""
    return name in settings or getattr(settings.get("plan"), name, None) is not None


def _known(name: object, kind: str, known: tuple[str, ...]) -> object:
    if name is None:
        return None
    if not isinstance(name, str):
        given = type(name).__name__
        raise ValueError(f"a {given} is not the name of a {kind}; give one of {', '.join(known)}")  # noqa: TRY004 - pydantic collects these
    found = canonical(name, known)
    if found is not None:
        return found
    raise ValueError(f"no {kind} is called {shortened(name)}{did_you_mean(name, known)} (known: {', '.join(known)})")
