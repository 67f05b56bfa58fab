"""The state of an ensemble in training: its weights, averages and learning rates in one block of memory each."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from advisor.training.batched.ensemble import Buffers
from advisor.training.batched.optimizer_steps import UpdateState
from advisor.training.pruning import middle_out
from advisor.training.runs import Run

ALIGNMENT = 16
"""Elements to which a row is padded: a cache line, and the widest vector register, of float32. By definition:
64 bytes of 4."""


def rows_behind(members: int) -> int:
    """Return how many rows that stand still follow so many members: one, and three rows in all at least.

    Grouped convolutions of two groups round differently from those of more.
    """
    return max(1, 3 - members)


def padded(parameters: int) -> int:
    """Return the length of a row of so many parameters."""
    return ALIGNMENT * math.ceil(parameters / ALIGNMENT)


@dataclass(slots=True)
class EnsembleState:
    """What changes while an ensemble trains; members that left are gone from it.

    A member's numbers must not depend on who trains beside it, to the last bit. Vectorised operations take the last few
    elements of a tensor one by one, which rounds differently, and matrix products of a single matrix take other ways
    than those of many. So rows that stand still follow the members (``rows_behind``), and rows are padded to
    ``ALIGNMENT``, so that every member lies alike in memory.

    Attributes:
        theta: trainable parameters, shape (rows, padded parameters): the members, and behind them rows that
            stand still.
        gradient: of ``theta``.
        parameters: one leaf of shape (rows, *its own) per parameter, in the memory of ``theta``; their ``grad``
            lies in that of ``gradient``.
        buffers: name → buffer of all rows, shape (rows, *its own).
        rates: peak learning rates, shape (rows, 1); 0 in rows that stand still.
        runs: position of each member in the list of runs, shape (members,).
        seeds: position of each row's seed among the seeds of the ensemble, shape (rows,).
        state: of the update rule.
        shapes: of the parameters.
        start: training loss of the first step, shape (members,).
    """

    theta: Tensor
    buffers: Buffers
    rates: Tensor
    runs: Tensor
    seeds: Tensor
    shapes: tuple[torch.Size, ...]
    state: UpdateState = field(default_factory=UpdateState)
    start: Tensor | None = None
    parameters: list[Tensor] = field(default_factory=list)
    gradient: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self._cut()

    def _cut(self) -> None:
        self.gradient = torch.zeros_like(self.theta)  # also in the padding, which norms see
        self.parameters = [part.requires_grad_() for part in self._parts(self.theta)]
        for parameter, place in zip(self.parameters, self._parts(self.gradient), strict=True):
            parameter.grad = place

    def _parts(self, flat: Tensor) -> list[Tensor]:
        sizes = [shape.numel() for shape in self.shapes]
        *parts, _padding = flat.split([*sizes, flat.shape[1] - sum(sizes)], dim=1)
        return [
            part.unflatten(1, shape).detach() if len(shape) else part.squeeze(1).detach()
            for part, shape in zip(parts, self.shapes, strict=True)
        ]

    def keep(self, rows: Tensor) -> None:
        """Go on with some members only, given by their places."""
        self.runs = self.runs[rows]
        self.start = self.start[rows] if self.start is not None else None
        behind = [len(self.theta) - 1] * rows_behind(len(rows))
        rows = torch.cat([rows, rows.new_tensor(behind)])
        self.theta, self.rates, self.seeds = self.theta[rows], self.rates[rows], self.seeds[rows]
        self.buffers = {name: buffer[rows] for name, buffer in self.buffers.items()}
        self.state.keep(rows)
        self._cut()


def chunks_of(runs: Sequence[Run], size: int, *, from_middle: bool, one_seed: bool = False) -> list[list[int]]:
    """Return the positions of the runs that train together; seeds are kept apart where they can be.

    An ensemble of one seed shares its batches. Where that would make more than twice as many chunks, they are mixed.

    Args:
        runs: all that train.
        size: members of an ensemble at most.
        from_middle: rates near the middle come first.
        one_seed: never mix seeds.
    """
    order = middle_out([run.learning_rate for run in runs]) if from_middle else list(range(len(runs)))
    if len(runs) <= size and not one_seed:
        return [order] if order else []
    by_seed: dict[int, list[int]] = {}
    for position in order:
        by_seed.setdefault(runs[position].seed, []).append(position)
    apart = [_equal_parts(own, size) for own in by_seed.values()]
    if one_seed or sum(map(len, apart)) <= 2 * math.ceil(len(runs) / size):
        return [
            chunk
            for number in range(max(map(len, apart), default=0))
            for own in apart
            for chunk in own[number : number + 1]
        ]
    return _equal_parts(order, size)


def _equal_parts(positions: Sequence[int], size: int) -> list[list[int]]:
    count = math.ceil(len(positions) / size)
    bounds = [len(positions) * number // count for number in range(count + 1)]
    return [list(positions[start:end]) for start, end in itertools.pairwise(bounds)]
