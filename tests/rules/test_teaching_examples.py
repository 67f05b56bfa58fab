"""Jobs as teaching examples and research code state them: two facts settle schedule, optimizer or interval."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.results import Recommendation
from benchmarks.golden import recommend

PICTURES = {"data.modality": "image", "data.task": "multiclass"}
PLAIN = {"model.family": "mlp", "model.pretrained": False, "data.rows": 60_000, "plan.epochs": 5, "plan.batch_size": 64}
TUNED = {**PICTURES, "model.family": "cnn", "model.normalization": "batch", "model.pretrained": True}


def told(*facts: dict[str, Any], **more: Any) -> Recommendation:
    stated = {name.replace("__", "."): value for name, value in more.items()}
    return recommend({key: value for part in (*facts, stated) for key, value in part.items()})


def test_plain_nets_keep_their_rate_on_pixels_and_not_on_tables() -> None:
    found = told(PICTURES, PLAIN)
    assert found.schedule == "constant"
    assert any("plain SGD" in note.text for note in found.trace.notes)
    assert told(PLAIN, data__modality="tabular", data__task="multiclass").schedule == "one_cycle"
    assert told(PICTURES, PLAIN, model__family="cnn").schedule == "cosine"


@pytest.mark.parametrize("attention", [True, False])
def test_recurrent_nets_that_classify_keep_their_rate_with_attention_too(attention: bool) -> None:
    recurrent = {
        "model.family": "rnn",
        "model.attention": attention,
        "data.task": "multiclass",
        "model.pretrained": False,
    }
    assert told(recurrent).schedule == "constant"


@pytest.mark.parametrize(("share", "schedule"), [(0.0, "linear"), (0.3, "constant"), (0.99, "constant")])
def test_a_frozen_image_net_keeps_its_rate(share: float, schedule: str) -> None:
    assert told(TUNED, model__frozen_share=share).schedule == schedule


@pytest.mark.parametrize(("videos", "optimizer"), [(3_000, "adamw"), (240_000, "sgd")])
def test_pretrained_nets_take_sgd_on_collections_and_adam_on_a_few_thousand_images(videos: int, optimizer: str) -> None:
    assert told(TUNED, data__rows=videos, plan__epochs=10, plan__batch_size=64).optimizer == optimizer


@pytest.mark.parametrize("family", ["rnn", "recommender"])
def test_one_sample_a_step_takes_plain_sgd(family: str) -> None:
    alone = told(model__family=family, plan__batch_size=1, model__pretrained=False)
    assert (alone.optimizer, alone.momentum) == ("sgd", 0.0)
    assert told(model__family=family, plan__batch_size=2, model__pretrained=False).optimizer == "adamw"


def test_u_nets_without_norm_take_adam_and_those_of_volumes_sgd() -> None:
    segments = {"model.family": "unet", "data.task": "segmentation", "model.pretrained": False}
    assert told(segments, model__normalization="none").optimizer == "adamw"
    assert told(segments, model__normalization="instance").optimizer == "sgd"


def test_few_tokens_a_step_lower_the_rate_of_a_language_model() -> None:
    model = {
        "model.family": "language_model",
        "data.task": "language_modelling",
        "model.pretrained": False,
        "model.parameters": 345_000_000,
        "plan.optimizer": "adamw",
        "data.sequence_length": 1024,
    }
    rates = [told(model, plan__batch_size=batch).learning_rate for batch in (16, 64, 512, 2048, 8192)]
    assert rates == sorted(rates)
    assert rates[1] == pytest.approx(rates[3] / 2, rel=0.05)
    assert rates[-1] < 4 * rates[0]


def test_a_limit_for_whole_transformers_leaves_prompts_alone() -> None:
    prompts = {
        "model.family": "language_model",
        "model.parameters": 6e9,
        "model.pretrained": True,
        "model.adapter": "prefix",
        "plan.optimizer": "adamw",
    }
    assert 0.02 in told(prompts).interval
    assert told(prompts, model__adapter="none").interval.upper <= 5e-3


@pytest.mark.parametrize(
    ("sentences", "optimizer", "schedule"), [(30_000, "adamw", "constant"), (130_000, "sgd", "step")]
)
def test_recurrent_translators_take_sgd_in_steps_from_a_hundred_thousand_sentences(
    sentences: int, optimizer: str, schedule: str
) -> None:
    translator = {"model.family": "rnn", "data.task": "translation", "data.modality": "text", "model.pretrained": False}
    found = told(translator, data__rows=sentences, plan__batch_size=128, plan__steps=12_000)
    assert (found.optimizer, found.schedule) == (optimizer, schedule)


def test_a_run_whose_passes_are_stated_has_an_end() -> None:
    assert told(model__family="other").schedule == "constant"
    assert told(model__family="other", plan__epochs=100).schedule == "cosine"
