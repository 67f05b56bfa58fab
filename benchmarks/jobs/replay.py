"""Searches for a learning rate, replayed on stored landscapes without any training.

A strategy is a function that asks for losses and returns a rate::

    def strategy(trials: Trials) -> float:
        losses = {rate: trials.loss(rate, length=1 / 8) for rate in (trials.prior / 3, trials.prior, trials.prior * 3)}
        ...

    print(summary(replay(strategy, cells("calibration"))))

Every loss that is asked for costs its length, in full trainings, however often it was asked before. The rate is scored
by the mean of full runs over both seeds, one of which a strategy may have seen: full-length trials are flattered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from advisor.results import Recommendation
from benchmarks.jobs.catalogue import JOBS
from benchmarks.jobs.facts import recommended
from benchmarks.jobs.job import ADAMW, Pair, Split
from benchmarks.jobs.landscapes import LENGTHS, SEEDS, Landscape, Record, Sweep, interpolation, read

TOLERANCE = 0.01
"""Losses that differ by less count as equally good."""

NEEDED = (1.0, 1 / 8, 1 / 4)
"""Lengths that a replay cannot do without; others are interpolated until they are measured."""


@dataclass(slots=True)
class Trials:
    """What a strategy may ask about one job.

    Attributes:
        landscape: where the answers come from.
        recommendation: the rules' answer.
        steps: optimizer steps of the full run.
        constant_loss: held-out loss of the best constant prediction; None: there is none.
        untrained_loss: held-out loss of a fresh model.
        first_seed: which stored seed the strategy's seed 0 is.
        cost: of all that was asked, in full trainings.
    """

    landscape: Landscape
    recommendation: Recommendation
    steps: int
    constant_loss: float | None
    untrained_loss: float
    first_seed: int = 0
    cost: float = field(default=0.0, init=False)

    @property
    def prior(self) -> float:
        """The rules' learning rate."""
        return self.recommendation.learning_rate

    def loss(self, rate: float, *, length: float = 1.0, seed: int = 0) -> float | None:
        """Return the held-out loss at the end of a training; None: not finite.

        Args:
            rate: interpolated between those trained; beyond them the nearest counts, above the whole grid it diverges.
            length: from 1/8 to 1, the schedule drawn over it; interpolated between those measured.
            seed: 0 or 1.
        """
        return self.curve(rate, length=length, seed=seed)[-1]

    def curve(self, rate: float, *, length: float = 1.0, seed: int = 0) -> tuple[float | None, ...]:
        """Return the held-out losses along a training, at ``FULL_SHARES`` of a full run or ``SHORT_SHARES`` of another.

        Arguments as of ``loss``.
        """
        self.cost += length
        own = SEEDS[(self.first_seed + seed) % len(SEEDS)]
        known = sorted(one for one in LENGTHS if self.landscape.sweep(one, own) is not None)
        near = [one for one in known if math.isclose(one, length)]
        if near:
            return self._along(self._sweep(near[0], own), rate)
        shorter = max((one for one in known if one < length), default=None)
        longer = min((one for one in known if one > length), default=None)
        if shorter is None or longer is None:
            raise ValueError(f"length={length:g}: no trainings of this length are stored; ask for {known}")
        share = math.log(length / shorter) / math.log(longer / shorter)
        ends = [self._along(self._sweep(one, own), rate)[-1] for one in (shorter, longer)]
        if ends[0] is None or ends[1] is None:
            return (None,)
        return (ends[0] ** (1 - share) * ends[1] ** share,)

    def _sweep(self, length: float, seed: int) -> Sweep:
        found = self.landscape.sweep(length, seed)
        if found is None:
            raise KeyError((length, seed))
        return found

    def _along(self, sweep: Sweep, rate: float) -> tuple[float | None, ...]:
        points = len(sweep.curves[0])
        if rate > self.landscape.rates[-1] * 1.5:
            return (None,) * points
        rates = self.landscape.rates[sweep.first : sweep.first + len(sweep.curves)]
        inside = math.log(min(max(rate, rates[0]), rates[-1]))
        nearest = sweep.curves[int(np.argmin(np.abs(np.log(rates) - inside)))]
        found: list[float | None] = []
        for place in range(points):
            if nearest[place] is None:
                found.append(None)
                continue
            column = tuple(curve[place] for curve in sweep.curves)
            found.append(math.exp(float(interpolation(rates, column, self.landscape.ceiling)(inside))))
        return tuple(found)


