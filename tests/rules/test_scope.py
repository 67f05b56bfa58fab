"""Each kind of a rule that reached too far, or counted one thing twice: what it must not do again."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, get_args

import pytest

from advisor.facts.names import Family, OptimizerName
from advisor.results import Recommendation
from benchmarks.golden import recommend

LANGUAGE_MODEL = {"model.family": "language_model", "model.pretrained": True, "data.modality": "text"}
LARGE = {**LANGUAGE_MODEL, "model.parameters": 7e9, "plan.optimizer": "adamw"}
TABLE = {"model.family": "mlp", "model.convex": False, "data.modality": "tabular", "plan.optimizer": "adamw"}
GRAPH = {"model.family": "gnn", "data.modality": "graph", "plan.optimizer": "adam"}


def rate(facts: dict[str, Any], **more: Any) -> float:
    return told(facts, **more).learning_rate


def told(facts: dict[str, Any], **more: Any) -> Recommendation:
    return recommend({**facts, **{name.replace("__", "."): value for name, value in more.items()}})


@pytest.mark.parametrize("optimizer", get_args(OptimizerName))
@pytest.mark.parametrize("family", get_args(Family))
def test_every_optimizer_has_an_answer_for_every_family(optimizer: str, family: str) -> None:
    for pretrained in (True, False):
        facts = {"model.family": family, "plan.optimizer": optimizer, "model.pretrained": pretrained}
        assert recommend(facts).learning_rate > 0


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adagrad", "lars", "lamb", "adam", "lion", "muon"])
@pytest.mark.parametrize("family", ["cnn", "transformer", "language_model", "vision_transformer", "mlp", "diffusion"])
def test_pretrained_weights_lower_the_rate_of_every_optimizer(optimizer: str, family: str) -> None:
    facts = {"model.family": family, "plan.optimizer": optimizer, "plan.batch_size": 32}
    assert rate(facts, model__pretrained=True) < rate(facts, model__pretrained=False)


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
@pytest.mark.parametrize("batch", [128, 512])
def test_rates_tuned_at_a_constant_rate_are_not_lowered_for_it_again(schedule: str, batch: int) -> None:
    """Tuned tables stopped early at a constant 1e-4 to 1e-3, at batches of 128 to 1,024."""
    found = rate(TABLE, data__rows=20_000, plan__batch_size=batch, plan__early_stopping=True, plan__schedule=schedule)
    assert 1e-4 <= found <= 1e-3
    one, other = (rate(TABLE, data__rows=20_000, plan__early_stopping=True, model__width=width) for width in (64, 512))
    assert one == other


def test_rows_without_depth_do_not_fall_to_the_default() -> None:
    """Telling rows, then width, then depth moves the rate by less than a factor of three at each step."""
    stages = [{"data.rows": 4000}, {"model.width": 64}, {"model.depth": 2}]
    facts, rates = {**TABLE, "plan.epochs": 20}, []
    for stage in stages:
        facts |= stage
        found = recommend(facts)
        assert found.trace.contributions[0].rule.id != "adaptive-default"
        rates.append(found.learning_rate)
    assert max(rates) / min(rates) < 3


@pytest.mark.parametrize("task", ["preference", "reinforcement_learning"])
@pytest.mark.parametrize("adapter", ["lora", "qlora"])
def test_adapters_for_preferences_and_rewards_lie_between_full_tuning_and_answers(task: str, adapter: str) -> None:
    found = rate(LARGE, data__task=task, model__adapter=adapter)
    assert 5e-6 <= found <= 2e-5
    assert rate(LARGE, data__task=task) < found < rate(LARGE, model__adapter=adapter)


def test_the_rank_of_an_adapter_has_a_small_effect() -> None:
    ranks = [rate(LARGE, model__adapter="lora", model__adapter_rank=rank) for rank in (4, 16, 64, 256)]
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[0] / ranks[-1] < 2


def test_adapters_decay_whatever_their_weights_are_stored_in() -> None:
    assert {told(LARGE, model__adapter=adapter).schedule for adapter in ("lora", "qlora")} == {"linear"}


def test_fine_tuning_fades_into_pretraining_with_its_tokens() -> None:
    rates = [rate(LARGE, plan__tokens=tokens) for tokens in (1e8, 1.3e9, 2e9, 1e10, 1e11, 1e12)]
    assert 1e-5 <= rates[1] <= 4e-5
    assert rates == sorted(rates)
    assert all(two / one < 3.5 for one, two in pairwise(rates))


def test_of_a_mixture_of_experts_what_acts_on_one_token_counts() -> None:
    scratch = {**LARGE, "model.pretrained": False}
    mixture = rate(scratch, model__parameters=6.7e11, model__experts=256)
    assert mixture > 1.5 * rate(scratch, model__parameters=6.7e11)
    stated = rate(scratch, model__parameters=6.7e11, model__experts=256, model__active_parameters=4e10)
    assert stated == pytest.approx(rate(scratch, model__parameters=4e10))


@pytest.mark.parametrize("rows", [3000, 200_000, 3_000_000])
def test_graphs_go_by_the_share_in_a_batch_not_by_rows(rows: int) -> None:
    whole, sampled = (
        rate(GRAPH, data__rows=rows, plan__batch_size=rows),
        rate(GRAPH, data__rows=rows, plan__batch_size=32),
    )
    assert whole == pytest.approx(0.0065)
    assert sampled < 0.4 * whole


def test_speech_and_images_do_not_get_the_rate_of_text_encoders() -> None:
    encoder = {"model.family": "transformer", "model.pretrained": True, "plan.optimizer": "adamw"}
    for modality in ("audio", "image"):
        found = told(encoder, data__modality=modality)
        assert found.trace.contributions[0].rule.id != "encoder-finetune-size"


@pytest.mark.parametrize(
    "facts",
    [
        {"model.family": "transformer", "data.modality": "audio", "model.pretrained": False, "plan.optimizer": "adamw"},
        {"model.family": "detector", "data.task": "detection", "data.modality": "image", "plan.optimizer": "sgd"},
        {"model.family": "detector", "data.task": "detection", "data.modality": "image", "plan.optimizer": "adamw"},
        {"model.family": "mlp", "data.task": "reinforcement_learning", "plan.optimizer": "adam"},
        {"model.family": "cnn", "data.modality": "image", "model.pretrained": False, "plan.optimizer": "sgd"},
        {"model.family": "cnn", "data.modality": "image", "model.normalization": "none", "plan.optimizer": "sgd"},
    ],
    ids=["speech", "detector, SGD", "detector, AdamW", "policy", "unknown normalisation", "no normalisation"],
)
def test_a_large_batch_raises_the_rate(facts: dict[str, Any]) -> None:
    assert rate(facts, plan__batch_size=8192) > 1.5 * rate(facts, plan__batch_size=32)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_a_net_that_generates_does_not_get_the_rate_of_one_that_segments(optimizer: str) -> None:
    unet = {"model.family": "unet", "data.modality": "image", "plan.optimizer": optimizer}
    segments, generates = (told(unet, data__task=task) for task in ("segmentation", "generation"))
    assert segments.trace.contributions[0].rule.id != generates.trace.contributions[0].rule.id


@pytest.mark.parametrize("family", ["mlp", "cnn", "transformer"])
def test_no_momentum_is_not_momentum_of_nine_tenths(family: str) -> None:
    facts = {"model.family": family, "model.convex": False, "plan.optimizer": "sgd", "plan.schedule": "cosine"}
    assert rate(facts, plan__momentum=0.0) == pytest.approx(10**0.5 * rate(facts, plan__momentum=0.9))


def test_memorising_is_bounded_far_from_what_was_measured() -> None:
    """Wide nets in long runs: a rate measured on small tables falls no further than by 0.35."""
    facts = {**TABLE, "plan.optimizer": "sgd", "data.task": "binary", "data.rows": 2000, "plan.epochs": 50}
    facts |= {"plan.batch_size": 64, "model.width": 1024, "model.depth": 4}
    (step,) = (s for s in told(facts, model__parameters=3e6).trace.contributions if s.rule.id == "memorising-pressure")
    assert step.value == 0.35


SMALL_NET = {
    "plan.optimizer": "adamw",
    "plan.schedule": "cosine",
    "plan.epochs": 20,
    "plan.batch_size": 64,
    "model.family": "mlp",
    "model.parameters": 6000,
    "model.pretrained": False,
    "data.rows": 5000,
}


def test_classes_take_lower_rates_of_adam_than_numbers_and_two_classes_the_lowest() -> None:
    numbers, several, two = (rate(SMALL_NET, data__task=task) for task in ("regression", "multiclass", "binary"))
    assert 1.5 < numbers / several < 3.0
    assert 1.3 < several / two < 2.5


def test_the_task_does_not_move_sgd() -> None:
    facts = {**SMALL_NET, "plan.optimizer": "sgd"}
    assert rate(facts, data__task="binary") == pytest.approx(rate(facts, data__task="regression"))


def test_many_numbers_for_each_row_are_harder_to_memorise_than_one() -> None:
    facts = {**SMALL_NET, "data.task": "regression", "model.parameters": 200_000}
    assert rate(facts, model__outputs=50) > 1.5 * rate(facts, model__outputs=1)


@pytest.mark.parametrize("family", ["unet", "vision_transformer"])
def test_a_tiny_net_for_pictures_takes_longer_steps_than_the_published_large_ones(family: str) -> None:
    facts = {
        "model.family": family,
        "plan.optimizer": "adamw",
        "plan.batch_size": 32,
        "model.pretrained": False,
        "data.modality": "image",
        "plan.steps": 200,
    }
    large = rate(facts, model__parameters=30_000_000)
    assert rate(facts, model__parameters=5_000_000) < 6 * large
    assert rate(facts, model__parameters=20_000) > 10 * large


def test_a_translation_model_of_unknown_norm_is_known_all_the_same() -> None:
    facts = {
        "model.family": "transformer",
        "data.task": "translation",
        "plan.optimizer": "adam",
        "data.modality": "text",
    }
    assert 3e-4 <= rate(facts, model__pretrained=False, plan__batch_size=4096) <= 1e-3


@pytest.mark.parametrize("family", ["cnn", "efficientnet"])
def test_four_images_take_a_smaller_step_of_sgd_than_two_hundred(family: str) -> None:
    facts = {"model.family": family, "plan.optimizer": "sgd", "data.modality": "image", "model.pretrained": True}
    assert 3 < rate(facts, plan__batch_size=256) / rate(facts, plan__batch_size=4) < 20


REWARD = {**LARGE, "data.task": "preference"}


@pytest.mark.parametrize("adapter", ["none", "lora"])
def test_a_model_that_scores_texts_is_not_held_near_where_it_started(adapter: str) -> None:
    """Reward models: 9e-6 at 6 billion parameters, 1e-5 at 7 and 13 billion; with adapters 1e-4."""
    writes = rate(REWARD, model__adapter=adapter, model__outputs=32_000)
    scores = rate(REWARD, model__adapter=adapter, model__outputs=1)
    assert scores > 5 * writes
    low, high = (5e-6, 2e-5) if adapter == "none" else (4e-5, 2e-4)
    assert low <= scores <= high


@pytest.mark.parametrize(("batch", "published"), [(64, 2.5e-5), (256, 1e-4), (2048, 5e-4)])
def test_text_encoders_that_read_on_follow_the_batch(batch: int, published: float) -> None:
    encoder = {"model.family": "transformer", "model.pretrained": True, "plan.optimizer": "adamw"}
    facts = {**encoder, "data.modality": "text", "data.task": "self_supervised", "model.parameters": 1.25e8}
    assert published / 2.5 <= rate(facts, plan__batch_size=batch) <= published * 2.5


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "lamb"])
@pytest.mark.parametrize("family", ["cnn", "efficientnet"])
def test_contrastive_nets_take_less_than_classifiers(optimizer: str, family: str) -> None:
    net = {"model.family": family, "plan.optimizer": optimizer, "plan.batch_size": 4096, "data.modality": "image"}
    contrastive, classes = (rate(net, data__task=task) for task in ("contrastive", "multiclass"))
    assert contrastive < 0.5 * classes


@pytest.mark.parametrize("task", ["contrastive", "self_supervised"])
def test_graph_nets_without_labels_take_less_than_classifiers(task: str) -> None:
    whole = {**GRAPH, "data.rows": 2708, "plan.batch_size": 2708}
    assert rate(whole, data__task=task) < 0.4 * rate(whole, data__task="multiclass")
    many = {**GRAPH, "data.rows": 2708, "plan.batch_size": 128}
    assert rate(many, data__task=task) == rate(many, data__task="regression")


@pytest.mark.parametrize("adapter", ["lora", "bottleneck"])
def test_adapters_of_speech_models_take_the_rate_of_those_for_images(adapter: str) -> None:
    facts = {
        "model.family": "transformer",
        "model.pretrained": True,
        "plan.optimizer": "adamw",
        "model.parameters": 1e9,
    }
    sound = rate(facts, model__adapter=adapter, data__modality="audio")
    assert 4e-4 <= sound <= 2e-3
    assert sound > 2 * rate(facts, model__adapter=adapter, data__modality="text")


def test_detectors_without_norm_take_a_tenth() -> None:
    detector = {"model.family": "detector", "data.task": "detection", "plan.optimizer": "sgd", "plan.batch_size": 32}
    for pretrained in (True, False):
        plain, normed = (
            rate(detector, model__pretrained=pretrained, model__normalization=norm) for norm in ("none", "batch")
        )
        assert plain < 0.4 * normed
        assert 5e-4 <= plain <= 4e-3


def test_u_nets_without_high_momentum_take_a_higher_rate() -> None:
    unet = {"model.family": "unet", "data.task": "segmentation", "plan.optimizer": "sgd"}
    assert rate(unet, plan__momentum=0.99) == pytest.approx(0.01, rel=0.1)
    assert rate(unet, plan__momentum=0.9) == rate(unet) == pytest.approx(0.03)
    assert told(unet).momentum == 0.9


def test_one_sequence_a_step_takes_less_of_sgd_than_thirty_two() -> None:
    tagger = {"model.family": "rnn", "data.modality": "text", "data.task": "multiclass", "plan.optimizer": "sgd"}
    one, ten, many, most = (rate(tagger, plan__batch_size=batch) for batch in (1, 10, 32, 128))
    assert one < 0.25 * many
    assert one < ten < many == most


def test_recurrent_nets_start_adagrad_above_others() -> None:
    text = {"data.modality": "text", "data.task": "multiclass", "plan.optimizer": "adagrad"}
    assert rate(text, model__family="rnn") > 1.5 * rate(text, model__family="cnn")


@pytest.mark.parametrize("optimizer", ["muon", "adafactor"])
def test_the_size_of_the_residual_stream_counts_as_the_width(optimizer: str) -> None:
    facts = {"model.family": "language_model", "plan.optimizer": optimizer, "model.parameters": 1e9}
    stream = rate(facts, model__hidden_size=2048, model__width=8192)
    assert stream == rate(facts, model__hidden_size=2048)
    assert stream == rate(facts, model__width=2048)
    assert stream > 1.9 * rate(facts, model__hidden_size=512)


def test_small_pretrained_nets_take_higher_rates_of_sgd_and_adam_alike() -> None:
    for optimizer in ("sgd", "adamw"):
        net = {"model.family": "cnn", "model.pretrained": True, "plan.optimizer": optimizer}
        assert rate(net, model__parameters=2000) > 20 * rate(net, model__parameters=25e6)


def test_a_loss_of_ones_own_over_many_outputs_is_taken_for_a_mean() -> None:
    net = {"model.family": "mlp", "plan.optimizer": "sgd", "plan.steps": 500, "plan.loss": "custom"}
    assert rate(net, model__outputs=64) > 5 * rate(net, model__outputs=1)
    classes = {**net, "data.task": "multiclass"}
    assert rate(classes, model__outputs=64) == rate(classes, model__outputs=2)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_few_passes_over_many_rows_raise_the_rate_whatever_the_task(optimizer: str) -> None:
    net = {**SMALL_NET, "plan.optimizer": optimizer, "plan.epochs": 1, "model.parameters": 5000, "data.rows": 20_000}
    once, often = net, {**net, "data.rows": 200, "plan.epochs": 100}
    assert rate(once) > 2 * rate(often)


def test_detectors_of_points_follow_the_batch() -> None:
    points = {"model.family": "detector", "data.modality": "other", "plan.optimizer": "adamw"}
    assert rate(points, plan__batch_size=48) > 1.7 * rate(points, plan__batch_size=8)


@pytest.mark.parametrize(("batch", "schedule"), [(128, "linear"), (1024, "constant")])
def test_learning_from_a_thousand_answers_a_step_keeps_its_rate(batch: int, schedule: str) -> None:
    found = told(LARGE, data__task="reinforcement_learning", plan__batch_size=batch)
    assert found.schedule == schedule


def test_recurrent_forecasters_keep_their_rate() -> None:
    facts = {"model.family": "forecaster", "data.task": "forecasting", "plan.epochs": 20, "data.rows": 15_000}
    assert told(facts, model__recurrent=True, plan__batch_size=64).schedule == "constant"
    assert told(facts, model__recurrent=False, plan__batch_size=64).schedule != "constant"


def test_segmentation_from_scratch_is_trained_with_adam() -> None:
    net = {"model.family": "cnn", "data.task": "segmentation", "model.normalization": "batch", "plan.epochs": 150}
    assert told(net, model__pretrained=False).optimizer == "adamw"
    assert told(net, model__pretrained=True).optimizer == "sgd"


def test_control_from_pixels_follows_the_batch() -> None:
    pixels = {
        "model.family": "cnn",
        "data.task": "reinforcement_learning",
        "data.modality": "image",
        "data.rows": 100_000,
    }
    frames, many = (rate({**pixels, "plan.optimizer": "adam"}, plan__batch_size=batch) for batch in (32, 512))
    assert 5e-5 <= frames <= 2.5e-4
    assert 3.3e-4 <= many <= 1e-3


@pytest.mark.parametrize("batch", [16, 64, 256])
def test_one_stage_detectors_stay_near_a_hundredth_at_any_batch(batch: int) -> None:
    detector = {"model.family": "detector", "model.pretrained": False, "plan.optimizer": "sgd"}
    assert 0.01 / 3 <= rate(detector, plan__batch_size=batch) <= 0.03


def test_numbers_from_raw_features_need_a_large_rate_of_adam() -> None:
    line = {"model.family": "linear", "model.convex": True, "plan.optimizer": "adamw", "plan.steps": 600}
    raw = {**line, "data.scale.standardized": False, "data.conditioning.largest": 1e7}
    assert rate(raw, data__task="regression") > 0.2
    assert rate(raw, data__task="binary") < 0.05
    near_one = {**line, "data.scale.standardized": True, "data.conditioning.largest": 4.0}
    assert rate(near_one, data__task="regression") < 0.05


@pytest.mark.parametrize("family", ["transformer", "language_model"])
def test_a_constant_rate_of_sgd_is_lower_for_transformers_too(family: str) -> None:
    net = {"model.family": family, "model.convex": False, "model.pretrained": False, "plan.optimizer": "sgd"}
    constant, cosine = (rate(net, plan__schedule=schedule) for schedule in ("constant", "cosine"))
    assert constant == pytest.approx(0.4 * cosine)


def test_a_smaller_share_of_the_graph_lowers_the_rate_of_contrasted_pairs() -> None:
    pairs = {**GRAPH, "data.task": "contrastive", "data.rows": 650_000}
    assert rate(pairs, plan__batch_size=1024) < 0.4 * rate({**pairs, "data.task": "regression"}, plan__batch_size=1024)


@pytest.mark.parametrize("steps", [150, 1000])
def test_recommenders_take_longer_steps_in_short_runs(steps: int) -> None:
    clicks = {"model.family": "recommender", "plan.optimizer": "adam", "data.task": "binary"}
    assert rate(clicks, plan__steps=steps) > 2 * rate(clicks, plan__steps=20_000)


def test_rows_alone_tell_a_probe_of_a_backbone_from_a_new_head() -> None:
    head = {"model.family": "cnn", "model.pretrained": True, "model.frozen_share": 0.99, "data.modality": "image"}
    assert recommend({**head, "data.rows": 1_281_167}).optimizer == "sgd"
    assert recommend({**head, "data.rows": 2000}).optimizer == "adamw"


@pytest.mark.parametrize("task", ["binary", "translation"])
def test_small_text_nets_from_scratch_keep_their_rate(task: str) -> None:
    net = {"model.family": "transformer", "model.attention": True, "data.modality": "text", "model.pretrained": False}
    assert recommend({**net, "data.task": task, "data.rows": 25_000}).schedule == "constant"


def test_pretrained_efficientnets_do_not_take_the_rate_from_scratch() -> None:
    net = {"model.family": "efficientnet", "model.pretrained": True, "plan.optimizer": "rmsprop", "plan.batch_size": 32}
    assert rate(net) < 0.2 * rate({**net, "model.pretrained": False})


def test_narrow_sine_nets_take_longer_steps() -> None:
    net = {"model.family": "coordinate_mlp", "model.activation": "sine", "plan.optimizer": "adam", "plan.steps": 540}
    assert 8e-4 < rate(net, model__width=64) < 3.2e-3
    assert rate(net, model__width=256) < 4e-4
