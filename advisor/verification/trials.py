"""Confirm or adjust the rules' learning rate by real trainings around it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.facts.names import Budget
from advisor.isolation import generators_kept
from advisor.progress import Progress, silent
from advisor.results import Recommendation, Remark, RemarkCode, Trial, Verdict, not_run, remark
from advisor.training.compute_budget import MIN_STEPS, ComputeBudget, affordable, affordable_steps
from advisor.training.deadline import STOPS, reason_of
from advisor.training.job import Job
from advisor.training.runs import recipe_of
from advisor.training.workers.task import Workers
from advisor.verification.comparisons import Comparison
from advisor.verification.decision import Decision
from advisor.verification.held_out_losses import concentration, rows_that_decide
from advisor.verification.horizon import Horizon, horizon
from advisor.verification.point import Point
from advisor.verification.rounds import Reference, SearchResult
from advisor.verification.search import search
from advisor.verification.trainings import Trainings, is_batched
from advisor.verification.turning import held_out_curve, turn_of
from advisor.verification.verdicts import TrialRecord, judge

Role = Literal["candidate", "default", "own"]
SAME_JOB = Horizon()
"""What is trained is what is advised on. By definition."""
STILL = 1e-3
"""Of the lowest rate that was tried. Judgement: rates that train lie within a factor of a hundred of one another, so
the weights stay where they are."""


@dataclass(frozen=True, slots=True)
class CheckedRate:
    """The verdict on a rate, and what it rests on.

    Attributes:
        verdict: on the rate.
        decision: None when nothing was trained or everything diverged.
        stop: what ended the trials before they were done; None: nothing did.
    """

    verdict: Verdict
    decision: Decision | None = None
    stop: RemarkCode | None = None


def check_rate(
    job: Job,
    recommendation: Recommendation,
    compute: ComputeBudget,
    *,
    budget: Budget | float,
    seed: int = 0,
    progress: Progress = silent,
    comparisons: Sequence[Comparison] = (),
    workers: Workers | None = None,
    transfer: Horizon = SAME_JOB,
    open_length: bool = False,
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
        comparisons: what is trained beside it, where the plan of trials has it or the budget has something left.
        workers: who trains; None: this process.
        transfer: from the best rate of the job that is trained to that of the one which is advised on.
        open_length: the length of the run is open, so that rates are compared where their held-out losses turn.
    """
    info = OPTIMIZER_INFO[recommendation.optimizer]
    if not info.in_torch():
        code: RemarkCode = "optimizer_in_package" if info.package else "optimizer_in_newer_torch"
        reason = remark(code, optimizer=recommendation.optimizer, package=info.package or "")
        return CheckedRate(not_run(recommendation.learning_rate, recommendation.interval, reason))
    recipe, batched = recipe_of(recommendation), is_batched(job, recommendation, compute)
    plan = affordable(job, compute, batched=batched)
    if plan is None:
        steps, full = affordable_steps(compute, batched=batched), job.total_steps
        reason = remark("steps_too_dear", affordable=steps, full=full, needed=min(MIN_STEPS, full))
        return CheckedRate(not_run(recommendation.learning_rate, recommendation.interval, reason))
    with generators_kept():
        trainings = Trainings(
            job=job,
            recipe=recipe,
            compute=compute,
            plan=replace(plan, compared=plan.compared and bool(comparisons)),
            seeds=tuple(seed * 1_000 + index for index in range(plan.seeds)),
            seed=seed,
            progress=progress,
            batched=batched,
            workers=workers,
            reserved=len(comparisons),
            open_length=open_length,
        )
        if not batched:
            trainings.notes.append(remark("trained_sequentially"))
        try:
            return _search_and_judge(trainings, recommendation, budget, comparisons, transfer)
        except STOPS as stopped:
            return _stopped(recommendation, reason_of(stopped), ())


def _still_rate_that_diverges(trainings: Trainings, found: SearchResult) -> float | None:
    """Return a rate that hardly moves the weights where training diverged even there; None: it did not, or not tried.

    It is tried only where every other training diverged: a loss that starts low because a queue is empty, or an average
    has not moved, rises at any rate.
    """
    losses = [loss for point in found.points for loss in point.losses]
    if trainings.stop is not None or not losses or any(loss is not None for loss in losses):
        return None
    still = min(point.log_rate for point in found.points) + math.log(STILL)
    points = trainings.train([still], found.last.share, "a rate that hardly moves the weights")
    diverged = bool(points) and all(loss is None for loss in points[0].losses)
    return math.exp(still) if diverged else None