Strategy = Callable[[Trials], float]


@dataclass(frozen=True, slots=True)
class Cell:
    """One replay: a job's landscape, the rules' answer and the seed that a strategy's trials begin with."""

    record: Record
    landscape: Landscape
    recommendation: Recommendation
    first_seed: int

    def trials(self) -> Trials:
        """Return what a strategy may ask."""
        return Trials(
            self.landscape,
            self.recommendation,
            self.record.steps,
            self.record.constant_loss,
            self.record.untrained[self.first_seed],
            self.first_seed,
        )


def cells(split: Split | None = "calibration", pair: Pair = ADAMW) -> list[Cell]:
    """Return every job of a split, None for both, once per seed that has sweeps of the lengths in ``NEEDED``."""
    found = []
    for job in JOBS:
        record = read(job.name) if split in {None, job.split} else None
        landscape = None if record is None else record.of(pair)
        if record is not None and landscape is not None:
            rules = recommended(job.name, pair)
            ready = [seed for seed in SEEDS if all(landscape.sweep(length, seed) is not None for length in NEEDED)]
            found += [Cell(record, landscape, rules, seed) for seed in ready]
    return found


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a strategy came to on a cell.

    Attributes:
        job: its name.
        seed: that its trials began with.
        rate: advised.
        best_rate: of the landscape.
        excess: mean loss of full runs over the best of the grid, minus 1.
        cost: in full trainings.
        matches_default: not more than 1 % above Adam 1e-3 constant; None: that was not measured.
    """

    job: str
    seed: int
    rate: float
    best_rate: float
    excess: float
    cost: float
    matches_default: bool | None


def replay(strategy: Strategy, found: Sequence[Cell]) -> list[Replayed]:
    """Run a strategy on every cell."""
    return [_replayed(strategy, cell) for cell in found]


def _replayed(strategy: Strategy, cell: Cell) -> Replayed:
    trials = cell.trials()
    rate = strategy(trials)
    landscape, default = cell.landscape, cell.record.default_loss
    excess = landscape.excess(rate)
    matches = None if default is None else (1 + excess) * landscape.best <= default * (1 + TOLERANCE)
    return Replayed(
        cell.record.job, cell.first_seed, rate, landscape.best_rate, excess, trials.cost, matches_default=matches
    )


def summary(found: Sequence[Replayed]) -> str:
    """Return the quantiles of a strategy in a line."""
    excess = np.array([one.excess for one in found])
    median, p75, p90 = np.quantile(excess, [0.5, 0.75, 0.9])
    compared = [one.matches_default for one in found if one.matches_default is not None]
    default = f"{np.mean(compared):.0%}" if compared else "–"
    return (
        f"median {median:.1%}, p75 {p75:.1%}, p90 {p90:.0%}, > 5 % {np.mean(excess > 0.05):.0%}, "
        f"> 30 % {np.mean(excess > 0.3):.0%}, as good as Adam 1e-3 {default}, "
        f"{np.mean([one.cost for one in found]):.2f} trainings"
    )


def worst(found: Sequence[Replayed], count: int = 5) -> list[str]:
    """Return the worst replays of a strategy, a line each."""
    return [
        f"{one.job} seed {one.seed}: {one.rate:.2g}, best {one.best_rate:.2g}, {one.excess:.0%} above"
        for one in sorted(found, key=lambda one: -one.excess)[:count]
    ]
