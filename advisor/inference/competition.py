"""Who wins when several rules settle the same thing."""

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


def standing(claims: Sequence[Claim], state: State) -> list[Claim]:
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
        give_way(claiming[name], by, "overrides", state)
    return [claim for claim in claims if claim.rule.id not in beaten]


def winner(claims: Sequence[Claim], state: State) -> Claim:
    """Settle a competition: explicit overrides, then specificity, then strength, then (a lint error) the id.

    Every loser that wanted something else is written down with the reason it lost.
    """
    left = standing(claims, state)
    rank = {claim.rule.id: state.rank(claim.rule, claim.effect.strength) for claim in left}
    ranked = sorted(left, key=lambda claim: (*(-part for part in rank[claim.rule.id]), claim.rule.id))
    best = ranked[0]
    for loser in ranked[1:]:
        if loser.value != best.value:
            _write_down(loser.rule, best.rule, rank[loser.rule.id], rank[best.rule.id], state)
    return best


def _write_down(loser: Rule, best: Rule, lost: tuple[int, int], won: tuple[int, int], state: State) -> None:
    reason: Reason = "specificity" if lost[0] < won[0] else "strength" if lost[1] < won[1] else "tie"
    give_way(loser, best.id, reason, state)


def give_way(rule: Rule, by: str, reason: Reason, state: State) -> None:
    """Write down that a rule fired but gave way."""
    state.overridden.append(Overridden(rule=rule.id, title=rule.title, by=by, reason=reason))