def _search_and_judge(
    trainings: Trainings,
    recommendation: Recommendation,
    budget: Budget | float,
    comparisons: Sequence[Comparison],
    transfer: Horizon,
) -> CheckedRate:
    job, plan = trainings.job, trainings.plan
    untrained = job.untrained_held_out_loss(trainings.seeds)

    def horizon_of(share: float) -> Horizon:
        return horizon(trainings.steps(share), job.total_steps, recommendation.horizon_exponent).followed_by(transfer)

    found = search(
        trainings.train,
        recommendation,
        plan,
        horizon=horizon_of,
        reference=Reference(job.loss_to_beat(trainings.seeds), job.data_split.samples(trainings.seeds)),
        seed=trainings.seed,
        allowance=trainings,
        one_by_one=not trainings.batched,
    )
    still = _still_rate_that_diverges(trainings, found)
    tried = [_as_trial(point, recommendation, found.last.horizon.shift) for point in found.points]
    compared = [
        _compared(trainings, one, found.last.share)
        for place, one in enumerate(comparisons)
        if trainings.stop is None and ((plan.compared and not place) or trainings.pays_for(found.last.share))
    ]
    shorter = [one for one in found.rounds if one.share < found.last.share]
    earlier = [_as_trial(point, recommendation, one.horizon.shift) for one in shorter for point in one.points]
    record = TrialRecord(
        decision=found.decision,
        trials=tuple(tried),
        earlier=tuple(earlier),
        shift=found.last.horizon.shift,
        steps=trainings.steps(found.last.share),
        full_steps=job.total_steps,
        seeds=len(trainings.seeds),
        evaluation_samples=job.data_split.samples(trainings.seeds[:1]),
        budget=budget,
        gradient_samples=trainings.samples,
        cost=trainings.spent / (trainings.compute.step.cost(batched=False).alone * job.total_steps),
        path="batched" if trainings.batched else "sequential",
        constant_loss=job.constant_loss(trainings.seeds),
        untrained_loss=untrained,
        bracketed=found.bracketed,
        has_learned=found.has_learned,
        notes=(
            *trainings.notes,
            *_stop_remark(trainings, found),
            *_fewer_seeds_remark(found),
            *_split_remark(job),
            *_concentration(job, trainings.seeds, found),
        ),
        still=still,
    )
    if trainings.stop is not None and len(found.points) < 2:
        return _stopped(recommendation, trainings.stop, record.trials)
    verdict = judge(recommendation, record)
    trials = (*verdict.trials, *(one for one in compared if one is not None))
    stop = trainings.stop if still is None else "loss_rises_at_any_rate"
    return CheckedRate(verdict.model_copy(update={"trials": trials}), found.decision, stop)


def _stopped(recommendation: Recommendation, stop: RemarkCode, trials: tuple[Trial, ...]) -> CheckedRate:
    """Return the verdict on a rate whose trials were stopped before they said anything."""
    verdict = not_run(recommendation.learning_rate, recommendation.interval, remark(stop, rates=len(trials)))
    return CheckedRate(verdict.model_copy(update={"trials": trials}), None, stop)


def _stop_remark(trainings: Trainings, found: SearchResult) -> tuple[Remark, ...]:
    """Return a remark that a verdict rests on fewer trials than planned."""
    return () if trainings.stop is None else (remark(trainings.stop, rates=len(found.points)),)


def _fewer_seeds_remark(found: SearchResult) -> tuple[Remark, ...]:
    """Return a remark that rates of the last length were tried with fewer seeds than those that decide."""
    before = [one for one in found.rounds[:-1] if one.share == found.last.share]
    shift = found.last.horizon.shift
    rates = [math.exp(point.log_rate + shift) for one in before for point in one.points]
    if not rates:
        return ()
    seeds = len(before[0].points[0].losses)
    return (remark("fewer_seeds_first", rates=len(rates), seeds=seeds, lowest=min(rates), highest=max(rates)),)


def _split_remark(job: Job) -> tuple[Remark, ...]:
    """Return a remark that the latest samples are held out, where that is so."""
    split = job.data_split
    return (remark("latest_rows_held_out", rows=split.parts[0].n),) if split.is_last else ()


def _concentration(job: Job, seeds: Sequence[int], found: SearchResult) -> tuple[Remark, ...]:
    """Return remarks when a few held-out rows or batches carry most of the loss nearest to the decision."""
    finite = [point for point in found.points if point.mean is not None and not point.stopped]
    if found.decision is None or not finite:
        return ()
    best = found.decision.log_rate
    nearest = min(finite, key=lambda point: abs(point.log_rate - best))
    if job.sample_losses is None:
        remark_on = concentration(nearest)
        return () if remark_on is None else (remark_on,)
    rows = [job.held_out_rows(seed) for seed in seeds]
    return rows_that_decide(found.points, nearest, rows, counted_from=job.counted_from)


def _as_trial(point: Point, recommendation: Recommendation, shift: float, role: Role = "candidate") -> Trial:
    turn = turn_of(point)
    return Trial(
        optimizer=recommendation.optimizer,
        schedule=recommendation.schedule,
        learning_rate=math.exp(point.log_rate + shift),
        losses=point.losses,
        mean=point.mean,
        diverged=sum(loss is None for loss in point.losses),
        stopped_early=point.stopped,
        role=role,
        curve=point.curve,
        held_out_curve=held_out_curve(point),
        turn_steps=None if turn is None else turn.step,
    )


def _compared(trainings: Trainings, comparison: Comparison, share: float) -> Trial | None:
    """Train what a comparison trains with, under the seeds of the search; None when that was stopped."""
    recommendation = comparison.recommendation
    rates, recipe = [math.log(recommendation.learning_rate)], recipe_of(recommendation)
    points = trainings.train(rates, share, "a recipe for comparison", recipe)
    if not points:
        return None
    return _as_trial(points[0], recommendation, 0.0, comparison.role)
