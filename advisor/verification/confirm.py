"""Confirm or adjust the rules' learning rate by short real trainings around it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from advisor.facts.names import Budget
from advisor.progress import Progress, silent
from advisor.results import Interval, Recommendation, Trial, Verdict, not_run
from advisor.verification.batched import BatchedTrainer
from advisor.verification.budget import MIN_STEPS, Spending, affordable
from advisor.verification.decision import Decision, Point, decide, horizon_factor
from advisor.verification.job import Job
from advisor.verification.runs import ADAM_1E3, Outcomes, Recipe, Run, recipe_of
from advisor.verification.sequential import SequentialTrainer
from advisor.verification.updates import BATCHED
from advisor.verification.verdicts import Evidence, judge

REACH = math.log(16.0)
"""The first round looks at least this far either way of the rules' rate."""
MAX_REACH = math.log(300.0)
EXTENSIONS = 4


@dataclass(slots=True)
class _Trials:
    """Trainings so far, and how they were done."""

    job: Job
    recipe: Recipe
    steps: int
    seeds: tuple[int, ...]
    seed: int
    points: dict[float, Point] = field(default_factory=dict)
    samples: int = 0
    path: str = "batched"
    notes: list[str] = field(default_factory=list)

    def train(self, log_rates: Sequence[float], progress: Progress, what: str) -> None:
        """Train at these rates, all seeds."""
        new = [rate for rate in log_rates if rate not in self.points]
        runs = [Run(math.exp(rate), seed) for rate in new for seed in self.seeds]
        if not runs:
            return
        outcomes = self.outcomes(self.recipe, runs, progress, what)
        for index, rate in enumerate(new):
            count = len(self.seeds)
            self.points[rate] = Point(rate, outcomes.losses[index * count : (index + 1) * count])

    def outcomes(self, recipe: Recipe, runs: Sequence[Run], progress: Progress, what: str) -> Outcomes:
        """Train batched, or one after another when the module refuses."""

        def advance(share: float) -> None:
            progress(what, share)

        found: Outcomes | None = None
        if self.path == "batched" and BatchedTrainer.takes(self.job, recipe):
            try:
                found = BatchedTrainer(self.job).train(recipe, runs, self.steps, seed=self.seed, advance=advance)
            except (RuntimeError, NotImplementedError, TypeError, ValueError, UserWarning) as error:
                reason = str(error).strip().split("\n")[0][:120]
                self.notes.append(f"Trained one after another, because the model cannot be batched ({reason}).")
        elif self.path == "batched":
            self.notes.append(
                "Trained one after another: batching does not take this kind of model, data or optimizer."
            )
        if found is None:
            self.path = "sequential"
            found = SequentialTrainer(self.job).train(recipe, runs, self.steps, seed=self.seed, advance=advance)
        self.samples += found.gradient_samples
        return found


def confirm(
    job: Job,
    recommendation: Recommendation,
    spending: Spending,
    *,
    budget: Budget | float,
    seed: int = 0,
    progress: Progress = silent,
) -> Verdict:
    """Train short copies at many rates and seeds, and judge the recommendation.

    The recommended schedule is drawn over the short run; when the full run is short itself, the trials are full runs.

    Args:
        job: what to train.
        recommendation: what to check; its interval is the prior.
        spending: what the budget buys.
        budget: its name or seconds, for the record.
        seed: of weights, orders and dropout.
        progress: called with what is being done and the share done.
    """
    if recommendation.optimizer not in (*BATCHED, "adafactor"):
        text = f"{recommendation.optimizer} is not part of torch, so it could not be tried; the rules' answer stands."
        return not_run(recommendation.learning_rate, recommendation.interval, text)
    spending, steps = affordable(job, spending)
    if steps < min(MIN_STEPS, job.total_steps):
        text = "The model is too large for trials within this budget; the rules' answer stands, refined by the probe."
        return not_run(recommendation.learning_rate, recommendation.interval, text)
    with torch.random.fork_rng(devices=[]):
        return _confirm(job, recommendation, budget, spending, steps, seed, progress)


