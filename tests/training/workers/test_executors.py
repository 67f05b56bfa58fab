"""Trials on executors: the same results to the last bit, whoever trains what and in whatever order it comes back."""

from __future__ import annotations

import math
import multiprocessing
import os
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import advisor
from advisor.errors import MeasurementError, PlanError
from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.deadline import Deadline
from advisor.training.job import Job, make_job
from advisor.training.pruning import Pruning
from advisor.training.runs import Recipe, Run, TrainingResults
from advisor.training.sequential import SequentialTrainer
from advisor.training.workers.dealing import train_apart
from advisor.training.workers.executors import ExecutorWorkers, workers_of
from advisor.training.workers.parcel import packed

X = torch.randn(80, 4, generator=torch.Generator().manual_seed(0))
Y = X @ torch.tensor([[1.0], [-2.0], [0.5], [0.0]])
RUNS = [Run(rate, seed) for rate in (1e-4, 1e-2, 1e-1, 1e3) for seed in (0, 1)]
RECIPE = Recipe(OptimizerSettings("adam"), "cosine")
STEPS = 40
LOOSE = Pruning(slow=0.05, noise=0.0)
"""Takes out what is behind by a little, so that a short run of this test has runs that leave."""


def network(middle: nn.Module) -> Callable[[], nn.Module]:
    """Return a function that makes a small network; it lies inside another, so that it is sent as a whole."""

    def make() -> nn.Module:
        return nn.Sequential(nn.Linear(4, 8), middle, nn.Linear(8, 1))

    return make


plain, with_dropout = network(nn.ReLU()), network(nn.Dropout(0.3))


def own_loss(model: nn.Module, batch: Any) -> Tensor:
    return nn.functional.mse_loss(model(batch[0]), batch[1])


