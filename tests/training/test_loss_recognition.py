"""A loss means the same whether it is given by name or as a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

import advisor
from advisor.training.loss_recognition import recognized
from advisor.training.sources import samples_of

ROWS, FEATURES = 90, 4
LossFunction = Callable[[nn.Module, Any], Tensor]


def inputs() -> Tensor:
    return torch.randn(ROWS, FEATURES, generator=torch.Generator().manual_seed(1))


def net(outputs: int = 1) -> nn.Module:
    return nn.Sequential(nn.Linear(FEATURES, 8), nn.Dropout(0.5), nn.ReLU(), nn.Linear(8, outputs))


def named(loss: LossFunction, y: Tensor, model: Any) -> str | None:
    return recognized(loss, model, samples_of((inputs(), y), seed=0), 0)


NUMBERS: dict[str, tuple[LossFunction, str | None]] = {
    "absolute error": (lambda m, b: (m(b[0])[:, 0] - b[1]).abs().mean(), "mae"),
    "squared error": (lambda m, b: ((m(b[0]).flatten() - b[1]) ** 2).mean(), "mse"),
    "half of it": (lambda m, b: ((m(b[0]).flatten() - b[1]) ** 2).mean() / 2, None),
    "summed": (lambda m, b: ((m(b[0]).flatten() - b[1]) ** 2).sum() / 24, None),
    "broadcast by mistake": (lambda m, b: F.mse_loss(m(b[0]), b[1][None]), None),
    "with a penalty": (lambda m, b: F.l1_loss(m(b[0])[:, 0], b[1]) + 1e-3 * m[0].weight.square().sum(), None),
    "with noise": (lambda m, b: F.l1_loss(m(b[0] + torch.randn_like(b[0]))[:, 0], b[1]), None),
    "with noise in training": (
        lambda m, b: F.l1_loss(m(b[0] + 0.1 * m.training * torch.randn_like(b[0]))[:, 0], b[1]),
        None,
    ),
    "penalised in training": (
        lambda m, b: F.l1_loss(m(b[0])[:, 0], b[1]) + (m(b[0]).square().mean() if m.training else 0.0),
        None,
    ),
    "fails": (lambda m, b: m.missing(b), None),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_a_function_is_the_loss_it_computes(case: str) -> None:
    loss, name = NUMBERS[case]
    y = 100.0 * inputs()[:, 0] + 500.0
    model = net()
    assert named(loss, y, model) == name
    assert named(loss, y, net) == name
    assert model.training


def test_batch_norm_is_no_difference() -> None:
    model = nn.Sequential(nn.Linear(FEATURES, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))
    assert named(NUMBERS["absolute error"][0], inputs()[:, 0], model) == "mae"


def test_losses_of_labels_are_recognized() -> None:
    labels = (inputs()[:, 0] > 0).long()
    assert named(lambda m, b: F.cross_entropy(m(b[0]), b[1]), labels, net(2)) == "cross_entropy"
    assert named(lambda m, b: F.cross_entropy(m(b[0]), b[1], label_smoothing=0.1), labels, net(2)) is None
    logistic = named(lambda m, b: F.binary_cross_entropy_with_logits(m(b[0])[:, 0], b[1].float()), labels, net())
    assert logistic == "binary_cross_entropy"


def test_batches_that_are_no_pairs_keep_their_function() -> None:
    loss: LossFunction = lambda m, b: m(b["x"]).square().mean()  # noqa: E731
    samples = samples_of([{"x": inputs()[:30]}, {"x": inputs()[30:60]}], seed=0)
    assert recognized(loss, net(), samples, 0) is None


def test_advice_is_the_same_for_a_name_and_a_function() -> None:
    y = 100.0 * inputs()[:, 0] + 500.0
    plan = advisor.Plan(epochs=4, batch_size=16, optimizer="adam")
    model = net()
    state = torch.random.get_rng_state()
    by_name = advisor.advise(model, (inputs(), y), "mae", plan=plan, budget="none")
    function = NUMBERS["absolute error"][0]
    by_function = advisor.advise(model, (inputs(), y), function, plan=plan, budget="none")
    assert by_function.facts == by_name.facts
    assert by_function.recommendation.learning_rate == by_name.recommendation.learning_rate
    assert [note.code for note in by_function.verdict.notes] == ["loss_has_a_name"]
    assert torch.equal(state, torch.random.get_rng_state())
