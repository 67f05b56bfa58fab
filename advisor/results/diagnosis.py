"""What a training log shows, and how the recipe should change."""

from __future__ import annotations

from typing import ClassVar, Final, Literal, Self

from pydantic import Field

from advisor.facts import Facts
from advisor.facts.names import OptimizerName, RatePosition, ScheduleName
from advisor.results.advice import Provenance
from advisor.results.diagnosis_1_0 import upgraded
from advisor.results.document import Document
from advisor.results.findings import ColumnRole, FindingCode, ObjectiveCode, SymptomName
from advisor.results.trace import Interval, Note, Result, RuleUse, Scalar, Undecided

DIAGNOSIS_VERSION: Final = "2.0"


class Symptom(Result):
    """One thing that can go wrong, and whether the log shows it."""

    name: SymptomName
    present: bool | None = Field(description="None: the log does not tell")
    start: float = Field(default=0.0, ge=0, le=1, description="share of the run from which on it shows")
    end: float = Field(default=1.0, ge=0, le=1)
    code: FindingCode | None = Field(default=None, description="what shows it, or why nothing can be said")
    numbers: tuple[tuple[str, float], ...] = Field(default=(), description="the values that belong to the code")
    column: str = Field(default="", description="the column that shows it, where it is not the loss")
    sentence: str = Field(default="", description="what a file of schema 1.0 says instead of a code; else empty")


class ColumnChoice(Result):
    """Which columns of the log were read as what."""

    role: ColumnRole
    names: tuple[str, ...] = Field(min_length=1, description="several are added up")
    alternatives: tuple[str, ...] = Field(default=(), description="other columns that could have been meant")


class RateGroup(Result):
    """The learning rate of one parameter group."""

    name: str = Field(description="its column")
    peak: float = Field(gt=0, description="highest rate, after warm-up where the group starts higher")
    falls_first: bool = Field(default=False, description="it falls to this rate while others rise to theirs")


class Objective(Result):
    """Why the loss does not measure progress."""

    code: ObjectiveCode
    columns: tuple[str, ...] = Field(default=(), description="columns that show it; empty: the facts say so")


class ExpectedRate(Result):
    """What the rules expect for the job, and where the rate of the run stands against it."""

    learning_rate: float = Field(gt=0)
    interval: Interval
    position: RatePosition


class RunRecipe(Result):
    """What a run trained with, from its log and the given settings; None: not known."""

    optimizer: OptimizerName | None = None
    learning_rate: float | None = Field(default=None, gt=0, description="peak learning rate")
    schedule: ScheduleName | None = None
    warmup_fraction: float | None = Field(default=None, ge=0, le=1)
    final_fraction: float | None = Field(default=None, ge=0, description="learning rate at the end over its peak")
    beta2: float | None = None
    weight_decay: float | None = None
    clip_norm: float | None = None
    batch_size: int | None = None
    epochs: float | None = None


class Change(Result):
    """One setting, before and after, and the rules that ask for it."""

    setting: str
    before: Scalar | None = Field(description="None: neither logged nor given")
    after: Scalar | None = Field(description="None: only the factor is known")
    factor: float | None = Field(default=None, gt=0, description="after over before, for the learning rate")
    interval: Interval | None = Field(default=None, description="90 % interval of the factor")
    rules: tuple[RuleUse, ...]


class LoggedCurve(Result):
    """A logged quantity, condensed to what a chart can show: medians of equal parts; None: not finite there."""

    name: str = Field(description="column or tag")
    role: Literal["loss", "validation_loss", "learning_rate"]
    shares: tuple[float, ...] = Field(description="share of the run")
    values: tuple[float | None, ...]
    lows: tuple[float | None, ...] = Field(
        default=(), description="lowest of each part; empty: parts are single points"
    )
    highs: tuple[float | None, ...] = Field(default=(), description="highest of each part")


class Diagnosis(Document):
    """Symptoms, the recipe that the log shows, and what should change, with reasons."""

    kind: ClassVar[str] = "diagnosis"
    version: ClassVar[str] = DIAGNOSIS_VERSION

    schema_version: Literal["2.0"] = DIAGNOSIS_VERSION
    source: str = Field(description="file name or kind of object")
    unit: Literal["step", "epoch", "row"]
    points: int = Field(description="logged points of the loss")
    span: tuple[float, float] = Field(description="first and last logged position, in the unit")
    facts: Facts = Field(description="what the rules were given: the symptoms of the log and the settings")
    symptoms: tuple[Symptom, ...]
    recipe: RunRecipe
    objective: Objective | None = Field(default=None, description="None: the loss measures progress")
    columns: tuple[ColumnChoice, ...] = ()
    rate_groups: tuple[RateGroup, ...] = Field(default=(), description="when there are several")
    expected: ExpectedRate | None = Field(default=None, description="None: the job or the rate is not known")
    changes: tuple[Change, ...] = ()
    notes: tuple[Note, ...] = Field(default=(), description="remarks of rules that look at the log")
    undecided: tuple[Undecided, ...] = Field(
        default=(), description="rules that a symptom of the log would make fire if a setting were known"
    )
    curves: tuple[LoggedCurve, ...] = ()
    provenance: Provenance

    @classmethod
    def from_json(cls, text: str, name: str = "") -> Self:
        """Read it back from its JSON, also from a file of schema 1.0.

        Raises:
            DataError: something else, or written by an incompatible version.
        """
        return super().from_json(upgraded(text), name)

    @property
    def present(self) -> tuple[Symptom, ...]:
        """The symptoms that the log shows."""
        return tuple(item for item in self.symptoms if item.present)

    @property
    def changed_recipe(self) -> RunRecipe:
        """The recipe with every change whose value is known."""
        after = {item.setting: item.after for item in self.changes if item.after is not None}
        return RunRecipe.model_validate(
            {**dict(self.recipe), **{name: value for name, value in after.items() if name in RunRecipe.model_fields}}
        )
