"""The answer: optimizer, learning rate, schedule and the settings around them."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field

from advisor.facts.names import OptimizerName, ScheduleName
from advisor.results.trace import Interval, Result, Trace


class ParameterGroup(Result):
    """Parameters of a user's optimizer that train with their own share of the learning rate and weight decay."""

    names: tuple[str, ...]
    rate_factor: float = Field(ge=0, le=1, description="learning rate over the fastest group's")
    decay_factor: float = Field(ge=0, le=1, description="weight decay over the largest group's")


class Recommendation(Result):
    """What to train with. ``learning_rate`` is the schedule's peak; None settings do not apply to the optimizer."""

    learning_rate: float = Field(gt=0, description="peak learning rate")
    interval: Interval = Field(description="90 % interval of the best peak learning rate")
    optimizer: OptimizerName
    momentum: float | None = Field(default=None, description="SGD and RMSProp")
    nesterov: bool | None = Field(default=None, description="SGD")
    beta1: float | None = Field(default=None, description="Adam family")
    beta2: float | None = Field(default=None, description="Adam family; the decay rate of RMSProp")
    epsilon: float | None = Field(default=None, description="adaptive optimizers")
    weight_decay: float = Field(default=0.0, ge=0)
    schedule: ScheduleName
    warmup_fraction: float = Field(default=0.0, ge=0, le=1, description="share of the run spent warming up linearly")
    final_fraction: float | None = Field(
        default=None, ge=0, le=1, description="learning rate at the end over the peak; None: the schedule's own"
    )
    batch_size: int | None = Field(default=None, ge=1, description="samples per optimizer step")
    batch_tokens: float | None = Field(
        default=None, gt=0, description="tokens per optimizer step, where the plan counts the batch in tokens"
    )
    epochs: float | None = Field(default=None, gt=0)
    total_steps: int | None = Field(default=None, ge=1, description="optimizer steps of the whole run, when known")
    stop_steps: int | None = Field(
        default=None,
        ge=1,
        description="optimizer steps after which to stop, because the held-out loss turns there; the schedule is drawn "
        "over all steps; None: at the end",
    )
    clip_norm: float | None = Field(
        default=None, gt=0, description="global gradient norm to clip at; None: do not clip"
    )
    horizon_exponent: float = Field(
        default=0.0, ge=-2, le=0, description="the best rate goes with this power of the run's length"
    )
    rival_optimizer: OptimizerName | None = Field(
        default=None, description="that deserves trials of its own, where the optimizer is left open"
    )
    rival_schedule: ScheduleName | None = Field(default=None, description="likewise, where the schedule is left open")
    groups: tuple[ParameterGroup, ...] = Field(
        default=(), description="of the user's own optimizer; empty: weights with and without decay"
    )
    trace: Trace = Field(default_factory=Trace)

    @property
    def stop_epochs(self) -> float | None:
        """Passes over the data after which to stop; None: at the end, or their number is not known."""
        if self.stop_steps is None or self.epochs is None or self.total_steps is None:
            return None
        return self.epochs * self.stop_steps / self.total_steps

    def replaced(self, **changes: Any) -> Self:
        """Return a copy with some fields changed and validated again."""
        return self.model_validate({**dict(self), **changes})
