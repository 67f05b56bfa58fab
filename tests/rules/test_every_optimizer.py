"""Every optimizer has a starting rate for every model, also for one without hidden layers."""

from __future__ import annotations

import pytest

from advisor.facts import Facts, with_facts
from advisor.facts.names import OPTIMIZERS
from advisor.inference import infer
from advisor.knowledge import load_rules


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "sizes", [{}, {"model.width": 0}, {"model.width": 0, "model.inputs": 300}, {"model.width": 64}]
)
def test_it_starts_somewhere(optimizer: str, sizes: dict[str, int]) -> None:
    found = infer(with_facts(Facts(), {"plan.optimizer": optimizer, "model.family": "linear", **sizes}), load_rules())
    assert 1e-6 < found.learning_rate < 100
