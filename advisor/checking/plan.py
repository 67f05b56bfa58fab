"""The plan of a check: told before the trials start, kept in the verdict, and repeated from there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.errors import PlanError
from advisor.facts.names import Budget
from advisor.results import CheckPlan, Recommendation, TrialRounds

if TYPE_CHECKING:
    from advisor.training.compute_budget import ComputeBudget, TrialPlan
    from advisor.training.job import Job


def plan_of(
    job: Job, candidates: Sequence[Recommendation], compute: ComputeBudget, *, probe: float, spent: float
) -> CheckPlan:
    """Return what the trials of some recipes are going to be, and what everything takes.

    Args:
        job: what is trained.
        candidates: the rules' recommendation and its rivals.
        compute: what the budget buys, after the probe.
        probe: operations that the probe might spend.
        spent: operations that it has spent.
    """
    from advisor.training.step_cost import SECONDS_PER_OPERATION
    from advisor.training.step_time import MeasuredStep
    from advisor.verification.rivals import admitted_candidates
    from advisor.verification.trainings import is_batched

    admitted, rounds = admitted_candidates(job, candidates, compute)
    alone = compute.step.cost(batched=False).alone
    batched = compute.step.cost(batched=is_batched(job, admitted[0], compute))
    work, judging = 0.0, compute.judging / job.total_steps
    if rounds is not None:
        rounds = rounds.settled(batched, judging, compute.trials / len(admitted) / job.total_steps)
        work = rounds.work(batched, judging) * job.total_steps
    ensemble = compute.step.ensemble if isinstance(compute.step, MeasuredStep) else None
    return CheckPlan(
        batch_size=job.batch_size,
        total_steps=job.total_steps,
        rounds=None if rounds is None else _rounds(rounds, len(admitted)),
        training_seconds=alone * job.total_steps * SECONDS_PER_OPERATION,
        check_seconds=(spent + work * len(admitted)) * SECONDS_PER_OPERATION,
        measured=isinstance(compute.step, MeasuredStep),
        timed=compute.timed,
        alone=alone,
        together=None if ensemble is None else ensemble.together,
        each=None if ensemble is None else ensemble.each,
        judging=compute.judging,
        probe=probe,
        trials=compute.trials,
    )


def repeated(plan: CheckPlan, budget: Budget | float, job: Job) -> ComputeBudget:
    """Return what a budget bought when a plan was made, without looking at any clock.

    Args:
        plan: of the check that is repeated.
        budget: that it was made for.
        job: what is trained.

    Raises:
        PlanError: the plan is that of another job.
    """
    from advisor.training.compute_budget import BUDGETS, PLANS, ComputeBudget
    from advisor.training.step_cost import StepCost, step_operations
    from advisor.training.step_time import MeasuredStep

    for name in ("batch_size", "total_steps"):
        made_for, now = getattr(plan, name), getattr(job, name)
        if made_for != now:
            raise PlanError(
                f"plan_from: its plan was made for {name}={made_for}, and this job has {now}; give the result of the "
                "same job, or leave plan_from out"
            )
    ensemble = None
    if plan.together is not None and plan.each is not None:
        ensemble = StepCost(plan.alone, plan.together, plan.each)
    return ComputeBudget(
        probe=plan.probe,
        trials=plan.trials,
        step=MeasuredStep(plan.alone, ensemble) if plan.measured else step_operations(job),
        timed=plan.timed,
        richest=BUDGETS[budget].richest if isinstance(budget, str) else PLANS[0],
        judging=plan.judging,
    )


def _rounds(plan: TrialPlan, recipes: int) -> TrialRounds:
    return TrialRounds(
        rates=plan.rates,
        share=plan.share,
        seeds=plan.seeds,
        refinements=plan.refinements,
        refinement_share=plan.last_share if plan.refinements else None,
        recipes=recipes,
    )
