"""The trainings of one job that a search asks for: how they are done, and what they have cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from advisor.progress import Progress
from advisor.results import Recommendation, Remark, RemarkCode, remark
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.compute_budget import OVERDRAFT, PLANNED_SHARE, SHORT_PLAN, ComputeBudget, TrialPlan
from advisor.training.job import Job
from advisor.training.pruning import Pruning
from advisor.training.runs import Recipe, Run, TrainingResults, recipe_of
from advisor.training.sequential import SequentialTrainer
from advisor.training.step_time import FEW, WORTHWHILE
from advisor.training.workers.dealing import train_apart
from advisor.training.workers.task import Workers
from advisor.verification.point import Point
from advisor.verification.turning import at_its_turn

LOOKS_WORTH = 0.05
"""Cost of looking at runs on their way, as a share of training them, from which nobody looks. Judgement: pruning saves
about 13 % of six rates (``Pruning``), and less of two or three."""
TURN_WORTH = 0.04
"""The same for further looks, which show where the held-out loss turns. Judgement: of a run of twenty passes a look
costs half a per cent, and a turn of its loss is worth more."""
TURN_LOOKS = ((0.05, 0.1, 0.2, 0.3, 0.6, 0.7, 0.8, 0.9), (0.2, 0.6, 0.8), (0.7,), ())
"""Shares of the run at which they are, beside those of ``Pruning``: the first that cost no more. Judgement: tenths."""
LONGER = 1.5
"""Length of trials that a budget in seconds is used up for, over that of those before, at least. Judgement: the best
rate of trials that are longer by less lies where it did."""
SHORTENED = 0.95
"""By which their length is shortened until the budget pays for it. Judgement: a twentieth of it is not worth more."""


def is_batched(job: Job, recommendation: Recommendation, compute: ComputeBudget) -> bool:
    """Return whether trials train as one ensemble: the job allows it, and it is faster than one after another."""
    cost = compute.step.cost(batched=True)
    return cost.of(FEW) < WORTHWHILE * FEW * cost.alone and BatchedTrainer.takes(job, recipe_of(recommendation))


@dataclass(slots=True)
class Trainings:
    """Trainings of a job with one recipe.

    Attributes:
        job: what is trained.
        recipe: optimizer settings, schedule and clipping.
        compute: what the budget buys.
        plan: of trials.
        seeds: of every rate.
        seed: of dropout.
        progress: called with what is being done and the share done.
        batched: they train together, until a module refuses.
        workers: who trains; None: this process.
        reserved: trainings of the last length that are kept free for comparisons.
        samples: whose gradient was computed so far.
        spent: operations so far.
        notes: on how they were done.
        stop: what ended them before they were done; None: nothing did.
        open_length: the user leaves open how long the run is, so that a rate is judged where its held-out loss turns.
    """

    job: Job
    recipe: Recipe
    compute: ComputeBudget
    plan: TrialPlan
    seeds: tuple[int, ...]
    seed: int
    progress: Progress
    batched: bool = True
    workers: Workers | None = None
    reserved: int = 0
    samples: int = 0
    spent: float = 0.0
    notes: list[Remark] = field(default_factory=list)
    stop: RemarkCode | None = None
    open_length: bool = False

    def steps(self, share: float) -> int:
        """Return the optimizer steps of a trial of such a share of the full run."""
        return max(1, round(share * self.job.total_steps))

    def further(self, count: int) -> int:
        """Return how many of so many further rates of the first round the budget pays for beside the planned rounds."""
        plan = self.plan
        if self.stop is not None:
            return 0
        if plan == SHORT_PLAN:
            return count
        later = sum(
            self._cost(rates * len(self.seeds), plan.last_share)
            for rates in (plan.refinements, int(plan.compared))
            if rates
        )
        left = self._limit - self.spent - later
        return next((n for n in range(count, 0, -1) if self._cost(n * len(self.seeds), plan.share) <= left), 0)

    def longest(self, shares: Sequence[float], rates: int) -> float:
        """Return the first of these lengths that the budget pays so many rates of; the last if it pays for none."""
        left, runs = self._limit - self.spent, rates * len(self.seeds)
        return next((share for share in shares if self._cost(runs, share) <= left), shares[-1])

    def pays_for(self, share: float) -> bool:
        """Return whether what is left of the budget pays for one more rate of this length."""
        return self.stop is None and self.spent + self._cost(len(self.seeds), share) <= self._limit

    def has_spare(self, share: float) -> bool:
        """Return whether a budget in seconds, which is there to be used, has one more rate of this length left over."""
        wanted = (1 + self.reserved) * len(self.seeds)
        return self.compute.timed and self.stop is None and self.spent + self._cost(wanted, share) <= self._limit

    def longer_spare(self, share: float, rates: int) -> float | None:
        """Return the longest that so many rates may be trained for with what is left of a budget in seconds.

        Returns:
            None when that is less than ``LONGER`` times this length.
        """
        if not self.compute.timed or self.stop is not None:
            return None
        runs, left = (rates + self.reserved) * len(self.seeds), PLANNED_SHARE * (self._limit - self.spent)
        longest = 1.0
        while longest >= LONGER * share:
            if self._cost(runs, longest) <= left:
                return longest
            longest *= SHORTENED
        return None

    def with_another_seed(self, points: Sequence[Point], share: float) -> tuple[Sequence[Point], int]:
        """Return the trials at some rates with those of one more seed, and the samples that they are judged on.

        Losses of an open length are those of turns, which further seeds would move, so there are none.
        """
        own = self.seeds
        runs = len(points) + self.reserved * (len(own) + 1)
        if not self.compute.timed or self.stop is not None or self.open_length:
            return (), 0
        if self.spent + self._cost(runs, share) > self._limit:
            return (), 0
        self.seeds = (max(own) + 1,)
        more = self.train([point.log_rate for point in points], share, "trials under another seed")
        if len(more) < len(points):
            self.seeds = own
            return (), 0
        self.seeds = (*own, *self.seeds)
        joined = [one.with_seeds_of(other) for one, other in zip(points, more, strict=True)]
        return joined, self.job.data_split.samples(self.seeds)

    @property
    def _limit(self) -> float:
        """What may be spent: full runs of several seeds of a small job may pass the budget."""
        small = self.plan.share == 1.0 and self.plan.seeds > 1 and not self.compute.is_measured
        return self.compute.trials * (OVERDRAFT if small else 1.0)

    def _cost(self, runs: int, share: float) -> float:
        """Return the operations of so many runs of a length, looked at on their way and judged at the end."""
        steps = self.steps(share)
        pruning = self._pruning(steps)
        judged = 1 if pruning is None else 1 + len(pruning.looks_of(steps))
        return self.compute.step.cost(batched=self.batched).of(runs) * steps + runs * judged * self.compute.judging

    def train(self, log_rates: Sequence[float], share: float, what: str, recipe: Recipe | None = None) -> list[Point]:
        """Train at these rates, all seeds; a rate whose seeds a stop kept from their end is left out.

        Args:
            log_rates: their natural logs.
            share: length, as a share of the full run.
            what: for.
            recipe: another than that of the search.
        """
        runs = [Run(math.exp(rate), seed) for rate in log_rates for seed in self.seeds]
        if not runs or self.stop is not None:
            return []
        found = self.outcomes(recipe or self.recipe, runs, share, what)
        points = []
        for number, rate in enumerate(log_rates):
            places = range(number * len(self.seeds), (number + 1) * len(self.seeds))
            if not found.missing.isdisjoint(places):
                continue
            pruned = [found.pruned[place] for place in places] if found.pruned else [None] * len(self.seeds)
            losses = [
                left.loss if left is not None else found.losses[place]
                for place, left in zip(places, pruned, strict=True)
            ]
            point = Point(
                rate,
                tuple(losses),
                any(left is not None for left in pruned),
                tuple(found.held_out[place] for place in places) if found.held_out else (),
                tuple(found.curves[place] for place in places) if found.curves else (),
                tuple(found.looks[place] for place in places) if found.looks else (),
                self.steps(share),
            )
            points.append(at_its_turn(point) if self.open_length else point)
        return points

    def outcomes(self, recipe: Recipe, runs: Sequence[Run], share: float, what: str) -> TrainingResults:
        """Train batched, or one after another when the module refuses."""
        steps = self.steps(share)
        self.progress(what, 0.0)  # from now on: whoever tells what is left measures from here
        found: TrainingResults | None = None
        if self.batched:
            try:
                found = self._trained(recipe, runs, steps, what)
            except (RuntimeError, NotImplementedError, TypeError, ValueError, UserWarning) as error:
                reason = str(error).strip().split("\n")[0][:120]
                self.notes.append(remark("model_cannot_be_batched", cause=reason))
                self.batched = False
        if found is None:
            found = self._trained(recipe, runs, steps, what)
        self.samples += found.gradient_samples
        self.stop = self.stop or found.stop
        self.spent += self._cost(len(runs), share) * self._share_trained(found, len(runs) * steps)
        return found

    def _share_trained(self, found: TrainingResults, steps: int) -> float:
        """Return how much of their steps runs took: of a measured budget, what runs that ended early leave is used.

        An ensemble costs nearly as much without some of its members, and a counted budget buys a small job its plan.
        """
        if self.batched or not self.compute.is_measured:
            return 1.0
        return min(1.0, found.gradient_samples / (steps * self.job.batch_size))

    def _trained(self, recipe: Recipe, runs: Sequence[Run], steps: int, what: str) -> TrainingResults:
        """Train by the workers, or here."""

        def advance(done: float) -> None:
            self.progress(what, done)

        pruning = self._pruning(steps)
        if self.workers is None:
            trainer = (BatchedTrainer if self.batched else SequentialTrainer)(self.job)
            return trainer.train(recipe, runs, steps, seed=self.seed, advance=advance, pruning=pruning)
        return train_apart(
            *(self.job, recipe, runs, steps),
            seed=self.seed,
            batched=self.batched,
            pruning=pruning,
            workers=self.workers,
            advance=advance,
        )

    def _pruning(self, steps: int) -> Pruning | None:
        """Return when runs are looked at on their way; None where looking costs more than it saves."""
        policy, training = Pruning(), steps * self.compute.step.cost(batched=False).alone
        if policy.looks * self.compute.judging > LOOKS_WORTH * training:
            return None
        most = TURN_WORTH * training
        return replace(policy, also_at=next(looks for looks in TURN_LOOKS if len(looks) * self.compute.judging <= most))
