"""Confirm or adjust the rules' learning rate by real trainings around it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.facts.names import Budget
from advisor.progress import Progress, silent
from advisor.results import Recommendation, Remark, RemarkCode, Trial, Verdict, not_run, remark
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.compute_budget import MIN_STEPS, ComputeBudget, TrialPlan, affordable, affordable_steps
from advisor.training.job import Job
from advisor.training.pruning import Pruning
from advisor.training.runs import ADAM_1E3, Recipe, Run, TrainingResults, recipe_of
from advisor.training.sequential import SequentialTrainer
from advisor.verification.decision import Decision, Point
from advisor.verification.horizon import horizon
from advisor.verification.search import search
from advisor.verification.verdicts import TrialRecord, judge


@dataclass(slots=True)
class _Trials:
    """Trainings of a job, and how they were done."""

    job: Job
    recipe: Recipe
    steps: int
    seeds: tuple[int, ...]
    seed: int
    progress: Progress
    samples: int = 0
    batched: bool = True
    notes: list[Remark] = field(default_factory=list)
    left_early: set[float] = field(default_factory=set)

    def train(self, log_rates: Sequence[float], what: str) -> list[Point]:
        """Train at these rates, all seeds; a run that left early counts with the loss it had then."""
        runs = [Run(math.exp(rate), seed) for rate in log_rates for seed in self.seeds]
        if not runs:
            return []
        found = self.outcomes(self.recipe, runs, what)
        losses = list(found.losses)
        for index, pruned_run in enumerate(found.pruned):
            if pruned_run is not None:
                losses[index] = pruned_run.loss
                self.left_early.add(log_rates[index // len(self.seeds)])
        count = len(self.seeds)
        return [Point(rate, tuple(losses[at * count : (at + 1) * count])) for at, rate in enumerate(log_rates)]

    def outcomes(self, recipe: Recipe, runs: Sequence[Run], what: str) -> TrainingResults:
        """Train batched, or one after another when the module refuses."""

        def advance(share: float) -> None:
            self.progress(what, share)

        found: TrainingResults | None = None
        if self.batched:
            try:
                found = BatchedTrainer(self.job).train(
                    recipe, runs, self.steps, seed=self.seed, advance=advance, pruning=Pruning()
                )
            except (RuntimeError, NotImplementedError, TypeError, ValueError, UserWarning) as error:
                reason = str(error).strip().split("\n")[0][:120]
                self.notes.append(remark("model_cannot_be_batched", cause=reason))
                self.batched = False
        if found is None:
            found = SequentialTrainer(self.job).train(
                recipe, runs, self.steps, seed=self.seed, advance=advance, pruning=Pruning()
            )
        self.samples += found.gradient_samples
        return found


@dataclass(frozen=True, slots=True)
class CheckedRate:
    """The verdict on a rate, with the decision it rests on; None when nothing was trained or everything diverged."""

    verdict: Verdict
    decision: Decision | None = None


def check_rate(
    job: Job,
    recommendation: Recommendation,
    compute: ComputeBudget,
    *,
    budget: Budget | float,
    seed: int = 0,
    progress: Progress = silent,
    compared: bool = True,
) -> CheckedRate:
    """Train copies at several rates and seeds, and judge the recommendation.

    The recommended schedule is drawn over the trial; where the budget allows, trials are full runs.

    Args:
        job: what to train.
        recommendation: what to check; its interval is the prior.
        compute: what the budget buys.
        budget: its name or seconds, for the record.
        seed: of weights, orders and dropout.
        progress: called with what is being done and the share done.
        compared: Adam 1e-3 is trained as well, where the plan of trials has it.
    """
    info = OPTIMIZER_INFO[recommendation.optimizer]
    if not info.in_torch():
        code: RemarkCode = "optimizer_in_package" if info.package else "optimizer_in_newer_torch"
        reason = remark(code, optimizer=recommendation.optimizer, package=info.package or "")
        return CheckedRate(not_run(recommendation.learning_rate, recommendation.interval, reason))
    recipe = recipe_of(recommendation)
    batched = BatchedTrainer.takes(job, recipe)
    plan = affordable(job, compute, batched=batched)
    if plan is None:
        steps, full = affordable_steps(compute, batched=batched), job.total_steps
        reason = remark("steps_too_dear", affordable=steps, full=full, needed=min(MIN_STEPS, full))
        return CheckedRate(not_run(recommendation.learning_rate, recommendation.interval, reason))
    with torch.random.fork_rng(devices=[]):
        trials = _Trials(
            job=job,
            recipe=recipe,
            steps=max(1, round(plan.share * job.total_steps)),
            seeds=tuple(seed * 1_000 + index for index in range(plan.seeds)),
            seed=seed,
            progress=progress,
            batched=batched,
        )
        if not batched:
            trials.notes.append(remark("trained_sequentially"))
        return _run_trials(trials, replace(plan, compared=plan.compared and compared), recommendation, budget)


def _run_trials(
    trials: _Trials, plan: TrialPlan, recommendation: Recommendation, budget: Budget | float
) -> CheckedRate:
    job = trials.job
    step = horizon(trials.steps, job.total_steps, recommendation.horizon_exponent)
    found = search(
        trials.train,
        recommendation,
        plan,
        horizon=step,
        evaluation_samples=job.data_split.samples(trials.seeds),
        loss_to_beat=job.loss_to_beat(trials.seeds),
        seed=trials.seed,
    )
    tried = [_as_trial(point, recommendation, step.shift, trials.left_early) for point in found.points]
    if plan.compared:
        tried.append(_default_trial(trials))
    record = TrialRecord(
        decision=found.decision,
        trials=tuple(tried),
        shift=step.shift,
        steps=trials.steps,
        full_steps=job.total_steps,
        seeds=plan.seeds,
        budget=budget,
        gradient_samples=trials.samples,
        full_samples=job.total_steps * job.batch_size,
        path="batched" if trials.batched else "sequential",
        constant_loss=job.constant_loss(trials.seeds),
        notes=tuple(trials.notes),
    )
    return CheckedRate(judge(recommendation, record), found.decision)


def _as_trial(point: Point, recommendation: Recommendation, shift: float, left_early: set[float]) -> Trial:
    return Trial(
        optimizer=recommendation.optimizer,
        schedule=recommendation.schedule,
        learning_rate=math.exp(point.log_rate + shift),
        losses=point.losses,
        mean=point.mean,
        diverged=sum(loss is None for loss in point.losses),
        stopped_early=point.log_rate in left_early,
    )


def _default_trial(trials: _Trials) -> Trial:
    runs = [Run(1e-3, seed) for seed in trials.seeds]
    losses = trials.outcomes(ADAM_1E3, runs, "Adam 1e-3 for comparison").losses
    return Trial(
        optimizer="adam",
        schedule="constant",
        learning_rate=1e-3,
        losses=losses,
        mean=Point(math.log(1e-3), losses).mean,
        diverged=sum(loss is None for loss in losses),
        role="default",
    )
