"""A linear model of the same rows beside the user's own."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from advisor import results
from advisor.checking.check import CheckedRecommendation, check, costing, why_untrained
from advisor.checking.terms import Terms
from advisor.knowledge import RuleBase
from advisor.progress import silent
from advisor.results import Baseline, Verdict, remark

if TYPE_CHECKING:
    from advisor.preparation import Prepared
    from advisor.training.compute_budget import ComputeBudget


def with_baseline(
    prepared: Prepared, base: RuleBase, own: CheckedRecommendation, terms: Terms
) -> tuple[Baseline | None, Verdict]:
    """Return the linear baseline, and the verdict beside it; None where nothing was trained or it is no comparison."""
    linear = prepared.linear_baseline() if why_untrained(terms.budget) is None else None
    if linear is None or own.compute is None or own.stop is not None:
        return None, own.verdict

    from advisor.training.deadline import STOPS, reason_of

    terms.progress("training a linear baseline", None)
    try:
        return _beside_baseline(prepared, linear, own, base, terms)
    except STOPS as stopped:
        note = remark(reason_of(stopped), rates=len(own.verdict.trials))
        return None, own.verdict.model_copy(update={"notes": (*own.verdict.notes, note)})


def _beside_baseline(
    prepared: Prepared, linear: Prepared, own: CheckedRecommendation, base: RuleBase, terms: Terms
) -> tuple[Baseline, Verdict]:
    """Return the linear model with its verdict, and the verdict on the user's own beside it."""
    from advisor.training.step_cost import SECONDS_PER_OPERATION
    from advisor.verification.linear_model import Contender, beside_linear_model

    began = time.process_time()
    found = check(linear, base, replace(terms, budget="quick", progress=silent, start=None))
    baseline = Baseline(name=linear.model_name, recommendation=found.recommendation, verdict=found.verdict)
    verdict, spent = own.verdict, (found.verdict.cost or 0.0) * found.training
    if own.compute is not None and found.compute is not None and verdict.trials and verdict.steps == verdict.full_steps:

        def contender(one: Prepared, recommendation: results.Recommendation, compute: ComputeBudget) -> Contender:
            is_open, job = one.facts.plan.has_open_length, one.job(recommendation, terms.deadline)
            return Contender(job, recommendation, compute, terms.workers, open_length=is_open)

        model = contender(prepared, own.recommendation, own.compute)
        other = contender(linear, found.recommendation, found.compute)
        verdict = beside_linear_model(verdict, model, other, seed=terms.seed)
        spent += sum((*model.spent, *other.spent))
    if own.compute is not None and own.compute.is_measured and terms.workers is None:
        spent = (time.process_time() - began) / SECONDS_PER_OPERATION
    return baseline, costing(verdict, (verdict.cost or 0.0) * own.training + spent, own.training)
