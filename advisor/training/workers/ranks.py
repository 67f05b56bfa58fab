"""Tasks on the ranks of a launcher such as ``torchrun``: rank 0 deals them out, and all train."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from advisor.errors import PlanError
from advisor.training.distributed import Ranks
from advisor.training.job import Job
from advisor.training.runs import Advance, TrainingResults
from advisor.training.workers.parcel import Failure, Parcel, attempt, packed, perform_parcel
from advisor.training.workers.task import Performed, Task

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Order:
    """What rank 0 tells the others: tasks of a job, dealt out to the ranks in turn.

    Attributes:
        parcel: the job; None: that of the order before.
        tasks: of all ranks.
        call: one ``RankWorkers.perform``.
        ends_at: seconds since the epoch when training has to end; None: at no time.
    """

    parcel: Parcel | None
    tasks: tuple[Task, ...]
    call: str
    ends_at: float | None


@dataclass(slots=True)
class RankWorkers:
    """All ranks as workers, as rank 0 sees them."""

    ranks: Ranks
    _sent: list[Job] = field(default_factory=list)
    _alone: list[Job] = field(default_factory=list)

    @property
    def count(self) -> int:
        """The number of ranks."""
        return self.ranks.size

    def perform(self, job: Job, tasks: Sequence[Task], advance: Advance) -> Performed:
        """Carry out some tasks of a job; see ``Workers``. A job that cannot be sent is trained by rank 0."""
        found: list[TrainingResults | Failure | None] = [None] * len(tasks)
        shared = self._deal(job, tasks)
        mine = range(0, len(tasks), self.count) if shared else range(len(tasks))
        for done, index in enumerate(mine):
            found[index] = attempt(job, tasks[index])
            advance((done + 1) / len(mine))
        if shared:
            for rank, theirs in enumerate(self.ranks.collected(())):
                for index, one in zip(range(rank, len(tasks), self.count), theirs, strict=False):
                    found[index] = one
        failure = next((one for one in found if isinstance(one, Failure)), None)
        if failure is not None:
            failure.reraise()
        return Performed(tuple(one for one in found if not isinstance(one, Failure)))

    def _deal(self, job: Job, tasks: Sequence[Task]) -> bool:
        """Tell the other ranks their tasks; return False when the job cannot be sent."""
        if any(one is job for one in self._alone):
            return False
        parcel = None
        if not any(one is job for one in self._sent):
            try:
                parcel = packed(job)
            except PlanError as error:
                _log.warning("rank 0 trains alone: %s", error)
                self._alone.append(job)
                return False
            self._sent[:] = [job]
        left = job.deadline.left
        ends_at = None if left == float("inf") else time.time() + left
        self.ranks.told(_Order(parcel, tuple(tasks), uuid.uuid4().hex, ends_at))
        return True


def lead(ranks: Ranks, work: Callable[[RankWorkers], str]) -> str:
    """Do the work on rank 0 with all ranks as its workers, and return its text on every rank.

    Raises:
        AdvisorError: a rank failed; the same message on every rank.
    """

    def led() -> str:
        try:
            return work(RankWorkers(ranks))
        finally:
            ranks.told(None)

    return ranks.first(led, meanwhile=lambda: _serve(ranks))


def _serve(ranks: Ranks) -> str:
    """Carry out what rank 0 tells this rank, until it says that all is done."""
    parcel = Parcel(b"", "")
    while (order := ranks.told(None)) is not None:
        parcel = order.parcel or parcel
        own = order.tasks[ranks.rank :: ranks.size]
        ranks.collected(tuple(perform_parcel(parcel, task, order.call, order.ends_at) for task in own))
    return ""
