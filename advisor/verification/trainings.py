"""The trainings of one job that a search asks for: how they are done, and what they have cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from advisor.progress import Progress
from advisor.results import Remark, remark
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.compute_budget import SHORT_PLAN, ComputeBudget, TrialPlan
from advisor.training.job import Job
from advisor.training.pruning import Pruning
from advisor.training.runs import Recipe, Run, TrainingResults
from advisor.training.sequential import SequentialTrainer
from advisor.verification.point import Point

OVERDRAFT = 2.0
"""By which full runs of several seeds may pass their budget until the best is bracketed. Judgement: they are planned
for small jobs only, and two or three rounds of one more rate on each side cost about as much as the first round."""


@dataclass(slots=True)
class Trainings:
    """Trainings of a job with one recipe.

    Attributes:
        job: what is trained.
        recipe: optimizer settings, schedule and clipping.
        compute: what the budget buys.
        seeds: of every rate.
        seed: of dropout.
        progress: called with what is being done and the share done.
        batched: they train together, until a module refuses.
        samples: whose gradient was computed so far.
        spent: operations so far.
        notes: on how they were done.
    """

    job: Job
    recipe: Recipe
    compute: ComputeBudget
    seeds: tuple[int, ...]
    seed: int
    progress: Progress
    batched: bool = True
    samples: int = 0
    spent: float = 0.0
    notes: list[Remark] = field(default_factory=list)

    def steps(self, share: float) -> int:
        """Return the optimizer steps of a trial of such a share of the full run."""
        return max(1, round(share * self.job.total_steps))

    def affordable(self, count: int, plan: TrialPlan) -> int:
        """Return how many of so many further rates of the first round the budget pays for beside the planned rounds."""
        if plan == SHORT_PLAN:
            return count
        cost = self.compute.step.cost(batched=self.batched)
        seeds = len(self.seeds)
        later = sum(cost.of(members) for members in (plan.refinements * seeds, plan.compared * seeds) if members)
        small = plan.share == 1.0 and plan.seeds > 1 and not self.compute.timed
        budget = self.compute.trials * (OVERDRAFT if small else 1.0)
        left = budget - self.spent - later * self.steps(plan.last_share)
        return next((n for n in range(count, 0, -1) if cost.of(n * seeds) * self.steps(plan.share) <= left), 0)

    def pays_for(self, share: float) -> bool:
        """Return whether what is left of the budget pays for one more rate of this length."""
        cost = self.compute.step.cost(batched=self.batched).of(len(self.seeds)) * self.steps(share)
        return self.spent + cost <= self.compute.trials

    def train(self, log_rates: Sequence[float], share: float, what: str) -> list[Point]:
        """Train at these rates, all seeds."""
        runs = [Run(math.exp(rate), seed) for rate in log_rates for seed in self.seeds]
        if not runs:
            return []
        found = self.outcomes(self.recipe, runs, share, what)
        points = []
        for number, rate in enumerate(log_rates):
            places = range(number * len(self.seeds), (number + 1) * len(self.seeds))
            pruned = [found.pruned[place] for place in places] if found.pruned else [None] * len(self.seeds)
            losses = [
                left.loss if left is not None else found.losses[place]
                for place, left in zip(places, pruned, strict=True)
            ]
            by_batch = tuple(found.by_batch[place] for place in places) if found.by_batch else ()
            points.append(Point(rate, tuple(losses), any(left is not None for left in pruned), by_batch))
        return points

    def outcomes(self, recipe: Recipe, runs: Sequence[Run], share: float, what: str) -> TrainingResults:
        """Train batched, or one after another when the module refuses."""

        def advance(done: float) -> None:
            self.progress(what, done)

        steps = self.steps(share)
        found: TrainingResults | None = None
        if self.batched:
            try:
                found = BatchedTrainer(self.job).train(
                    recipe, runs, steps, seed=self.seed, advance=advance, pruning=Pruning()
                )
            except (RuntimeError, NotImplementedError, TypeError, ValueError, UserWarning) as error:
                reason = str(error).strip().split("\n")[0][:120]
                self.notes.append(remark("model_cannot_be_batched", cause=reason))
                self.batched = False
        if found is None:
            found = SequentialTrainer(self.job).train(
                recipe, runs, steps, seed=self.seed, advance=advance, pruning=Pruning()
            )
        self.samples += found.gradient_samples
        self.spent += self.compute.step.cost(batched=self.batched).of(len(runs)) * steps
        return found
