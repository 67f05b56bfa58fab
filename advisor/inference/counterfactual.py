"""Why a rule did not fire: the smallest change of facts that makes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Final

from advisor.errors import AdvisorError, FactError, did_you_mean
from advisor.facts import Facts, info, read, with_facts
from advisor.inference.infer import conclude
from advisor.inference.obstacles import unmet_parts
from advisor.inference.reachability import Changes, changes_reaching
from advisor.knowledge.base import RuleBase
from advisor.knowledge.conditions import Lookup, evaluate, facts_of
from advisor.knowledge.dependencies import all_inputs_of
from advisor.knowledge.normal_form import Clause, TooManyClauses, clauses_of
from advisor.knowledge.rule import Rule
from advisor.results import FactChange, WhyNot
from advisor.results.questions import Outcome

MAX_ALTERNATIVES: Final = 8
"""Changes of facts that are tried for one clause, or for one derived fact. Judgement: a reader wants the nearest, and
each costs an inference."""


def why_not(rule_id: str, facts: Facts, rules: RuleBase) -> WhyNot:
    """Return why a rule did not fire, with the smallest change of facts that makes it fire.

    Smallest means fewest facts and, among equals, unknown facts before known ones. A setting that rules have
    chosen (the optimizer, the schedule …) counts as a fact; to change it is to fix it in the plan.

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
    answer = WhyNot(rule.id, rule.title, outcome, "", missing, None, obstacles=unmet_parts(rule.when, lookup))
    for changes in _candidates(rule, settled):
        for candidate in (changes, {**changes, **_settings_to_fix(rule, facts, settled, changes)}):
            changed = _fires_with(candidate, rule, facts, rules)
            if changed is not None:
                attempt, changed = _without_needless(candidate, changed, rule, facts, rules)
                found = tuple(FactChange(path, read(facts, path), value) for path, value in attempt.items())
                return replace(answer, changes=found, facts=changed)
    return answer


def _candidates(rule: Rule, settled: Facts) -> list[Changes]:
    """Return changes that make the condition true, some for each clause that can be reached, the smallest first."""
    try:
        found = [
            changes
            for clause in clauses_of(rule.when)
            for changes in islice(_changes_satisfying(clause, settled), MAX_ALTERNATIVES)
        ]
    except TooManyClauses:
        return []
    known = {path for changes in found for path in changes if read(settled, path) is not None}
    return sorted(found, key=lambda changes: (len(changes), len(known & set(changes)), sorted(changes)))


def _changes_satisfying(clause: Clause, settled: Facts) -> Iterator[Changes]:
    """Yield changes that satisfy a clause: stored facts first, because derived ones follow from them."""
    if not clause:
        yield {}
        return
    path = min(clause, key=lambda path: (info(path).is_derived, path))
    rest = {other: value_set for other, value_set in clause.items() if other != path}
    for step in islice(changes_reaching(path, clause[path], settled), MAX_ALTERNATIVES):
        try:
            sheet = with_facts(settled, step)
        except FactError:
            continue
        for more in _changes_satisfying(rest, sheet):
            if not set(step) & set(more):
                yield {**step, **more}


def _settings_to_fix(rule: Rule, facts: Facts, settled: Facts, changes: Changes) -> Changes:
    """Return the plan settings that rules had chosen and this rule relies on, to be fixed against new choices."""
    return {
        path: value
        for fact in facts_of(rule.when)
        for path in all_inputs_of(fact)
        if path.startswith("plan.")
        and path not in changes
        and (value := read(settled, path)) is not None
        and path.removeprefix("plan.") in type(facts.plan).model_fields
        and read(facts, path) is None
    }


def _without_needless(
    changes: Changes, changed: Facts, rule: Rule, facts: Facts, rules: RuleBase
) -> tuple[Changes, Facts]:
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
