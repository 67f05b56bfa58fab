"""Trials at one learning rate, as a search sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """Trials at one rate.

    Attributes:
        log_rate: natural log of the learning rate.
        losses: one per seed; None: diverged.
        stopped: a seed was stopped on its way because it could not win; its loss is that of then.
        by_batch: losses of the held-out batches, one tuple per seed, whose mean is the loss; empty where they are not
            known, or for a seed that did not train to the end.
        curves: training loss over equal parts of the run, one tuple per seed.
    """

    log_rate: float
    losses: tuple[float | None, ...]
    stopped: bool = False
    by_batch: tuple[tuple[float, ...], ...] = ()
    curves: tuple[tuple[float, ...], ...] = ()

    @property
    def mean(self) -> float | None:
        """The mean loss; None when a seed diverged."""
        finite = [loss for loss in self.losses if loss is not None]
        return sum(finite) / len(finite) if finite and len(finite) == len(self.losses) else None

    @property
    def curve(self) -> tuple[float, ...]:
        """The mean of the curves, as far as all seeds went."""
        return mean_curve(self.curves)


def mean_curve(curves: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Return the mean of some curves, as far as the shortest goes."""
    return tuple(sum(losses) / len(losses) for losses in zip(*curves, strict=False))
