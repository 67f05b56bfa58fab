"""The sweep finds jumps and zigzags that are there, and the rules have none on a subset of jobs and facts."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from advisor.facts.registry import registry
from advisor.knowledge import load_rules
from benchmarks.continuity import MAX_JUMP, Point, _turns, all_breaks, breaks, jobs, values_of
from benchmarks.golden import Golden

FACTS = (
    *("data.rows", "model.parameters", "model.width"),
    *("plan.batch_size", "plan.epochs", "plan.momentum", "plan.layerwise_decay"),
)
SUBSET = (0, 5, 10, 15, 20)
CLIFF = """\
id: cliff
title: Start at a fifth from forty million parameters on
when: {model.parameters: {ge: 4e7}}
then: [{scale: learning_rate, factor: 0.2}]
because: a rule of thumb has a threshold here
"""


def test_values_are_a_quarter_apart_and_hold_the_known_one() -> None:
    values = values_of(registry()["model.parameters"], 1e6)
    assert values[0] == pytest.approx(1e4)
    assert values[-1] == pytest.approx(1e8)
    assert all(1 < two / one <= 1.2501 for one, two in pairwise(values))
    assert values_of(registry()["model.depth"], 3)[:4] == [1, 2, 3, 4]


def test_momentum_goes_by_what_is_left_to_one() -> None:
    left = [1 - value for value in values_of(registry()["plan.momentum"], 0.9)]
    assert all(1 < one / two <= 1.2501 for one, two in pairwise(left))
    assert left[-1] < 0.02


def test_turns_are_counted_per_optimizer() -> None:
    def points(*rates: float, optimizer: str = "adam") -> list[Point]:
        return [Point(float(place), rate, optimizer, frozenset()) for place, rate in enumerate(rates)]

    assert list(_turns(points(1, 2, 3, 4))) == []
    assert len(list(_turns(points(1, 2, 1)))) == 1
    assert len(list(_turns(points(1, 2, 1, 2)))) == 2
    assert list(_turns(points(1, 1.05, 1, 1.05))) == []
    assert list(_turns([*points(1, 2), *points(1, 2, optimizer="sgd")])) == []


def test_a_cliff_is_found(tmp_path: Path) -> None:
    """An overlay with a threshold, as rules of thumb have them."""
    (tmp_path / "cliff.yaml").write_text(CLIFF, encoding="utf-8")
    facts = {"model.family": "mlp", "plan.optimizer": "adamw", "model.parameters": 4e7}
    recipe = Golden("made-up", facts, "adamw", "any", 1e-3, "none")
    found = list(breaks(recipe, registry()["model.parameters"], load_rules([tmp_path])))
    (jump,) = (one for one in found if one.kind == "jump")
    assert jump.at[0] < 4e7 <= jump.at[1]
    assert jump.factor > MAX_JUMP
    assert "cliff" in jump.rules
    assert list(breaks(recipe, registry()["model.parameters"], load_rules())) == []


@pytest.mark.parametrize("job", [jobs()[place] for place in SUBSET], ids=lambda job: job.id)
def test_the_rate_is_continuous(job: Golden) -> None:
    found = all_breaks([job], [registry()[path] for path in FACTS])
    assert [str(one) for one in found] == []
