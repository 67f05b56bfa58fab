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


@dataclass(slots=True)
class EnsembleState:
    """What changes while an ensemble trains; members that left are gone from it.

    Attributes:
        theta: trainable parameters, shape (members, parameters).
        gradient: of ``theta``.
        parameters: one leaf of shape (members, *its own) per parameter, in the memory of ``theta``; their ``grad``
            lies in that of ``gradient``.
        buffers: name → stacked buffer.
        rates: peak learning rates, shape (members, 1).
        runs: position of each member in the list of runs.
        seeds: position of each member's seed among the seeds of the stack; where the data are.
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
        self.gradient = torch.empty_like(self.theta)
        self.parameters = [part.requires_grad_() for part in self._parts(self.theta)]
        for parameter, place in zip(self.parameters, self._parts(self.gradient), strict=True):
            parameter.grad = place

    def _parts(self, flat: Tensor) -> list[Tensor]:
        parts = flat.split([shape.numel() for shape in self.shapes], dim=1)
        return [
            part.unflatten(1, shape).detach() if len(shape) else part.squeeze(1).detach()
            for part, shape in zip(parts, self.shapes, strict=True)
        ]

    def keep(self, rows: Tensor) -> None:
        """Go on with some members only."""
        self.theta, self.rates = self.theta[rows], self.rates[rows]
        self.runs, self.seeds = self.runs[rows], self.seeds[rows.to(self.seeds.device)]
        self.buffers = {name: buffer[rows] for name, buffer in self.buffers.items()}
        self.start = self.start[rows] if self.start is not None else None
        self.state.keep(rows)
        self._cut()


def chunks_of(runs: Sequence[Run], size: int, *, from_middle: bool) -> list[list[int]]:
    """Return the positions of the runs that train together; seeds are kept apart where they can be.

    Ensemble of one seed share their batches. Where that would make more than twice as many chunks, they are mixed.
    """
    order = middle_out([run.learning_rate for run in runs]) if from_middle else list(range(len(runs)))
    if len(runs) <= size:
        return [order] if order else []
    by_seed: dict[int, list[int]] = {}
    for position in order:
        by_seed.setdefault(runs[position].seed, []).append(position)
    apart = [_equal_parts(own, size) for own in by_seed.values()]
    if sum(map(len, apart)) <= 2 * math.ceil(len(runs) / size):
        return [chunk for number in range(max(map(len, apart))) for own in apart for chunk in own[number : number + 1]]
    return _equal_parts(order, size)


def _equal_parts(positions: Sequence[int], size: int) -> list[list[int]]:
    count = math.ceil(len(positions) / size)
    bounds = [len(positions) * number // count for number in range(count + 1)]
    return [list(positions[start:end]) for start, end in itertools.pairwise(bounds)]
