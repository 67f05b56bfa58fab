"""Optimizers and schedules that the user left open compete in trials; each brings the rate that the rules give it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from advisor.facts.names import Budget
from advisor.progress import Progress, silent
from advisor.results import Recommendation, Remark, Trial, Verdict, remark
from advisor.training.compute_budget import ComputeBudget, TrialPlan, affordable
from advisor.training.job import Job
from advisor.training.workers.task import Workers
from advisor.verification.comparisons import Comparison, held_against_all
from advisor.verification.decision import TOLERANCE, Decision
from advisor.verification.horizon import Horizon
from advisor.verification.trainings import is_batched
from advisor.verification.trials import SAME_JOB, CheckedRate, check_rate
from advisor.verification.turning import with_turn


def try_rivals(
    job: Job,
    candidates: Sequence[Recommendation],
    compute: ComputeBudget,
    *,
    budget: Budget | float,
    comparisons: Sequence[Comparison] = (),
    seed: int = 0,
    progress: Progress = silent,
    workers: Workers | None = None,
    transfer: Horizon = SAME_JOB,
    open_length: bool = False,
) -> tuple[Recommendation, Verdict]:
    """Try the candidates, and return the one that ends lowest, beyond doubt or first in order, with the verdict on it.

    Rivals enter only while every candidate can be tried over the full run with several seeds: what leads early need
    not end best, and what leads under one seed need not lead under another.

    Args:
        job: what to train.
        candidates: the rules' recommendation first, then its rivals, the most promising first.
        compute: what the budget buys, for all trials together.
        budget: its name or seconds, for the record.
        comparisons: what is trained beside them; one that ends lower beyond noise is returned instead.
        seed: of weights, orders and dropout.
        progress: called with what is being done and the share done.
        workers: who trains; None: this process.
        transfer: from the best rate of the job that is trained to that of the one which is advised on.
        open_length: the length of the run is open, so that rates are compared where their held-out losses turn.
    """
    admitted, _ = admitted_candidates(job, candidates, compute)
    found: list[CheckedRate] = []
    for one in admitted:
        found.append(
            check_rate(
                job,
                one,
                compute.shared(len(admitted)),
                budget=budget,
                seed=seed,
                progress=progress,
                comparisons=comparisons if one is admitted[0] else (),
                workers=workers,
                transfer=transfer,
                open_length=open_length,
            )
        )
        if found[-1].stop is not None:
            break
    admitted = admitted[: len(found)]
    winner = _winner([None if one.verdict.status == "rejected" else one.decision for one in found])
    verdict = _with_rivals(admitted, [one.verdict for one in found], winner)
    recommendation, verdict = held_against_all(admitted[winner], verdict, found[winner].decision, comparisons)
    return recommendation, with_turn(verdict, job, epochs=recommendation.epochs, open_length=open_length)


def _winner(decisions: Sequence[Decision | None]) -> int:
    """Return who ends lowest; who stands further down needs a lead that the losses' own error does not explain."""
    best = 0
    for index, decision in enumerate(decisions):
        leader = decisions[best]
        if decision is None:
            continue
        if leader is None or _lead(decision, leader) > max(TOLERANCE, math.hypot(leader.noise, decision.noise)):
            best = index
    return best


def _lead(decision: Decision, leader: Decision) -> float:
    """Return how much lower a decision's lowest loss is, in log loss; below zero where it is higher."""
    lead = leader.lowest - decision.lowest
    return math.copysign(math.log1p(abs(lead) / min(leader.unit, decision.unit)), lead)


def admitted_candidates(
    job: Job, candidates: Sequence[Recommendation], compute: ComputeBudget
) -> tuple[Sequence[Recommendation], TrialPlan | None]:
    """Return who is tried within a budget, and the plan of the first one's trials; None when it pays for none."""
    plans: list[TrialPlan | None] = []
    for count in range(len(candidates), 0, -1):
        plans = [
            affordable(job, compute.shared(count), batched=is_batched(job, one, compute)) for one in candidates[:count]
        ]
        if all(plan is not None and plan.share == 1.0 and plan.seeds > 1 for plan in plans):
            return candidates[:count], plans[0]
    return candidates[:1], plans[0]


def _lowest(verdict: Verdict) -> float | None:
    means = [trial.mean for trial in verdict.trials if trial.role == "candidate" and trial.mean is not None]
    return min(means, default=None)


def _with_rivals(admitted: Sequence[Recommendation], verdicts: Sequence[Verdict], winner: int) -> Verdict:
    """Return the winner's verdict, with the trials of the others and what came of them."""
    if len(admitted) == 1:
        return verdicts[0]
    own, first = verdicts[winner], verdicts[0]
    others = [verdict for index, verdict in enumerate(verdicts) if index != winner]
    rivals = [
        trial.model_copy(update={"role": "rival"})
        for verdict in others
        for trial in verdict.trials
        if trial.role == "candidate"
    ]
    compared = [trial for verdict in verdicts for trial in verdict.trials if trial.role in {"default", "own"}]
    candidates: list[Trial] = [trial for trial in own.trials if trial.role == "candidate"]
    update: dict[str, object] = {
        "trials": (*candidates, *rivals, *compared),
        "gradient_samples": sum(verdict.gradient_samples for verdict in verdicts),
        "cost": sum(verdict.cost or 0.0 for verdict in verdicts),
        "notes": tuple(dict.fromkeys(note for verdict in (own, *others) for note in verdict.notes)),
    }
    lowest = [_lowest_loss(one, verdict) for one, verdict in zip(admitted, verdicts, strict=True)]
    if winner:
        if own.status == "confirmed":
            update["status"] = "adjusted"
        update["proposed"] = first.proposed
        best, proposed = admitted[winner], admitted[0]
        won = remark(
            "rival_won",
            winner=best.optimizer,
            winner_schedule=best.schedule,
            proposed=proposed.optimizer,
            proposed_schedule=proposed.schedule,
        )
        update["reasons"] = (won, *lowest, *own.reasons)
    else:
        update["reasons"] = (*own.reasons, remark("rivals_lost"), *lowest)
    return own.model_copy(update=update)


def _lowest_loss(recommendation: Recommendation, verdict: Verdict) -> Remark:
    """Return the lowest held-out loss of a recipe, or why there is none."""
    recipe = {"optimizer": recommendation.optimizer, "schedule": recommendation.schedule}
    lowest = _lowest(verdict)
    if lowest is not None:
        return remark("lowest_loss_of_recipe", loss=lowest, **recipe)
    return remark("recipe_diverged" if verdict.trials else "recipe_not_tried", **recipe)
