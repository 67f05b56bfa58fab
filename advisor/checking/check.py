"""Rules, probe, rules again, trials: a recommendation for a prepared job, and what training says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from advisor import results
from advisor.checking.candidates import candidates_of, comparisons_of
from advisor.checking.plan import plan_of, repeated
from advisor.checking.proxy import narrower_copy
from advisor.facts import Facts
from advisor.facts.names import Budget
from advisor.inference import infer
from advisor.knowledge import RuleBase
from advisor.progress import Progress, silent, tell_plan
from advisor.results import CheckPlan, ProbeReport, Remark, RemarkCode, Verdict, not_run, remark
from advisor.torch_package import INSTALL, INSTALL_CPU, torch_gap

if TYPE_CHECKING:
    from advisor.preparation import Prepared
    from advisor.training.compute_budget import ComputeBudget
    from advisor.training.deadline import Deadline
    from advisor.training.workers.task import Workers

_STOPS: tuple[RemarkCode, ...] = ("interrupted", "out_of_time")


@dataclass(frozen=True, slots=True)
class CheckedRecommendation:
    """A recommendation after probe and trials, with what it rests on.

    Attributes:
        facts: those of the probe included.
        recommendation: what stands.
        verdict: on it.
        probe: None without a budget.
        compute: what the budget bought; None without one.
        training: operations of one full training; 0 without a budget.
        stop: what ended the check before it was done; None: nothing did.
    """

    facts: Facts
    recommendation: results.Recommendation
    verdict: Verdict
    probe: ProbeReport | None
    compute: ComputeBudget | None = None
    training: float = 0.0
    stop: RemarkCode | None = None


def check(
    prepared: Prepared,
    base: RuleBase,
    budget: Budget | float,
    *,
    seed: int = 0,
    progress: Progress = silent,
    deadline: Deadline | None = None,
    workers: Workers | None = None,
    plan: CheckPlan | None = None,
) -> CheckedRecommendation:
    """Recommend for a prepared job, and check it: rules, probe, rules again, trials.

    An interruption (Ctrl-C) or a deadline that passes ends the check; what it found by then stands, and the verdict
    says what it lacks.

    Args:
        prepared: facts and job.
        base: the rules.
        budget: its name or seconds.
        seed: of weights, orders and dropout.
        progress: called with what is being done and the share done; told the plan before the trials start.
        deadline: by which all ends; None: there is none.
        workers: who trains; None: this process.
        plan: of an earlier check that is to be repeated; None: one is made.

    Raises:
        PlanError: the plan is that of another job.
    """
    facts = prepared.facts
    draft = infer(facts, base).replaced(groups=prepared.groups)
    untrained = why_untrained(budget)
    if untrained is not None:
        return CheckedRecommendation(facts, draft, not_run(draft.learning_rate, draft.interval, untrained), None)

    from advisor.training.deadline import STOPS, reason_of

    try:
        if prepared.proxy is not None:
            return _checked_by_proxy(prepared, draft, budget, seed, progress, deadline, workers, plan)
        return _checked(prepared, draft, base, budget, seed, progress, deadline, workers, plan)
    except STOPS as stopped:
        stop = reason_of(stopped)
        verdict = not_run(draft.learning_rate, draft.interval, remark(stop, rates=0))
        return CheckedRecommendation(facts, draft, verdict, None, stop=stop)


def _checked(
    prepared: Prepared,
    draft: results.Recommendation,
    base: RuleBase,
    budget: Budget | float,
    seed: int,
    progress: Progress,
    deadline: Deadline | None,
    workers: Workers | None,
    plan: CheckPlan | None,
) -> CheckedRecommendation:
    from advisor.probing.probe import probe
    from advisor.training.compute_budget import clock_of, compute_budget
    from advisor.training.step_cost import SECONDS_PER_OPERATION
    from advisor.verification.rivals import try_rivals

    job = prepared.job(draft, deadline)
    clock = clock_of(budget, job)
    began = clock()
    compute = compute_budget(budget, job) if plan is None else repeated(plan, budget, job)
    alone = compute.step.cost(batched=False).alone
    probing = clock()
    report = probe(job, draft, compute, seed=seed, progress=progress)
    looked, probe_limit = alone * report.gradient_samples / job.batch_size, compute.probe
    if compute.is_measured:
        looked = (clock() - probing) / SECONDS_PER_OPERATION
        compute = compute.after(looked) if plan is None else replace(compute, probe=0.0)
    facts = prepared.facts.model_copy(update={"probe": report.facts})
    candidates = [one.replaced(groups=prepared.groups) for one in candidates_of(facts, base)]
    plan = plan or plan_of(job, candidates, compute, probe=probe_limit, spent=looked)
    tell_plan(progress, plan)
    recommendation, verdict = try_rivals(
        *(job, candidates, compute),
        budget=budget,
        comparisons=comparisons_of(prepared, facts, base),
        seed=seed,
        progress=progress,
        workers=workers,
    )
    if facts.plan.learning_rate is None:
        recommendation = recommendation.replaced(learning_rate=verdict.learning_rate, interval=verdict.interval)
    training = alone * job.total_steps
    counted = alone * report.gradient_samples / job.batch_size + (verdict.cost or 0.0) * training
    spent = (clock() - began) / SECONDS_PER_OPERATION if compute.is_measured else counted
    stops: list[RemarkCode] = [one.code for one in (*verdict.reasons, *verdict.notes) if one.code in _STOPS]
    return CheckedRecommendation(
        facts=facts,
        recommendation=recommendation,
        verdict=costing(verdict, spent, training).model_copy(update={"plan": plan}),
        probe=report,
        compute=compute,
        training=training,
        stop=stops[0] if stops else None,
    )


def _checked_by_proxy(
    prepared: Prepared,
    draft: results.Recommendation,
    budget: Budget | float,
    seed: int,
    progress: Progress,
    deadline: Deadline | None,
    workers: Workers | None,
    plan: CheckPlan | None,
) -> CheckedRecommendation:
    """Check a recommendation by trials of a narrower copy; what a probe measures on that says little of the model."""
    from advisor.training.compute_budget import compute_budget
    from advisor.verification.rivals import try_rivals

    narrow = narrower_copy(prepared, draft)
    job = narrow.prepared.job(draft, deadline)
    compute = (compute_budget(budget, job) if plan is None else repeated(plan, budget, job)).after(0.0)
    plan = plan or plan_of(job, [draft], compute, probe=0.0, spent=0.0)
    tell_plan(progress, plan)
    _, verdict = try_rivals(
        *(job, [draft], compute),
        budget=budget,
        seed=seed,
        progress=progress,
        workers=workers,
        transfer=narrow.transfer,
    )
    alone = compute.step.cost(batched=False).alone
    spent = (verdict.cost or 0.0) * alone * job.total_steps
    verdict = costing(verdict, spent, alone * job.total_steps / narrow.work)
    told = {"notes": (narrow.told(), *verdict.notes), "plan": plan, "held_out_loss": None}
    recommendation = draft
    if prepared.facts.plan.learning_rate is None:
        recommendation = draft.replaced(learning_rate=verdict.learning_rate, interval=verdict.interval)
    stops: list[RemarkCode] = [one.code for one in (*verdict.reasons, *verdict.notes) if one.code in _STOPS]
    return CheckedRecommendation(
        facts=prepared.facts,
        recommendation=recommendation,
        verdict=verdict.model_copy(update=told),
        probe=None,
        stop=stops[0] if stops else None,
    )


def costing(verdict: Verdict, spent: float, training: float) -> Verdict:
    """Return a verdict with what everything cost, in operations, beside one full training."""
    from advisor.training.step_cost import SECONDS_PER_OPERATION

    return verdict.model_copy(update={"cost": spent / training, "seconds": spent * SECONDS_PER_OPERATION})


def why_untrained(budget: Budget | float) -> Remark | None:
    """Return why nothing is trained; None when it is."""
    if budget == "none":
        return remark("no_budget")
    gap = torch_gap()
    if gap is None:
        return None
    codes: dict[str, RemarkCode] = {"absent": "torch_absent", "old": "torch_old", "broken": "torch_broken"}
    return remark(codes[gap.kind], detail=gap.detail, install=INSTALL, install_cpu=INSTALL_CPU)
