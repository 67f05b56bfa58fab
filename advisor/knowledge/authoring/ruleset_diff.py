"""What changed between two rule sets, and which version number that asks for.

| bump | when |
|---|---|
| patch | words, sources, evidence or examples; a condition written differently that means the same |
| minor | a rule added; a number moved within its old range; a range, a tag or a severity changed |
| major | a rule removed; a condition, edge, tier, choice or strength changed; a number moved out of its old range |

Rules that are no longer stable count as removed, rules that become stable as added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from advisor.knowledge.authoring.effect_diff import Bump, effect_changes
from advisor.knowledge.base import Loaded
from advisor.knowledge.conditions import Condition, facts_of
from advisor.knowledge.normal_form import Clause, TooManyClauses, clauses_of, subtract
from advisor.knowledge.rule import Rule

ORDER: Final[tuple[Bump, ...]] = ("none", "patch", "minor", "major")
_FIELDS: Final[Mapping[str, Bump]] = {
    **dict.fromkeys(("title", "because", "source", "evidence", "examples", "since", "allow", "replaced_by"), "patch"),
    "tags": "minor",
    "tier": "major",
}


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One change of one rule, in words."""

    rule: str
    what: str
    bump: Bump


@dataclass(frozen=True, slots=True)
class RulesetDiff:
    """Everything that changed, the weightiest first.

    Attributes:
        old, new: the versions that the two sets state.
        changes: added and removed rules too.
    """

    old: str
    new: str
    changes: tuple[RuleChange, ...]

    @property
    def bump(self) -> Bump:
        """The weightiest change."""
        return max((change.bump for change in self.changes), key=ORDER.index, default="none")

    @property
    def proposed(self) -> str:
        """The version that the new set should have."""
        return bumped(self.old, self.bump)


def bumped(version: str, bump: Bump) -> str:
    """Return the next version.

    >>> bumped("1.4.2", "minor"), bumped("1.4.2", "none")
    ('1.5.0', '1.4.2')
    """
    major, minor, patch = (int(part) for part in version.split("."))
    following: Mapping[Bump, tuple[int, int, int]] = {
        "none": (major, minor, patch),
        "patch": (major, minor, patch + 1),
        "minor": (major, minor + 1, 0),
        "major": (major + 1, 0, 0),
    }
    return ".".join(str(part) for part in following[bump])


def compare(old: Loaded, new: Loaded) -> RulesetDiff:
    """Return what changed from one rule set to another, both read without problems."""
    found = sorted(_changes(old.rules, new.rules), key=lambda item: (-ORDER.index(item.bump), item.rule, item.what))
    return RulesetDiff(old.version, new.version, tuple(found))


def _changes(old: Sequence[Rule], new: Sequence[Rule]) -> Iterator[RuleChange]:
    before, after = ({rule.id: rule for rule in rules} for rules in (old, new))
    for name in sorted(before.keys() | after.keys()):
        one, two = before.get(name), after.get(name)
        was, is_now = (rule is not None and rule.document.status == "stable" for rule in (one, two))
        if was and not is_now:
            yield RuleChange(
                name, "removed" if two is None else f"no longer stable, now {two.document.status}", "major"
            )
        elif is_now and not was:
            yield RuleChange(name, "added" if one is None else f"stable, was {one.document.status}", "minor")
        elif one is None or two is None:
            yield RuleChange(name, "draft added" if one is None else "draft removed", "patch")
        else:
            yield from (RuleChange(name, what, bump if was else "patch") for what, bump in _differences(one, two))


def _differences(one: Rule, two: Rule) -> Iterator[tuple[str, Bump]]:
    """Yield what differs between two versions of a rule."""
    for field, bump in _FIELDS.items():
        if getattr(one.document, field) != getattr(two.document, field):
            yield f"{field} changed", bump
    if set(one.document.overrides) != set(two.document.overrides):
        yield f"overrides {_listed(one.document.overrides)}, now {_listed(two.document.overrides)}", "major"
    if one.when != two.when:
        same = _mean_the_same(one.when, two.when)
        yield ("condition written differently, means the same", "patch") if same else ("condition changed", "major")
    yield from effect_changes(one.then, two.then)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


def _mean_the_same(one: Condition, two: Condition) -> bool:
    """Return whether two conditions hold on the same fact sheets and test the same facts; False when too tangled."""
    if set(facts_of(one)) != set(facts_of(two)):  # as many facts as it tests, so specific is a rule
        return False
    try:
        first, second = clauses_of(one), clauses_of(two)
        return _covered(first, second) and _covered(second, first)
    except TooManyClauses:
        return False


def _covered(inner: Sequence[Clause], outer: Sequence[Clause]) -> bool:
    return not any(subtract(clause, outer) for clause in inner)
