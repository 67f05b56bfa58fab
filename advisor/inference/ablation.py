"""What each rule contributes to one recommendation: leave it out and look."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from advisor.errors import AdvisorError
from advisor.facts import Facts
from advisor.inference.comparison import WhatIf
from advisor.inference.infer import infer
from advisor.knowledge.base import RuleBase


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One rule left out.

    Attributes:
        rule, title: which.
        factor: the learning rate without it over the one with it; None: no answer is left without it.
        settings: (name, with it, without it) of everything that changes.
    """

    rule: str
    title: str
    factor: float | None
    settings: tuple[tuple[str, Any, Any], ...]

    def __str__(self) -> str:
        if self.factor is None:
            return f"{self.rule}: without it there is no answer"
        said = [f"{name} {_shown(old)} -> {_shown(new)}" for name, old, new in self.settings]
        return f"{self.rule}: {', '.join(said) or 'only remarks or the interval'}"


def ablate(facts: Facts, rules: RuleBase) -> tuple[LeftOut, ...]:
    """Leave out every rule that fires, one at a time; those that move the learning rate most come first.

    Raises:
        AdvisorError: as ``infer``.
    """
    whole = infer(facts, rules)
    titles = {rule.id: rule.title for rule in rules.rules}
    found = []
    for name in whole.trace.fired:
        try:
            compared = WhatIf(whole, infer(facts, rules.without(name)), ())
        except AdvisorError:
            found.append(LeftOut(name, titles[name], None, ()))
        else:
            found.append(LeftOut(name, titles[name], compared.factor, compared.settings()))
    return tuple(sorted(found, key=_weight, reverse=True))


def _weight(left_out: LeftOut) -> tuple[float, int]:
    moved = math.inf if left_out.factor is None else abs(math.log(left_out.factor))
    return moved, len(left_out.settings)


def _shown(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
