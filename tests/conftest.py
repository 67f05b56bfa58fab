"""Small rule bases written as data."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from advisor.knowledge.base import RuleBase
from advisor.knowledge.rule import Rule
from advisor.knowledge.rule_reader import read_rule
from advisor.knowledge.yaml_reader import Document

DEFAULTS: dict[str, dict[str, Any]] = {
    "default-optimizer": {"then": [{"choose": "optimizer", "value": "adamw", "strength": "weak"}], "tier": "default"},
    "default-schedule": {"then": [{"choose": "schedule", "value": "cosine", "strength": "weak"}], "tier": "default"},
    "default-anchor": {"then": [{"anchor": "learning_rate", "value": 1e-3, "strength": "weak"}], "tier": "default"},
}


def rule_of(name: str, fields: dict[str, Any]) -> Rule:
    document = Document(
        f"rules/{name}.yaml",
        value={"id": name, "title": f"The rule called {name}", "because": "it was found to be so", **fields},
    )
    rule = read_rule(document, "model", {})
    assert rule is not None, document.problems
    return rule


def base_of(rules: dict[str, dict[str, Any]]) -> RuleBase:
    return RuleBase(tuple(rule_of(name, fields) for name, fields in {**DEFAULTS, **rules}.items()), "0.1.0")


MakeBase = Callable[[dict[str, dict[str, Any]]], RuleBase]


@pytest.fixture(scope="session")
def make_base() -> MakeBase:
    return base_of


def pytest_runtest_setup() -> None:
    """Start every test with the same generators, whatever ran before it in its process."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the legacy generator is the global one
    if (torch := sys.modules.get("torch")) is not None:
        torch.manual_seed(0)
