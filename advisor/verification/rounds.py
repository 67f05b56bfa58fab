"""Rounds of trials: what a search trains, what the budget pays for, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from advisor.verification.belief import Belief
from advisor.verification.decision import Decision, decide
from advisor.verification.horizon import Horizon
from advisor.verification.point import Point

Train = Callable[[Sequence[float], float, str], Sequence[Point]]
"""(natural logs of rates, length as a share of the full run, what for) → the trials at these rates."""


class Allowance(Protocol):
    """What the budget pays for."""

    def further(self, count: int) -> int:
        """Return how many of so many further rates of the first length there may be, the second round kept free."""

    def longest(self, shares: Sequence[float], rates: int) -> float:
        """Return the first of these lengths that so many rates may have."""

    def has_spare(self, share: float) -> bool:
        """Return whether one more rate of this length may be trained when all planned rounds are done."""

    def longer_spare(self, share: float, rates: int) -> float | None:
        """Return the longest that so many rates may be trained for with what is left; None: not much beyond this."""

    def with_another_seed(self, points: Sequence[Point], share: float) -> tuple[Sequence[Point], int]:
        """Return the trials at some rates with those of one more seed, and the samples that they are judged on.

        None of them when the budget does not pay for it, or something has stopped it.
        """


class Unlimited:
    """A budget that pays for everything."""

    def further(self, count: int) -> int:
        """Return all of them."""
        return count

    def longest(self, shares: Sequence[float], rates: int) -> float:  # noqa: ARG002 - as many as are wanted
        """Return the first."""
        return shares[0]

    def has_spare(self, share: float) -> bool:  # noqa: ARG002 - nothing is left over of what has no end
        """Return that none is needed."""
        return False

    def longer_spare(self, share: float, rates: int) -> float | None:  # noqa: ARG002 - as above
        """Return that none are needed."""
        return None

    def with_another_seed(self, points: Sequence[Point], share: float) -> tuple[Sequence[Point], int]:  # noqa: ARG002
        """Return that none is needed."""
        return (), 0


UNLIMITED = Unlimited()


@dataclass(frozen=True, slots=True)
class Reference:
    """Losses of models that learned nothing, which trials are held against.

    Attributes:
        to_beat: held-out loss of the best constant prediction, or of an untrained model where that is not known.
        evaluation_samples: samples that the losses at a rate are measured on, over all seeds.
    """

    to_beat: float | None
    evaluation_samples: int


@dataclass(frozen=True, slots=True)
class Round:
    """Trials of one length, by rate.

    Attributes:
        share: length, as a share of the full run.
        points: by rate.
        horizon: from the best rate of this length to that of the full run.
    """

    share: float
    points: tuple[Point, ...]
    horizon: Horizon


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search ended with.

    Attributes:
        decision: of the last round; None when every trial diverged, or fewer than two were trained to the end.
        rounds: one for each length of trials, and one more where the last got further seeds.
        bracketed: the lowest loss of the first length has worse ones on both sides, and that of the round that decides
            is at no edge of it; of a round of two, what they point to lies between those worse ones.
        has_learned: some rate ends below the loss to beat.
    """

    decision: Decision | None
    rounds: tuple[Round, ...]
    bracketed: bool
    has_learned: bool

    @property
    def last(self) -> Round:
        """The round that decides."""
        return self.rounds[-1]

    @property
    def points(self) -> tuple[Point, ...]:
        """The trials of the round that decides, by rate."""
        return self.last.points


def decided(trials: Round, belief: Belief, reference: Reference, seed: int) -> Decision | None:
    """Return where the best rate lies; None when fewer than two were trained, or every trial diverged.

    Args:
        trials: of one length.
        belief: where it lies before them.
        reference: losses of models that learned nothing.
        seed: of the decision's draws.
    """
    if len(trials.points) < 2:
        return None
    return decide(
        trials.points,
        belief,
        horizon=trials.horizon,
        evaluation_samples=reference.evaluation_samples,
        seed=seed,
        loss_to_beat=reference.to_beat,
    )


def by_rate(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return trials in the order of their rates."""
    return tuple(sorted(points, key=lambda point: point.log_rate))
