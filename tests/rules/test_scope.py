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
        assert found.trace.contributions[0].rule.id != "adamw-default"
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
        assert found.trace.contributions[0].rule.id != "bert-finetune"


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
    """Wide nets in long runs: a rate measured on small tables falls no further than by 0.4."""
    facts = {**TABLE, "plan.optimizer": "sgd", "data.task": "binary", "data.rows": 2000, "plan.epochs": 50}
    facts |= {"plan.batch_size": 64, "model.width": 1024, "model.depth": 4}
    (step,) = (
        s for s in told(facts, model__parameters=3e6).trace.contributions if s.rule.id == "memorising-pressure-sgd"
    )
    assert step.value == 0.4


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
