"""The settings around the learning rate."""

from __future__ import annotations

import pytest

from advisor import Plan, recommend
from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.facts import ModelFacts

OF_SOME = {setting for info in OPTIMIZER_INFO.values() for setting in info.settings}


@pytest.mark.parametrize("family", ["word_vectors", "detector", "efficientnet", "mlp"])
@pytest.mark.parametrize("optimizer", OPTIMIZER_INFO)
def test_no_setting_is_chosen_that_the_optimizer_has_not(family: str, optimizer: str) -> None:
    found = recommend(model=ModelFacts(family=family), plan=Plan(optimizer=optimizer, batch_size=64))
    chosen = {choice.setting for choice in found.trace.choices}
    assert chosen & OF_SOME <= set(OPTIMIZER_INFO[optimizer].settings)


def test_a_family_that_wants_no_momentum_gets_none() -> None:
    found = recommend(model=ModelFacts(family="word_vectors"), plan=Plan(optimizer="sgd", batch_size=1))
    assert found.momentum == 0.0
