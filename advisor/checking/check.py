"""Rules, probe, rules again, trials: a recommendation for a prepared job, and what training says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor import results
from advisor.checking.candidates import candidates_of, comparisons_of
from advisor.facts import Facts
from advisor.facts.names import Budget
from advisor.inference import infer
from advisor.knowledge import RuleBase
from advisor.progress import Progress, silent
from advisor.results import ProbeReport, Remark, RemarkCode, Verdict, not_run, remark
from advisor.torch_package import INSTALL, INSTALL_CPU, torch_gap

if TYPE_CHECKING:
    from advisor.preparation import Prepared
    from advisor.training.compute_budget import ComputeBudget
    from advisor.training.deadline import Deadline

_STOPS: tuple[RemarkCode, ...] = ("interrupted", "out_of_time", "out_of_memory")


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
) -> CheckedRecommendation:
    """Recommend for a prepared job, and check it: rules, probe, rules again, trials.

    An interruption (Ctrl-C) or a deadline that passes ends the check; what it found by then stands, and the verdict
    says what it lacks.
    """
    facts = prepared.facts
    draft = infer(facts, base).replaced(groups=prepared.groups)
    untrained = why_untrained(budget)
    if untrained is not None:
        return CheckedRecommendation(facts, draft, not_run(draft.learning_rate, draft.interval, untrained), None)

    from advisor.training.deadline import STOPS, reason_of
    from advisor.training.memory import ends_when_memory_runs_out

    try:
        with ends_when_memory_runs_out():
            return _checked(prepared, draft, base, budget, seed, progress, deadline)
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
) -> CheckedRecommendation:
    from advisor.probing.probe import probe
    from advisor.training.compute_budget import clock_of, compute_budget
    from advisor.training.step_cost import SECONDS_PER_OPERATION
    from advisor.verification.rivals import try_rivals

    job = prepared.job(draft, deadline)
    clock = clock_of(budget, job)
    began = clock()
    compute = compute_budget(budget, job)
    alone = compute.step.cost(batched=False).alone
    probing = clock()
    report = probe(job, draft, compute, seed=seed, progress=progress)
    if compute.is_measured:
        compute = compute.after((clock() - probing) / SECONDS_PER_OPERATION)
    facts = prepared.facts.model_copy(update={"probe": report.facts})
    candidates = [one.replaced(groups=prepared.groups) for one in candidates_of(facts, base)]
    recommendation, verdict = try_rivals(
        *(job, candidates, compute),
        budget=budget,
        comparisons=comparisons_of(prepared, facts, base),
        seed=seed,
        progress=progress,
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
        verdict=costing(verdict, spent, training),
        probe=report,
        compute=compute,
        training=training,
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
