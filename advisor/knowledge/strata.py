"""The order of inference: what is settled when, so that nothing is decided twice.

Rules in one stratum see everything settled before it as ordinary facts (``plan.optimizer``, ``plan.batch_size`` …).
"""

from __future__ import annotations

from typing import Any

from advisor.knowledge.effects import Anchor, Choose, Limit, Measure, Scale, Setting
from advisor.knowledge.rule import Rule

SETTINGS: tuple[tuple[Setting, ...], ...] = (
    ("batch_size", "accumulation"),
    ("epochs",),
    ("optimizer",),
    ("momentum", "nesterov", "beta1", "beta2", "epsilon", "weight_decay", "clip_norm"),
    ("schedule",),
    ("warmup_fraction", "final_fraction"),
)
ANCHOR, SCALE, MEASURE, LIMIT, ADVICE = range(len(SETTINGS), len(SETTINGS) + 5)

STRATUM_OF: dict[str, int] = {setting: stratum for stratum, group in enumerate(SETTINGS) for setting in group}

# The facts that a setting decides: its own, and what is derived from it.
_DECIDES: dict[str, tuple[str, ...]] = {
    "batch_size": (
        *("plan.batch_size", "plan.effective_batch", "plan.steps_per_epoch", "plan.batch_ratio", "plan.batch_share"),
        "plan.batch_smoothness",
    ),
    "accumulation": ("plan.accumulation",),
    "epochs": ("plan.epochs", "plan.total_epochs", "plan.total_steps"),
    "optimizer": ("plan.optimizer", "plan.adaptive", "plan.adam_family"),
    "schedule": ("plan.schedule", "plan.decays"),
}
SETTLED_IN: dict[str, int] = {
    fact: stratum for setting, stratum in STRATUM_OF.items() for fact in _DECIDES.get(setting, (f"plan.{setting}",))
}


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
