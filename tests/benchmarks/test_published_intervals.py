"""The intervals of recommendations from facts alone hold published rates, also of sources left out."""

from __future__ import annotations

import math

import pytest

from advisor.facts import Facts, with_facts
from advisor.inference import infer
from advisor.inference.familiarity import NEAR, nearest
from advisor.knowledge import load_rules
from advisor.knowledge.effects import Anchor
from advisor.statistics.normal import Z_90
from benchmarks.golden import Golden, golden
from benchmarks.intervals import MIN_ROWS, Residual, crossed, fit, residuals, rows, source_of
from benchmarks.known_jobs import FILE, data_dir, text

ROWS = rows(residuals())


def item(source: str, log_ratio: float, kind: str = "graphs") -> Residual:
    return Residual(f"{source}{log_ratio}", kind, source, log_ratio, 1.0)


def test_published_rates_lie_in_the_intervals_nine_times_of_ten() -> None:
    (overall,) = (row for row in ROWS if row.kind == "all")
    assert 0.85 <= overall.interval <= 0.96
    assert 0.85 <= overall.crossed_interval <= 0.95
    assert overall.crossed_rate >= 0.85


@pytest.mark.parametrize("row", [row for row in ROWS if row.recipes >= MIN_ROWS], ids=lambda row: row.kind)
def test_every_class_holds_four_of_five(row: object) -> None:
    assert row.interval >= 0.8  # type: ignore[attr-defined]


def test_a_source_with_many_rows_has_one_vote() -> None:
    few = fit("graphs", [item("one", 0.0), item("two", 2.0)])
    many = fit("graphs", [*[item("one", 0.0)] * 10, item("two", 2.0)])
    assert few == many


def test_the_source_left_out_does_not_vote() -> None:
    items = [item("one", 3.0), item("two", 0.1), item("three", -0.1)]
    fits = crossed(items)
    assert fits[items[0].id].offset == pytest.approx(0.0)
    assert fits[items[1].id].offset > 0.4


def test_sources_are_repositories_or_papers() -> None:
    by_id = {item.id: source_of(item) for item in golden("configurations")}
    assert by_id["tune-llama3.1-8b-full"] == by_id["tune-phi4-14b-full"] == "torchtune"
    assert source_of(Golden("rc-A1", {}, "adam", "any", 1.0, "secondary note")) == "rc-A1"


def test_no_starting_value_claims_to_be_surer_than_published_rates_of_a_class_are() -> None:
    least = min(row.needed for row in ROWS if row.recipes >= MIN_ROWS and row.sources >= 10)
    for rule in load_rules().rules:
        for effect in rule.then:
            if isinstance(effect, Anchor) and effect.like is None and not effect.fixed and rule.tier != "stated":
                assert math.exp(Z_90 * effect.sigma(3.0)) >= min(least, 2.85), rule.id


def test_known_jobs_are_written_from_the_recipes_and_tasks() -> None:
    assert (data_dir("rules") / FILE).read_text(encoding="utf-8") == text()


def test_a_job_far_from_all_known_ones_says_so_and_is_less_sure() -> None:
    base = load_rules()
    facts = {"model.family": "cnn", "model.pretrained": False, "data.modality": "image", "plan.optimizer": "sgd"}
    usual = infer(with_facts(Facts(), {**facts, "model.normalization": "batch", "data.rows": 50_000}), base)
    far = infer(with_facts(Facts(), {**facts, "model.normalization": "batch", "data.rows": 5_000_000_000}), base)
    assert far.interval.ratio > 2 * usual.interval.ratio
    assert any("far away" in note.text and "training samples" in note.text for note in far.trace.notes)
    assert not any("far away" in note.text for note in usual.trace.notes)


def test_a_known_rate_is_not_widened() -> None:
    stated = {"model.family": "cnn", "plan.reference_learning_rate": 0.1, "plan.reference_batch_size": 64}
    stated |= {"plan.batch_size": 64, "plan.optimizer": "sgd", "data.rows": 5_000_000_000}
    assert infer(with_facts(Facts(), stated), load_rules()).interval.ratio < 4


def test_a_known_job_is_its_own_nearest() -> None:
    base = load_rules()
    for recipe in golden("configurations"):
        closest = nearest(with_facts(Facts(), recipe.facts), base.known_jobs)
        assert closest is None or closest.decades < 1e-3 < NEAR, recipe.id
