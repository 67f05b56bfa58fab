"""Advice as a page needs it: every string ready to print, every number kept only where a chart draws it."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.language import gettext as _
from advisor.language import phrase
from advisor.reporting import formatting
from advisor.reporting.remarks import paragraph_of
from advisor.reporting.sentences.template import fill
from advisor.reporting.views.alerts import Alert, alerts_of, other_remarks
from advisor.reporting.views.answer import Answer, answer_of
from advisor.reporting.views.banner import Banner, banner_of
from advisor.reporting.views.facts import DataView, FactRow, ModelView, data_view, model_view, rows_of
from advisor.reporting.views.headings import AdviceHeadings, headings_of
from advisor.reporting.views.proof import Badge, Proof, badge_of, linear_losses, proof_of
from advisor.reporting.views.reasons import Reasons, reasons_of
from advisor.reporting.views.step_bars import StepBars, step_bars
from advisor.results import Advice, Baseline, Provenance


@dataclass(frozen=True, slots=True)
class BaselineView:
    """The linear baseline beside the model."""

    name: str
    answer: Answer
    badge: Badge
    reason: str
    gain: str


@dataclass(frozen=True, slots=True)
class AdviceView:
    """Everything the page says."""

    title: str
    subject: str
    headings: AdviceHeadings
    banner: Banner | None
    alerts: tuple[Alert, ...]
    remarks: tuple[str, ...]
    answer: Answer
    proof: Proof
    reasons: Reasons
    bars: StepBars
    data: DataView
    model: ModelView
    plan: tuple[FactRow, ...]
    baseline: BaselineView | None
    provenance: tuple[tuple[str, str], ...]


def view_of(advice: Advice) -> AdviceView:
    """Gather the whole page from an advice."""
    source = advice.provenance.source or advice.facts.data.name or ""
    rec = advice.recommendation
    answer = answer_of(rec)
    reasons = reasons_of(rec, advice.verdict, advice.facts)
    alerts = alerts_of(advice)
    return AdviceView(
        title=fill("{optimizer}, learning rate {rate}", optimizer=answer.optimizer, rate=answer.rate),
        subject=source,
        headings=headings_of(advice, alerts, reasons),
        banner=banner_of(advice),
        alerts=alerts,
        remarks=other_remarks(advice),
        answer=answer,
        proof=proof_of(advice),
        reasons=reasons,
        bars=step_bars(reasons.steps, rec.learning_rate, rec.interval),
        data=data_view(advice.facts),
        model=model_view(advice.facts),
        plan=rows_of(advice.facts, "plan."),
        baseline=_baseline(advice, advice.baseline) if advice.baseline else None,
        provenance=_provenance(advice.provenance, advice.schema_version),
    )


def _baseline(advice: Advice, baseline: Baseline) -> BaselineView:
    losses = linear_losses(advice)
    change = formatting.compared(*losses) if losses is not None else ""
    return BaselineView(
        name=baseline.name,
        answer=answer_of(baseline.recommendation),
        badge=badge_of(baseline.verdict),
        reason=paragraph_of(baseline.verdict.reasons),
        gain=fill("Beside it, the model's held-out loss is {change}.", change=change) if change else "",
    )


def _provenance(item: Provenance, schema_version: str) -> tuple[tuple[str, str], ...]:
    budget = item.budget if isinstance(item.budget, str) else formatting.amount(item.budget, phrase("seconds"))
    rows = (
        ("advisor", item.advisor),
        (_("Rule set"), item.ruleset),
        (_("Overlays"), ", ".join(item.overlays)),
        (_("Data"), item.source),
        (_("Model"), item.model),
        (_("Budget"), budget),
        (_("Seed"), str(item.seed)),
        ("Python", item.python),
        ("torch", item.torch),
        (_("Schema"), schema_version),
    )
    return tuple((label, value) for label, value in rows if value)
