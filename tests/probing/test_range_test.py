"""The range test on real models: where it lands, when it stops, when it refuses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import datasets
from torch import Tensor, nn

from advisor.facts.names import OptimizerName
from advisor.probing.range_test import Sweep, common_curve, range_test
from advisor.results import Interval, Recommendation
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.isolation import preserved_state
from advisor.training.job import Job, make_job
from advisor.training.runs import Run, recipe_of


def recommendation(optimizer: OptimizerName = "adam", schedule: Any = "cosine", **settings: Any) -> Recommendation:
    interval = Interval(lower=1e-4, upper=1e-2)
    return Recommendation(learning_rate=1e-3, interval=interval, optimizer=optimizer, schedule=schedule, **settings)


def table(name: str) -> tuple[np.ndarray, np.ndarray]:
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return ((x - x.mean(0)) / (x.std(0) + 1e-9)).astype("float32"), y.astype("int64")


def mlp(inputs: int, outputs: int, width: int = 32) -> nn.Module:
    return nn.Sequential(
        nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs)
    )


def classification(name: str = "digits", batch_size: int = 64, epochs: int = 10) -> Job:
    x, y = table(name)
    steps = epochs * math.ceil(0.8 * len(x) / batch_size)
    classes = int(y.max()) + 1
    return make_job(lambda: mlp(x.shape[1], classes), (x, y), "cross_entropy", batch_size=batch_size, total_steps=steps)


def quadratic(scale: float = 1.0) -> Job:
    order = torch.Generator().manual_seed(0)
    x = torch.randn(256, 8, generator=order) * scale
    y = x @ torch.ones(8, 1) / scale
    return make_job(lambda: nn.Linear(8, 1), (x, y), "mse", batch_size=64, total_steps=100)


@pytest.mark.parametrize("name", ["digits", "breast_cancer"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_the_suggestion_is_within_a_factor_ten_of_the_best_of_a_grid(name: str, optimizer: OptimizerName) -> None:
    job, advice = classification(name), recommendation(optimizer)
    with preserved_state():
        found = range_test(job, advice, seed=3).result
    assert found.usable, found.reason
    assert found.suggestion is not None
    grid = np.logspace(-4, 0, 9)
    runs = [Run(float(rate), seed) for rate in grid for seed in (0, 1)]
    outcomes = BatchedTrainer(job).train(recipe_of(advice), runs, job.total_steps, seed=0)
    losses = np.array([math.inf if loss is None else loss for loss in outcomes.losses]).reshape(-1, 2).mean(axis=1)
    best = grid[int(np.argmin(losses))]
    assert best / 10 < found.suggestion < best * 10
    at = float(np.interp(math.log(found.suggestion), np.log(grid), losses))
    assert at < 0.5 * losses[0] or at < 2.0 * losses.min()


def test_gradient_descent_on_a_quadratic_blows_up_past_two_over_its_curvature() -> None:
    job = quadratic()
    with preserved_state():
        found = range_test(job, recommendation("sgd", momentum=0.0)).result
    x = job.train.tree[0]
    largest = 2.0 * float(torch.linalg.eigvalsh(x.T @ x / len(x))[-1])
    edge = dict(found.estimates)["edge"]
    assert found.diverged
    assert edge is not None
    assert 1.0 / largest < edge < 20.0 / largest


def test_inputs_that_were_never_scaled_are_swept_from_lower_rates() -> None:
    with preserved_state():
        found = range_test(quadratic(scale=1e4), recommendation("sgd", momentum=0.0)).result
    assert found.learning_rates[0] < 1e-10
    assert found.suggestion is not None
    assert found.suggestion < 2e-8


def test_rates_rise_geometrically_from_1e_7_and_every_list_is_as_long() -> None:
    with preserved_state():
        run = range_test(classification(), recommendation())
    found = run.result
    ratios = np.diff(np.log10(found.learning_rates))
    np.testing.assert_allclose(ratios, 1.0 / 16.0, rtol=1e-6)
    assert found.learning_rates[0] == pytest.approx(1e-7)
    assert len(found.learning_rates) == len(found.losses) == len(found.smoothed)
    assert len(found.losses) >= 60
    assert np.isfinite(found.losses).all()


class Bounded(nn.Module):
    """A model whose loss moves with no rate: its output does not depend on the input and its loss is flat."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.sin(self.weight) * 1e-3 + x[:, :1] * 0.0


