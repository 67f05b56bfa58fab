"""Lines of several processes in one log: those of the first stay."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

_LAUNCHED: Final = re.compile(r"^\s*\[(?:\d+,)?(\d+)\]<std(?:out|err)>:\s?")
"""What mpirun and horovodrun put before a line."""

_RANK: Final = re.compile(
    r"\[?\b(?:local_|global_)?rank[ =:_]?\s?(\d+)\b|^\s*\[default(\d+)\]:|^\s*\[(\d+)\]: |^\s*(\d+): ", re.IGNORECASE
)
"""Which of several processes printed a line; the last is srun's label."""


def of_first_rank(lines: Sequence[str], tells_loss: Callable[[str], object]) -> Sequence[str]:
    """Return the lines of one process, without marks of a launcher, where several printed their losses into one log.

    Args:
        lines: of the log.
        tells_loss: whether a line gives a loss.
    """
    ranks = [_rank_of(line) for line in lines]
    known = [rank for rank, line in zip(ranks, lines, strict=True) if rank is not None and tells_loss(line)]
    # A counter in front of the line is no rank: it goes on, ranks come again.
    if len(set(known)) >= 2 and 2 * len(set(known)) <= len(known):
        lines = [line for rank, line in zip(ranks, lines, strict=True) if rank in {None, min(known)}]
    return [_LAUNCHED.sub("", line) for line in lines]


def _rank_of(line: str) -> int | None:
    match = _LAUNCHED.search(line) or _RANK.search(line)
    return next((int(group) for group in match.groups() if group is not None), None) if match else None
