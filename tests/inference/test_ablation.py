"""Leaving a rule out shows what it contributes."""

from __future__ import annotations

import math

import pytest

from advisor.facts import Facts, with_facts
from advisor.inference import ablate, infer
from advisor.knowledge import load_rules

FACTS = with_facts(
    Facts(), {"model.family": "mlp", "plan.optimizer": "adamw", "plan.steps": 500, "model.width": 128, "model.depth": 2}
)


def test_every_rule_that_fires_is_left_out_once() -> None:
    base = load_rules()
    found = {item.rule: item for item in ablate(FACTS, base)}
    whole = infer(FACTS, base)
    assert set(found) == set(whole.trace.fired)
    for name, item in found.items():
        if item.factor is not None:
            alone = infer(FACTS, base.without(name))
            assert item.factor == pytest.approx(alone.learning_rate / whole.learning_rate)
            assert name not in alone.trace.fired
    assert found["schedule-default"].factor is None
    assert found["deep-clipping"].settings == (("clip_norm", 1.0, None),)


def test_what_moves_the_rate_most_comes_first() -> None:
    moved = [math.inf if item.factor is None else abs(math.log(item.factor)) for item in ablate(FACTS, load_rules())]
    assert moved == sorted(moved, reverse=True)
    assert moved[1] > 1.0