def test_a_flat_loss_goes_on_past_one_to_the_cap_and_is_refused() -> None:
    order = torch.Generator().manual_seed(0)
    data = torch.randn(200, 2, generator=order), torch.randn(200, 1, generator=order)
    job = make_job(Bounded, data, "mse", batch_size=20, total_steps=50)
    with preserved_state():
        found = range_test(job, recommendation()).result
    assert found.learning_rates[-1] == pytest.approx(1e3)
    assert not found.diverged
    assert not found.usable
    assert found.suggestion is None
    assert found.reason is not None
    assert found.reason.code in {"range_test_noisy", "range_test_flat"}


def test_labels_at_random_on_single_samples_are_not_read_as_a_descent() -> None:
    order = torch.Generator().manual_seed(0)
    data = torch.randn(500, 5, generator=order), torch.randint(2, (500,), generator=order)
    job = make_job(lambda: nn.Linear(5, 2), data, "cross_entropy", batch_size=1, total_steps=500)
    with preserved_state():
        found = range_test(job, recommendation("sgd", momentum=0.0)).result
    assert found.suggestion is None or found.suggestion < 0.5


def test_a_loss_that_turns_to_nan_ends_the_sweep() -> None:
    def loss(model: nn.Module, batch: Any) -> Tensor:
        value = nn.functional.mse_loss(model(batch[0]), batch[1])
        return (
            value / (model.weight.abs().max() < 2.0).float().log().exp() if model.weight.abs().max() >= 2.0 else value
        )

    x = torch.randn(256, 8, generator=torch.Generator().manual_seed(0))
    job = make_job(lambda: nn.Linear(8, 1), (x, x @ torch.ones(8, 1)), loss, batch_size=64, total_steps=100)
    with preserved_state():
        found = range_test(job, recommendation("adam")).result
    assert found.diverged
    assert np.isfinite(found.losses).all()
    assert found.suggestion is None or found.suggestion < found.learning_rates[-1]


def test_small_data_are_gone_through_again_and_again() -> None:
    x, y = table("wine")
    job = make_job(lambda: mlp(13, 3), (x[:40], y[:40]), "cross_entropy", batch_size=16, total_steps=30)
    with preserved_state():
        assert len(range_test(job, recommendation()).result.losses) >= 60


@pytest.mark.parametrize("optimizer", ["sgd", "adagrad", "rmsprop", "adam", "adamw"])
def test_every_batched_optimizer_can_be_swept(optimizer: OptimizerName) -> None:
    with preserved_state():
        found = range_test(classification("wine", 32), recommendation(optimizer, clip_norm=1.0), restarts=1)
    assert found.steps >= len(found.result.losses) - 1


def test_the_count_of_gradients_is_exact() -> None:
    job = classification("wine", 32)
    calls: list[int] = []

    def counted(model: nn.Module, batch: Any) -> Tensor:
        value = job.loss(model, batch)
        value.register_hook(lambda _gradient: calls.append(len(batch[0])))
        return value

    counting = Job(job.make_model, counted, job.data_split, job.batch_size, job.total_steps)
    with preserved_state():
        run = range_test(counting, recommendation())
    assert run.steps == len(calls)
    assert set(calls) == {32}


def test_the_common_curve_is_the_median_of_what_most_restarts_saw() -> None:
    level = np.linspace(1.0, 0.5, 60)
    sweeps = [
        Sweep(level, exploded=False, steps=60),
        Sweep(level[:50] + 0.2, exploded=True, steps=50),
        Sweep(np.where(np.arange(55) == 30, 9.0, level[:55] - 0.2), exploded=True, steps=55),
    ]
    losses, diverged = common_curve(sweeps)
    assert diverged
    assert len(losses) == 55
    np.testing.assert_allclose(losses[:50], level[:50], atol=1e-12)


def test_one_restart_of_three_that_explodes_early_does_not_decide() -> None:
    level = np.linspace(1.0, 0.5, 60)
    sweeps = [Sweep(level, exploded=False, steps=60)] * 2 + [Sweep(level[:20], exploded=True, steps=20)]
    losses, diverged = common_curve(sweeps)
    assert not diverged
    assert len(losses) == 60
