"""Ablation of one recommendation: infer again without each rule that fired, one at a time."""

from __future__ import annotations

import math

from advisor.errors import AdvisorError
from advisor.facts import Facts
from advisor.inference.comparison import as_advised
from advisor.inference.infer import infer
from advisor.knowledge.base import RuleBase
from advisor.results import LeftOut, Recommendation, WhatIf


def ablate(facts: Facts, rules: RuleBase, advised: Recommendation | None = None) -> tuple[LeftOut, ...]:
    """Leave out every rule that fires, one at a time.

    Args:
        facts: what is known.
        rules: the rule base.
        advised: what an advice about these facts says, trials included: its optimizer and schedule are kept.

    Returns:
        One entry for each rule, those first that change the learning rate by the largest factor.

    Raises:
        AdvisorError: as ``infer``.
    """
    if advised is not None:
        facts = as_advised(facts, rules, advised)
    whole = infer(facts, rules)
    titles = {rule.id: rule.title for rule in rules.rules}
    left_out = []
    for name in whole.trace.fired:
        try:
            compared = WhatIf(whole, infer(facts, rules.without(name)), ())
        except AdvisorError:
            left_out.append(LeftOut(name, titles[name], None, ()))
        else:
            left_out.append(LeftOut(name, titles[name], compared.factor, compared.settings()))
    return tuple(sorted(left_out, key=_influence, reverse=True))


def _influence(item: LeftOut) -> tuple[float, int]:
    moved = math.inf if item.factor is None else abs(math.log(item.factor))
    return moved, len(item.settings)
