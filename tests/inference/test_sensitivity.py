"""The rules' rate over one fact at a time."""

from __future__ import annotations

import pytest

from advisor.facts import DataFacts, Facts, ModelFacts, Plan
from advisor.inference import infer, sensitivities
from advisor.knowledge import load_rules


def table(**plan: float | str) -> Facts:
    return Facts(
        data=DataFacts(modality="tabular", task="regression", rows=5_000, features=12, encoded_features=12),
        model=ModelFacts(family="mlp", depth=2, width=128, parameters=20_000.0),
        plan=Plan(**{"batch_size": 64, "epochs": 20, "optimizer": "sgd", **plan}),
    )


def test_the_present_job_lies_on_every_curve() -> None:
    facts, rules = table(), load_rules(())
    found = sensitivities(facts, rules)
    here = infer(facts, rules).learning_rate
    assert {item.fact for item in found} >= {"plan.batch_size", "plan.epochs"}
    for item in found:
        (at,) = [point.learning_rate for point in item.points if point.value == pytest.approx(item.present)]
        assert at == pytest.approx(here)


def test_what_changes_nothing_or_is_unknown_is_left_out() -> None:
    found = sensitivities(table(), load_rules(()))
    assert "data.noise.level" not in {item.fact for item in found}
    assert all(item.changes for item in found)


def test_a_rate_that_was_fixed_does_not_flatten_the_curves() -> None:
    rules = load_rules(())
    assert sensitivities(table(learning_rate=0.5), rules) == sensitivities(table(), rules)


def test_a_share_never_leaves_its_bounds() -> None:
    facts = table()
    noisy = facts.model_copy(
        update={
            "data": facts.data.model_copy(
                update={"noise": facts.data.noise.model_copy(update={"level": 0.4, "unexplained": 0.4})}
            )
        }
    )
    for item in sensitivities(noisy, load_rules(())):
        if item.fact == "data.noise.level":
            assert max(point.value for point in item.points) <= 1.0
