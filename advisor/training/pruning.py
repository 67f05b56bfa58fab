"""Runs that cannot win leave early, by a rule that is safe when the rate decays.

A high rate may look bad halfway and anneal to the best, so being behind is not enough. A run leaves when it is too
slow: a higher rate has a far lower loss already, and decay leaves less and less to catch up with. Or when it is far
above the constant predictor, while others are below it.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pruning:
    """When runs are looked at, and how far behind they leave.

    On 24 landscapes of the calibration split (``python -m benchmarks.pruning``) a single look halfway takes out no best
    rate and saves 13 % of the gradient samples; the closest to the best that leaves ends 3 % above it. A look at a
    quarter of the run with the same margin takes out a rate that ends best. A single look can meet a spike that passes,
    so a run leaves only when it is behind at each of several; those are never more than the last look alone takes out.

    All margins are shares of the best rate's gain: constant predictor's loss minus its own, held out, at that point.

    Attributes:
        at: shares of the run.
        looks: one after another at which a run must be behind.
        slow: a run at a lower rate than the best is behind when its loss is this much higher, under every seed.
        useless: a run at any rate is behind when its loss is this much above the constant predictor's.
        noise: and beyond this multiple of the spread over the best rate's seeds.
        takes_out: runs leave; otherwise they are only looked at, for whoever decides later (``training.workers``).
        also_at: further shares of the run at which runs are only looked at, to see where their held-out loss turns.
    """

    at: tuple[float, ...] = (0.4, 0.45, 0.5)
    looks: int = 3
    slow: float = 0.25
    useless: float = 1.0
    noise: float = 3.0
    takes_out: bool = True
    also_at: tuple[float, ...] = ()

    def record(self, constant: float) -> PruningRecord:
        """Return the record of what is known under this policy; ``constant`` is the loss to beat."""
        return PruningRecord(self, constant)

    def checkpoints(self, steps: int) -> tuple[int, ...]:
        """Return the steps before which runs may leave."""
        return _steps_at(self.at, steps)

    def looks_of(self, steps: int) -> tuple[int, ...]:
        """Return the steps before which runs are looked at, whether they may leave there or not."""
        return _steps_at((*self.at, *self.also_at), steps)


def _steps_at(shares: Sequence[float], steps: int) -> tuple[int, ...]:
    return tuple(sorted({step for share in shares if 0 < (step := math.ceil(share * steps)) < steps}))


@dataclass(frozen=True, slots=True)
class PrunedRun:
    """A run that was taken out.

    Attributes:
        loss: held-out, when it left.
        share: of the run that it had trained.
    """

    loss: float
    share: float


@dataclass(frozen=True, slots=True)
class Look:
    """A run as it was on its way.

    Attributes:
        step: that it had trained.
        losses: held out; see ``Job.held_out_losses``.
        curve: its training loss until then; see ``LossCurves``.
    """

    step: int
    losses: array[float]
    curve: tuple[float, ...]

    @property
    def loss(self) -> float:
        """The held-out loss."""
        return sum(self.losses) / len(self.losses)


@dataclass(frozen=True, slots=True)
class IntermediateLoss:
    """The held-out loss of a run on its way."""

    learning_rate: float
    seed: int
    loss: float


@dataclass(slots=True)
class PruningRecord:
    """What is known of the runs at each checkpoint; those that train later are held against those before.

    Attributes:
        policy: when and how far.
        constant: held-out loss of the constant predictor, or of an untrained model.
        known: step → (learning rate, seed) → standing; one that trains again takes its own place.
    """

    policy: Pruning
    constant: float
    known: dict[int, dict[tuple[float, int], IntermediateLoss]] = field(default_factory=dict)

    def to_prune(self, step: int, arrived: Sequence[IntermediateLoss]) -> list[bool]:
        """Take note of runs that reached a checkpoint, and return which of them cannot win."""
        seen = self.known.setdefault(step, {})
        seen.update({(standing.learning_rate, standing.seed): standing for standing in arrived})
        looks = sorted(known for known in self.known if known <= step)[-self.policy.looks :]
        if len(looks) < self.policy.looks or not self.policy.takes_out:
            return [False] * len(arrived)
        behind = [self._rates_behind(look) for look in looks]
        return [all(run.learning_rate in rates for rates in behind) for run in arrived]

    def _rates_behind(self, step: int) -> set[float]:
        """Return the rates that cannot win as far as one checkpoint tells.

        All seeds of a rate are behind or none: a mean over some of them would favour lucky ones. Rates are compared
        seed by seed, because every seed holds other samples out.
        """
        by_rate: dict[float, dict[int, float]] = {}
        for standing in self.known[step].values():
            by_rate.setdefault(standing.learning_rate, {})[standing.seed] = standing.loss
        means = {rate: sum(losses.values()) / len(losses) for rate, losses in by_rate.items()}
        finite = {rate: mean for rate, mean in means.items() if math.isfinite(mean)}
        if not finite:
            return set()
        best = min(finite, key=finite.__getitem__)
        own = by_rate[best]
        gain = self.constant - finite[best]
        noise = self.policy.noise * (max(own.values()) - min(own.values()))
        if not gain > noise:
            return set()
        slow, useless = max(self.policy.slow * gain, noise), max(self.policy.useless * gain, noise)
        return {
            rate
            for rate, losses in by_rate.items()
            if (rate < best and all(loss > own.get(seed, finite[best]) + slow for seed, loss in losses.items()))
            or min(losses.values()) > self.constant + useless
        }


def middle_out(rates: Sequence[float]) -> list[int]:
    """Return positions by distance from the middle rate, where the best is likely, so that others soon lose to it."""
    logs = [math.log(rate) for rate in rates]
    middle = sorted(logs)[len(logs) // 2]
    return sorted(range(len(logs)), key=lambda position: abs(logs[position] - middle))
