"""The settings around the learning rate: chosen by the user, else by the winning rule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, Literal

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.facts.registry import registry
from advisor.inference.competition import Claim, record_precedence, select_winner
from advisor.inference.state import State, use_of
from advisor.knowledge.base import RuleBase
from advisor.knowledge.strata import SETTINGS
from advisor.results import Choice
from advisor.results.trace import Scalar

_SETTINGS_OF: Mapping[str, frozenset[str]] = {name: frozenset(info.settings) for name, info in OPTIMIZER_INFO.items()}
"""Optimizer → the settings it has, beside those that all have."""
_OF_OPTIMIZERS: Final = frozenset().union(*_SETTINGS_OF.values())
"""Settings that some optimizers have, and others have not."""


def choose_settings(rules: RuleBase, state: State) -> None:
    """Choose the settings stratum by stratum; what one stratum chooses is a fact in the next."""
    for group in SETTINGS:
        claims = {setting: _claims(rules, setting, state) for setting in group}
        for setting in group:
            _choose(setting, claims[setting], state)


def _claims(rules: RuleBase, setting: str, state: State) -> list[Claim]:
    found = []
    for rule, effect in rules.claims(setting):
        if state.fires(rule):
            value = state.number(rule, effect.law) if effect.law is not None else effect.value
            if setting == "batch_size" and isinstance(value, int | float):
                value = _batch(value, state.facts.data.rows, exact=effect.law is None)
            if effect.like is not None and value is not None:
                base = state.value_for_other(effect.like, setting)
                value = base * float(value) if base is not None else None
            if value is not None:
                found.append(Claim(rule, effect, _typed(setting, value)))
    return found


def _batch(value: float, rows: int | None, *, exact: bool) -> float:
    """Return a batch in powers of two, unless it is stated exactly, and no larger than the data."""
    batch = value if exact else float(2 ** max(0, round(math.log2(value))))
    return batch if rows is None or batch <= rows else float(2 ** int(math.log2(rows)))


def _typed(setting: str, value: Scalar) -> Scalar:
    """Return the value as the setting's type and within its bounds, which a law may leave."""
    item = registry().get(f"plan.{setting}")
    if item is None or isinstance(value, bool | str):
        return value
    if item.lower is not None:
        value = max(value, item.lower)
    if item.upper is not None:
        value = min(value, item.upper)
    return round(value) if item.type == "count" else float(round(value)) if setting == "epochs" else float(value)


def _is_of_another_optimizer(setting: str, state: State) -> bool:
    """Return whether optimizers have a setting, and the chosen one has not: rules of a family may name one for SGD."""
    own = _SETTINGS_OF.get(str(state.settings.get("optimizer")))
    return own is not None and setting not in own and setting in _OF_OPTIMIZERS


def _choose(setting: str, claims: list[Claim], state: State) -> None:
    stated = getattr(state.facts.plan, setting, None)
    if stated is not None:
        state.settings[setting] = stated
        by: Literal["user", "trials"] = "trials" if setting in state.trying else "user"
        state.choices.append(Choice(setting=setting, value=stated, by=by))
        for claim in claims:
            if claim.value != stated:
                record_precedence(claim.rule, "plan", by, state)
        return
    if setting == "epochs" and (state.facts.plan.steps is not None or state.facts.plan.tokens is not None):
        return  # the run's length is given another way
    if not claims or _is_of_another_optimizer(setting, state):
        return
    won = select_winner(claims, state)
    state.choices.append(
        Choice(
            setting=setting,
            value=won.value,
            by="rule",
            rule=use_of(won.rule),
            strength=won.effect.strength,
            facts=state.facts_used(won.rule, won.effect.law),
        )
    )
    state.fix(setting, won.value)
