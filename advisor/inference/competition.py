"""Conflict resolution: which rule's effect counts when several claim the same setting or starting rate.

In this order: the tier (stated > measured > class > family > default), ``overrides`` edges between rules of one tier, a
user's overlay before the shipped rules, specificity (the number of facts that a rule has tested), strength.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from advisor.inference.state import State
from advisor.knowledge.rule import TIERS, Rule
from advisor.results import Overridden

Reason = Literal["tier", "overrides", "overlay", "specificity", "strength", "tie", "user", "trials"]
_ORDER: tuple[Reason, ...] = ("overlay", "specificity", "strength")


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
    """Return the claim that counts; every other claim of another value is recorded in the trace with the reason."""
    top = max(TIERS.index(claim.rule.tier) for claim in claims)
    left = without_overridden([claim for claim in claims if TIERS.index(claim.rule.tier) == top], state)
    rank = {claim.rule.id: state.precedence(claim.rule, claim.effect.strength) for claim in left}
    ranked = sorted(left, key=lambda claim: (*(-part for part in rank[claim.rule.id]), claim.rule.id))
    best = ranked[0]
    for claim in claims:
        if TIERS.index(claim.rule.tier) < top and claim.value != best.value:
            record_precedence(claim.rule, best.rule.id, "tier", state)
    for loser in ranked[1:]:
        if loser.value != best.value:
            reason = _reason(rank[loser.rule.id], rank[best.rule.id])
            record_precedence(loser.rule, best.rule.id, reason, state)
    return best


def _reason(lost: tuple[int, ...], won: tuple[int, ...]) -> Reason:
    """Return the first respect in which one claim ranks above another; ``tie`` when there is none."""
    return next((reason for reason, one, two in zip(_ORDER, lost, won, strict=True) if one < two), "tie")


def record_precedence(rule: Rule, by: str, reason: Reason, state: State) -> None:
    """Record in the trace that a rule fired but another one, the plan or the trials take precedence."""
    state.overridden.append(Overridden(rule=rule.id, title=rule.title, by=by, reason=reason))
