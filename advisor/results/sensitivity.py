"""How the rules' learning rate depends on one fact."""

from __future__ import annotations

from pydantic import Field

from advisor.results.trace import Result

VISIBLE_CHANGE = 1.02
"""Rates within this factor are the same to a reader. Judgement: two digits are printed."""


class SensitivityPoint(Result):
    """The rules' learning rate where the fact has another value."""

    value: float
    learning_rate: float = Field(gt=0)


class Sensitivity(Result):
    """The rules' learning rate over one fact, everything else as it is."""

    fact: str = Field(description="path of the fact")
    present: float = Field(description="its value in this job")
    points: tuple[SensitivityPoint, ...]

    @property
    def changes(self) -> bool:
        """Whether the fact matters to the learning rate in this job."""
        rates = [point.learning_rate for point in self.points]
        return max(rates) > VISIBLE_CHANGE * min(rates)
