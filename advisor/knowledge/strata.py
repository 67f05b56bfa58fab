"""The order of inference: what is settled when, so that nothing is decided twice.

Rules in one stratum see everything settled before it as ordinary facts (``plan.optimizer``, ``plan.batch_size`` …).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from advisor.facts.derived import DERIVED
from advisor.knowledge.dependencies import all_inputs_of
from advisor.knowledge.effects import Anchor, Choose, Limit, Measure, Scale, Setting
from advisor.knowledge.rule import Rule

SETTINGS: tuple[tuple[Setting, ...], ...] = (
    ("batch_size", "accumulation"),
    ("epochs",),
    ("optimizer",),
    ("momentum", "nesterov", "beta1", "beta2", "epsilon", "weight_decay", "clip_norm"),
    ("schedule",),
    ("warmup_fraction", "final_fraction", "horizon_exponent", "rival_optimizer", "rival_schedule"),
)
ANCHOR, SCALE, MEASURE, LIMIT, ADVICE = range(len(SETTINGS), len(SETTINGS) + 5)
"""By definition: the strata after those of the settings, in the order in which they are settled."""

STRATUM_OF: dict[str, int] = {setting: stratum for stratum, group in enumerate(SETTINGS) for setting in group}


@cache
def settled_in(fact: str) -> int:
    """Return the stratum in which a fact is final; -1 for what is known beforehand.

    A derived fact is as late as the latest setting it is computed from.
    """
    stored = all_inputs_of(fact) if fact in DERIVED else (fact,)
    return max(
        (STRATUM_OF.get(path.removeprefix("plan."), -1) for path in stored if path.startswith("plan.")), default=-1
    )


def slot_of(effect: Any) -> str:
    """Return what an effect settles: a setting, or its part in the learning rate; words of all kinds are ``words``."""
    match effect:
        case Choose(choose=setting):
            return setting
        case Anchor() | Scale() | Measure() | Limit():
            return type(effect).__name__.lower()
        case _:
            return "words"


def slots_of(rule: Rule) -> frozenset[str]:
    """Return everything a rule settles."""
    return frozenset(slot_of(effect) for effect in rule.then)


UNCONTESTED = frozenset({"scale", "measure", "limit", "words"})
"""Slots in which the effects of all rules add up; in every other one rule wins, and tiers decide first."""


def competes(rule: Rule) -> bool:
    """Return whether a rule settles something that only one rule can settle, so that its tier matters."""
    return not slots_of(rule) <= UNCONTESTED


def stratum_of(effect: Any) -> int:
    """Return the stratum an effect belongs to."""
    match effect:
        case Choose(choose=setting):
            return STRATUM_OF[setting]
        case Anchor():
            return ANCHOR
        case Scale():
            return SCALE
        case Measure():
            return MEASURE
        case Limit():
            return LIMIT
        case _:
            return ADVICE
