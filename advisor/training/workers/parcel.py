"""A job as bytes that another process can make it from again, and a task's way there and back."""

from __future__ import annotations

import hashlib
import io
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch

from advisor.errors import PlanError
from advisor.training.deadline import Deadline
from advisor.training.job import Job
from advisor.training.runs import TrainingResults
from advisor.training.workers.task import Task, perform

_kept: dict[str, Job] = {}
"""The last job that this process trained for others, by the digest of its parcel."""
_ended: set[str] = set()
"""Calls of ``Workers.perform`` that are over; threads of this process that still train for them end within a step."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A job as bytes.

    Attributes:
        data: what ``torch.load`` takes.
        digest: of it.
    """

    data: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Failure:
    """What a worker could not do.

    Attributes:
        error: as bytes, where it can be pickled; empty: it cannot.
        text: kind and message.
        unpacked: the job had arrived; otherwise it could not be made again.
    """

    error: bytes
    text: str
    unpacked: bool

    def reraise(self) -> None:
        """Raise it here.

        Raises:
            PlanError: the job could not be made again.
            Exception: whatever training raised; a ``RuntimeError`` that names it where it cannot be pickled.
        """
        if not self.unpacked:
            raise PlanError(
                f"executor: a worker cannot rebuild model, loss and data ({self.text}); install the same packages "
                "there, and define classes and functions in a module that it can import, or in the program itself"
            )
        try:
            error = pickle.loads(self.error)  # noqa: S301 - our own worker wrote it
        except Exception:  # noqa: BLE001 - whatever its own way of being made refuses with
            error = None
        raise error if isinstance(error, Exception) else RuntimeError(self.text)


def packed(job: Job) -> Parcel:
    """Return a job as bytes, without its deadline, which is by the clock of this process.

    Raises:
        PlanError: a part of it cannot be pickled; the message says which.
    """
    try:
        data = _dumped(replace(job, deadline=Deadline()))
    except Exception as error:
        parts = {"loss": job.loss, "train": job.data_split, "model": job.make_model}
        name = next((name for name, part in parts.items() if _reason_against(part)), "model")
        reason = _reason_against(parts[name]) or str(error)
        raise PlanError(
            f"executor: {name} cannot be sent to a worker ({reason}); give a function that makes it anew where it is "
            "needed, without open files, locks or generators, or leave executor out"
        ) from error
    return Parcel(data, hashlib.sha256(data).hexdigest())


def unpacked(parcel: Parcel) -> Job:
    """Return the job of a parcel; the one that came last is kept, because its tasks come one after another."""
    job = _kept.get(parcel.digest)
    if job is None:
        device = f"cuda:{torch.cuda.current_device()}" if torch.cuda.is_available() else ""

        def here(storage: Any, location: str) -> Any:
            return storage.cuda(device) if location.startswith("cuda") and device else None

        job = torch.load(io.BytesIO(parcel.data), map_location=here, weights_only=False)
        _kept.clear()
        _kept[parcel.digest] = job
    return job


def perform_parcel(
    parcel: Parcel, task: Task, call: str, ends_at: float | None, _attempt: int = 0
) -> TrainingResults | Failure:
    """Carry out a task on the job of a parcel; what a worker runs.

    Args:
        parcel: the job.
        task: what to train.
        call: of ``Workers.perform``.
        ends_at: seconds since the epoch when training has to end; None: at no time.
    """
    try:
        job = unpacked(parcel)
    except Exception as error:  # noqa: BLE001 - it is raised where the job comes from
        return Failure(b"", f"{type(error).__name__}: {error}", unpacked=False)
    left = float("inf") if ends_at is None else ends_at - time.time()
    return attempt(replace(job, deadline=Deadline(time.perf_counter() + left, _clock_of(call))), task)


def attempt(job: Job, task: Task) -> TrainingResults | Failure:
    """Carry out a task in this process, and return what it raises."""
    try:
        return perform(job, task)
    except Exception as error:  # noqa: BLE001 - it is raised where the job comes from
        return Failure(_pickled(error), f"{type(error).__name__}: {error}", unpacked=True)


def end(call: str) -> None:
    """Let what threads of this process still train for a call end at its next step."""
    _ended.add(call)


def _clock_of(call: str) -> Callable[[], float]:
    return lambda: float("inf") if call in _ended else time.perf_counter()


def _dumped(part: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(part, buffer, pickle_module=_pickler())
    return buffer.getvalue()


def _pickler() -> Any:
    """Return cloudpickle, which knows functions inside functions; Python's own where it is not installed."""
    try:
        import cloudpickle  # noqa: PLC0415 - an extra
    except ImportError:
        return pickle
    return cloudpickle


def _reason_against(part: object) -> str:
    """Return why a part cannot be pickled; empty when it can."""
    try:
        _dumped(part)
    except Exception as error:  # noqa: BLE001 - whatever refuses to be pickled
        return str(error).strip().split("\n")[0]
    return ""


def _pickled(error: Exception) -> bytes:
    try:
        return pickle.dumps(error)
    except Exception:  # noqa: BLE001 - it is told in words
        return b""
