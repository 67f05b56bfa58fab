"""What short training said about the recommendation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from advisor.facts.names import Budget, OptimizerName, ScheduleName, VerdictStatus
from advisor.facts.probe import ProbeFacts
from advisor.results.check_plan import CheckPlan
from advisor.results.remarks import Remark
from advisor.results.trace import Interval, Result


class RangeTest(Result):
    """The range test's curve and what each estimator reads off it."""

    learning_rates: tuple[float, ...] = ()
    losses: tuple[float, ...] = Field(
        default=(), description="raw loss per step, averaged over restarts; finite values only"
    )
    smoothed: tuple[float, ...] = ()
    estimates: tuple[tuple[str, float | None], ...] = Field(
        default=(), description="estimator name and learning rate; None: cannot tell"
    )
    suggestion: float | None = Field(
        default=None, description="what the agreeing estimators suggest; None: cannot tell"
    )
    usable: bool = False
    diverged: bool = False
    reason: Remark | None = Field(default=None, description="what the curve shows, or why it shows nothing")


class ProbeReport(Result):
    """A short look at real gradients before any training."""

    facts: ProbeFacts = Field(default_factory=ProbeFacts)
    range_test: RangeTest | None = None
    gradient_samples: int = Field(default=0, description="samples whose gradient was computed")
    notes: tuple[Remark, ...] = ()


class Trial(Result):
    """Trials at one learning rate over several seeds."""

    optimizer: OptimizerName
    schedule: ScheduleName
    learning_rate: float = Field(description="peak, as the full run would take it")
    losses: tuple[float | None, ...] = Field(
        description="held-out loss at the end, or where it turns if the plan leaves the length open; one per seed; "
        "None: diverged or stopped early"
    )
    mean: float | None = Field(default=None, description="mean over seeds; None when any diverged")
    diverged: int = 0
    stopped_early: bool = False
    role: Literal["candidate", "default", "own", "rival"] = Field(
        default="candidate",
        description="default: Adam 1e-3 constant; own: what the user trains with; both for comparison; rival: of an "
        "optimizer or schedule that lost",
    )
    curve: tuple[float, ...] = Field(
        default=(), description="training loss over equal parts of the run, mean over seeds; ends where a seed left"
    )
    held_out_curve: tuple[tuple[float, float], ...] = Field(
        default=(), description="share of the run and held-out loss after it, mean over seeds; the last is the end"
    )
    turn_steps: int | None = Field(
        default=None, description="optimizer steps after which the held-out loss turns, beyond noise; None: it does not"
    )


class Verdict(Result):
    """Confirmed, adjusted, inconclusive or rejected, with the evidence."""

    status: VerdictStatus
    reasons: tuple[Remark, ...] = Field(description="why the status is what it is, the weightiest first")
    learning_rate: float = Field(gt=0, description="the peak learning rate after verification")
    interval: Interval
    proposed: float = Field(gt=0, description="what the rules had proposed")
    trials: tuple[Trial, ...] = ()
    steps: int = Field(default=0, description="optimizer steps of one trial")
    full_steps: int = Field(default=0, description="optimizer steps of the whole run")
    seeds: int = 0
    evaluation_samples: int = Field(default=0, description="held-out samples that the loss of a seed is measured on")
    budget: Budget | float = "none"
    gradient_samples: int = Field(default=0, description="samples whose gradient was computed, probe included")
    cost: float | None = Field(
        default=None, description="of the whole check, probe and linear model included, in full training runs"
    )
    seconds: float | None = Field(
        default=None, description="the same in seconds: measured, or as counted for a job too small to measure"
    )
    plan: CheckPlan | None = Field(default=None, description="what the check set out to train; None: nothing")
    path: Literal["batched", "sequential", "none"] = "none"
    held_out_loss: float | None = Field(default=None, description="at the advised learning rate")
    constant_loss: float | None = Field(default=None, description="held-out loss of the best constant prediction")
    default_loss: float | None = Field(
        default=None, description="held-out loss of Adam 1e-3 constant in the same short run"
    )
    notes: tuple[Remark, ...] = ()


def not_run(learning_rate: float, interval: Interval, reason: Remark) -> Verdict:
    """Return the verdict of an unverified recommendation."""
    return Verdict(
        status="not_run", reasons=(reason,), learning_rate=learning_rate, interval=interval, proposed=learning_rate
    )
