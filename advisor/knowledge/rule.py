"""A rule, as its file says it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from pydantic import ConfigDict, Field

from advisor.facts.names import Grade
from advisor.knowledge.conditions import ALWAYS, Condition
from advisor.knowledge.effects import MAX_ITEMS, Effect, Part
from advisor.knowledge.yaml_reader import Document, Place
from advisor.results import Citation

Tier = Literal["stated", "measured", "class", "family", "default"]
TIERS: tuple[Tier, ...] = ("default", "family", "class", "measured", "stated")
"""Precedence of anchors and choices, lowest first: a fallback for anything, one for a family of models, one for a class
of jobs within it, what was measured on this very job, and what its user knows to work."""

TOPICS = (
    "data",
    "convex",
    "model",
    "optimizer",
    "schedule",
    "batch",
    "horizon",
    "finetune",
    "symptom",
    "safety",
)


CONTRADICTION: Final = "contradiction"
"""Tag of rules that report facts which cannot hold together."""

MAX_OVERRIDES = 512
"""Judgement: a rule for a general case may stand back behind one for every special case; the shipped ones name 14 at
most."""


class Cite(Part):
    """A source with a place in it."""

    cite: str = Field(description="key in sources.yaml")
    at: str = Field(default="", description="section, page, file or line")
    says: str = Field(default="", description="what it says there, in a few words")


class Evidence(Part):
    """How well a rule is backed."""

    grade: Grade


class Example(Part):
    """A fact sheet with a name: the facts in which it differs from the base sheet of the rule's examples."""

    name: str = Field(min_length=3)
    facts: dict[str, Any] = Field(default_factory=dict)


class Examples(Part):
    """Fact sheets on which the rule fires, does not fire, or is undecided; each is stated as a change of one base."""

    base: dict[str, Any] = Field(default_factory=dict, description="facts that every example shares unless it differs")
    match: tuple[Example, ...] = ()
    no_match: tuple[Example, ...] = ()
    unknown: tuple[Example, ...] = ()


class Waiver(Part):
    """A lint that this rule may break, and why."""

    code: str = Field(pattern=r"^L[0-9]{3}$")
    reason: str = Field(min_length=10)


class RuleDocument(Part):
    """The fields of a rule file; ``when`` and ``unless`` are parsed on their own, typed against the facts."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, title="A rule of advisor")

    id: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", description="same as the file name; never used again")
    title: str = Field(min_length=10, max_length=120)
    status: Literal["draft", "stable", "deprecated"] = "stable"
    since: str = Field(default="0.1.0", pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")
    tags: tuple[str, ...] = Field(default=(), max_length=MAX_ITEMS)
    tier: Tier = Field(
        default="class",
        description="precedence of its anchor and choices: stated by the user > measured > class > family > default",
    )
    when: Any = None
    unless: Any = None
    then: tuple[Effect, ...] = Field(min_length=1, max_length=MAX_ITEMS)
    because: str = Field(min_length=20)
    source: tuple[Cite, ...] = Field(default=(), max_length=MAX_ITEMS)
    evidence: Evidence | None = None
    overrides: tuple[str, ...] = Field(default=(), max_length=MAX_OVERRIDES)
    examples: Examples = Examples()
    allow: tuple[Waiver, ...] = Field(default=(), max_length=MAX_ITEMS)
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A loaded rule.

    Attributes:
        document: the fields of the file.
        when: the parsed condition, with what stands under ``unless``.
        topic: the folder it lies in.
        from_overlay: whether a user's overlay holds it.
        path: the file as the user would name it.
        citations: its sources, joined with sources.yaml.
        source_kinds: their kinds.
        source: the file as read, for the lines of its parts.
        is_contradiction: whether it reports facts that cannot hold together.
    """

    document: RuleDocument
    when: Condition
    topic: str
    path: str
    citations: tuple[Citation, ...] = ()
    source_kinds: frozenset[str] = frozenset()
    source: Document | None = field(default=None, compare=False, repr=False)
    from_overlay: bool = False
    is_contradiction: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_contradiction", CONTRADICTION in self.document.tags)

    def line(self, place: Place) -> int:
        """Return the line of a place in the file, or of the nearest known place around it."""
        return self.source.line(place) if self.source is not None else 1

    def unlinked(self, rule_id: str) -> Rule:
        """Return the rule without its edge to another; itself when it has none."""
        if rule_id not in self.document.overrides:
            return self
        kept = tuple(name for name in self.document.overrides if name != rule_id)
        return replace(self, document=self.document.model_copy(update={"overrides": kept}))

    @property
    def id(self) -> str:
        """The rule's id."""
        return self.document.id

    @property
    def title(self) -> str:
        """One line that says what the rule does."""
        return self.document.title

    @property
    def tags(self) -> tuple[str, ...]:
        """Free labels, such as ``founding`` or ``seed-7``."""
        return self.document.tags

    @property
    def then(self) -> tuple[Any, ...]:
        """The effects."""
        return self.document.then

    @property
    def tier(self) -> Tier:
        """Precedence of its anchor and choices."""
        return self.document.tier

    @property
    def grade(self) -> Grade:
        """How well the rule is backed."""
        return self.document.evidence.grade if self.document.evidence else "judgement"

    @property
    def always(self) -> bool:
        """Whether the rule has no condition."""
        return self.when == ALWAYS

    def model_dump_json(self, *, indent: int | None = None) -> str:
        """Return the rule as its file says it, as JSON."""
        return self.document.model_dump_json(indent=indent, exclude_defaults=True)
