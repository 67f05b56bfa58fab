"""What a check set out to train: the rung of the ladder of plans, and the measured times that led to it."""

from __future__ import annotations

from pydantic import Field

from advisor.results.trace import Result


class TrialRounds(Result):
    """The rounds of trials of one recipe, when no round beyond the planned ones is needed."""

    rates: int = Field(description="learning rates in the first round")
    share: float = Field(description="length of their trials, as a share of the full run")
    seeds: int = Field(default=1, description="per rate")
    refinements: int = Field(default=0, description="learning rates in a second round, around the best")
    refinement_share: float | None = Field(default=None, description="length of its trials; None: as in the first")
    recipes: int = Field(default=1, description="optimizers and schedules that are tried so")


class CheckPlan(Result):
    """What a check repeats itself from, whatever the clock says then.

    Operations are those of ``ComputeBudget``: time in a unit that counted and measured steps share.
    """

    batch_size: int
    total_steps: int = Field(description="optimizer steps of the full run")
    rounds: TrialRounds | None = Field(default=None, description="None: no trials were affordable")
    training_seconds: float = Field(description="of one full training: measured, or as counted for a small job")
    check_seconds: float = Field(description="that the probe took and the planned rounds take")
    measured: bool = Field(description="steps were timed; otherwise their operations were counted")
    timed: bool = Field(description="the budget was a number of seconds")
    alone: float = Field(description="operations' worth of time of an optimizer step of the model by itself")
    together: float | None = Field(
        default=None, description="of a step of an ensemble, whatever its members; None: not faster, or not measured"
    )
    each: float | None = Field(default=None, description="of each member of an ensemble")
    judging: float = Field(description="operations of judging one model on the held-out samples")
    probe: float = Field(description="operations that the probe might spend")
    trials: float = Field(description="operations that the trials might spend, after the probe")
