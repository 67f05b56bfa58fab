"""A log to a changed recipe: the right rules fire, what is not known is asked for, and a healthy run is left alone."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import advisor
from advisor.api.advice import Advice
from advisor.api.diagnosis import Diagnosis
from advisor.api.recommendation import Recommendation
from advisor.api.verdict import Verdict
from advisor.catalogue.schedule_curve import multiplier
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.errors import DataError, PlanError
from advisor.facts import Facts, with_facts
from advisor.facts.names import ScheduleName
from advisor.inference import infer
from advisor.knowledge import load_rules
from advisor.results import Change, Provenance, not_run, remark

SHARE = np.linspace(0.0, 1.0, 40)
HEALTHY = {"epoch": range(1, 41), "loss": 0.3 + 2 * np.exp(-6 * SHARE), "val_loss": 0.4 + 2 * np.exp(-6 * SHARE)}
DIVERGED = {"epoch": range(1, 41), "loss": np.where(SHARE < 0.5, 2.3 - 2 * SHARE, 1.3 + 20 * (SHARE - 0.5) ** 2)}
OVERFIT = {**HEALTHY, "val_loss": 0.6 + 0.5 * np.abs(SHARE - 0.25)}
STUCK = {"step": range(40), "loss": np.full(40, 2.3)}


def changes(found: Diagnosis) -> dict[str, Change]:
    return {change.setting: change for change in found.changes}


def test_a_healthy_log_ends_with_nothing_to_change() -> None:
    found = advisor.diagnose(HEALTHY, optimizer="adamw", learning_rate=1e-3, schedule="cosine")
    assert found.changes == found.present == found.notes == ()
    assert "nothing to change" in found.explain()


def test_a_divergence_lowers_the_rate_and_clips_with_the_rule_behind_both() -> None:
    found = advisor.diagnose(DIVERGED, optimizer="sgd", learning_rate=0.1)
    rate, clip = changes(found)["learning_rate"], changes(found)["clip_norm"]
    assert (rate.before, rate.after, rate.factor) == (0.1, pytest.approx(0.02), pytest.approx(0.2))
    assert rate.interval is not None
    assert rate.factor in rate.interval
    assert [rule.id for rule in rate.rules] == ["diverged"]
    assert clip.after == 1.0
    assert found.changed_recipe.learning_rate == rate.after
    assert found.changed_recipe.optimizer == "sgd"
    (symptom,) = found.present
    assert symptom.name == "diverged"
    assert symptom.code == "ends_above_best"
    assert dict(symptom.numbers) == pytest.approx({"best": 1.3, "final": 6.12, "initial": 2.3}, rel=0.1)
    assert round(1 + 39 * symptom.start) == 23  # it turns at epoch 20, and is seen to from the noise on


def test_without_the_rate_a_factor_stands_and_the_flag_is_named() -> None:
    found = advisor.diagnose(DIVERGED)
    rate = changes(found)["learning_rate"]
    assert (rate.before, rate.after, rate.factor) == (None, None, pytest.approx(0.2))
    assert "× 0.2" in found.explain()
    assert "--learning-rate" in found.explain()


def test_the_rate_in_the_log_is_used() -> None:
    found = advisor.diagnose({**DIVERGED, "lr": np.full(40, 0.05)})
    assert changes(found)["learning_rate"].before == 0.05
    assert found.recipe.schedule == "constant"


def test_several_rules_multiply_and_their_ranges_widen() -> None:
    norms = {**DIVERGED, "grad_norm": np.full(40, 9.0)}
    one = changes(advisor.diagnose(norms))["learning_rate"]
    two = changes(advisor.diagnose(norms, clip_norm=5.0))["learning_rate"]
    assert one.factor is not None
    assert two.factor is not None
    assert one.interval is not None
    assert two.interval is not None
    assert {rule.id for rule in two.rules} == {"diverged", "clipped-all-the-time"}
    assert two.factor == pytest.approx(0.7 * one.factor)
    assert two.interval.ratio > one.interval.ratio


@pytest.mark.parametrize(("clip", "changed"), [(None, True), (5.0, True), (1.0, False), (0.1, False)])
def test_a_remedy_that_the_run_had_already_is_no_change(clip: float | None, changed: bool) -> None:
    assert ("clip_norm" in changes(advisor.diagnose(DIVERGED, clip_norm=clip))) is changed


@pytest.mark.parametrize(
    ("told", "factor"),
    [
        ({"optimizer": "adam", "learning_rate": 1e-4}, 10.0),
        ({"optimizer": "adam", "learning_rate": 0.02}, 0.1),
        ({"optimizer": "sgd", "learning_rate": 0.02}, 10.0),
        ({"optimizer": "sgd", "learning_rate": 3.0}, 0.1),
        ({"learning_rate": 3.0}, 0.1),
        ({"learning_rate": 0.02}, None),
    ],
)
def test_a_standstill_asks_for_more_or_less_by_how_high_the_rate_was(
    told: dict[str, Any], factor: float | None
) -> None:
    found = changes(advisor.diagnose(STUCK, **told))
    assert (found["learning_rate"].factor if "learning_rate" in found else None) == pytest.approx(factor)


def test_an_optimizer_that_only_the_rules_would_choose_decides_nothing() -> None:
    """At 0.02 Adam would be too fast and SGD too slow: without the optimizer no direction is given, but asked for."""
    found = advisor.diagnose(STUCK, learning_rate=0.02)
    assert found.changes == ()
    assert {"stuck-at-a-high-rate", "stuck-from-the-start"} <= {item.rule for item in found.undecided}
    assert "--optimizer" in found.explain()


def test_overfitting_shortens_the_run_and_raises_the_decay_of_adamw_only() -> None:
    found = changes(advisor.diagnose(OVERFIT, optimizer="adamw", weight_decay=0.01))
    assert found["weight_decay"].after == 0.1
    assert found["epochs"].before == 40
    assert 10 <= float(found["epochs"].after or 0) <= 15
    assert "learning_rate" not in found
    assert "weight_decay" not in changes(advisor.diagnose(OVERFIT, optimizer="adam"))
    assert "weight_decay" not in changes(advisor.diagnose(OVERFIT, optimizer="adamw", weight_decay=0.3))


def test_a_told_schedule_stands_in_for_a_rate_that_is_not_logged() -> None:
    flat = {"step": range(300), "loss": np.concatenate([np.linspace(2, 0.5, 60), np.full(240, 0.5)])}
    assert "plateau-decay" in {item.rule for item in advisor.diagnose(flat).undecided}
    constant = advisor.diagnose(flat, schedule="constant")
    assert "plateau-decay" in {note.rule.id for note in constant.notes}
    assert constant.changes == ()  # a calm end may be all that the model reaches
    assert advisor.diagnose(flat, schedule="cosine").changes == ()


@pytest.mark.parametrize(("scatter", "changed"), [(0.2, True), (0.01, False)])
def test_a_decay_is_a_change_where_noise_shows_at_the_end_and_else_a_remark(scatter: float, changed: bool) -> None:
    share = np.linspace(0.0, 1.0, 60)
    tested = (0.6 + 1.5 * np.exp(-9 * share)) * np.exp(np.random.default_rng(0).normal(0.0, scatter, 60))
    log = {"epoch": range(1, 61), "loss": 0.5 + 1.5 * np.exp(-9 * share), "val_loss": tested, "lr": np.full(60, 0.1)}
    found = advisor.diagnose(log, optimizer="sgd")
    assert ("schedule" in changes(found)) == changed


@pytest.mark.parametrize("schedule", SCHEDULE_INFO)
def test_a_run_ends_at_the_rate_that_its_schedule_ends_at(schedule: ScheduleName) -> None:
    found = advisor.diagnose(HEALTHY, schedule=schedule)
    assert found.recipe.final_fraction == pytest.approx(multiplier(schedule, 999, 1000), abs=1e-9)


def test_one_broken_row_of_a_healthy_run_lowers_no_rate() -> None:
    loss = 0.3 + 2 * np.exp(-6 * np.linspace(0, 1, 500))
    loss[200] = np.nan
    found = advisor.diagnose({"step": range(500), "loss": loss}, optimizer="adamw", learning_rate=1e-3)
    assert [symptom.name for symptom in found.present] == ["nonfinite"]
    assert found.changes == ()
    assert [note.rule.id for note in found.notes] == ["nonfinite-checks"]
    loss[200:] = np.nan
    assert "learning_rate" in changes(advisor.diagnose({"loss": loss}, optimizer="adamw", learning_rate=1e-3))


def test_the_loss_of_reinforcement_learning_is_not_judged_by_its_level() -> None:
    data = advisor.DataFacts(task="reinforcement_learning")
    assert advisor.diagnose(DIVERGED, data=data, learning_rate=0.1).changes == ()


@pytest.mark.parametrize(
    ("optimizer", "rate", "factor"), [("adam", 1e-6, 100.0), ("adam", 1e-4, 10.0), ("sgd", 1e-5, 100.0)]
)
def test_far_below_any_usual_rate_more_than_a_factor_of_ten_is_missing(
    optimizer: str, rate: float, factor: float
) -> None:
    found = changes(advisor.diagnose(STUCK, optimizer=optimizer, learning_rate=rate))
    assert found["learning_rate"].factor == pytest.approx(factor)


def test_a_run_that_gained_nothing_late_at_a_rate_few_nets_bear_is_slowed_down() -> None:
    """Means over epochs of a net thrown off in its first steps, under cosine decay: SGD at 1.5."""
    loss = [101.4, 1.889, 1.67, 1.715, 1.669, 1.68, 1.716, 1.728, 1.645, 1.654, 1.642, 1.677, 1.66, 1.638, 1.618, 1.61]
    rate = 0.75 * (1 + np.cos(np.pi * np.linspace(0, 1, len(loss))))
    found = changes(advisor.diagnose({"epoch": range(16), "loss": loss, "lr": rate}, optimizer="sgd"))
    assert found["learning_rate"].factor == pytest.approx(0.1)
    assert changes(advisor.diagnose({"epoch": range(16), "loss": loss, "lr": 0.01 * rate}, optimizer="sgd")) == {}


OSCILLATING = {"step": range(400), "loss": 1 + 0.5 * np.sin(np.arange(400) / 6), "lr": np.full(400, 3e-3)}
SLOW = {"step": range(400), "loss": np.linspace(2.3, 1.9, 400)}
LONG = np.linspace(0.0, 1.0, 100)
NOISY_END = {
    "epoch": range(100),
    "loss": 0.3 + 2 * np.exp(-6 * LONG),
    "val_loss": (0.5 + 2 * np.exp(-6 * LONG)) * np.exp(0.25 * np.random.default_rng(1).standard_normal(100)),
}
SPIKY = np.array(HEALTHY["loss"])[np.arange(400) // 10] * np.where(np.arange(400) % 150 == 149, 9.0, 1.0)


@pytest.mark.parametrize(
    ("log", "told", "wanted", "says"),
    [
        (NOISY_END, {"optimizer": "sgd"}, {"learning_rate": 0.5}, "momentum 0.9 with SGD, or Adam"),
        (OSCILLATING, {"optimizer": "adam"}, {"warmup_fraction": 0.05, "schedule": "cosine"}, "warm up"),
        (SLOW, {"optimizer": "sgd"}, {"learning_rate": 3.0}, "range test for the upper bound"),
        (
            OVERFIT,
            {"optimizer": "adamw"},
            {"weight_decay": 0.1},
            "dropout or augmentation; a cyclical or one-cycle rate",
        ),
        (
            SLOW,
            {"optimizer": "sgd", "batch_size": 512, "reference_batch_size": 32},
            {"learning_rate": 4.0},
            "square root of the ratio",
        ),
        (
            {"step": range(400), "loss": SPIKY, "lr": np.full(400, 1e-3)},
            {"optimizer": "adamw", "model": advisor.ModelFacts(family="transformer")},
            {"warmup_fraction": 0.05, "schedule": "cosine"},
            "the loss spikes",
        ),
    ],
    ids=["noise", "oscillation", "slow", "overfitting", "large batch", "transformer"],
)
def test_every_situation_of_the_founding_document_is_answered(
    log: Any, told: dict[str, Any], wanted: dict[str, Any], says: str
) -> None:
    """Section 8."""
    found = advisor.diagnose(log, **told)
    made = changes(found)
    for setting, value in wanted.items():
        change = made[setting]
        assert (change.factor if setting == "learning_rate" else change.after) == pytest.approx(value), setting
    assert says.lower() in found.explain().lower().replace("\n", " ").replace("    ", " ").replace("  ", " ")


def advice() -> Advice:
    facts = with_facts(Facts(), {"model.family": "mlp", "data.rows": 10_000, "plan.optimizer": "sgd"})
    found = infer(facts, load_rules())
    return Advice(
        facts=facts,
        recommendation=Recommendation.of(found),
        verdict=Verdict.of(not_run(found.learning_rate, found.interval, remark("no_budget"))),
        provenance=Provenance(advisor="0", ruleset="0"),
    )


def test_the_advice_that_a_run_followed_tells_its_recipe() -> None:
    followed = advice()
    found = advisor.diagnose(DIVERGED, followed)
    assert found.recipe.optimizer == "sgd"
    assert found.recipe.learning_rate == followed.recommendation.learning_rate
    assert found.recipe.schedule == followed.recommendation.schedule
    assert found.facts.model.family == "mlp"
    assert advisor.diagnose(DIVERGED, followed, learning_rate=0.7).recipe.learning_rate == 0.7


@pytest.mark.parametrize("log", [HEALTHY, DIVERGED, OVERFIT, STUCK, [1.0, 2.0, float("nan"), float("inf"), 1e300]])
def test_json_comes_back_as_it_was(log: Any) -> None:
    found = advisor.diagnose(log, optimizer="adam", learning_rate=1e-3)
    text = found.to_json()
    assert Diagnosis.from_json(text) == found
    assert json.loads(text, parse_constant=pytest.fail)["schema_version"] == "2.0"  # no NaN, which JSON has not
    assert advisor.diagnose(log, optimizer="adam", learning_rate=1e-3).to_json() == text


def test_something_else_is_no_diagnosis() -> None:
    with pytest.raises(DataError, match=r"x\.json: no diagnosis file of schema 2\.0"):
        Diagnosis.from_json("{}", "x.json")


def test_a_misspelt_setting_is_named() -> None:
    with pytest.raises(PlanError, match="learning_rat"):
        advisor.diagnose(HEALTHY, learning_rat=0.1)


def test_the_condensed_curves_show_where_the_loss_was_not_finite() -> None:
    loss = np.linspace(2.0, 1.0, 1000)
    loss[500:510] = np.nan
    (curve,) = advisor.diagnose({"loss": loss}).curves
    assert len(curve.values) == 200
    assert [index for index, value in enumerate(curve.values) if value is None] == [100, 101]
