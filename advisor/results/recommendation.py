"""The answer: optimizer, learning rate, schedule and the settings around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from advisor.facts.names import OptimizerName, ScheduleName
from advisor.results.trace import Interval, Result, Trace

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler


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
    epochs: float | None = Field(default=None, gt=0)
    total_steps: int | None = Field(default=None, ge=1, description="optimizer steps of the whole run, when known")
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

    def learning_rate_at(self, step: int, total_steps: int | None = None) -> float:
        """Return the learning rate of optimizer step ``step`` (from 0) of a run of ``total_steps``."""
        from advisor.recipe.schedules import curve_of  # upward on purpose: a convenience on the result

        return curve_of(self, total_steps)(step)

    def build(self, model: nn.Module, total_steps: int | None = None) -> tuple[Optimizer, LRScheduler]:
        """Return a stock torch optimizer and a scheduler to step after every optimizer step.

        Args:
            model: the module to train; norms and biases get no weight decay.
            total_steps: optimizer steps of the whole run; None takes the plan's.

        Raises:
            PlanError: neither gives the number of steps, or torch has no such optimizer.
        """
        from advisor.recipe.torch_objects import build

        return build(self, model, total_steps)

    def apply(self, optimizer: Optimizer, total_steps: int | None = None) -> LRScheduler:
        """Set the learning rates of your own optimizer, the ratios of its groups kept, and return a scheduler for it.

        Raises:
            PlanError: another kind of optimizer than recommended, or the number of steps is unknown.
        """
        from advisor.recipe.torch_groups import apply

        return apply(self, optimizer, total_steps)

    def snippet(self, framework: Literal["torch", "lightning", "huggingface", "keras"] = "torch") -> str:
        """Return runnable code for this recommendation, without advisor."""
        from advisor.recipe.code import snippet

        return snippet(self, framework)

    def explain(self) -> str:
        """Return the way from facts to number as plain text."""
        from advisor.reporting.text.advice import explain

        return explain(self)

    def replaced(self, **changes: Any) -> Recommendation:
        """Return a copy with some fields changed and validated again."""
        return Recommendation.model_validate({**dict(self), **changes})
