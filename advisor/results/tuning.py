"""Tuning by hand, step by step, with the numbers of one task filled in."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from advisor.results.recommendation import Recommendation
from advisor.results.trace import Result

TUNING_VERSION: Final = "1.0"


class TuningStep(Result):
    """One step: what to run, what to look for, when to stop, and what comes next."""

    title: str
    run: str = Field(description="what to run, with numbers")
    values: tuple[float, ...] = Field(default=(), description="the values to try, lowest first")
    runs: int = Field(ge=0, description="trainings of this step; 0: only when something changes")
    epochs: float | None = Field(default=None, gt=0, description="length of each run; None: not known")
    look: tuple[str, ...] = Field(description="what to look for, and what each sight means")
    stop: str = Field(description="when the step is done")
    then: str = Field(description="what to do next")


class TuningPlan(Result):
    """The five steps of tuning by hand: range test, base training, schedule, batch, regularisation."""

    schema_version: Literal["1.0"] = TUNING_VERSION
    recommendation: Recommendation = Field(description="where the numbers come from")
    steps: tuple[TuningStep, ...]
    cost: float | None = Field(default=None, description="all runs together, in full training runs; None: not known")
