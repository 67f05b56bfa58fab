"""A guard: problems are said when they begin, healthy runs are left alone, and a lost run goes on from good weights."""

from __future__ import annotations

import copy
import math
import sys
from collections import deque

import numpy as np
import pytest
import torch
from torch import nn

import advisor
from advisor.errors import PlanError, TrainingStoppedError
from advisor.guard.lowering import lower
from advisor.guard.monitor import Monitor, Sighting
from advisor.guard.series import BLOCK, NOISE_EVERY, POINTS, RECENT, LimitedSeries, RunningMedian
from advisor.statistics.robust import noise_from_differences

STEPS = 1_000


def falling(seed: int, noise: float = 0.1, steps: int = STEPS) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (0.2 + 2.0 * np.exp(-np.arange(steps) / 100)) * np.exp(noise * rng.normal(size=steps))


def sightings(losses: np.ndarray, *, total: int | None = STEPS, rates: np.ndarray | None = None) -> list[Sighting]:
    monitor = Monitor(total_steps=total)
    found = [
        monitor.observe(step + 1, float(loss), rate=None if rates is None else float(rates[step]))
        for step, loss in enumerate(losses)
    ]
    return [one for one in found if one is not None]


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.3, 0.5])
def test_a_healthy_run_is_left_alone(noise: float) -> None:
    for seed in range(30):
        assert sightings(falling(seed, noise)) == []


@pytest.mark.parametrize("growth", [1.03, 1.2, 3.0])
def test_a_divergence_is_seen_within_twenty_steps(growth: float) -> None:
    for seed in range(10):
        losses = falling(seed)
        at = 500 + 13 * seed
        level = losses[at - 50 : at].mean()
        losses[at:] *= np.minimum(growth ** np.arange(STEPS - at), 1e9)
        (found,) = sightings(losses)
        onset = at + int(np.argmax(losses[at:] > level + 0.6 * (losses[0] - level)))
        assert found.symptom == "diverged"
        assert -12 <= found.step - 1 - onset <= 20
        assert abs(found.since - onset) <= 12


def test_a_collapse_to_the_start_is_a_divergence() -> None:
    losses = falling(0)
    losses[600:] = 2.2
    (found,) = sightings(losses)
    assert (found.symptom, found.step <= 621) == ("diverged", True)


def test_a_spike_and_an_early_rise_are_none() -> None:
    losses = falling(1)
    losses[300:303] = 50.0
    losses[5:25] *= 4.0
    assert sightings(losses) == []


def test_a_restart_of_the_schedule_explains_a_rise() -> None:
    rates = np.tile(np.linspace(1.0, 0.05, 250), 4)
    losses = falling(2, 0.02) + 5.0 * rates
    assert sightings(losses, rates=rates) == []
    assert {one.symptom for one in sightings(losses)} == {"diverged"}  # said at each, where the rate is not known


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_broken_number_is_seen_at_once(value: float) -> None:
    losses = falling(3)
    losses[700:] = value
    (found,) = sightings(losses)
    assert (found.symptom, found.step) == ("nonfinite", 701)
    monitor = Monitor()
    norms = [1.0, value, 1.0, value, value]
    seen = [monitor.observe(step, 1.0, gradient_norm=norm) for step, norm in enumerate(norms)]
    assert [one is not None for one in seen] == [False, False, False, False, True]


def test_a_run_that_learns_nothing_and_one_that_stands_still_are_seen_when_the_length_is_known() -> None:
    rng = np.random.default_rng(4)
    chance = 2.3 + 0.02 * rng.normal(size=STEPS)
    assert [one.symptom for one in sightings(chance)] == ["stuck_at_chance"]
    assert sightings(chance, total=None) == []
    still = np.concatenate([falling(5, 0.01)[:200], 0.5 + 0.005 * rng.normal(size=800)])
    (found,) = sightings(still)
    assert (found.symptom, found.step >= 600) == ("standstill", True)


