"""Every fact has a name, a unit or type, a description, and may be unknown."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import FactError, PlanError
from advisor.facts import DataFacts, Facts, ModelFacts, Plan, info, known, read, with_facts
from advisor.facts.leaf import FactSheet
from advisor.facts.names import OPTIMIZERS, SCHEDULES
from advisor.facts.registry import registry


def test_every_leaf_starts_unknown_and_is_described() -> None:
    empty = Facts()
    assert len(registry()) > 150
    for item in registry().values():
        assert read(empty, item.path) is None, item.path
        assert len(item.description) > 8, item.path
        assert not item.description.endswith("."), item.path
    assert known(empty) == {}


def test_numbers_have_units_or_are_plain_ratios_of_the_data() -> None:
    for item in registry().values():
        if item.type == "count":
            assert item.unit or item.path.endswith("rank"), item.path


def test_choices_come_from_the_canonical_names() -> None:
    assert info("plan.optimizer").choices == OPTIMIZERS
    assert info("plan.schedule").choices == SCHEDULES


def test_an_unknown_fact_suggests_the_closest() -> None:
    with pytest.raises(FactError, match=r"did you mean 'model\.depth'"):
        info("model.dpeth")


def test_typed_values_are_parsed_and_checked() -> None:
    facts = with_facts(Facts(), {"model.parameters": "1e9", "model.depth": "3", "model.attention": "yes"})
    assert facts.model.parameters == 1e9
    assert facts.model.depth == 3
    assert facts.model.attention is True
    assert with_facts(facts, {"model.depth": "unknown"}).model.depth is None


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("model.depth", "2.5", "whole number"),
        ("model.depth", "-1", "at least 0"),
        ("model.depth", "deep", "must be a number"),
        ("plan.epochs", "0", "greater than 0"),
        ("plan.optimizer", "admw", "did you mean 'adamw'"),
        ("model.convex", "maybe", "true or false"),
        ("data.missing", "1.5", "at most 1"),
        ("model.parameters", "inf", "finite"),
        ("model.parameters", "nan", "number"),
        ("plan.total_steps", "10", "computed from other facts"),
    ],
)
def test_values_that_do_not_fit_are_named(path: str, value: str, message: str) -> None:
    with pytest.raises(FactError, match=message) as caught:
        with_facts(Facts(), {path: value})
    assert path in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs"),
        ({"epochs": -3}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"optimizer": "admw"}, "did you mean 'adamw'"),
        ({"schedule": "cosin"}, "did you mean 'cosine'"),
        ({"epoch": 3}, "did you mean 'epochs'"),
    ],
)
def test_a_plan_that_cannot_be_used_says_why(settings: dict[str, object], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        Plan(**settings)


def test_facts_are_frozen_and_refuse_strangers() -> None:
    with pytest.raises(ValueError, match="frozen"):
        DataFacts(rows=3).rows = 4  # type: ignore[misc]
    with pytest.raises(FactError, match="DataFacts has no fact called 'row'; did you mean 'rows'"):
        DataFacts(row=3)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("sheet", "stated", "message"),
    [
        (ModelFacts, {"normalisation": "batch"}, "did you mean 'normalization'"),
        (DataFacts, {"task": "diffusion"}, "did you mean 'generation'"),
        (DataFacts, {"rows": 0}, "rows=0: must be greater than or equal to 1"),
        (ModelFacts, {"parameters": "many"}, "parameters='many': must be a number"),
        (DataFacts, {"noise": {"levl": 1}}, "NoiseFacts has no fact called 'levl'; did you mean 'level'"),
    ],
)
def test_a_fact_that_cannot_be_used_says_what_can(
    sheet: type[FactSheet], stated: dict[str, object], message: str
) -> None:
    with pytest.raises(FactError, match=message):
        sheet(**stated)


@given(rows=st.integers(1, 10**7), batch=st.integers(1, 10**4), epochs=st.integers(1, 300))
def test_total_steps_is_epochs_times_steps_per_epoch(rows: int, batch: int, epochs: int) -> None:
    facts = with_facts(Facts(), {"data.rows": rows, "plan.batch_size": batch, "plan.epochs": epochs})
    assert read(facts, "plan.total_steps") == epochs * math.ceil(rows / batch)


def test_the_pressure_to_memorise_counts_passes_and_what_trains_for_each_row() -> None:
    known_by_epochs = {"plan.epochs": 20, "data.rows": 1000, "model.parameters": 5000}
    facts = with_facts(Facts(), known_by_epochs)
    assert read(facts, "plan.memorising_pressure") == pytest.approx(20 * 5000 / 1000)
    many = {"model.outputs": 10, "data.task": "regression"}
    assert read(with_facts(facts, many), "plan.memorising_pressure") == pytest.approx(20 * 5000 / 1000 / 10)
    of_classes = {"model.outputs": 10, "data.task": "multiclass"}
    assert read(with_facts(facts, of_classes), "plan.memorising_pressure") == pytest.approx(20 * 5000 / 1000)
    assert read(with_facts(facts, {"model.trainable_parameters": 500}), "plan.memorising_pressure") == pytest.approx(10)
    by_steps = {"plan.epochs": None, "plan.steps": 320, "plan.batch_size": 64}
    assert read(with_facts(facts, by_steps), "plan.memorising_pressure") == pytest.approx(20 * 5000 / 1000)
    assert read(with_facts(facts, {"data.rows": None}), "plan.memorising_pressure") is None


def test_the_parameters_of_a_plain_net_are_counted_where_they_are_not_given() -> None:
    sizes = {"data.rows": 1000, "model.inputs": 10, "model.width": 64, "model.depth": 3, "model.outputs": 4}
    facts = with_facts(Facts(), {"model.family": "mlp", **sizes})
    layers = [(10, 64), (64, 64), (64, 64), (64, 4)]
    counted = sum(inputs * units + units for inputs, units in layers)
    assert read(facts, "data.samples_per_parameter") == pytest.approx(1000 / counted)
    assert read(with_facts(facts, {"model.parameters": 500}), "data.samples_per_parameter") == pytest.approx(2)
    by_columns = {"model.inputs": None, "data.encoded_features": 10}
    assert read(with_facts(facts, by_columns), "data.samples_per_parameter") == pytest.approx(1000 / counted)
    for unknown in ("model.width", "model.depth", "model.inputs"):
        assert read(with_facts(facts, {unknown: None}), "data.samples_per_parameter") is None
    assert read(with_facts(facts, {"model.family": "cnn"}), "data.samples_per_parameter") is None


def test_accumulation_and_devices_make_the_effective_batch() -> None:
    facts = with_facts(Facts(), {"plan.batch_size": 8, "plan.accumulation": 4, "plan.devices": 2, "data.rows": 640})
    assert read(facts, "plan.effective_batch") == 64
    assert read(facts, "plan.steps_per_epoch") == 10


def test_batch_smoothness_meets_its_limits() -> None:
    stated = {
        "model.convex": True,
        "plan.loss": "mse",
        "data.conditioning.largest": 4.0,
        "data.conditioning.trace": 9.0,
        "data.rows": 10**6,
    }
    one = with_facts(Facts(), {**stated, "plan.batch_size": 1})
    full = with_facts(Facts(), {**stated, "plan.batch_size": 10**6})
    assert read(one, "plan.batch_smoothness") == pytest.approx(2 * (9 + 1))
    assert read(full, "plan.batch_smoothness") == pytest.approx(read(full, "model.linear_smoothness"), rel=1e-4)


def test_the_size_of_a_transformer_is_counted_from_its_width_where_it_is_not_given() -> None:
    facts = with_facts(Facts(), {"model.family": "transformer", "model.hidden_size": 768})
    path = "model.working_parameters"
    assert read(facts, path) == pytest.approx(12 * 768**2 * 12)
    assert read(with_facts(facts, {"model.depth": 6}), path) == pytest.approx(12 * 768**2 * 6)
    assert read(with_facts(facts, {"model.parameters": 1e8}), path) == 1e8
    assert read(with_facts(facts, {"model.family": "mlp"}), path) is None


def test_tokens_of_a_step_are_stated_or_counted_from_sequences() -> None:
    sequences = {"plan.batch_size": 64, "data.sequence_length": 1024}
    assert read(with_facts(Facts(), sequences), "plan.tokens_per_step") == 65_536
    assert read(with_facts(Facts(), {**sequences, "plan.batch_tokens": 5e5}), "plan.tokens_per_step") == 5e5
    assert read(with_facts(Facts(), {"plan.batch_size": 64}), "plan.tokens_per_step") is None


def test_samples_seen_are_counted_from_passes_or_steps() -> None:
    rows = with_facts(Facts(), {"data.rows": 50_000, "plan.epochs": 60})
    assert read(rows, "plan.samples_seen") == 3e6
    steps = with_facts(rows, {"plan.steps": 1000, "plan.batch_size": 128})
    assert read(steps, "plan.samples_seen") == 128_000
    assert read(with_facts(Facts(), {"plan.steps": 1000}), "plan.samples_seen") is None
