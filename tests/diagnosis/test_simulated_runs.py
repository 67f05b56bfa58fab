"""Simulated runs: nothing to change on healthy ones, and the right direction on sick ones."""

from __future__ import annotations

import os

import pytest

import advisor
from advisor.results import Diagnosis

from .simulated import HEALTHY, SICK

SEEDS = range(int(os.environ.get("ADVISOR_SIMULATED", "2")))
"""24 for the counts in docs/reliability.md; few in CI."""


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", HEALTHY)
def test_a_healthy_run_is_left_alone(kind: str, seed: int) -> None:
    log, settings = HEALTHY[kind](seed)
    assert advisor.diagnose(log, **settings).changes == ()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", SICK)
def test_a_sick_run_is_changed_in_the_right_direction(kind: str, seed: int) -> None:
    make, wanted = SICK[kind]
    log, settings = make(seed)
    found = advisor.diagnose(log, **settings)
    assert [want for want in wanted if not holds(found, want)] == []


def holds(found: Diagnosis, want: str) -> bool:
    """Return whether a diagnosis changes what it should; ``none``, ``not_up`` and ``not_down`` are about the rate."""
    factor = next((change.factor for change in found.changes if change.setting == "learning_rate"), None)
    settings = {change.setting for change in found.changes}
    match want:
        case "down" | "up":
            return factor is not None and (factor < 1) == (want == "down")
        case "none":
            return factor is None
        case "not_up" | "not_down":
            return factor is None or (factor < 1) == (want == "not_up")
        case "warmup":
            return "warmup_fraction" in settings
        case "down_or_decay":
            return "schedule" in settings or (factor is not None and factor < 1)
        case _:
            return bool(settings & {"epochs", "weight_decay"})
