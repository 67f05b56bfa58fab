"""Several processes, one answer.

Rank 0 decides with the samples of all ranks, and every rank receives its answer. Trials are dealt out to all ranks
(``workers.ranks``), and nothing is reduced step by step, so the answer is that of one process that holds all the data.
Ranks that hold the same samples in
any order count once. A table is read by rank 0 alone. Every rank has to call; a rank that fails fails all.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist

from advisor import errors
from advisor.errors import AdvisorError, DistributedError, RuleError
from advisor.results import Remark, remark
from advisor.training.nested_batches import tensors_of
from advisor.training.samples import Samples, joined
from advisor.training.sources import MAX_SAMPLES

PATIENCE = timedelta(hours=12)
"""How long ranks wait for rank 0; the launcher ends them all when one dies. Judgement: longer than any budget."""

Value = TypeVar("Value")


def world_size() -> int:
    """Return the number of processes in the default process group; 1 outside one."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def launched_alone() -> tuple[Remark, ...]:
    """Return a note when a launcher started several processes that have not joined a process group yet."""
    started = os.environ.get("WORLD_SIZE", "1")
    if world_size() > 1 or not started.isdecimal() or int(started) < 2 or "RANK" not in os.environ:
        return ()
    return (remark("no_process_group", processes=int(started)),)


@dataclass(slots=True)
class Ranks:
    """All processes of a job, talking over a group of their own, so that the user's collectives stay in step."""

    group: Any
    rank: int
    size: int

    def everywhere(self, work: Callable[[], Value]) -> Value:
        """Do the same on every rank, and fail on all when it fails on one.

        Raises:
            AdvisorError: the first failing rank's message, the same on every rank.
        """
        return self._agree_on(work)[0]

    def first(self, work: Callable[[], str], meanwhile: Callable[[], str]) -> str:
        """Do the work on rank 0 and return its text on every rank.

        Args:
            work: of rank 0.
            meanwhile: what the others do until it is done; its text is not used.

        Raises:
            AdvisorError: a rank failed; the same message on every rank.
        """
        text, texts = self._agree_on(work if self.rank == 0 else meanwhile, share=True)
        return text if self.rank == 0 else str(texts[0])

    def gathered(self, samples: Samples | None) -> list[Samples]:
        """Return the samples of all ranks on rank 0, as far as each has some; nothing elsewhere."""
        share = None if samples is None else replace(samples.limited(MAX_SAMPLES // self.size), redraw=None)
        return [part for part in self.collected(share) if part is not None]

    def told(self, order: Any) -> Any:
        """Return on every rank what rank 0 says."""
        orders = [order]
        dist.broadcast_object_list(orders, src=0, group=self.group)
        return orders[0]

    def collected(self, own: Any) -> list[Any]:
        """Return what every rank has, by rank, on rank 0; nothing elsewhere."""
        found: list[Any] = [None] * self.size
        dist.gather_object(own, found if self.rank == 0 else None, dst=0, group=self.group)
        return found if self.rank == 0 else []

    def _agree_on(self, work: Callable[[], Value], *, share: bool = False) -> tuple[Value, list[Any]]:
        """Return this rank's value, and those of all ranks where they are shared; a failure of one is raised by all."""
        try:
            value = work()
        except BaseException as error:
            failures, _ = self._exchange((type(error).__name__, str(error)), None)
            if not isinstance(error, Exception):  # an interrupt stays one where it was pressed
                raise
            raise _first_of(failures) from error
        failures, values = self._exchange(None, value if share else None)
        if any(failures):
            raise _first_of(failures)
        return value, values

    def _exchange(self, failure: tuple[str, str] | None, value: Any) -> tuple[list[Any], list[Any]]:
        """Return the failures and the values of all ranks, by rank."""
        gathered: list[Any] = [None] * self.size
        dist.all_gather_object(gathered, (failure, value), group=self.group)
        return [one[0] for one in gathered], [one[1] for one in gathered]


@contextmanager
def joined_ranks() -> Iterator[Ranks]:
    """Join all processes for a while; every rank must call."""
    ranks = Ranks(dist.new_group(backend="gloo", timeout=PATIENCE), dist.get_rank(), dist.get_world_size())
    try:
        yield ranks
    finally:
        dist.destroy_process_group(ranks.group)


def together(parts: Sequence[Samples]) -> Samples | None:
    """Return the samples of all ranks as one, equal sets once; None when no rank holds any.

    Raises:
        DataError: the ranks hold samples of different structure.
    """
    distinct = {fingerprint(part): part for part in reversed(parts)}
    return joined(list(reversed(distinct.values()))) if distinct else None


def fingerprint(samples: Samples) -> str:
    """Return a digest of the samples that does not depend on their order."""
    if samples.tree is None:
        return hashlib.sha256(pickle.dumps(samples.batches)).hexdigest()
    columns = [
        tensor.detach().cpu().contiguous().reshape(samples.n, -1).view(torch.uint8).numpy()
        for tensor in tensors_of(samples.tree)
    ]
    rows = sorted(
        hashlib.blake2b(b"".join(column[row].tobytes() for column in columns), digest_size=16).digest()
        for row in range(samples.n)
    )
    return hashlib.sha256(b"".join(rows)).hexdigest()


def _first_of(failures: Sequence[tuple[str, str] | None]) -> AdvisorError:
    """Return the error that all ranks raise: of its own class when advisor raised it, else ``DistributedError``."""
    rank, (kind, text) = next((rank, failure) for rank, failure in enumerate(failures) if failure)
    own = getattr(errors, kind, None)
    if isinstance(own, type) and issubclass(own, AdvisorError) and own is not RuleError:
        return own(f"rank {rank}: {text}")
    return DistributedError(f"rank {rank}: {kind}: {text}")
