"""A rate that the user knows to work is respected to the digit, by every optimizer and every family."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest

from advisor.facts import Facts, with_facts
from advisor.facts.names import OPTIMIZERS, SCHEDULES
from advisor.facts.registry import info
from advisor.inference import infer
from advisor.knowledge import load_rules
from advisor.results import Recommendation

FAMILIES = info("model.family").choices
RATES = (0.5, 3.7e-4)


def recommended(facts: dict[str, Any]) -> Recommendation:
    return infer(with_facts(Facts(), facts), load_rules())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_same_batch_has_the_same_rate(optimizer: str) -> None:
    for family, rate in product(FAMILIES, RATES):
        facts = {"plan.optimizer": optimizer, "model.family": family, "plan.reference_learning_rate": rate}
        same = {"plan.batch_size": 48, "plan.reference_batch_size": 48}
        assert recommended({**facts, **same}).learning_rate == rate, family
        assert recommended({**facts, **same, "plan.early_stopping": True}).learning_rate == rate, family
        found = recommended({**facts, "plan.early_stopping": True})
        assert found.learning_rate == rate, family
        assert any("plan.reference_batch_size" in note.text for note in found.trace.notes)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_another_batch_scales_it_by_the_root_or_in_proportion_and_the_interval_holds_both(optimizer: str) -> None:
    for family, ratio in product(FAMILIES, (0.125, 4, 16)):
        facts = {
            "plan.optimizer": optimizer,
            "model.family": family,
            "plan.reference_learning_rate": 2e-3,
            "plan.batch_size": int(64 * ratio),
            "plan.reference_batch_size": 64,
        }
        found = recommended(facts)
        root, linear = 2e-3 * math.sqrt(ratio), 2e-3 * ratio
        proportional = optimizer in {"sgd", "lars"} and family in {"cnn", "efficientnet", "detector"}
        assert found.learning_rate == pytest.approx(linear if proportional else root, rel=1e-12), family
        assert root in found.interval, family
        assert linear in found.interval, family


@pytest.mark.parametrize(
    "facts",
    [
        {
            "plan.optimizer": "adamw",
            "model.parametrization": "mup",
            "model.family": "transformer",
            "model.parameters": 1e9,
        },
        {"plan.optimizer": "adam", "model.family": "linear", "data.conditioning.largest": 9.0},
        {"plan.optimizer": "sgd", "model.convex": True, "model.family": "linear", "data.conditioning.largest": 9.0},
        {"plan.optimizer": "lion", "model.family": "language_model", "model.parameters": 7e9, "model.pretrained": True},
        {"plan.optimizer": "sgd", "model.family": "mlp", "plan.momentum": 0.0, "data.noise.unexplained": 0.4},
        *({"plan.optimizer": "adam", "model.family": "cnn", "plan.schedule": name} for name in SCHEDULES),
    ],
)
def test_no_fact_about_the_job_changes_it(facts: dict[str, Any]) -> None:
    stated = {"plan.reference_learning_rate": 0.01, "plan.batch_size": 32, "plan.reference_batch_size": 32}
    found = recommended({**facts, **stated})
    assert found.learning_rate == 0.01
    assert found.interval.lower < 0.01 < found.interval.upper


def test_a_slow_run_takes_the_root_once() -> None:
    facts = {
        "plan.optimizer": "adamw",
        "model.family": "mlp",
        "plan.reference_learning_rate": 1e-3,
        "plan.batch_size": 256,
        "plan.reference_batch_size": 64,
        "history.slow": True,
    }
    assert recommended(facts).learning_rate == pytest.approx(2e-3)


def test_what_a_log_shows_about_the_known_rate_changes_it() -> None:
    facts = {
        "plan.optimizer": "adamw",
        "model.family": "mlp",
        "plan.reference_learning_rate": 1e-3,
        "plan.batch_size": 64,
        "plan.reference_batch_size": 64,
        "history.diverged": True,
    }
    assert recommended(facts).learning_rate == pytest.approx(2e-4)


def test_a_limit_that_it_passes_is_said() -> None:
    facts = {"plan.optimizer": "lion", "model.family": "cnn", "plan.reference_learning_rate": 0.02}
    found = recommended(facts)
    assert found.learning_rate == 0.02
    assert any("lion-rate" in note.text and note.severity == "warning" for note in found.trace.notes)
