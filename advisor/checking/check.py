"""Rules, probe, rules again, trials: a recommendation for a prepared job, and what training says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from advisor import results
from advisor.checking.candidates import candidates_of, comparisons_of
from advisor.checking.data_proxy import PartOfData, part_of_data
from advisor.checking.plan import plan_of, repeated
from advisor.checking.proxy import NarrowerCopy, narrower_copy
from advisor.checking.terms import Terms
from advisor.facts import Facts
from advisor.facts.names import Budget
from advisor.inference import infer
from advisor.knowledge import RuleBase
from advisor.progress import tell_plan
from advisor.results import ProbeReport, Remark, RemarkCode, Verdict, not_run, remark
from advisor.torch_package import INSTALL, INSTALL_CPU, torch_gap

if TYPE_CHECKING:
    from advisor.preparation import Prepared
    from advisor.training.compute_budget import ComputeBudget
    from advisor.training.job import Job

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


def check(prepared: Prepared, base: RuleBase, terms: Terms) -> CheckedRecommendation:
    """Recommend for a prepared job, and check it: rules, probe, rules again, trials.

    An interruption (Ctrl-C) or a deadline that passes ends the check; what it found by then stands, and the verdict
    says what it lacks.

    Args:
        prepared: facts and job.
        base: the rules.
        terms: budget, seed and whatever else is asked of the check.

    Raises:
        PlanError: the plan is that of another job.
    """
    facts = prepared.facts
    draft = infer(facts, base).replaced(groups=prepared.groups)
    untrained = why_untrained(terms.budget)
    if untrained is not None:
        return CheckedRecommendation(facts, draft, not_run(draft.learning_rate, draft.interval, untrained), None)

    from advisor.training.deadline import STOPS, reason_of
    from advisor.training.memory import ends_when_memory_runs_out, large_blocks_apart

    model = facts.model
    try:
        if prepared.interrupted:
            raise KeyboardInterrupt
        with ends_when_memory_runs_out(), large_blocks_apart(4 * (model.trainable_parameters or model.parameters or 0)):
            if prepared.proxy is not None:
                return _checked_by_proxy(prepared, draft, terms)
            return _checked(prepared, draft, base, terms)
    except STOPS as stopped:
        stop = reason_of(stopped)
        verdict = not_run(draft.learning_rate, draft.interval, remark(stop, rates=0))
        return CheckedRecommendation(facts, draft, verdict, None, stop=stop)


def _checked(prepared: Prepared, draft: results.Recommendation, base: RuleBase, terms: Terms) -> CheckedRecommendation:
    from advisor.probing.probe import probe
    from advisor.training.compute_budget import clock_of
    from advisor.training.step_cost import SECONDS_PER_OPERATION
    from advisor.verification.rivals import try_rivals

    job = prepared.job(draft, terms.deadline)
    job.deadline.check()
    clock = clock_of(terms.budget, job)
    earlier = terms.start.since(clock) if terms.start is not None else 0.0
    began = clock() - earlier
    compute = _compute_of(terms, job, earlier)
    alone = compute.step.cost(batched=False).alone
    probing = clock()
    report = probe(job, draft, compute, seed=terms.seed, progress=terms.progress)
    looked, probe_limit = alone * report.gradient_samples / job.batch_size, compute.probe
    if compute.is_measured:
        looked = (clock() - probing) / SECONDS_PER_OPERATION
        compute = compute.after(looked) if terms.plan is None else replace(compute, probe=0.0)
    facts = prepared.facts.model_copy(update={"probe": report.facts})
    candidates = [one.replaced(groups=prepared.groups) for one in candidates_of(facts, base)]
    plan = terms.plan or plan_of(job, candidates, compute, probe=probe_limit, spent=looked)
    tell_plan(terms.progress, plan)
    recommendation, verdict = try_rivals(
        *(job, candidates, compute),
        budget=terms.budget,
        comparisons=comparisons_of(prepared, facts, base),
        seed=terms.seed,
        progress=terms.progress,
        workers=terms.workers,
        open_length=facts.plan.has_open_length,
    )
    if facts.plan.learning_rate is None:
        recommendation = recommendation.replaced(learning_rate=verdict.learning_rate, interval=verdict.interval)
    if facts.plan.has_open_length and not facts.plan.early_stopping:
        recommendation = _stopped_where_loss_turns(recommendation, verdict)
    training = alone * job.total_steps
    spent = looked + (verdict.cost or 0.0) * training
    if compute.is_measured and terms.workers is None:  # no clock of ours sees the work of others
        spent = (clock() - began) / SECONDS_PER_OPERATION
    return CheckedRecommendation(
        facts=facts,
        recommendation=recommendation,
        verdict=costing(verdict, spent, training).model_copy(update={"plan": plan}),
        probe=report,
        compute=compute,
        training=training,
        stop=_stop_of(verdict),
    )


def _checked_by_proxy(prepared: Prepared, draft: results.Recommendation, terms: Terms) -> CheckedRecommendation:
    """Check a recommendation by trials of a stand-in; what a probe measures on that says little of the job.

    It is a narrower copy of the model, or a part of the data.
    """
    from advisor.verification.rivals import try_rivals

    standin: NarrowerCopy | PartOfData
    if isinstance(prepared.proxy, int | float):
        standin = part_of_data(prepared.job(draft, terms.deadline), prepared.proxy)
        job = standin.job
    else:
        standin = narrower_copy(prepared, draft)
        job = standin.prepared.job(draft, terms.deadline)
    compute = _compute_of(terms, job).after(0.0)
    plan = terms.plan or plan_of(job, [draft], compute, probe=0.0, spent=0.0)
    tell_plan(terms.progress, plan)
    _, verdict = try_rivals(
        *(job, [draft], compute),
        budget=terms.budget,
        seed=terms.seed,
        progress=terms.progress,
        workers=terms.workers,
        transfer=standin.transfer,
    )
    alone = compute.step.cost(batched=False).alone
    spent = (verdict.cost or 0.0) * alone * job.total_steps
    verdict = costing(verdict, spent, alone * job.total_steps / standin.work)
    told = {"notes": (standin.told(), *verdict.notes), "plan": plan, "held_out_loss": None}
    recommendation = draft
    if prepared.facts.plan.learning_rate is None:
        recommendation = draft.replaced(learning_rate=verdict.learning_rate, interval=verdict.interval)
    return CheckedRecommendation(
        facts=prepared.facts,
        recommendation=recommendation,
        verdict=verdict.model_copy(update=told),
        probe=None,
        stop=_stop_of(verdict),
    )


def _stopped_where_loss_turns(recommendation: results.Recommendation, verdict: Verdict) -> results.Recommendation:
    """Return a recommendation that stops where the held-out loss of its trials turns; the same where it does not.

    Trials of a part of the run that turn already say that the run is too long: theirs is advised, as it was trained.
    """
    from advisor.verification.challengers import nearest_to

    advised = nearest_to(verdict.learning_rate, verdict.trials)
    if advised is None or advised.turn_steps is None:
        return recommendation
    share = verdict.steps / verdict.full_steps
    epochs = None if recommendation.epochs is None else recommendation.epochs * share
    return recommendation.replaced(epochs=epochs, total_steps=verdict.steps, stop_steps=advised.turn_steps)


def _compute_of(terms: Terms, job: Job, earlier: float = 0.0) -> ComputeBudget:
    """Return what is left to buy after so many seconds of the call, or was bought where a check is repeated."""
    from advisor.training.compute_budget import compute_budget

    if terms.plan is not None:
        return repeated(terms.plan, terms.budget, job)
    return compute_budget(terms.budget, job, earlier=earlier)


def _stop_of(verdict: Verdict) -> RemarkCode | None:
    """Return what ended the trials before they were done; None: nothing did."""
    return next((one.code for one in (*verdict.reasons, *verdict.notes) if one.code in _STOPS), None)


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
