"""Every statement of the founding document has its rules, and they do what it says (or what measurement made of it)."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.facts import Facts, with_facts
from advisor.inference import infer
from advisor.knowledge import load_rules
from advisor.recipe.schedules import curve_of
from advisor.results import Recommendation

STATEMENTS = {
    1: "wide feature scales: normalise, then raise the rate",
    2: "noise: lower rate, more momentum, or Adam",
    3: "more samples: larger batch, rate in proportion to the batch",
    4: "convex loss: a constant rate is enough",
    5: "deep nets: adaptive optimizers",
    6: "large initial weights: lower rate",
    7: "strong regularisation: higher rate",
    8: "finder from 1e-7 to 1; start of the drop × 0.5",
    9: "warm-up and decay for large models and noisy data",
    10: "step × 0.1, exponential, cosine decay",
    11: "cyclical rates leave local minima",
    12: "one-cycle: fast rise, gentle fall",
    13: "Adam 1e-3, AdamW 1e-3 with decay, RMSProp 1e-3/0.9, SGD 0.05/0.9",
    14: "warm-up 5 % and cosine for transformers; one-cycle for CNN, DCN, tabular",
    15: "traditional models 0.01 to 0.1 with SGD or Adagrad, deep nets 1e-4 to 1e-2",
    16: "procedure: finder, base train, scheduler, batch, fine-tune",
    17: "new rate = old rate × √(batch ratio)",
    18: "noisy data: small rate and momentum, or Adam",
    19: "oscillation: warm-up and decay",
    20: "slow convergence: find the upper bound",
    21: "overfitting: cyclical rate, dropout",
    22: "large batch: rate ∝ √batch",
    23: "transformers: warm-up and cosine",
}
BASE = load_rules()
NET: dict[str, Any] = {
    "model.family": "mlp",
    "model.convex": False,
    "model.width": 64,
    "model.depth": 2,
    "model.normalization": "none",
    "model.pretrained": False,
    "data.rows": 4000,
    "data.modality": "tabular",
    "plan.batch_size": 64,
    "plan.epochs": 20,
    "plan.schedule": "cosine",
}


def recommend(**stated: Any) -> Recommendation:
    facts = {**NET, **{name.replace("__", "."): value for name, value in stated.items()}}
    return infer(with_facts(Facts(), {path: value for path, value in facts.items() if value is not None}), BASE)


def bare(**stated: Any) -> Recommendation:
    return infer(with_facts(Facts(), {name.replace("__", "."): value for name, value in stated.items()}), BASE)


def fired(recommendation: Recommendation) -> set[str]:
    return set(recommendation.trace.fired)


@pytest.mark.parametrize("number", STATEMENTS, ids=lambda number: f"SEED-{number}")
def test_every_statement_has_a_rule_that_cites_it(number: int) -> None:
    rules = [rule for rule in BASE.rules if f"seed-{number}" in rule.tags]
    assert rules, STATEMENTS[number]
    for rule in rules:
        assert "founding" in rule.tags
        assert any(c.key == "founding" and c.at == f"SEED-{number}" for c in rule.citations), rule.id


def test_every_founding_citation_is_tagged() -> None:
    for rule in BASE.rules:
        for citation in rule.citations:
            if citation.key == "founding":
                assert citation.at.removeprefix("SEED-").isdigit()
                assert int(citation.at.removeprefix("SEED-")) in STATEMENTS


def test_1_unscaled_features_warn_and_lower_the_rate_of_sgd() -> None:
    raw = {"data__scale__standardized": False, "data__scale__rms": 100.0, "data__scale__ratio": 1e4}
    scaled = recommend(plan__optimizer="sgd", data__scale__standardized=True)
    unscaled = recommend(plan__optimizer="sgd", **raw)
    assert unscaled.learning_rate == pytest.approx(scaled.learning_rate * 100**-0.8, rel=0.5)
    assert "raw-scale-warning" in fired(unscaled)
    assert any(note.severity == "warning" for note in unscaled.trace.notes)
    adam = recommend(plan__optimizer="adam", **raw).learning_rate
    assert adam == pytest.approx(recommend(plan__optimizer="adam").learning_rate)


def test_1_the_safe_rate_of_a_linear_model_follows_the_scale() -> None:
    linear = {"model__family": "linear", "model__convex": True, "plan__optimizer": "sgd", "plan__loss": "mse"}
    small = recommend(**linear, data__conditioning__largest=4.0, data__conditioning__trace=10.0)
    large = recommend(**linear, data__conditioning__largest=4e4, data__conditioning__trace=1e5)
    assert small.learning_rate / large.learning_rate == pytest.approx(1e4, rel=0.2)


def test_2_and_18_noise_lowers_the_rate_and_momentum_is_compensated() -> None:
    calm, noisy = recommend(plan__optimizer="adamw"), recommend(plan__optimizer="adamw", data__noise__unexplained=0.6)
    assert noisy.learning_rate < calm.learning_rate
    assert bare(data__noise__level=0.4, data__modality="tabular").optimizer == "adamw"
    usual = recommend(plan__optimizer="sgd", plan__momentum=0.9)
    more = recommend(plan__optimizer="sgd", plan__momentum=0.99)
    assert more.learning_rate == pytest.approx(usual.learning_rate / 10, rel=0.01)


def test_3_more_rows_take_larger_batches_and_sgd_on_cnns_scales_in_proportion() -> None:
    assert bare(data__rows=50_000).batch_size > bare(data__rows=4_000).batch_size > bare(data__rows=500).batch_size
    cnn = {
        "model__family": "cnn",
        "model__normalization": "batch",
        "model__pretrained": False,
        "plan__optimizer": "sgd",
    }
    assert bare(**cnn, plan__batch_size=512).learning_rate == pytest.approx(
        4 * bare(**cnn, plan__batch_size=128).learning_rate
    )


def test_4_convex_full_batch_keeps_the_rate_constant() -> None:
    convex = {"model__family": "linear", "model__convex": True, "plan__schedule": None, "data__task": "regression"}
    assert recommend(**convex, plan__batch_size=4000).schedule == "constant"
    assert recommend(**convex, plan__batch_size=64).schedule == "cosine"


def test_5_deep_nets_get_an_adaptive_optimizer() -> None:
    assert recommend().optimizer == "adamw"
    assert bare(model__family="transformer", model__convex=False).optimizer == "adamw"


def test_6_large_initial_weights_lower_sgd_and_warn_under_adam() -> None:
    normal = recommend(plan__optimizer="sgd", model__init_gain=1.8)
    large = recommend(plan__optimizer="sgd", model__init_gain=3.6)
    assert large.learning_rate == pytest.approx(normal.learning_rate * 2**-1.2, rel=0.01)
    adam = recommend(plan__optimizer="adam", model__init_gain=4.0)
    assert adam.learning_rate == pytest.approx(recommend(plan__optimizer="adam", model__init_gain=1.0).learning_rate)
    assert "large-init-adam" in fired(adam)


def test_7_moderate_regularisation_raises_the_rate_of_deep_nets() -> None:
    plain = recommend(plan__optimizer="adamw", plan__weight_decay=0.0)
    strong = recommend(plan__optimizer="adamw", plan__weight_decay=0.1)
    assert strong.learning_rate > plain.learning_rate
    convex = {"model__family": "linear", "model__convex": True, "plan__optimizer": "sgd", "plan__loss": "mse"}
    convex |= {"data__conditioning__largest": 4.0, "data__conditioning__trace": 8.0}
    assert recommend(**convex, model__l2=5.0).learning_rate < recommend(**convex, model__l2=0.0).learning_rate


def test_8_the_range_test_moves_the_rate_and_a_constant_schedule_reads_it_lower() -> None:
    probe = {"probe__range_test_usable": True, "probe__range_test_lr": 0.05}
    before, after = recommend(plan__optimizer="adamw"), recommend(plan__optimizer="adamw", **probe)
    assert before.learning_rate < after.learning_rate < 0.05
    assert after.interval.ratio < before.interval.ratio
    assert any(step.kind == "measurement" for step in after.trace.contributions)


def test_9_and_23_warm_up_comes_before_decay() -> None:
    assert bare().schedule == "cosine"
    assert 0 < bare().warmup_fraction <= 0.1
    transformer = bare(model__family="transformer", model__attention=True)
    assert (transformer.schedule, transformer.warmup_fraction) == ("cosine", 0.05)


@pytest.mark.parametrize("schedule", ["step", "exponential", "cosine", "cyclical", "one_cycle"])
def test_10_to_12_every_named_schedule_is_kept_when_asked_for(schedule: str) -> None:
    kept = recommend(plan__schedule=schedule, plan__optimizer="adamw")
    assert kept.schedule == schedule
    curve = [curve_of(kept, 100)(step) for step in range(100)]
    assert max(curve) == pytest.approx(kept.learning_rate, rel=0.1)
    assert min(curve) < 0.25 * max(curve)


def test_12_a_one_cycle_peak_is_no_lower_than_a_constant_rate() -> None:
    one_cycle = recommend(plan__schedule="one_cycle", plan__optimizer="adamw").learning_rate
    assert one_cycle > 2 * recommend(plan__schedule="constant", plan__optimizer="adamw").learning_rate


@pytest.mark.parametrize(("optimizer", "rate"), [("adam", 1e-3), ("adamw", 1e-3), ("rmsprop", 1e-3), ("sgd", 0.05)])
def test_13_defaults_when_nothing_else_is_known(optimizer: str, rate: float) -> None:
    found = bare(plan__optimizer=optimizer)
    assert found.learning_rate == pytest.approx(rate)
    if optimizer == "sgd":
        assert found.momentum == 0.9
    if optimizer == "adamw":
        assert 1e-4 <= found.weight_decay <= 1e-2
    if optimizer == "rmsprop":
        assert found.beta2 == 0.9
    if optimizer in {"adam", "adamw"}:
        assert (found.beta1, found.beta2) == (0.9, 0.999)


@pytest.mark.parametrize("family", ["mlp", "tabular_resnet", "cnn"])
def test_14_small_nets_take_a_one_cycle_and_transformers_keep_their_cosine(family: str) -> None:
    stated = {"model__parameters": 5000, "data__task": "binary", "plan__schedule": None}
    assert recommend(**stated, model__family=family).schedule == "one_cycle"
    assert recommend(**stated, model__family="transformer", model__attention=True).schedule == "cosine"
    assert recommend(**stated, model__family=family, plan__early_stopping=True).schedule != "one_cycle"


def test_15_traditional_models_stay_in_their_range_when_nothing_was_measured() -> None:
    for optimizer in ("sgd", "adagrad"):
        found = bare(model__family="logistic", model__convex=True, plan__optimizer=optimizer)
        assert 0.01 <= found.learning_rate <= 0.1
    assert 1e-4 <= bare(model__family="mlp", plan__optimizer="adamw").learning_rate <= 1e-2


def test_16_the_procedure_is_told() -> None:
    notes = " ".join(note.text for note in bare(plan__horizon_known=True).trace.notes)
    assert "range test" in notes
    assert "weight decay" in notes


@pytest.mark.parametrize("ratio", [0.25, 2, 4])
def test_17_and_22_a_known_rate_scales_with_the_square_root_of_the_batch(ratio: float) -> None:
    known = {"plan__optimizer": "adam", "plan__reference_learning_rate": 2e-3, "plan__reference_batch_size": 64}
    found = recommend(**known, plan__batch_size=int(64 * ratio))
    assert found.learning_rate == pytest.approx(2e-3 * ratio**0.5)


def test_19_to_21_symptoms_change_the_answer() -> None:
    usual = recommend(plan__optimizer="adamw").learning_rate
    assert recommend(plan__optimizer="adamw", history__oscillating=True).learning_rate < usual
    assert recommend(plan__optimizer="adamw", history__slow=True).learning_rate > usual
    overfitting = recommend(plan__optimizer="adamw", history__overfitting=True)
    assert any("cyclical" in note.text for note in overfitting.trace.notes)