def _confirm(
    job: Job,
    recommendation: Recommendation,
    budget: Budget | float,
    spending: Spending,
    steps: int,
    seed: int,
    progress: Progress,
) -> Verdict:
    decays = recommendation.schedule not in {"constant", "cyclical"}
    shift = math.log(horizon_factor(steps, job.total_steps, decays=decays))
    seeds = tuple(seed * 1_000 + index for index in range(spending.seeds))
    trials = _Trials(job, recipe_of(recommendation), steps, seeds, seed)
    center = math.log(recommendation.learning_rate) - shift
    trials.train(_first_round(center, recommendation.interval, spending.rates), progress, "short trainings")
    decision = _extended(trials, recommendation, shift, seed, progress)
    if decision is not None and spending.refinements:
        trials.train(_refined(trials, decision, spending.refinements), progress, "trainings around the best")
        decision = decide(
            list(trials.points.values()), recommendation, shift=shift, held_out=trials.job.validation.n, seed=seed
        )
    default = trials.outcomes(ADAM_1E3, [Run(1e-3, one) for one in seeds], progress, "Adam 1e-3 for comparison")
    evidence = Evidence(
        decision=decision,
        trials=(*_as_trials(trials, recommendation, shift), _default_trial(default)),
        shift=shift,
        steps=steps,
        full_steps=job.total_steps,
        seeds=spending.seeds,
        budget=budget,
        gradient_samples=trials.samples,
        full_samples=job.total_steps * job.batch_size,
        path="batched" if trials.path == "batched" else "sequential",
        constant_loss=job.constant_loss,
        notes=tuple(trials.notes),
    )
    return judge(recommendation, evidence)


def _first_round(center: float, interval: Interval, count: int) -> list[float]:
    half = min(MAX_REACH, max(REACH, 0.75 * math.log(interval.ratio)))
    return [center + half * (2 * index / (count - 1) - 1) for index in range(count)]


def _extended(
    trials: _Trials, recommendation: Recommendation, shift: float, seed: int, progress: Progress
) -> Decision | None:
    """Decide, and look further out as long as the best lies at the edge of what was tried."""
    decision = decide(
        list(trials.points.values()), recommendation, shift=shift, held_out=trials.job.validation.n, seed=seed
    )
    for _ in range(EXTENSIONS):
        rates = sorted(trials.points)
        gap = rates[1] - rates[0]
        if decision is None or decision.at_lower_edge:
            wider = [rates[0] - gap, rates[0] - 2 * gap]
        elif decision.at_upper_edge:
            wider = [rates[-1] + gap, rates[-1] + 2 * gap]
        else:
            return decision
        trials.train(wider, progress, "trainings further out")
        decision = decide(
            list(trials.points.values()), recommendation, shift=shift, held_out=trials.job.validation.n, seed=seed
        )
    return decision


def _refined(trials: _Trials, decision: Decision, count: int) -> list[float]:
    """Return rates between the neighbours of the best, off the points that are known."""
    rates = sorted(trials.points)
    gap = rates[1] - rates[0]
    low = max(rates[0], decision.log_rate - 0.8 * gap)
    high = min(rates[-1], decision.log_rate + 0.8 * gap)
    spread = [low + (high - low) * index / (count - 1) for index in range(count)]
    return [rate for rate in spread if min(abs(rate - known) for known in rates) > 0.05]


def _as_trials(trials: _Trials, recommendation: Recommendation, shift: float) -> list[Trial]:
    return [
        Trial(
            optimizer=recommendation.optimizer,
            schedule=recommendation.schedule,
            learning_rate=math.exp(point.log_rate + shift),
            losses=point.losses,
            mean=_mean(point.losses),
            diverged=sum(loss is None for loss in point.losses),
        )
        for _, point in sorted(trials.points.items())
    ]


def _default_trial(outcome: Outcomes) -> Trial:
    return Trial(
        optimizer="adam",
        schedule="constant",
        learning_rate=1e-3,
        losses=outcome.losses,
        mean=_mean(outcome.losses),
        diverged=sum(loss is None for loss in outcome.losses),
        role="default",
    )


def _mean(losses: Sequence[float | None]) -> float | None:
    finite = [loss for loss in losses if loss is not None]
    return sum(finite) / len(finite) if finite and len(finite) == len(losses) else None
