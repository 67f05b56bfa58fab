"""Working memory of one forward-chaining run: facts as they grow, and the trace as it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from advisor.facts import Facts, read
from advisor.facts.derived import Value
from advisor.knowledge.conditions import Lookup, facts_of, missing, specificity
from advisor.knowledge.effects import Law, Like
from advisor.knowledge.rule import Rule
from advisor.knowledge.strata import slots_of
from advisor.results import (
    Choice,
    Contribution,
    Interval,
    Note,
    Overridden,
    Recommendation,
    RuleUse,
    Undecided,
)
from advisor.results.trace import Scalar

STRENGTHS: Mapping[str, int] = {"weak": 0, "moderate": 1, "strong": 2}
"""By definition: only their order counts."""

MAX_MISSING: Final = 3
"""Unknown facts up to which an undecided rule is reported. Judgement: longer lists are no help to a user."""


class _Values(dict[str, Value]):
    """Facts of a sheet by path, each read once, when it is first asked for."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def __missing__(self, path: str) -> Value:
        value = self[path] = read(self._facts, path)
        return value


@dataclass(slots=True)
class State:
    """Facts as they grow, and the trace as it is written.

    Attributes:
        facts: with every setting that rules have chosen so far.
        stated: as they were given.
        lookup: returns a fact; each is computed once until the next setting is fixed.
        recommend_for: gives the recommendation for the same job with another optimizer; None where there is none.
        trying: settings that stand in the plan because trials are to try them.
    """

    facts: Facts
    stated: Facts = field(init=False)
    recommend_for: Callable[[Like], Recommendation | None] = lambda _: None
    trying: frozenset[str] = frozenset()
    contributions: list[Contribution] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    overridden: list[Overridden] = field(default_factory=list)
    waiting: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fired: dict[str, None] = field(default_factory=dict)
    settings: dict[str, Scalar] = field(default_factory=dict)
    lookup: Lookup = field(init=False)
    _lookup_stated: Lookup = field(init=False)

    def __post_init__(self) -> None:
        self.stated = self.facts
        self.lookup = self._lookup_stated = _Values(self.facts).__getitem__

    def fix(self, setting: str, value: Scalar) -> None:
        """Make a chosen setting a fact for the strata that follow."""
        self.settings[setting] = value
        if setting in type(self.facts.plan).model_fields:
            plan = self.facts.plan.model_copy(update={setting: value})
            self.facts = self.facts.model_copy(update={"plan": plan})
            self.lookup = _Values(self.facts).__getitem__

    def fires(self, rule: Rule) -> bool:
        """Return whether a rule fires now, and remember it when it does.

        A rule about contradictory facts looks at what was stated, not at what rules have chosen since.
        """
        fires = rule.when.judge(self._lookup_stated if rule.is_contradiction else self.lookup) is True
        if fires:
            self.fired[rule.id] = None
        return fires

    def number(self, rule: Rule, value: float | Law | None) -> float | None:
        """Return a number or a law's value, None when it has none; the rule waits for its law's unknown facts."""
        if not isinstance(value, Law):
            return value
        missing_facts = tuple(path for path in value.facts if self.lookup(path) is None)
        if missing_facts:
            self.waiting[rule.id] = missing_facts
        return value.value(self.lookup)

    def value_for_other(self, optimizer: Like | None, setting: str) -> float | None:
        """Return the value that another optimizer's recommendation has for a setting; 1 when no optimizer is named."""
        if optimizer is None:
            return 1.0
        found = self.recommend_for(optimizer)
        value = getattr(found, setting, None) if found is not None else None
        return float(value) if isinstance(value, int | float) else None

    def undecided(self, rules: Iterable[Rule]) -> tuple[Undecided, ...]:
        """Return the rules that a few more facts would decide or complete, those that need fewest first.

        A rule that only settles what the user has fixed is left out, for its facts could change nothing, and so is one
        about contradictory facts.
        """
        fixed = {choice.setting for choice in self.choices if choice.by in {"user", "trials"}}
        found = []
        for rule in rules:
            facts = self.waiting.get(rule.id) or missing(rule.when, self.lookup)
            if 0 < len(facts) <= MAX_MISSING and not rule.is_contradiction and not slots_of(rule) <= fixed:
                found.append(Undecided(rule=rule.id, title=rule.title, missing=facts))
        return tuple(sorted(found, key=lambda item: (len(item.missing), item.rule)))

    def facts_used(self, rule: Rule, *laws: float | Law | None) -> tuple[tuple[str, Scalar], ...]:
        """Return the known facts a rule tested or used, with their values."""
        paths = [*facts_of(rule.when), *(path for law in laws if isinstance(law, Law) for path in law.facts)]
        values = ((path, self.lookup(path)) for path in dict.fromkeys(paths))
        return tuple((path, value) for path, value in values if value is not None)

    def precedence(self, rule: Rule, strength: str) -> tuple[int, int, int]:
        """Return what decides among rules of one tier that do not override each other, in order of weight."""
        return int(rule.from_overlay), specificity(rule.when, self.lookup), STRENGTHS[strength]


def use_of(rule: Rule) -> RuleUse:
    """Return what a reader needs to know about a rule."""
    return RuleUse(
        id=rule.id,
        title=rule.title,
        because=" ".join(rule.document.because.split()),
        grade=rule.grade,
        sources=rule.citations,
        tags=rule.tags,
    )


def interval_around(center: float, lower: float, upper: float) -> Interval:
    """Return an interval that holds its center."""
    return Interval(lower=min(lower, center), upper=max(upper, center))
