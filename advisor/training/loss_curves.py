"""What runs lose on their way: training losses that the steps compute anyway, averaged over equal parts of the run."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor

PARTS = 24
"""Parts of a run. Judgement: a bend is seen, and a result of thirty trials stays small."""
LOOKS = 8
"""Losses that a part is the mean of at least, where it has as many steps. Judgement: they even out most of the noise of
single batches, and looking costs next to nothing."""


class LossCurves:
    """The curves of some runs of the same length."""

    def __init__(self, runs: int, steps: int) -> None:
        self._steps, self._parts = steps, min(PARTS, steps)
        self._stride = max(1, steps // (self._parts * LOOKS))
        self._sums = torch.zeros(runs, self._parts, dtype=torch.float64)
        self._counts = torch.zeros(runs, self._parts, dtype=torch.int64)

    def add(self, step: int, runs: Tensor, losses: Tensor) -> None:
        """Take note of the losses of some runs at a step, where it is one that is looked at.

        Args:
            step: from 0.
            runs: positions, shape (members,).
            losses: of their batches, shape (members,).
        """
        if step % self._stride:
            return
        part, rows = step * self._parts // self._steps, runs.cpu()
        self._sums[rows, part] += losses.detach().cpu().double()  # some devices have no float64
        self._counts[rows, part] += 1

    def of(self, run: int) -> tuple[float, ...]:
        """Return the mean loss of each part of a run, up to where it left or was no longer finite."""
        means = (self._sums[run] / self._counts[run]).tolist()
        return tuple(itertools.takewhile(math.isfinite, means))
