"""Tuning by hand, step by step: the numbers of one task; reporting writes the instructions."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from advisor.facts.names import OptimizerName, ScheduleName
from advisor.results.recommendation import Recommendation
from advisor.results.trace import Interval, Result

TUNING_VERSION: Final = "2.0"


class _Step(Result):
    values: tuple[float, ...] = Field(default=(), description="the values to try, lowest first")
    runs: int = Field(ge=0, description="trainings of this step; 0: only when something changes")
    epochs: float | None = Field(default=None, gt=0, description="length of each run; None: not known")


class RangeTestStep(_Step):
    """One sweep over the learning rate."""

    code: Literal["range_test"] = "range_test"
    start_rate: float = Field(gt=0)
    end_rate: float = Field(gt=0)
    points: int = Field(gt=0, description="optimizer steps of the sweep")
    explosion: float = Field(gt=1, description="loss over the lowest so far at which the sweep ends")
    expected: Interval = Field(description="rates that the rules expect to be good")


class BaseTrainingStep(_Step):
    """Short runs at several rates; ``values`` are the rates."""

    code: Literal["base_training"] = "base_training"
    optimizer: OptimizerName
    seeds: int = Field(gt=0, description="trainings of each rate")
    higher_rate: float = Field(gt=0, description="to try when the best rate is the highest")
    lower_rate: float = Field(gt=0, description="to try when the best rate is the lowest")


class ScheduleStep(_Step):
    """The schedule against its alternative; ``values`` are the two rates."""

    code: Literal["schedule"] = "schedule"
    schedule: ScheduleName
    decays: bool = Field(description="the rate ends far below its peak")
    warmup_fraction: float = Field(ge=0, le=1)
    warmup_steps: int | None = Field(default=None, description="None: the length of the run is not known")
    alternative_factor: float = Field(gt=0, description="rate of the alternative over that of this schedule")


class BatchStep(_Step):
    """The rate for another batch size; ``values`` are the rates for ``batch_sizes``."""

    code: Literal["batch"] = "batch"
    rate: float = Field(gt=0, description="learning rate at the batch size of the recommendation")
    batch_size: int | None = Field(default=None, gt=0)
    batch_sizes: tuple[int, ...] = ()
    adaptive: bool


class RegularisationStep(_Step):
    """Weight decay and dropout; ``values`` are the weight decays."""

    code: Literal["regularisation"] = "regularisation"
    dropouts: tuple[float, ...] = Field(default=(), description="empty: the model has nothing to drop")


TuningStep = RangeTestStep | BaseTrainingStep | ScheduleStep | BatchStep | RegularisationStep


class TuningPlan(Result):
    """The five steps of tuning by hand: range test, base training, schedule, batch, regularisation."""

    schema_version: Literal["2.0"] = TUNING_VERSION
    recommendation: Recommendation = Field(description="where the numbers come from")
    steps: tuple[Annotated[TuningStep, Field(discriminator="code")], ...]
    cost: float | None = Field(default=None, description="all runs together, in full training runs; None: not known")
