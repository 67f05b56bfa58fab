"""A narrower copy is trained in place of a model that is too large, and its rate is carried over."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import advisor
from advisor.checking.proxy import width_transfer
from advisor.errors import ModelError, PlanError
from advisor.results import Interval, Recommendation

X = torch.randn(320, 8, generator=torch.Generator().manual_seed(0))
Y = torch.tanh(X @ torch.randn(8, 4, generator=torch.Generator().manual_seed(1))).sum(dim=1, keepdim=True)


def net(width: int) -> nn.Module:
    return nn.Sequential(nn.Linear(8, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))


def advised(model: nn.Module, loss: Any = "mse", **settings: Any) -> advisor.Advice:
    torch.manual_seed(0)
    made = {"epochs": 6, "batch_size": 32, "optimizer": "adamw", "schedule": "cosine", "budget": "quick"} | settings
    return advisor.advise(model, (X, Y), loss, **made)


def test_only_the_copy_is_trained_and_rates_are_told_for_the_model() -> None:
    widths: set[int] = set()

    def loss(model: nn.Module, batch: Any) -> Tensor:
        widths.add(model[0].out_features)
        return nn.functional.mse_loss(model(batch[0]), batch[1])

    advice = advised(net(128), loss, proxy=net)
    assert widths == {32}
    note = next(dict(one.values) for one in advice.verdict.notes if one.code == "trials_of_a_narrower_copy")
    assert (note["width"], note["full"]) == (32, 128)
    assert note["factor"] == pytest.approx(4**-0.75)
    proposed = advice.verdict.proposed
    assert any(trial.learning_rate == pytest.approx(proposed) for trial in advice.verdict.trials)
    assert advice.verdict.held_out_loss is None
    assert advice.probe is None
    assert "a copy 32 wide in place of the model, which is 128 wide" in advice.explain()


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_pretending_that_a_model_cannot_be_tried(optimizer: str) -> None:
    own, carried = advised(net(96), optimizer=optimizer), advised(net(96), optimizer=optimizer, proxy=net)
    rates = own.recommendation.learning_rate, carried.recommendation.learning_rate
    assert carried.recommendation.interval.lower <= rates[0] <= carried.recommendation.interval.upper
    assert abs(math.log(rates[0] / rates[1])) < math.log(4.0)


def of(optimizer: Any) -> Recommendation:
    return Recommendation(
        learning_rate=1e-3, interval=Interval(lower=1e-4, upper=1e-2), optimizer=optimizer, schedule="cosine"
    )


def test_a_wider_model_wants_a_lower_rate_under_adam_and_less_is_known_the_wider_it_is() -> None:
    near, far = width_transfer(64, 128, of("adamw")), width_transfer(64, 1_024, of("adamw"))
    assert far.shift < near.shift < 0
    assert far.spread > near.spread > 0
    assert width_transfer(64, 128, of("sgd")).shift == 0
    assert width_transfer(64, 64, of("adamw")) == width_transfer(1, 1, of("sgd"))


@pytest.mark.parametrize(
    ("proxy", "error", "message"),
    [
        ("wide", PlanError, "give a function of a width that makes the model"),
        (1.0, PlanError, "give a share of the data between 0 and 1"),
        (0.05, PlanError, "that is 13 samples, fewer than a batch of 32"),
        (lambda: net(8), PlanError, "cannot be called with a width"),
        (lambda _width: net(128), ModelError, "makes a model 128 wide, and the model is 128 wide"),
    ],
    ids=["a word", "all", "too little", "no width", "as wide"],
)
def test_what_is_no_narrower_copy_is_refused(proxy: Callable[..., Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^proxy.*{message}"):
        advised(net(128), proxy=proxy)


def test_a_part_of_the_data_is_gone_through_as_often_as_all_of_it() -> None:
    seen: set[float] = set()

    def loss(model: nn.Module, batch: Any) -> Tensor:
        if model.training:
            seen.update(batch[0][:, 0].tolist())
        return nn.functional.mse_loss(model(batch[0]), batch[1])

    advice = advised(net(16), loss, proxy=0.25, epochs=20, validation=(X[:64], Y[:64]))
    assert len(seen) <= 80 + 33  # and the batch that the job is tried on
    verdict = advice.verdict
    assert verdict.full_steps == advice.recommendation.total_steps // 4
    note = next(dict(one.values) for one in verdict.notes if one.code == "trials_on_a_part_of_the_data")
    assert (note["samples"], note["full"]) == (80, 320)
    assert note["spread"] == pytest.approx(math.exp(0.5 * math.sqrt(math.log(4.0))))
    assert verdict.held_out_loss is None
    assert "Trials went through 80 of 320 samples" in advice.explain()


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_pretending_that_a_run_is_too_long(optimizer: str) -> None:
    own, carried = (advised(net(64), optimizer=optimizer, epochs=30, proxy=proxy) for proxy in (None, 0.3))
    rates = own.recommendation.learning_rate, carried.recommendation.learning_rate
    assert carried.recommendation.interval.lower <= rates[0] <= carried.recommendation.interval.upper
    assert abs(math.log(rates[0] / rates[1])) < math.log(4.0)
