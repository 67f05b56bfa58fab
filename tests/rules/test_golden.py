"""Published recipes: from what their users knew, the rules land near the published peak rate and choice."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from advisor.facts.registry import registry
from benchmarks.golden import HERE, STAND_INS, Golden, Half, golden, outcome, recommend, shares, tuned_tables

MISSES = {
    "rc-V34": "no fact carries the resolution of an image, for which the authors took a tenth of their own rate",
    "rc-T10": "tuned with width and depth that the list does not give",
    "rc-T25": "a library's default, not a rate found for any job; 1,000 steps bear more",
    "rc-T28": "a library's default, not a rate found for any job; momentum zero bears more",
    "rc-V40": "Adadelta is not among the optimizers",
}
"""Recipes whose rate is known to be missed, and why."""

SECOND_BEST = {
    "rc-V05": "depthwise nets are published with RMSProp as often as with SGD",
    "rc-N12": "Adam took over from RMSProp on recurrent nets",
    "rc-L26": "the paper on QLoRA keeps the rate constant, the libraries that use it decay it",
    "rc-T28": "a library's default",
    "rc-R01": "click models are published with SGD and with Adam",
    "rc-V40": "Adadelta is not among the optimizers",
    "rc-N10": "constant only together with Adafactor, which is not chosen",
    "rc-L03": "twenty steps, too few for a schedule",
    "rc-T25": "a library's default",
    "rc-T26": "a library's default",
    "rc-K01": "annealed to zero, though the facts state no end",
}
"""Recipes whose optimizer family or kind of schedule is known to be chosen otherwise, and why."""

FLOORS = {"mlp": 0.72, "mlp-embeddings": 0.72, "tabm": 0.87}
"""Measured shares within four on the report split (24, 24 and 29 of 33); the bar of 0.9 is not met there."""


def cases(misses: dict[str, str]) -> list[Any]:
    return [
        pytest.param(item, id=item.id, marks=pytest.mark.xfail(reason=misses[item.id], strict=True))
        if item.id in misses
        else pytest.param(item, id=item.id)
        for item in golden()
    ]


@pytest.mark.parametrize("recipe", cases(MISSES))
def test_the_rate_lands_near_the_published_one(recipe: Golden) -> None:
    assert outcome(recipe.id).right_rate, f"{outcome(recipe.id).ratio:.2f} times the published {recipe.rate:g}"


@pytest.mark.parametrize("recipe", cases(SECOND_BEST))
def test_optimizer_and_schedule_are_of_the_published_kind(recipe: Golden) -> None:
    found = outcome(recipe.id)
    assert found.right_optimizer
    assert found.right_schedule


def test_no_fact_sheet_holds_the_answer() -> None:
    chosen = {"plan.optimizer", "plan.schedule", "plan.learning_rate", "plan.reference_learning_rate", "plan.momentum"}
    for recipe in (item for name in ("recipes", "configurations", *STAND_INS) for item in golden(name)):
        assert not chosen & recipe.facts.keys(), recipe.id
        assert not [name for name in recipe.facts if name not in registry()], recipe.id


def test_known_misses_are_recipes() -> None:
    assert {*MISSES, *SECOND_BEST} <= {item.id for item in golden()}


def test_the_bars_are_met() -> None:
    found = shares()
    assert found["rate"] >= 0.9, found
    assert found["optimizer"] >= 0.8, found
    assert found["schedule"] >= 0.8, found
    assert found["both"] >= 0.8, found


def test_recipes_read_from_configurations_are_met() -> None:
    """Bars of the requirement."""
    found = shares("configurations")
    assert found["rate"] >= 0.85, found
    assert found["optimizer"] >= 0.9, found
    assert found["schedule"] >= 0.85, found
    assert 0.85 <= found["interval"] <= 0.95, found


@pytest.mark.parametrize(
    "entry", yaml.safe_load((HERE / "negatives.yaml").read_text(encoding="utf-8")), ids=lambda entry: str(entry["id"])
)
def test_what_must_not_be_followed_is_refused(entry: dict[str, Any]) -> None:
    found = recommend(entry["facts"])
    said = {(note.severity, note.rule.id) for note in found.trace.notes}
    if "says" in entry:
        assert (entry["says"]["severity"], entry["says"]["rule"]) in said
    assert found.learning_rate <= float(entry.get("at_most", "inf"))
    assert found.learning_rate >= float(entry.get("at_least", 0.0))


MEASURED: dict[tuple[str, Half], tuple[float, float]] = {
    ("memory", "development"): (64 / 70, 60 / 70),
    ("memory", "held_out"): (51 / 56, 45 / 56),
    ("further", "development"): (71 / 86, 67 / 86),
    ("further", "held_out"): (64 / 84, 61 / 84),
    ("later", "development"): (40 / 46, 36 / 46),
    ("later", "held_out"): (22 / 26, 22 / 26),
}
"""Shares of right rates, and of right optimizers with right schedules, of recipes that stand for unseen ones: floors.

On the development halves rules were mended; what a held-out half says is the figure for jobs that were not looked at.
"""


@pytest.mark.parametrize(("name", "half"), MEASURED)
def test_recipes_that_stand_for_unseen_ones_are_measured_apart(name: str, half: Half) -> None:
    found = shares(name, half)
    rate, both = MEASURED[name, half]
    assert found["rate"] >= rate
    assert found["both"] >= both


def test_collections_are_apart_and_halves_keep_relatives_together() -> None:
    collections = [golden(name) for name in ("recipes", "configurations", *STAND_INS)]
    names = [item.id for collection in collections for item in collection]
    assert len(names) == len(set(names))
    halves = {item.id: item.half for collection in collections[1:] for item in collection}
    assert len({half for name, half in halves.items() if name.startswith("pythia")}) == 1
    assert halves["wav2vec2-ft-timit"] == halves["wav2vec2-finetune/100h"]
    assert 0.4 < sum(half == "development" for half in halves.values()) / len(halves) < 0.6


@pytest.mark.parametrize("method", ["mlp", "mlp-embeddings", "tabm"])
def test_tuned_tabular_rates_of_the_report_split(method: str) -> None:
    """Geometric mean of the tuned rates of a method's variants on one table, within four; split by the table's name."""
    ratios = [
        recommend(table.facts).learning_rate / table.rate for table in tuned_tables("report") if table.method == method
    ]
    share = sum(1 / 4 <= ratio <= 4 for ratio in ratios) / len(ratios)
    assert share >= FLOORS[method], f"{share:.0%} of {len(ratios)}"
