"""What a training log shows, and what to change."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from pydantic import Field

from advisor.facts import Facts
from advisor.results.document import Document
from advisor.results.trace import Note, Result, RuleUse, Scalar

DIAGNOSIS_VERSION: Final = "1.0"


class Symptom(Result):
    """One thing that was looked for in the log."""

    name: str = Field(description="the history fact, such as oscillating")
    title: str = Field(description="the same in words")
    present: bool | None = Field(description="None: the log is too short or lacks a column to tell")
    start: float = Field(ge=0, le=1, description="share of the run from which on it shows")
    end: float = Field(ge=0, le=1)
    says: str = Field(default="", description="what can be seen, in numbers")


class Change(Result):
    """One setting that rules change because of what the log shows."""

    setting: str = Field(description="learning_rate, schedule, clip_norm …")
    before: Scalar | None = Field(default=None, description="what the run used, when the log or the caller tells")
    after: Scalar | None = Field(default=None, description="None: only the factor is known")
    factor: float | None = Field(default=None, gt=0, description="of a learning rate")
    rules: tuple[RuleUse, ...]


class Diagnosis(Document):
    """Symptoms, changes and remarks; without changes the log gives no reason for any."""

    kind: ClassVar[str] = "diagnosis"
    version: ClassVar[str] = DIAGNOSIS_VERSION

    schema_version: Literal["1.0"] = DIAGNOSIS_VERSION
    source: str = Field(description="file name or kind of the log")
    unit: Literal["step", "epoch", "row"] = Field(description="what positions in the log count")
    points: int = Field(ge=0, description="logged losses")
    span: tuple[float, float] = Field(description="first and last position, in the unit")
    symptoms: tuple[Symptom, ...]
    changes: tuple[Change, ...] = ()
    notes: tuple[Note, ...] = ()
    missing: tuple[str, ...] = Field(default=(), description="what the log does not tell, and how to tell it")
    facts: Facts
    ruleset: str

    @property
    def healthy(self) -> bool:
        """Whether no symptom is present."""
        return not any(symptom.present for symptom in self.symptoms)

    def __str__(self) -> str:
        from advisor.reporting.text_diagnosis import explain_diagnosis  # upward on purpose: a convenience on the result

        return explain_diagnosis(self)