class QueuedTask:
    """A future as job queues have it: nothing but done(), result() and cancel()."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.outcome: Any = None
        self.error: Exception | None = None
        self.is_done = False

    def done(self) -> bool:
        self.queue.run()
        return self.is_done

    def result(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.outcome

    def cancel(self) -> None: ...


class Queue:
    """An executor that is none of ``concurrent.futures``, and works in a random order; it may lose workers."""

    def __init__(self, seed: int = 0, *, losses: float = 0, error: Exception | None = None) -> None:
        self.order = random.Random(seed)  # noqa: S311 - no secret
        self.losses, self.error, self.calls = losses, error, 0
        self.waiting: list[tuple[QueuedTask, Callable[[], Any]]] = []

    def submit(self, function: Callable[..., Any], *arguments: Any) -> QueuedTask:
        task = QueuedTask(self)
        self.waiting.append((task, lambda: function(*arguments)))
        return task

    def run(self) -> None:
        self.order.shuffle(self.waiting)
        for task, work in self.waiting:
            self.calls += 1
            if self.calls <= self.losses:
                task.error = self.error
            else:
                task.outcome = work()
            task.is_done = True
        self.waiting = []


def loss_that_ends_its_process_once(mark: Path, program: int) -> Callable[[nn.Module, Any], Tensor]:
    """Return a loss that ends the first process which is not ``program`` and calls it."""

    def loss(model: nn.Module, batch: Any) -> Tensor:
        if os.getpid() != program and not mark.exists():
            mark.touch()
            os._exit(1)
        return nn.functional.mse_loss(model(batch[0]), batch[1])

    return loss


def job_of(model: Any = plain, loss: Any = "mse") -> Job:
    return make_job(model, (X, Y), loss, batch_size=16, total_steps=STEPS)


def apart(job: Job, executor: Any, *, batched: bool = True, pruning: Pruning | None = LOOSE) -> TrainingResults:
    with workers_of(executor) as workers:
        assert workers is not None
        return train_apart(job, RECIPE, RUNS, STEPS, seed=0, batched=batched, pruning=pruning, workers=workers)


@pytest.mark.parametrize("executor", [Queue(1), Queue(2), ThreadPoolExecutor(3)])
@pytest.mark.parametrize(
    ("model", "loss", "batched"),
    [(plain, "mse", True), (plain, own_loss, False), (with_dropout, "mse", True), (with_dropout, own_loss, False)],
    ids=["together", "one by one", "dropout together", "dropout one by one"],
)
def test_runs_that_train_apart_are_those_that_train_together(
    executor: Any, model: Callable[[], nn.Module], loss: Any, *, batched: bool
) -> None:
    job = job_of(model, loss)
    together = (BatchedTrainer if batched else SequentialTrainer)(job).train(RECIPE, RUNS, STEPS, seed=0, pruning=LOOSE)
    found = apart(job, executor, batched=batched)
    assert any(together.pruned)
    assert None in together.losses
    assert replace(found, looks=()) == replace(together, looks=())


@pytest.mark.slow
def test_processes_give_the_same() -> None:
    job = job_of()
    together = BatchedTrainer(job).train(RECIPE, RUNS, STEPS, seed=0, pruning=LOOSE)
    with processes() as pool:
        found = apart(job, pool)
    assert replace(found, looks=()) == replace(together, looks=())


def processes() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


@pytest.fixture(scope="module")
def alone() -> str:
    return advised(None)


def advised(executor: Any, loss: Any = "mse") -> str:
    torch.manual_seed(0)
    return advisor.advise(
        plain, (X, Y), loss, epochs=4, batch_size=16, budget="quick", schedule="cosine", executor=executor
    ).to_json()


@pytest.mark.parametrize("executor", [Queue(3), lambda: ThreadPoolExecutor(2)])
def test_advice_does_not_depend_on_who_trains(alone: str, executor: Any) -> None:
    assert advised(executor) == alone


@pytest.mark.slow
def test_advice_of_processes_and_of_a_cluster_is_the_same(alone: str, cluster: Any) -> None:
    assert advised(processes) == alone
    assert advised(cluster.get_executor()) == alone
    assert advised(cluster) == alone  # its own futures


@pytest.fixture
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as machines,
        distributed.Client(machines) as client,
    ):
        yield client


@pytest.mark.slow
def test_a_job_queue_trains_the_same(tmp_path: Path) -> None:
    """The queue of submitit for one machine has the objects of the one for SLURM."""
    submitit = pytest.importorskip("submitit")
    executor = submitit.AutoExecutor(folder=tmp_path, cluster="local")
    executor.update_parameters(timeout_min=10)
    job = job_of()
    expected = SequentialTrainer(job).train(RECIPE, RUNS[:2], 5, seed=0)
    with workers_of(executor) as workers:
        assert workers is not None
        found = train_apart(job, RECIPE, RUNS[:2], 5, seed=0, batched=False, pruning=None, workers=workers)
    assert found.stop is None
    assert found.losses == expected.losses


@pytest.mark.slow
def test_the_trial_of_a_lost_worker_is_run_again(tmp_path: Path) -> None:
    mark = tmp_path / "lost"
    job = job_of(loss=loss_that_ends_its_process_once(mark, os.getpid()))
    expected = SequentialTrainer(job).train(RECIPE, RUNS, STEPS, seed=0)
    assert not mark.exists()
    with processes() as pool:
        found = apart(job, pool, batched=False, pruning=None)
    assert mark.exists()
    assert found.losses == expected.losses


def test_lost_workers_change_nothing(caplog: pytest.LogCaptureFixture) -> None:
    expected = apart(job_of(), Queue())
    executor = Queue(losses=3, error=OSError("the machine went away"))
    assert apart(job_of(), executor) == expected
    assert executor.calls == 4 + 3
    assert "the machine went away" in caplog.text


def test_a_trial_that_ends_every_worker_is_an_error_that_says_so() -> None:
    with pytest.raises(MeasurementError, match=r"lost its worker 3 times \(OSError: gone\)"):
        apart(job_of(), Queue(losses=math.inf, error=OSError("gone")))


def test_workers_without_advisor_are_told_what_to_install() -> None:
    with pytest.raises(advisor.AdvisorError, match=r"workers cannot import advisor .* install lr-advisor\[torch\]"):
        apart(job_of(), Queue(losses=math.inf, error=ModuleNotFoundError("No module named 'advisor'")))


def test_what_training_raises_is_raised_here() -> None:
    calls = [0]

    def loss(model: nn.Module, batch: Any) -> Tensor:
        calls[0] += 1
        if model.training and calls[0] > 5:
            raise ZeroDivisionError("of the user's own")
        return own_loss(model, batch)

    with pytest.raises(ZeroDivisionError, match="of the user's own"):
        apart(job_of(loss=loss), Queue(), batched=False)


def test_what_cannot_be_sent_is_named() -> None:
    lock = threading.Lock()

    def loss(model: nn.Module, batch: Any) -> Tensor:
        with lock:
            return own_loss(model, batch)

    with pytest.raises(PlanError, match=r"^executor: loss cannot be sent to a worker \(cannot pickle '_thread.lock'"):
        packed(job_of(loss=loss))


@pytest.mark.parametrize("executor", [3, "dask", lambda: 3])
def test_what_is_no_executor_is_refused(executor: Any) -> None:
    with pytest.raises(PlanError, match=r"^executor: "), workers_of(executor):
        pass


def test_a_closed_executor_is_refused() -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(PlanError, match="executor: takes no tasks"):
        apart(job_of(), pool)


class Stopping(Executor):
    """Carries out two tasks, and then the user presses Ctrl-C."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if len(self.futures) == 3:
            raise KeyboardInterrupt
        self.futures.append(Future())
        return self.futures[-1]


def test_an_interruption_leaves_nothing_waiting() -> None:
    executor = Stopping()
    found = apart(job_of(), executor)
    assert found.stop == "interrupted"
    assert found.missing == set(range(len(RUNS)))
    assert all(future.cancelled() for future in executor.futures)


def test_a_deadline_ends_what_workers_train() -> None:
    times = iter(range(1_000))
    job = replace(job_of(), deadline=Deadline(2.0, lambda: next(times)))
    found = apart(job, ThreadPoolExecutor(1))
    assert found.stop == "out_of_time"
    assert found.missing


def test_a_job_is_packed_once_for_all_its_rounds() -> None:
    job, workers = job_of(), ExecutorWorkers(Queue())
    assert workers._parcel(job) is workers._parcel(job)
