"""Conflict resolution: which rule's effect counts when several claim the same setting or starting rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from advisor.inference.state import State
from advisor.knowledge.rule import Rule
from advisor.results import Overridden

Reason = Literal["overrides", "specificity", "strength", "tie", "user", "trials"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A fired rule's effect, with the value it comes to."""

    rule: Rule
    effect: Any
    value: Any


def without_overridden(claims: Sequence[Claim], state: State) -> list[Claim]:
    """Return the claims that no other claim's rule overrides.

    A rule that is overridden itself still overrides: were it not so, a third rule that refines the second would bring
    the first one back, and the learning rate would be scaled for the same reason twice.
    """
    claiming = {claim.rule.id: claim.rule for claim in claims}
    beaten = {
        name: rule.id
        for rule in claiming.values()
        for name in rule.document.overrides
        if name in claiming and name != rule.id
    }
    for name, by in beaten.items():
        record_precedence(claiming[name], by, "overrides", state)
    return [claim for claim in claims if claim.rule.id not in beaten]


def select_winner(claims: Sequence[Claim], state: State) -> Claim:
    """Return the claim that counts: explicit overrides decide, then specificity, strength and (a lint error) the id.

    Every losing claim of another value is recorded in the trace with the reason.
    """
    left = without_overridden(claims, state)
    rank = {claim.rule.id: state.precedence(claim.rule, claim.effect.strength) for claim in left}
    ranked = sorted(left, key=lambda claim: (*(-part for part in rank[claim.rule.id]), claim.rule.id))
    best = ranked[0]
    for loser in ranked[1:]:
        if loser.value != best.value:
            _record_loser(loser.rule, best.rule, rank[loser.rule.id], rank[best.rule.id], state)
    return best


def _record_loser(loser: Rule, best: Rule, lost: tuple[int, int], won: tuple[int, int], state: State) -> None:
    reason: Reason = "specificity" if lost[0] < won[0] else "strength" if lost[1] < won[1] else "tie"
    record_precedence(loser, best.id, reason, state)


def record_precedence(rule: Rule, by: str, reason: Reason, state: State) -> None:
    """Record in the trace that a rule fired but another one, the plan or the trials take precedence."""
    state.overridden.append(Overridden(rule=rule.id, title=rule.title, by=by, reason=reason))
