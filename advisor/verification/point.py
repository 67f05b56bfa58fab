"""Trials at one learning rate, as a search sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from advisor.training.pruning import Look


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a held-out loss is lowest before the end of a run, beyond noise.

    Attributes:
        step: after which it is.
        loss: there, mean over seeds.
        end: at the end of the run.
    """

    step: int
    loss: float
    end: float


@dataclass(frozen=True, slots=True)
class Point:
    """Trials at one rate.

    Attributes:
        log_rate: natural log of the learning rate.
        losses: one per seed; None: diverged.
        stopped: a seed was stopped on its way because it could not win; its loss is that of then.
        held_out: losses whose mean is the loss, one tuple per seed: of the held-out samples, or of held-out batches
            where the loss is the user's own; empty where they are not known, or for a seed that did not train to the
            end.
        curves: training loss over equal parts of the run, one tuple per seed.
        looks: held-out losses on the way, one tuple per seed.
        steps: of the training; 0: not known.
        turn: where the held-out loss turned, when the losses are those of there; None: they are those of the end.
    """

    log_rate: float
    losses: tuple[float | None, ...]
    stopped: bool = False
    held_out: tuple[tuple[float, ...], ...] = ()
    curves: tuple[tuple[float, ...], ...] = ()
    looks: tuple[tuple[Look, ...], ...] = ()
    steps: int = 0
    turn: Turn | None = None

    @property
    def mean(self) -> float | None:
        """The mean loss; None when a seed diverged."""
        finite = [loss for loss in self.losses if loss is not None]
        return sum(finite) / len(finite) if finite and len(finite) == len(self.losses) else None

    @property
    def curve(self) -> tuple[float, ...]:
        """The mean of the curves, as far as all seeds went."""
        return mean_curve(self.curves)

    def with_seeds_of(self, other: Point) -> Point:
        """Return the trials at this rate with those of another seed of the same length."""
        return replace(
            self,
            losses=(*self.losses, *other.losses),
            stopped=self.stopped or other.stopped,
            held_out=(*self.held_out, *other.held_out),
            curves=(*self.curves, *other.curves),
            looks=(*self.looks, *other.looks),
        )


def mean_curve(curves: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Return the mean of some curves, as far as the shortest goes."""
    return tuple(sum(losses) / len(losses) for losses in zip(*curves, strict=False))
