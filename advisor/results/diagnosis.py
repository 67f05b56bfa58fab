"""What a training log shows, and what to change."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import Field, ValidationError

from advisor.errors import DataError
from advisor.facts import Facts
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


class Diagnosis(Result):
    """Symptoms, changes and remarks; without changes the log gives no reason for any."""

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

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the diagnosis as JSON, and write it when a path is given."""
        text = self.model_dump_json(indent=2) + "\n"
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    @staticmethod
    def from_json(text: str, name: str = "diagnosis") -> Diagnosis:
        """Read a diagnosis back from its JSON.

        Raises:
            DataError: not a diagnosis, or written by an incompatible version.
        """
        try:
            return Diagnosis.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the top level"
            raise DataError(
                f"{name}: not a diagnosis of schema {DIAGNOSIS_VERSION}: {first['msg']} at {where}"
            ) from error