def test_overfitting_is_seen_on_the_held_out_loss() -> None:
    monitor, found = Monitor(total_steps=STEPS), []
    for step, loss in enumerate(falling(6, 0.02)):
        monitor.observe(step + 1, float(loss))
        if step % 20 == 19:
            found.append(monitor.observe_held_out(step + 1, 1.0 + 1e-6 * (step - 300) ** 2))
    (seen,) = [one for one in found if one is not None]
    assert (seen.symptom, 200 <= seen.since <= 400, seen.step < 800) == ("overfitting", True, True)


def test_memory_stays_constant() -> None:
    series, held = LimitedSeries("loss", with_noise=True), []
    for step in range(400_000):
        series.add(step, float(step % 7))
        if step % 1_000 == 999:
            held.append(sum(len(part) for part in vars(series).values() if isinstance(part, list | deque)))
    assert max(held) <= 4 * POINTS + BLOCK + RECENT
    assert series.at[-1] > 395_000
    assert np.diff(series.at).std() == 0.0
    assert series.count == 400_000
    assert np.abs(series.values - 3.0).max() < 1.0


def test_the_noise_is_the_one_of_the_last_points() -> None:
    series, values = LimitedSeries("loss", with_noise=True), np.random.default_rng(0).normal(size=200)
    for step, value in enumerate(values):
        series.add(step, float(value))
        if step % 7 == 0:  # whoever asks in between changes nothing
            assert len(series) == step + 1
        known = (step + 1) // NOISE_EVERY * NOISE_EVERY
        assert series.noise == noise_from_differences(values[max(0, known - RECENT) : known])


@pytest.mark.parametrize("points", [1, 4, 5, 25])
def test_a_running_median_is_the_median_of_the_last_points(points: int) -> None:
    values = np.random.default_rng(points).integers(0, 9, size=200).astype(float)
    running = RunningMedian(points)
    for place, value in enumerate(values):
        assert running.add(value) == np.median(values[max(0, place + 1 - points) : place + 1])


def net(seed: int = 0) -> tuple[nn.Module, torch.optim.Optimizer]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
    return model, torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)


def run(
    guard: advisor.Guard, model: nn.Module, optimizer: torch.optim.Optimizer, *, jump: float, steps: int = 400
) -> float:
    """Train on a fixed task; the rate jumps once in the middle and stays there unless the guard lowers it."""
    draw = torch.Generator().manual_seed(0)
    for step in range(steps):
        if step == steps // 2:
            for group in optimizer.param_groups:
                group["lr"] *= jump
        x = torch.randn(32, 8, generator=draw)
        loss = (model(x) - x[:, :1] - x[:, 1:2].square()).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        guard.step(loss)
    return float(loss.detach())


def test_a_problem_comes_with_its_rule_and_its_change() -> None:
    model, optimizer = net()
    told: list[object] = []
    guard = advisor.Guard(model, optimizer, total_steps=400, tell=told.append)
    run(guard, model, optimizer, jump=40.0)
    assert guard.problems == told
    problem = guard.problems[0]
    assert problem.symptom in {"diverged", "nonfinite"}
    assert problem.is_severe
    assert 200 <= problem.since <= problem.step <= 221
    assert problem.rate_factor in {0.1, 0.2}
    assert "(diverged)" in str(problem)
    assert str(problem).startswith(f"Step {problem.step}: ")


def test_a_lost_run_is_stopped() -> None:
    model, optimizer = net()
    guard = advisor.Guard(model, optimizer, on_problem="stop")
    with pytest.raises(TrainingStoppedError, match="Learning rate"):
        run(guard, model, optimizer, jump=40.0)


def test_a_lowered_run_goes_on_from_good_weights() -> None:
    model, optimizer = net()
    guard = advisor.Guard(model, optimizer, on_problem="lower", keep_every=50)
    end = run(guard, model, optimizer, jump=40.0, steps=800)
    assert guard.problems
    assert math.isfinite(end)
    assert end < 0.5
    assert optimizer.param_groups[0]["lr"] < 0.05 * 40.0 * 0.21


