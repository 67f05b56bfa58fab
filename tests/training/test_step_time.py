"""The time of a step, with a clock that the tests hold in their hands."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import nn

from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.compute_budget import (
    BUDGETS,
    COUNTED_SECONDS,
    LEANEST,
    LONG,
    MIN_STEPS,
    MOST_DEDUCTED,
    PROBE_SHARE,
    SLOWED,
    UNCOUNTED,
    affordable,
    compute_budget,
)
from advisor.training.compute_budget import (
    clock_of as clock_of_budget,
)
from advisor.training.job import Job, make_job
from advisor.training.step_cost import SECONDS_PER_OPERATION, step_operations
from advisor.training.step_time import (
    FEW,
    MANY,
    TIMED_ENSEMBLE_STEPS,
    TIMED_STEPS,
    MeasuredStep,
    measure_step,
)


def job(total_steps: int = 200) -> Job:
    x = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    return make_job(lambda: nn.Linear(4, 1), (x, x[:, :1]), "mse", batch_size=16, total_steps=total_steps)


def clock_of(*seconds: float) -> Callable[[], float]:
    """Return a clock by which each thing timed takes the next number of seconds, and the last ever after."""
    left, now, running = list(seconds), [0.0], [False]

    def clock() -> float:
        if running[0]:
            now[0] += left.pop(0) if len(left) > 1 else left[0]
        running[0] = not running[0]
        return now[0]

    return clock


def test_an_ensemble_costs_what_two_sizes_of_it_tell() -> None:
    """The first step of each kind also allocates and does not count."""
    kinds = [(0.010, TIMED_STEPS), (0.020, TIMED_ENSEMBLE_STEPS), (0.028, TIMED_ENSEMBLE_STEPS)]  # alone, few, many
    seconds = [second for kind, count in kinds for second in (9.0, *[kind] * count)]
    found = measure_step(job(), clock_of(*seconds), limit=100.0)
    assert found.seconds == pytest.approx(sum(seconds))
    assert found.alone * SECONDS_PER_OPERATION == pytest.approx(0.010)
    cost = found.cost(batched=True)
    assert cost.of(FEW) * SECONDS_PER_OPERATION == pytest.approx(0.020)
    assert cost.of(MANY) * SECONDS_PER_OPERATION == pytest.approx(0.028)
    assert found.cost(batched=False).of(7) == pytest.approx(7 * found.alone)


def test_one_slow_step_of_a_busy_machine_changes_nothing() -> None:
    found = measure_step(job(), clock_of(9.0, 0.02, 3.0, 0.01, 0.03), limit=100.0)
    assert found.alone * SECONDS_PER_OPERATION == pytest.approx(0.01)


def test_a_step_that_takes_long_is_timed_once() -> None:
    counted = []

    def clock() -> float:
        counted.append(0)
        return 10.0 * len(counted)

    assert measure_step(job(), clock, limit=1.0).alone * SECONDS_PER_OPERATION == pytest.approx(10.0)
    assert len(counted) == 2  # no ensemble of steps that take as long


def test_members_that_are_slower_together_train_one_after_another() -> None:
    alone = [9.0, *[0.010] * TIMED_STEPS]
    few = [9.0, *[0.029] * TIMED_ENSEMBLE_STEPS]
    found = measure_step(job(), clock_of(*alone, *few, 1.0), limit=100.0)
    assert found.ensemble is None
    assert found.cost(batched=True) == found.cost(batched=False)
    assert found.seconds == pytest.approx(sum(alone) + sum(few))


def test_what_has_no_batched_form_costs_as_much_as_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("no batching rule")

    monkeypatch.setattr(BatchedTrainer, "stepper", refuse)
    found = measure_step(job(), clock_of(0.01), limit=1.0)
    assert found.cost(batched=True) == found.cost(batched=False)


def test_timing_leaves_no_trace() -> None:
    before = torch.get_rng_state()
    measure_step(job(), clock_of(0.01), limit=1.0)
    assert torch.equal(torch.get_rng_state(), before)


def test_small_jobs_are_counted_so_that_no_clock_changes_their_plan() -> None:
    made = job()
    counted = step_operations(made)
    alone = counted.cost(batched=False).alone * SECONDS_PER_OPERATION
    limits = BUDGETS["standard"]
    floor = limits.least / limits.trainings * SECONDS_PER_OPERATION / made.total_steps
    most = min(SLOWED * floor, COUNTED_SECONDS / made.total_steps)
    for seconds in (0.1 * alone, alone, 2.9 * alone, 0.9 * floor, 0.9 * most):
        assert compute_budget("standard", made, clock_of(seconds)).step == counted
    assert isinstance(compute_budget("standard", made, clock_of(1.1 * most)).step, MeasuredStep)


@pytest.mark.parametrize("budget", ["quick", "standard", "thorough"])
@pytest.mark.parametrize("steps", [200, 2_500])
def test_a_busy_machine_changes_no_plan(budget: str, steps: int) -> None:
    """Other programs make every step take up to twice as long, and a few of them any time."""
    made = job(steps)
    kinds = [(3.6e-3, TIMED_STEPS), (5e-3, TIMED_ENSEMBLE_STEPS), (6e-3, TIMED_ENSEMBLE_STEPS)]
    plans = set()
    for seed in range(20):
        order = random.Random(seed)  # noqa: S311 - no secret
        slowed = order.uniform(1.0, 2.0)
        seconds = []
        for kind, count in kinds:
            timed = [slowed * kind * order.choice([1.0, 1.02, 5.0, 20.0]) for _ in range(count)]
            timed[order.randrange(count)] = slowed * kind * order.uniform(1.0, 1.03)
            seconds += [0.01, *timed]
        compute = compute_budget(budget, made, clock_of(*seconds))  # type: ignore[arg-type]
        plans.add(affordable(made, compute, batched=True))
    assert len(plans) == 1


@pytest.mark.parametrize("budget", ["quick", "standard", "thorough"])
def test_other_budgets_are_shares_of_a_measured_training(budget: str) -> None:
    limits, steps = BUDGETS[budget], 100_000
    compute = compute_budget(budget, job(steps), clock_of(0.05))  # type: ignore[arg-type]
    training = steps * 0.05 / SECONDS_PER_OPERATION
    assert isinstance(compute.step, MeasuredStep)
    timing = compute.step.seconds / SECONDS_PER_OPERATION
    assert timing > 0
    assert compute.probe + compute.trials + timing == pytest.approx(limits.work(training))


@pytest.mark.parametrize("budget", ["quick", "standard", "thorough"])
def test_trials_pay_for_what_the_call_did_before_them(budget: str) -> None:
    """Reading and reasoning beyond a little count as well, and never take more than a part of the budget."""
    made, training = job(100), 100 * 0.05

    def left(share: float) -> float:
        compute = compute_budget(budget, made, clock_of(0.05), earlier=share * BUDGETS[budget].trainings * training)  # type: ignore[arg-type]
        return compute.probe + compute.trials

    whole = BUDGETS[budget].work(training / SECONDS_PER_OPERATION)
    assert left(0.9 * UNCOUNTED) == left(0.0)
    assert left(0.0) - left(UNCOUNTED + 0.1) == pytest.approx(0.1 * whole)
    assert left(0.0) - left(100.0) == pytest.approx(MOST_DEDUCTED * whole)


def test_what_a_call_did_before_does_not_change_the_plan_of_a_small_job() -> None:
    assert compute_budget("standard", job(), earlier=100.0) == compute_budget("standard", job())


def test_the_share_of_a_long_run_has_no_ceiling() -> None:
    limits = BUDGETS["standard"]
    hours = [limits.work(many * LONG) for many in (1, 4, 16)]
    assert hours == pytest.approx([limits.long_share * LONG * root for root in (1, 2, 4)])
    assert limits.work(limits.most) == pytest.approx(min(limits.most, limits.trainings * limits.most))
    assert limits.work(0.0) == limits.least


def test_seconds_count_what_the_timing_took() -> None:
    compute = compute_budget(10.0, job(), clock_of(0.1))
    assert compute.timed
    total = (compute.probe + compute.trials) * SECONDS_PER_OPERATION
    assert compute.probe == pytest.approx(PROBE_SHARE * total / SECONDS_PER_OPERATION)
    assert 10.0 - 3 * 6 * 0.1 - 0.2 <= total < 10.0


def test_trials_come_before_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run so long that thirty steps of four rates take nearly all of the budget."""
    made, seconds = job(3_000), 1.0
    limits = replace(BUDGETS["quick"], most=0.0, long_share=1.08 * LEANEST.rates * MIN_STEPS / made.total_steps)
    monkeypatch.setitem(BUDGETS, "quick", limits)
    monkeypatch.setattr(BatchedTrainer, "takes", lambda *_: False)
    compute = compute_budget("quick", made, clock_of(seconds))
    assert compute.probe == 0.0
    assert isinstance(compute.step, MeasuredStep)
    timing = compute.step.seconds / SECONDS_PER_OPERATION
    training = made.total_steps * seconds / SECONDS_PER_OPERATION
    assert compute.trials + timing == pytest.approx(limits.work(training))
    plan = affordable(made, compute, batched=False)
    assert plan is not None
    assert plan.share * made.total_steps >= MIN_STEPS


def test_threads_that_share_a_large_step_are_those_of_the_user_and_are_counted_once() -> None:
    small, threads = job(), torch.get_num_threads()
    large = replace(small, parameters=10**9)
    try:
        torch.set_num_threads(2)
        with small.threads:
            assert torch.get_num_threads() == 1
        with large.threads:
            assert torch.get_num_threads() == 2
        assert clock_of_budget("quick", small) is time.process_time
        assert clock_of_budget("quick", large) is time.thread_time
        assert clock_of_budget(5.0, large) is time.perf_counter
        torch.set_num_threads(1)
        assert clock_of_budget("quick", large) is time.process_time
    finally:
        torch.set_num_threads(threads)
