"""Where every number of a recommendation comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from advisor.facts.names import Grade, Strength
from advisor.short_repr import ShortRepr

Scalar = bool | int | float | str


class Result(ShortRepr, BaseModel):
    """A frozen piece of a result; the JSON schema of all pieces together is versioned in ``Advice``."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), ser_json_inf_nan="strings")


class Interval(Result):
    """A 90 % interval of a positive number.

    >>> lower, upper = Interval(lower=1e-3, upper=4e-3)
    >>> 2e-3 in Interval(lower=lower, upper=upper)
    True
    """

    lower: float = Field(gt=0)
    upper: float = Field(gt=0)

    def __iter__(self) -> Iterator[float]:  # type: ignore[override]  # two numbers are unpacked, not two fields
        return iter((self.lower, self.upper))

    def __contains__(self, value: float) -> bool:
        return self.lower <= value <= self.upper

    @property
    def ratio(self) -> float:
        """Upper over lower end."""
        return self.upper / self.lower


class Citation(Result):
    """A source with the place in it, and what it says there."""

    key: str = Field(description="key in rules/sources.yaml")
    title: str
    url: str = ""
    at: str = Field(description="section, page, file or line")
    says: str


class RuleUse(Result):
    """The rule behind a contribution, choice or note, as a reader needs it."""

    id: str
    title: str
    because: str
    grade: Grade
    sources: tuple[Citation, ...] = ()
    tags: tuple[str, ...] = ()


class Contribution(Result):
    """One step from nothing to the learning rate.

    ``value`` is the starting learning rate of an anchor, the factor of a scale, or the bound of a limit; ``before`` and
    ``after`` are the learning rate on either side of the step.
    """

    kind: Literal["anchor", "scale", "limit", "measurement"]
    rule: RuleUse
    value: float
    range: Interval | None = None
    before: float | None = None
    after: float
    facts: tuple[tuple[str, Scalar], ...] = Field(
        default=(), description="the facts the rule tested or used, with their values"
    )


class Choice(Result):
    """One setting other than the learning rate, and who chose it."""

    setting: str = Field(description="such as optimizer, schedule, warmup_fraction, batch_size")
    value: Scalar
    by: Literal["user", "rule", "default", "trials"]
    rule: RuleUse | None = None
    strength: Strength | None = None
    facts: tuple[tuple[str, Scalar], ...] = ()


class Note(Result):
    """A piece of advice or a warning."""

    severity: Literal["advice", "warning", "error"]
    text: str
    rule: RuleUse


class Undecided(Result):
    """A rule that could not be judged, and the facts that would decide it."""

    rule: str
    title: str
    missing: tuple[str, ...]


class Overridden(Result):
    """A rule that fired but gave way."""

    rule: str
    title: str
    by: str
    reason: Literal["tier", "overrides", "overlay", "specificity", "strength", "tie", "user", "trials"] = Field(
        description="tie: settled by name, which lint refuses"
    )


class Trace(Result):
    """The full story of one inference."""

    contributions: tuple[Contribution, ...] = ()
    choices: tuple[Choice, ...] = ()
    notes: tuple[Note, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    overridden: tuple[Overridden, ...] = ()
    fired: tuple[str, ...] = ()
    rules: int = Field(default=0, description="rules considered")
