"""The tuning procedure: its numbers follow from the recommendation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import advisor
from advisor.api.advice import Advice
from advisor.api.tuning import TuningPlan
from advisor.api.verdict import Verdict
from advisor.facts import DataFacts, ModelFacts, Plan
from advisor.inference.tuning import grid
from advisor.results import Interval, Provenance, not_run, remark
from advisor.results.tuning import RangeTestStep, RegularisationStep

RATES = st.floats(1e-6, 1.0)


@given(low=RATES, high=RATES, share=st.floats(0.0, 1.0))
def test_the_rates_to_try_rise_evenly_through_the_interval(low: float, high: float, share: float) -> None:
    interval = Interval(lower=min(low, high), upper=max(low, high))
    center = interval.lower * interval.ratio**share
    rates = grid(interval, center)
    assert list(rates) == sorted(set(rates))
    assert 1 <= len(rates) <= 5
    assert any(rate == pytest.approx(center, rel=0.06) for rate in rates)
    assert rates[0] >= 0.94 * interval.lower
    assert rates[-1] <= 1.06 * interval.upper


@pytest.mark.parametrize(("optimizer", "end"), [("adamw", 1.0), ("sgd", 10.0)])
def test_the_sweep_ends_where_the_optimizer_breaks(optimizer: str, end: float) -> None:
    step = advisor.tune_plan(plan=Plan(optimizer=optimizer)).steps[0]
    assert isinstance(step, RangeTestStep)
    assert (step.start_rate, step.end_rate) == (1e-7, end)


def test_the_steps_stand_in_the_founding_order_with_this_tasks_numbers() -> None:
    facts = (DataFacts(rows=6400), ModelFacts(family="mlp"), Plan(epochs=20, batch_size=64, optimizer="adamw"))
    plan, rec = advisor.tune_plan(*facts), advisor.recommend(*facts)
    codes = ["range_test", "base_training", "schedule", "batch", "regularisation"]
    assert [step.code for step in plan.steps] == codes
    assert plan.recommendation == rec
    assert plan.steps[1].epochs == 4  # a fifth of 20
    assert float(f"{rec.learning_rate:.2g}") in plan.steps[1].values
    plans = [facts[2].model_copy(update={"batch_size": size}) for size in (32, 128, 256)]
    told = [advisor.recommend(*facts[:2], other).learning_rate for other in plans]
    assert plan.steps[3].values == tuple(float(f"{rate:.2g}") for rate in told)
    sweep = plan.steps[0]
    assert isinstance(sweep, RangeTestStep)
    assert (sweep.points, sweep.epochs) == (112, 1.12)
    lengths = [(step.runs, step.epochs) for step in plan.steps if step.runs]
    assert plan.cost == pytest.approx(sum(runs * (epochs or 0) for runs, epochs in lengths) / 20)


def test_a_length_that_is_not_known_costs_nothing_invented() -> None:
    plan = advisor.tune_plan(model=ModelFacts(family="cnn"))
    assert plan.steps[1].epochs is None
    assert plan.cost is None


def test_convex_models_have_no_dropout_to_tune() -> None:
    dropouts = []
    for model in (ModelFacts(family="logistic", convex=True), ModelFacts(family="mlp")):
        step = advisor.tune_plan(model=model).steps[4]
        assert isinstance(step, RegularisationStep)
        dropouts.append(step.dropouts)
    assert dropouts == [(), (0.0, 0.1, 0.3)]


def test_after_trials_the_plan_starts_from_what_they_found() -> None:
    facts = (None, ModelFacts(family="mlp"), Plan(epochs=20))
    rec = advisor.recommend(*facts).replaced(learning_rate=0.0123)
    advice = Advice(
        facts=advisor.Facts.of(*facts),
        recommendation=rec,
        verdict=Verdict.of(not_run(rec.learning_rate, rec.interval, remark("no_budget"))),
        provenance=Provenance(advisor="0", ruleset="0"),
    )
    assert 0.012 in advice.tune_plan().steps[1].values


def test_the_json_comes_back() -> None:
    plan = advisor.tune_plan(DataFacts(rows=6400), ModelFacts(family="mlp"), Plan(epochs=20))
    assert TuningPlan.model_validate_json(plan.model_dump_json()) == plan
