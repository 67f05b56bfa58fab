"""Everything one run found: the single source of the terminal summary, the HTML report and the JSON file."""

from __future__ import annotations

from typing import ClassVar, Final, Literal, Self

from pydantic import Field

from advisor.facts import Facts
from advisor.facts.names import Budget
from advisor.results.advice_1_0 import upgraded
from advisor.results.document import Document
from advisor.results.recommendation import Recommendation
from advisor.results.sensitivity import Sensitivity
from advisor.results.table_job import TableJob
from advisor.results.trace import Result
from advisor.results.verdict import ProbeReport, Verdict

SCHEMA_VERSION: Final = "2.0"


class Baseline(Result):
    """A linear model trained on the same rows, to show what the recommended model adds."""

    name: str
    recommendation: Recommendation
    verdict: Verdict


class Provenance(Result):
    """What made this advice; no clock and no absolute path, so that the same input and seed give the same bytes."""

    advisor: str
    ruleset: str
    overlays: tuple[str, ...] = ()
    python: str = ""
    torch: str = ""
    seed: int = 0
    budget: Budget | float = "none"
    source: str = Field(default="", description="file name or description of the data")
    model: str = Field(default="", description="class or preset name")


class Advice(Document):
    """Facts, recommendation, verdict and provenance."""

    kind: ClassVar[str] = "advice"
    version: ClassVar[str] = SCHEMA_VERSION

    schema_version: Literal["2.0"] = SCHEMA_VERSION
    facts: Facts
    recommendation: Recommendation
    verdict: Verdict
    probe: ProbeReport | None = None
    baseline: Baseline | None = None
    sensitivities: tuple[Sensitivity, ...] = ()
    provenance: Provenance
    job: TableJob | None = Field(default=None, description="of a table: what a program needs to train again")

    @classmethod
    def from_json(cls, text: str, name: str = "") -> Self:
        """Read it back from its JSON, also from a file of schema 1.0.

        Raises:
            DataError: something else, or written by an incompatible version.
        """
        return super().from_json(upgraded(text), name)
