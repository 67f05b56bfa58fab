"""The probe: what it measures, what it leaves alone, what it costs, and what it says when it cannot tell."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from advisor.facts.names import OptimizerName
from advisor.probing.probe import NOISE_BATCHES, ProbePlan, plan_probe, probe
from advisor.results import Interval, ProbeReport, Recommendation, remark
from advisor.training.compute_budget import ComputeBudget, compute_budget
from advisor.training.job import Job, make_job
from advisor.training.step_cost import StepOperations, step_operations
from advisor.training.step_time import MeasuredStep


def recommendation(optimizer: OptimizerName = "adam") -> Recommendation:
    interval = Interval(lower=1e-4, upper=1e-2)
    return Recommendation(learning_rate=1e-3, interval=interval, optimizer=optimizer, schedule="cosine")


def digits() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_digits(return_X_y=True)
    return ((x - x.mean(0)) / (x.std(0) + 1e-9)).astype("float32"), y.astype("int64")


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 10))


def job_of(model: Any = mlp, batch_size: int = 64) -> Job:
    return make_job(model, digits(), "cross_entropy", batch_size=batch_size, total_steps=200)


@pytest.fixture(scope="module")
def report() -> ProbeReport:
    return probe(job_of(), recommendation(), seed=1)


def test_an_untrained_classifier_starts_near_the_constant_predictor(report: ProbeReport) -> None:
    facts = report.facts
    assert facts.constant_loss == pytest.approx(math.log(10), rel=0.02)
    assert facts.initial_loss is not None
    assert facts.initial_loss_ratio == pytest.approx(facts.initial_loss / facts.constant_loss)
    assert 0.9 < facts.initial_loss_ratio < 1.3


def test_everything_is_measured_on_digits(report: ProbeReport) -> None:
    missing = [name for name, value in report.facts if value is None]
    assert missing == []
    assert report.notes == ()
    facts = report.facts
    assert facts.range_test_usable
    assert facts.range_test_lr == report.range_test.suggestion  # type: ignore[union-attr]
    assert facts.noise_ratio == pytest.approx(facts.gradient_noise_scale / 64)  # type: ignore[operator]
    assert facts.drop_start_lr < facts.steepest_lr < facts.min_loss_lr < facts.max_stable_lr  # type: ignore[operator]


def test_gradient_norm_and_noise_scale_agree_with_all_samples() -> None:
    job = job_of(lambda: nn.Linear(64, 10))
    model = job.make_model(0)
    x, y = job.train.tree
    gradients = []
    for row in range(len(x)):
        loss = nn.functional.cross_entropy(model(x[row : row + 1]), y[row : row + 1])
        gradients.append(torch.cat([g.reshape(-1) for g in torch.autograd.grad(loss, list(model.parameters()))]))
    stacked = torch.stack(gradients)
    mean = stacked.mean(dim=0)
    scale = float((stacked - mean).square().sum(dim=1).mean() / mean.square().sum())
    facts = probe(job, recommendation()).facts
    assert facts.gradient_norm == pytest.approx(float(mean.norm()), rel=0.1)
    assert facts.gradient_noise_scale == pytest.approx(scale, rel=0.25)


@pytest.mark.parametrize("batch_size", [2, 16, 256])
def test_the_noise_scale_does_not_depend_on_the_batch_size(batch_size: int) -> None:
    scales = [
        probe(job_of(lambda: nn.Linear(64, 10), batch_size), recommendation(), seed=seed).facts.gradient_noise_scale
        for seed in range(3)
    ]
    known = [scale for scale in scales if scale is not None]
    assert len(known) >= 2
    assert 10 < float(np.mean(known)) < 100  # about 35 on all samples


def test_the_same_seed_gives_the_same_report_and_another_seed_another(report: ProbeReport) -> None:
    again = probe(job_of(), recommendation(), seed=1)
    assert again.model_dump_json() == report.model_dump_json()
    assert probe(job_of(), recommendation(), seed=2).facts.range_test_lr != report.facts.range_test_lr


def test_nothing_of_the_users_changes() -> None:
    model = nn.Sequential(nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 10)).eval()
    model[0].train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    job = job_of(model)
    states = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    probe(job, recommendation(), seed=5)
    assert random.getstate() == states[0]
    np.testing.assert_array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), states[2])
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
    assert [module.training for module in model.modules()] == modes
    assert all(parameter.grad is None for parameter in model.parameters())


def test_nothing_changes_when_the_loss_raises_halfway() -> None:
    calls = [0]

    def failing(model: nn.Module, batch: Any) -> Tensor:
        calls[0] += 1
        if calls[0] > NOISE_BATCHES + 20:
            raise KeyboardInterrupt
        return nn.functional.cross_entropy(model(batch[0]), batch[1])

    job = make_job(mlp, digits(), failing, batch_size=64, total_steps=50)
    state = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        probe(job, recommendation())
    assert torch.equal(torch.get_rng_state(), state)


def test_gradient_samples_are_counted_exactly() -> None:
    job = job_of(lambda: nn.Linear(64, 10))
    counted = [0]

    def loss(model: nn.Module, batch: Any) -> Tensor:
        value = nn.functional.cross_entropy(model(batch[0]), batch[1])
        value.register_hook(lambda _gradient: counted.__setitem__(0, counted[0] + len(batch[0])))
        return value

    counting = Job(job.make_model, loss, job.data_split, job.batch_size, job.total_steps)
    found = probe(counting, recommendation("sgd"), compute_budget("standard", job))
    products = (found.gradient_samples - counted[0]) / job.batch_size  # double backward does not pass the loss again
    assert products == int(products)
    assert 1 <= products <= 20


class Stubborn(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.relu()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return gradient * (x > 0)


class NoSecondDerivative(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(64, 16), nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(Stubborn.apply(self.first(x)))


def test_without_double_backward_the_curvature_is_unknown_and_the_rest_is_not() -> None:
    found = probe(job_of(NoSecondDerivative), recommendation())
    assert found.facts.curvature is None
    assert "curvature_unknown" in {note.code for note in found.notes}
    assert found.facts.range_test_lr is not None


def test_an_optimizer_without_a_rate_of_its_own_gets_no_range_test() -> None:
    found = probe(job_of(), recommendation("prodigy"))
    assert found.range_test is None
    assert found.facts.range_test_usable is None
    assert found.facts.gradient_norm is not None
    assert remark("no_range_test_for_optimizer", optimizer="prodigy") in found.notes


def test_recurrent_attention_and_batch_norm_models_are_measured_whole() -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head = nn.LSTM(8, 12, batch_first=True), nn.Linear(12, 10)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.body(x.reshape(-1, 8, 8))[0][:, -1])

    class Attentive(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
            self.head = nn.Linear(8, 10)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.body(x.reshape(-1, 8, 8)).mean(1))

    def convolutional() -> nn.Module:
        layers = (nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))
        return nn.Sequential(nn.Unflatten(1, (1, 8, 8)), *layers)

    for make in (Recurrent, Attentive, convolutional):
        facts = probe(job_of(make), recommendation()).facts
        assert facts.curvature is not None, make
        assert facts.curvature > 0
        assert facts.range_test_usable, make


def test_curvature_is_measured_without_dropouts_noise() -> None:
    """With dropout at 0.9 in training mode the value would differ from the plain model's."""

    def dropped() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Dropout(0.9), nn.Linear(16, 10))

    def plain() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))

    values = [probe(job_of(make()), recommendation(), seed=0).facts.curvature for make in (dropped, plain)]
    assert values[0] == pytest.approx(values[1], rel=1e-5)


