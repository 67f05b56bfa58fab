"""Every statement of the founding document has its rules, and they do what it says (or what measurement made of it)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from advisor.facts import Facts, with_facts
from advisor.inference import infer
from advisor.knowledge import load_rules
from advisor.recipe.schedules import curve_of
from advisor.reporting.text.advice import explain
from advisor.results import Recommendation

BASE = load_rules()
SECTIONS = BASE.sources["founding"].sections
"""Statement, such as SEED-7 → heading on the page of the founding statements."""

PAGE = Path(__file__).parents[2] / BASE.sources["founding"].page
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


def citing(heading: str) -> set[str]:
    """Rules that cite a statement."""
    cited = ((rule.id, cite) for rule in BASE.rules for cite in rule.citations)
    return {name for name, cite in cited if cite.key == "founding" and cite.at == heading}


@pytest.mark.parametrize("key", SECTIONS)
def test_every_statement_has_a_rule_that_cites_it(key: str) -> None:
    assert citing(SECTIONS[key])
    for rule in (rule for rule in BASE.rules if key.lower() in rule.tags):
        assert "founding" in rule.tags
        assert rule.id in citing(SECTIONS[key])


def test_there_are_23_statements() -> None:
    assert list(SECTIONS) == [f"SEED-{number}" for number in range(1, 24)]


@pytest.mark.parametrize("key", SECTIONS)
def test_the_page_says_how_every_statement_acts(key: str) -> None:
    """Its section says what the rules do and what was measured, and links every rule that cites it, and no other."""
    parts = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (section,) = (part for part in parts if part.startswith(f"{SECTIONS[key]}\n"))
    assert "**In the rules.**" in section
    assert "**Measured.**" in section
    links = set(re.findall(r"\]\(rules/([\w-]+)\.md\)", section))
    assert links == citing(SECTIONS[key])
    assert all((PAGE.parent / f"rules/{name}.md").is_file() for name in links)


def test_readers_see_the_heading_and_its_address_not_a_code() -> None:
    (cite,) = (cite for cite in BASE.get("noise-lower").citations if cite.key == "founding")  # type: ignore[union-attr]
    assert cite.at == "Noise in the data"
    assert cite.url == "docs/founding.md#noise-in-the-data"
    noisy = recommend(plan__optimizer="adamw", data__noise__unexplained=0.6)
    assert "SEED-" not in explain(noisy)
    assert "Noise in the data" in explain(noisy)


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


@pytest.mark.parametrize("family", ["cnn", "transformer", "rnn", "gnn", "vision_transformer", "mlp", "other"])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "lion"])
def test_2_and_18_the_noise_level_alone_counts_for_every_family(family: str, optimizer: str) -> None:
    stated = {"model__family": family, "model__convex": False, "plan__optimizer": optimizer, "data__rows": 50_000}
    stated["plan__epochs"] = 60  # so long that Lion's limit does not hold the rate
    noisy = bare(**stated, data__noise__level=0.4)
    assert noisy.learning_rate < 0.8 * bare(**stated, data__noise__level=0.02).learning_rate
    assert any("momentum" in note.text for note in noisy.trace.notes)


def test_2_and_18_a_table_counts_its_noise_once() -> None:
    both = recommend(plan__optimizer="adamw", data__noise__unexplained=0.4, data__noise__level=0.4)
    one = recommend(plan__optimizer="adamw", data__noise__unexplained=0.4)
    assert both.learning_rate == pytest.approx(one.learning_rate)


def test_3_more_rows_take_larger_batches_and_sgd_on_cnns_scales_in_proportion() -> None:
    assert bare(data__rows=50_000).batch_size > bare(data__rows=4_000).batch_size > bare(data__rows=500).batch_size
    cnn = {
        "model__family": "cnn",
        "model__normalization": "batch",
        "model__pretrained": False,
        "plan__optimizer": "sgd",
    }
    assert bare(**cnn, plan__batch_size=1024).learning_rate == pytest.approx(
        4 * bare(**cnn, plan__batch_size=256).learning_rate
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
    for optimizer in ("sgd", "adam", "rmsprop"):
        plain = recommend(plan__optimizer=optimizer, plan__weight_decay=1e-4)
        assert recommend(plan__optimizer=optimizer, plan__weight_decay=0.01).learning_rate > plain.learning_rate
        assert recommend(plan__optimizer=optimizer, model__dropout=0.5).learning_rate > plain.learning_rate
        assert recommend(plan__optimizer=optimizer, model__l2=0.01).learning_rate > plain.learning_rate
    convex = {"model__family": "linear", "model__convex": True, "plan__optimizer": "sgd", "plan__loss": "mse"}
    convex |= {"data__conditioning__largest": 4.0, "data__conditioning__trace": 8.0}
    assert recommend(**convex, model__l2=5.0).learning_rate < recommend(**convex, model__l2=0.0).learning_rate


def test_8_the_range_test_moves_the_rate_and_a_constant_schedule_reads_it_lower() -> None:
    probe = {"probe__range_test_usable": True, "probe__range_test_lr": 0.05}
    before, after = recommend(plan__optimizer="adamw"), recommend(plan__optimizer="adamw", **probe)
    assert before.learning_rate < after.learning_rate < 0.05
    assert after.interval.ratio < before.interval.ratio
    assert any(step.kind == "measurement" for step in after.trace.contributions)


def test_8_the_start_of_the_drop_counts_where_nothing_else_is_known_of_the_curve() -> None:
    """Half of it is weighed in: a reading far above the rules' rate raises it, one far below lowers it."""
    usual = recommend(plan__optimizer="adamw")
    for reading in (1e-6, 1.0):
        read = recommend(plan__optimizer="adamw", probe__drop_start_lr=reading)
        (step,) = (step for step in read.trace.contributions if step.kind == "measurement")
        assert step.value == pytest.approx(reading / 2)
        assert (read.learning_rate > usual.learning_rate) == (reading / 2 > usual.learning_rate)
    both = {"probe__range_test_usable": True, "probe__range_test_lr": 0.05, "probe__drop_start_lr": 1e-6}
    assert "range-test-drop-start" not in fired(recommend(plan__optimizer="adamw", **both))


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


@pytest.mark.parametrize("modality", ["text", "audio", "sequence", "image"])
def test_13_rmsprop_is_a_candidate_on_unstructured_data(modality: str) -> None:
    found = bare(model__family="rnn", data__modality=modality, model__convex=False, plan__optimizer="adam")
    assert found.rival_optimizer == "rmsprop"
    assert bare(model__family="rnn", data__modality="tabular", plan__optimizer="adam").rival_optimizer != "rmsprop"


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
    for optimizer in ("adamw", "sgd", "adam"):
        overfitting = recommend(plan__optimizer=optimizer, history__overfitting=True)
        assert any("cyclical" in note.text for note in overfitting.trace.notes)
        assert (overfitting.weight_decay or 0.0) > (recommend(plan__optimizer=optimizer).weight_decay or 0.0)
