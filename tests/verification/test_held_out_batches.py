"""Rates are compared on the same held-out batches, and a few batches never decide in silence."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.job import make_job
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer
from advisor.verification.held_out_batches import concentration, paired_variances
from advisor.verification.observations import observed
from advisor.verification.point import Point

GENERATOR = np.random.default_rng(0)
HARD = GENERATOR.exponential(1.0, 40)  # batches that are hard or easy for every model


def point(rate: float, losses: np.ndarray) -> Point:
    return Point(math.log(rate), (float(losses.mean()),), by_batch=(tuple(losses.tolist()),))


def test_what_a_batch_does_to_all_rates_alike_is_no_error() -> None:
    own = GENERATOR.normal(0.0, 0.1, (2, 40))
    first, second = point(1e-3, HARD + own[0]), point(1e-2, HARD + own[1])
    found = paired_variances([first, second], 0)
    assert math.isnan(found[0])
    assert found[1] == pytest.approx(float(np.var(own[1] - own[0], ddof=1)) / 40)
    assert found[1] < 0.1 * np.var(HARD) / 40


def test_few_batches_say_nothing_of_the_error() -> None:
    points = [point(rate, HARD[:5] * rate) for rate in (1.0, 2.0)]
    assert np.isnan(paired_variances(points, 0)).all()


def test_a_wild_batch_makes_the_comparison_uncertain_and_is_said() -> None:
    calm = [point(rate, HARD * level) for rate, level in ((1e-3, 1.0), (1e-2, 0.9), (1e-1, 1.1))]
    wild = HARD * 1.1
    wild[7] += 200.0
    outlier = [*calm[:2], point(1e-1, wild)]
    seen, shaken = observed(calm, 1_000, 3.0), observed(outlier, 1_000, 3.0)
    assert seen is not None
    assert shaken is not None
    assert seen.is_worse(2, tolerance=0.005, errors=2.0)
    assert not shaken.is_worse(2, tolerance=0.005, errors=2.0)
    assert concentration(calm[2]) is None
    remark = concentration(outlier[2])
    assert remark is not None
    assert remark.code == "few_batches_decide"
    assert dict(remark.values)["share"] > 0.5


def test_what_is_added_to_the_loss_leaves_the_standard_errors_between_rates() -> None:
    points = [point(rate, HARD * level) for rate, level in ((1e-3, 1.0), (1e-2, 0.9), (1e-1, 1.1))]
    moved = [point(math.exp(one.log_rate), np.array(one.by_batch[0]) + 1e3) for one in points]
    plain, shifted = observed(points, 1_000, 1.5), observed(moved, 1_000, 1_001.5)
    assert plain is not None
    assert shifted is not None
    for place in (0, 2):
        ratios = [one.y[place] / math.sqrt(one.variance[place]) for one in (plain, shifted)]
        assert ratios[1] == pytest.approx(ratios[0], rel=0.2)


def own_loss(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    return nn.functional.mse_loss(model(batch[0]), batch[1])


@pytest.mark.parametrize("trainer", [BatchedTrainer, SequentialTrainer])
def test_a_trainer_hands_over_the_losses_of_held_out_batches(trainer: type[BatchedTrainer | SequentialTrainer]) -> None:
    drawn = torch.Generator().manual_seed(0)
    x = torch.randn(103, 3, generator=drawn)
    job = make_job(nn.Linear(3, 1), (x, x.sum(1, keepdim=True)), own_loss, batch_size=8, total_steps=20)
    results = trainer(job).train(Recipe(OptimizerSettings("sgd"), "constant"), [Run(0.1, 0), Run(1e9, 0)], 20, seed=0)
    assert results.losses[0] == pytest.approx(sum(results.by_batch[0]) / len(results.by_batch[0]))
    assert len(results.by_batch[0]) == 3  # 21 rows held out
    assert (results.losses[1], results.by_batch[1]) == (None, ())
