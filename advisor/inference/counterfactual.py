"""Why a rule did not fire: the smallest change of facts that makes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Final, Literal

from advisor.errors import AdvisorError, FactError, did_you_mean
from advisor.facts import Facts, info, read, with_facts
from advisor.inference.change import FactChange
from advisor.inference.infer import conclude
from advisor.inference.prose import obstacles, why_not_in_words
from advisor.inference.reachability import Changes, ways
from advisor.knowledge.base import RuleBase
from advisor.knowledge.conditions import Lookup, evaluate, facts_of
from advisor.knowledge.normal_form import Box, TooManyBranches, boxes
from advisor.knowledge.rule import Rule

MAX_WAYS: Final = 8
"""Ways to reach one box, or one derived fact, that are tried."""

Outcome = Literal["fires", "overridden", "waits", "undecided", "silent"]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a rule did not fire, and what would make it.

    Attributes:
        rule: its id.
        title: what it does.
        outcome: fires; overridden: fires but gives way; waits: fires but a law's facts are unknown; undecided: unknown
            facts leave it open; silent: its condition does not hold.
        by: the rule (or ``plan``) it gives way to.
        missing: unknown facts, for undecided and waiting rules.
        changes: the smallest change of facts that makes it fire; None when none was found.
        facts: the fact sheet after these changes.
        obstacles: the parts of its condition that do not hold, in words.
    """

    rule: str
    title: str
    outcome: Outcome
    by: str = ""
    missing: tuple[str, ...] = ()
    changes: tuple[FactChange, ...] | None = ()
    facts: Facts | None = None
    obstacles: tuple[str, ...] = ()

    def __str__(self) -> str:
        return why_not_in_words(self)


def why_not(rule_id: str, facts: Facts, rules: RuleBase) -> WhyNot:
    """Return why a rule did not fire, with the smallest change of facts that makes it fire.

    Smallest: fewest facts; among those, facts told for the first time before facts changed. What rules have chosen on
    the way (the optimizer, the schedule …) counts as a fact, and changing it means fixing it in the plan.

    Raises:
        FactError: there is no such rule.
        AdvisorError: as ``infer``.
    """
    rule = rules.get(rule_id)
    if rule is None:
        hint = did_you_mean(rule_id, [known.id for known in rules.rules])
        raise FactError(f"no rule is called {rule_id!r}{hint}")
    recommendation, settled = conclude(facts, rules)
    trace = recommendation.trace
    missing = next((item.missing for item in trace.undecided if item.rule == rule_id), ())
    if rule_id in trace.fired:
        by = next((item.by for item in trace.overridden if item.rule == rule_id), "")
        outcome: Outcome = "overridden" if by else "waits" if missing else "fires"
        return WhyNot(rule.id, rule.title, outcome, by, missing, facts=facts)
    lookup: Lookup = partial(read, settled)
    outcome = "undecided" if evaluate(rule.when, lookup) is None else "silent"
    answer = WhyNot(rule.id, rule.title, outcome, "", missing, None, obstacles=tuple(obstacles(rule.when, lookup)))
    for changes in _candidates(rule, settled):
        for candidate in (changes, {**changes, **_pinned(rule, facts, settled, changes)}):
            changed = _fires_with(candidate, rule, facts, rules)
            if changed is not None:
                attempt, changed = _pruned(candidate, changed, rule, facts, rules)
                found = tuple(FactChange(path, read(facts, path), value) for path, value in attempt.items())
                return replace(answer, changes=found, facts=changed)
    return answer


def _candidates(rule: Rule, settled: Facts) -> list[Changes]:
    """Return changes that fulfil the condition, some for each box that can be reached, the smallest first."""
    try:
        found = [changes for box in boxes(rule.when) for changes in islice(_ways(box, settled), MAX_WAYS)]
    except TooManyBranches:
        return []
    known = {path for changes in found for path in changes if read(settled, path) is not None}
    return sorted(found, key=lambda changes: (len(changes), len(known & set(changes)), sorted(changes)))


def _ways(box: Box, settled: Facts) -> Iterator[Changes]:
    """Yield changes that bring every fact of the box into its region: stored facts first, derived ones follow them."""
    if not box:
        yield {}
        return
    path = min(box, key=lambda path: (info(path).is_derived, path))
    rest = {other: region for other, region in box.items() if other != path}
    for step in islice(ways(path, box[path], settled), MAX_WAYS):
        try:
            sheet = with_facts(settled, step)
        except FactError:
            continue
        for more in _ways(rest, sheet):
            if not set(step) & set(more):
                yield {**step, **more}


def _pinned(rule: Rule, facts: Facts, settled: Facts, changes: Changes) -> Changes:
    """Return the plan settings that rules had chosen and this rule relies on, to be fixed against new choices."""
    return {
        path: value
        for path in facts_of(rule.when)
        if path.startswith("plan.")
        and path not in changes
        and (value := read(settled, path)) is not None
        and path.removeprefix("plan.") in type(facts.plan).model_fields
        and read(facts, path) is None
    }


def _pruned(changes: Changes, changed: Facts, rule: Rule, facts: Facts, rules: RuleBase) -> tuple[Changes, Facts]:
    """Drop every change that the rule fires without."""
    for path in changes:
        fewer = {other: value for other, value in changes.items() if other != path}
        still = _fires_with(fewer, rule, facts, rules)
        if still is not None:
            changes, changed = fewer, still
    return changes, changed


def _fires_with(changes: Changes, rule: Rule, facts: Facts, rules: RuleBase) -> Facts | None:
    """Return the changed facts when the rule really fires on them."""
    try:
        changed = with_facts(facts, changes)
        fired = conclude(changed, rules)[0].trace.fired
    except AdvisorError:
        return None
    return changed if rule.id in fired else None