@pytest.mark.parametrize("fault", ["rate", "nan", "gradient"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_lowering_ends_better_than_going_on(fault: str, optimizer: str) -> None:
    ends = {}
    for answer in ("warn", "lower"):
        model, sgd = net()
        own = sgd if optimizer == "sgd" else torch.optim.Adam(model.parameters(), lr=0.01)
        guard = advisor.Guard(model, own, on_problem=answer, keep_every=50, tell=lambda _: None)
        draw, losses = torch.Generator().manual_seed(1), []
        for step in range(600):
            if fault == "rate" and step == 300:
                own.param_groups[0]["lr"] *= 100.0
            x = torch.randn(32, 8, generator=draw)
            loss = (model(x) - x[:, :1] - x[:, 1:2].square()).square().mean()
            losses.append(float(loss.detach()))
            factor = {"nan": math.nan, "gradient": 1e6}.get(fault, 1.0) if step == 300 else 1.0
            own.zero_grad()
            (loss * factor).backward()
            own.step()
            guard.step(loss * factor)
        ends[answer] = float(np.median(losses[-20:]))
        assert sum(problem.is_severe for problem in guard.problems) <= 3 or answer == "warn"
    assert math.isfinite(ends["lower"])
    assert ends["lower"] < 0.5 * (ends["warn"] if math.isfinite(ends["warn"]) else math.inf)


def test_a_run_that_breaks_at_any_rate_ends_with_a_reason() -> None:
    model, optimizer = net()
    guard = advisor.Guard(model, optimizer, on_problem="lower", keep_every=10)
    for _ in range(50):
        guard.step(1.0)
    for _ in range(3):
        guard.step(math.nan)
    with pytest.raises(TrainingStoppedError, match="lowered 3 times"):
        guard.step(math.nan)
    model, optimizer = net()
    with pytest.raises(TrainingStoppedError, match="No rule says"):
        advisor.Guard(model, optimizer, on_problem="lower").step(math.nan)


@pytest.mark.parametrize(
    "make",
    [
        lambda o: torch.optim.lr_scheduler.OneCycleLR(o, max_lr=0.05, total_steps=100),
        lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=99, eta_min=0.001),
        lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda step: 1 - step / 100),
        lambda o: torch.optim.lr_scheduler.CyclicLR(
            o, base_lr=0.01, max_lr=0.05, step_size_up=12, cycle_momentum=False
        ),
        lambda o: torch.optim.lr_scheduler.SequentialLR(
            o,
            [
                torch.optim.lr_scheduler.LinearLR(o, start_factor=0.1, total_iters=50),
                torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=49),
            ],
            milestones=[50],
        ),
        lambda o: None,
    ],
    ids=["one_cycle", "cosine", "lambda", "cyclic", "sequential", "none"],
)
def test_the_rest_of_the_schedule_is_lowered(make) -> None:
    (_, plain), (_, lowered) = net(), net()
    first, second = make(plain), make(lowered)
    for step in range(90):
        plain.step()
        lowered.step()
        if first is not None:
            first.step()
            second.step()
        if step == 30:
            lower(lowered, second, 0.2, [group["lr"] for group in copy.deepcopy(lowered.param_groups)])
        expected = plain.param_groups[0]["lr"] * (0.2 if step >= 30 else 1.0)
        assert lowered.param_groups[0]["lr"] == pytest.approx(expected, rel=1e-9)


def test_a_wrong_answer_is_refused() -> None:
    with pytest.raises(PlanError, match="did you mean 'warn'"):
        advisor.Guard(on_problem="warm")  # type: ignore[arg-type]
    with pytest.raises(PlanError, match="give the model and its optimizer"):
        advisor.Guard(on_problem="lower")


def test_numbers_alone_need_no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    guard = advisor.Guard(total_steps=100, optimizer=None)
    assert guard.step(1.0, learning_rate=0.1) is None
