"""Tasks on any executor in the style of ``concurrent.futures``: processes, dask, Ray, MPI, SLURM by submitit."""

from __future__ import annotations

import contextlib
import logging
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from advisor.errors import MeasurementError, PackageError, PlanError
from advisor.results import RemarkCode
from advisor.training.deadline import STOPS, reason_of
from advisor.training.job import Job
from advisor.training.runs import Advance, TrainingResults
from advisor.training.workers import parcel as parcels
from advisor.training.workers.parcel import Failure, Parcel, packed, perform_parcel
from advisor.training.workers.task import Performed, Task

_log = logging.getLogger(__name__)

ATTEMPTS = 3
"""Times that a task is tried when its worker is lost. Judgement: a machine that goes away does so once; what ends three
workers is the task."""
POLL = 0.05
"""Seconds between two looks at futures that nobody can wait for; and a hundred times as long while nothing comes, so
that the deadline is seen. Judgement: little beside any training."""


class ExecutorWorkers:
    """The workers of an executor, whose number is not known.

    A lost worker's tasks are given again. A pool of processes is lost as a whole; then a new one takes its place, until
    the advice is made.
    """

    count: int | None = None

    def __init__(self, executor: Any) -> None:
        """Take an executor, or a function that makes one.

        Raises:
            PlanError: it is neither.
        """
        is_open = hasattr(executor, "submit") and not isinstance(executor, type)
        self._make = executor if callable(executor) and not is_open else _maker(executor)
        self._own = contextlib.ExitStack()
        self._executor = executor if is_open else self._made()
        self._parcels: dict[int, tuple[Job, Parcel]] = {}

    def close(self) -> None:
        """Shut down what was made here; an executor that was given goes on."""
        self._own.close()

    def perform(self, job: Job, tasks: Sequence[Task], advance: Advance) -> Performed:
        """Carry out some tasks of a job; see ``Workers``."""
        parcel, call = self._parcel(job), uuid.uuid4().hex
        results: list[TrainingResults | None] = [None] * len(tasks)
        failures: dict[int, Failure] = {}
        attempts, waiting = [0] * len(tasks), deque(range(len(tasks)))
        pending: dict[Any, int] = {}
        left = job.deadline.left
        ends_at = None if left == float("inf") else time.time() + left
        stop: RemarkCode | None = None
        try:
            while waiting or pending:
                while waiting:
                    index = waiting.popleft()
                    future = self._submitted(parcel, tasks[index], call, ends_at, attempts[index])
                    pending[future] = index
                job.deadline.check()
                for future in _finished(pending, job.deadline.left):
                    index = pending.pop(future)
                    try:
                        found = future.result()
                    except Exception as error:  # noqa: BLE001 - training returns its errors, so a worker was lost
                        attempts[index] += 1
                        self._lost(error, attempts[index])
                        waiting.append(index)
                        continue
                    if isinstance(found, Failure):
                        failures[index] = found
                    else:
                        results[index] = found
                    advance(1.0 - (len(waiting) + len(pending)) / len(tasks))
        except STOPS as stopped:
            stop = reason_of(stopped)
        finally:
            parcels.end(call)
            for future in pending:
                future.cancel()
        if failures:
            failures[min(failures)].reraise()
        return Performed(tuple(results), stop)

    def _parcel(self, job: Job) -> Parcel:
        """Return the job as bytes, which are made once."""
        if id(job) not in self._parcels:
            self._parcels = {id(job): (job, packed(job))}
        return self._parcels[id(job)][1]

    def _submitted(self, parcel: Parcel, task: Task, call: str, ends_at: float | None, attempt: int) -> Any:
        """Hand a task to the executor, or to the next one when it is broken.

        Raises:
            PlanError: the executor takes no tasks.
        """
        try:
            return self._executor.submit(perform_parcel, parcel, task, call, ends_at, attempt)
        except BrokenExecutor as error:
            self._replace(error)
            return self._executor.submit(perform_parcel, parcel, task, call, ends_at, attempt)
        except RuntimeError as error:
            raise PlanError(f"executor: takes no tasks ({error}); give one that is open") from error

    def _lost(self, error: Exception, attempts: int) -> None:
        """Say that a worker was lost.

        Raises:
            PackageError: workers have no advisor.
            MeasurementError: the same task has lost several.
        """
        reason = f"{type(error).__name__}: {str(error).strip() or 'no message'}"
        if isinstance(error, ImportError):
            raise PackageError(f"executor: workers cannot import advisor ({reason}); install lr-advisor[torch] there")
        if attempts >= ATTEMPTS:
            raise MeasurementError(
                f"executor: a trial lost its worker {attempts} times ({reason}); look in the worker's log for what "
                "ends it, such as memory, or leave executor out"
            ) from error
        _log.warning("executor: a worker was lost (%s); its trials are run again", reason)

    def _replace(self, error: BrokenExecutor) -> None:
        """Put a new executor in the place of one that is broken.

        Raises:
            MeasurementError: it is not known how to make one.
        """
        if self._make is None:
            raise MeasurementError(
                f"executor: broken ({error}), and another one of the same kind cannot be made; give a function that "
                "makes one, executor=lambda: ..."
            ) from error
        self._executor = self._made()

    def _made(self) -> Any:
        if self._make is None:
            raise PlanError("executor: give an object with submit(function, *arguments), or a function that makes one")
        made = self._make()
        if not hasattr(made, "submit"):
            raise PlanError(f"executor: the function returned a {type(made).__name__}, which has no submit()")
        if hasattr(made, "__exit__"):
            self._own.enter_context(made)
        return made


@contextmanager
def workers_of(executor: Any) -> Iterator[ExecutorWorkers | None]:
    """Use the workers of an executor for a while; of None: nobody's.

    Raises:
        PlanError: it is no executor, nor a function that makes one.
    """
    if executor is None:
        yield None
        return
    workers = ExecutorWorkers(executor)
    try:
        yield workers
    finally:
        workers.close()


def _maker(executor: Any) -> Callable[[], Executor] | None:
    """Return how to make another executor of the same kind and size; None where that is not known."""
    if not isinstance(executor, ProcessPoolExecutor):
        return None
    count, context = getattr(executor, "_max_workers", None), getattr(executor, "_mp_context", None)
    return lambda: ProcessPoolExecutor(count, mp_context=context)


def _finished(pending: dict[Any, int], limit: float) -> list[Any]:
    """Return the futures that are done, in the order of their tasks, after a while of so many seconds at most."""
    if all(isinstance(future, Future) for future in pending):
        done = wait(pending, max(0.0, min(limit, 100 * POLL)), FIRST_COMPLETED).done
    else:  # of submitit and dask's client, which have their own
        time.sleep(POLL)
        done = {future for future in pending if future.done()}
    return sorted(done, key=pending.__getitem__)
