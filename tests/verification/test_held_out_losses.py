"""Rates are compared on the same held-out samples, and a few of them never decide in silence."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import advisor
from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.job import make_job
from advisor.training.runs import Recipe, Run
from advisor.training.sequential import SequentialTrainer
from advisor.verification.held_out_losses import concentration, paired_variances, rows_that_decide
from advisor.verification.observations import observed
from advisor.verification.point import Point

GENERATOR = np.random.default_rng(0)
HARD = GENERATOR.exponential(1.0, 40)  # batches that are hard or easy for every model


def point(rate: float, losses: np.ndarray) -> Point:
    return Point(math.log(rate), (float(losses.mean()),), held_out=(tuple(losses.tolist()),))


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
    moved = [point(math.exp(one.log_rate), np.array(one.held_out[0]) + 1e3) for one in points]
    plain, shifted = observed(points, 1_000, 1.5), observed(moved, 1_000, 1_001.5)
    assert plain is not None
    assert shifted is not None
    for place in (0, 2):
        ratios = [one.y[place] / math.sqrt(one.variance[place]) for one in (plain, shifted)]
        assert ratios[1] == pytest.approx(ratios[0], rel=0.2)


def own_loss(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    return nn.functional.mse_loss(model(batch[0]), batch[1])


@pytest.mark.parametrize("trainer", [BatchedTrainer, SequentialTrainer])
def test_a_trainer_hands_over_the_losses_of_held_out_losses(trainer: type[BatchedTrainer | SequentialTrainer]) -> None:
    drawn = torch.Generator().manual_seed(0)
    x = torch.randn(103, 3, generator=drawn)
    job = make_job(nn.Linear(3, 1), (x, x.sum(1, keepdim=True)), own_loss, batch_size=8, total_steps=20)
    results = trainer(job).train(Recipe(OptimizerSettings("sgd"), "constant"), [Run(0.1, 0), Run(1e9, 0)], 20, seed=0)
    assert results.losses[0] == pytest.approx(sum(results.held_out[0]) / len(results.held_out[0]))
    assert len(results.held_out[0]) == 3  # 21 rows held out
    assert (results.losses[1], results.held_out[1]) == (None, ())


@pytest.mark.parametrize("trainer", [BatchedTrainer, SequentialTrainer])
@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "binary_cross_entropy", "cross_entropy"])
def test_a_named_loss_is_handed_over_by_sample(trainer: type[BatchedTrainer | SequentialTrainer], loss: str) -> None:
    drawn = torch.Generator().manual_seed(0)
    x = torch.randn(103, 3, generator=drawn)
    y = (x[:, 0] > 0).long() if loss == "cross_entropy" else (x[:, :2] > 0).float()
    job = make_job(nn.Linear(3, 2), (x, y), loss, batch_size=8, total_steps=20, row_numbers=range(103))
    results = trainer(job).train(Recipe(OptimizerSettings("sgd"), "constant"), [Run(0.1, 0)], 20, seed=0)
    rows = job.held_out_rows(0)
    assert rows is not None
    assert len(results.held_out[0]) == len(rows) == job.data_split.parts[0].n
    assert results.losses[0] == pytest.approx(np.mean(results.held_out[0]))
    held = job.data_split.parts[0].tree
    assert torch.equal(held[0], x[list(rows)])
    model = job.make_model(0)
    each = job.held_out_losses(model, 0)
    whole = float(job.loss(model, held).detach())
    assert np.mean(each) == pytest.approx(whole, rel=1e-5)


def test_labels_that_do_not_count_leave_the_mean() -> None:
    drawn = torch.Generator().manual_seed(0)
    x, y = torch.randn(60, 5, 3, generator=drawn), torch.randint(0, 4, (60, 5), generator=drawn)
    y[torch.rand(60, 5, generator=drawn) < 0.5] = -100

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 4)

        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            return self.layer(rows).transpose(1, 2)

    job = make_job(Net(), (x, y), "cross_entropy", batch_size=8, total_steps=20)
    model = job.make_model(0)
    losses = job.held_out_losses(model, 0)
    assert len(losses) == 12
    assert np.mean(losses) == pytest.approx(float(job.loss(model, job.data_split.parts[0].tree).detach()), rel=1e-5)


ROWS = 100
CALM = GENERATOR.exponential(1.0, ROWS)


def by_rows(wild: dict[int, float], levels: dict[float, float]) -> list[Point]:
    losses = {rate: CALM * level for rate, level in levels.items()}
    for row, height in wild.items():
        for rate, own in losses.items():
            own[row] = height * (2.0 if rate == min(losses) else 1.0)
    return [point(rate, own) for rate, own in losses.items()]


def test_a_few_rows_that_carry_the_loss_are_named_with_the_rate_they_hide() -> None:
    points = by_rows({7: 200.0, 40: 100.0}, {1e-3: 0.8, 1e-2: 1.0})
    numbers = [tuple(range(1, ROWS + 1))]
    said, hidden = rows_that_decide(points, points[1], numbers, counted_from=1)
    values = dict(said.values)
    assert (said.code, values["names"], values["count"]) == ("few_rows_decide", "8, 41", 2.0)
    assert values["share"] == pytest.approx(300.0 / points[1].losses[0] / ROWS)
    assert dict(hidden.values) == {"rate": pytest.approx(1e-2), "other": pytest.approx(1e-3)}
    (unnamed,) = rows_that_decide(points[1:], points[1], [None], counted_from=None)
    assert unnamed.code == "few_held_out_rows_decide"


@pytest.mark.parametrize("wild", [{}, {7: 30.0}, dict.fromkeys(range(5), 100.0)])
def test_rows_of_which_many_carry_the_loss_are_not_named(wild: dict[int, float]) -> None:
    points = by_rows(wild, {1e-3: 0.8, 1e-2: 1.0})
    assert rows_that_decide(points, points[1], [tuple(range(ROWS))], counted_from=0) == ()


def test_a_wild_row_of_a_file_is_named_by_its_number(tmp_path: Path) -> None:
    x = GENERATOR.normal(size=(150, 2))
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": x[:, 0] + 0.1 * GENERATOR.normal(size=150)})
    frame.loc[41, "y"] = 1e4
    frame.to_csv(tmp_path / "wild.csv", index=False)
    advice = advisor.advise("linear", tmp_path / "wild.csv", target="y", budget="quick", epochs=3)
    notes = {note.code: dict(note.values) for note in advice.verdict.notes}
    held = notes.get("few_rows_decide")
    assert held is None or held["names"] == "42"
    assert held is not None or "few_held_out_rows_decide" not in notes