def test_ready_batches_of_different_sizes_can_be_probed() -> None:
    order = torch.Generator().manual_seed(0)
    batches = []
    for length in (3, 5, 7, 4) * 6:
        x = torch.randn(8, length, 4, generator=order)
        batches.append((x, x.mean(dim=(1, 2), keepdim=True)[:, 0]))

    class Pooled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(4, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(x.mean(1))

    found = probe(make_job(Pooled, batches, "mse", batch_size=8, total_steps=100), recommendation())
    assert found.facts.gradient_norm is not None
    assert found.range_test is not None


def test_progress_is_told_in_order() -> None:
    told: list[float | None] = []
    probe(job_of(), recommendation(), progress=lambda _message, share: told.append(share))
    shares = [share for share in told if share is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_large_models_get_fewer_repeats_but_always_some() -> None:
    standard = ComputeBudget(probe=8e10, trials=0.0, step=StepOperations(1e6, 40.0, 1e4, 100))
    small, large = plan_probe(1e7, standard), plan_probe(1e12, standard)
    whole = ProbePlan(noise_batches=NOISE_BATCHES, products=20, restarts=3, points_per_decade=16, curvature_samples=256)
    assert small == whole
    assert large.restarts == 1
    assert large.noise_batches >= 8
    assert large.points_per_decade * 7 >= 60
    order = [plan_probe(step, standard) for step in (1e7, 1e8, 3e8, 1e9, 1e10)]
    assert [one.restarts for one in order] == sorted((one.restarts for one in order), reverse=True)


def test_the_curvature_of_a_measured_job_is_that_of_one_training_batch_or_is_left_out() -> None:
    rich = ComputeBudget(probe=1e4, trials=0.0, step=MeasuredStep(1.0))
    assert plan_probe(1.0, rich).products == 20
    assert plan_probe(1.0, rich).curvature_samples is None
    poor = ComputeBudget(probe=10.0, trials=0.0, step=MeasuredStep(1.0))
    assert plan_probe(1.0, poor).products == 0
    report = probe(job_of(), recommendation(), poor)
    assert report.facts.curvature is None
    assert remark("curvature_too_dear") in report.notes


def test_seconds_bound_the_probe() -> None:
    job = job_of()
    work = step_operations(job)
    step = work.cost(batched=False).alone
    few = ComputeBudget(probe=10 * step, trials=0.0, step=work, timed=True)
    assert plan_probe(step, few).restarts == 0
    report = probe(job, recommendation(), few)
    assert report.range_test is None
    assert remark("range_test_too_dear") in report.notes
    assert report.gradient_samples < probe(job, recommendation()).gradient_samples / 5


class Reader(nn.Module):
    """A recurrent net that notes in which mode, and by whose kernels, it was run."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.head = nn.GRU(8, 6, batch_first=True), nn.Linear(6, 10)
        self.seen: list[tuple[bool, bool]] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append((self.training, torch.backends.cudnn.enabled))
        return self.head(self.layer(x.unflatten(1, (8, 8)))[0][:, -1])


def test_a_recurrent_net_is_differentiated_twice_by_kernels_that_can_be() -> None:
    seen = list[tuple[bool, bool]]()

    def make() -> nn.Module:
        made = Reader()
        made.seen = seen
        return made

    report = probe(job_of(make), recommendation())
    assert report.facts.curvature is not None
    assert {enabled for training, enabled in seen if training} == {True}
    assert {enabled for training, enabled in seen if not training} == {False}
    assert torch.backends.cudnn.enabled
