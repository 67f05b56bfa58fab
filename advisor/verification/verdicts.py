"""What trials mean for a recommendation: a status, its reasons as codes, and the rate that stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from advisor.facts.names import Budget, VerdictStatus
from advisor.results import Interval, Recommendation, Remark, Trial, Verdict, remark
from advisor.verification.decision import TOLERANCE, Decision

FLAT = 0.002
USELESS = 0.998
"""A held-out loss above this share of the constant predictor's means that nothing was learned."""


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """Everything that trials showed, and what they cost."""

    decision: Decision | None
    trials: tuple[Trial, ...]
    shift: float
    steps: int
    full_steps: int
    seeds: int
    budget: Budget | float
    gradient_samples: int
    full_samples: int
    path: Literal["batched", "sequential"]
    constant_loss: float | None
    notes: tuple[Remark, ...]


def judge(recommendation: Recommendation, record: TrialRecord) -> Verdict:
    """Return the verdict on a recommendation."""
    candidates = [trial for trial in record.trials if trial.role == "candidate"]
    finite = [trial for trial in candidates if trial.mean is not None]
    proposed = recommendation.learning_rate
    if record.decision is None or not finite:
        lowest = min(trial.learning_rate for trial in candidates)
        fallback = min(proposed, lowest) / 3.0
        reason = remark("every_training_diverged", lowest=lowest, fallback=fallback)
        below = Interval(lower=fallback / 30, upper=fallback)
        return _verdict("rejected", (reason,), fallback, below, recommendation, record)
    decision = record.decision
    factor = math.exp(record.shift)
    rate = math.exp(decision.log_rate) * factor
    interval = Interval(lower=decision.interval.lower * factor, upper=decision.interval.upper * factor)
    best = min(trial.mean for trial in finite if trial.mean is not None)
    worst = max(trial.mean for trial in finite if trial.mean is not None)
    gain = decision.regret_of_prior - decision.regret
    if record.constant_loss is not None and best > USELESS * record.constant_loss:
        reason = remark("nothing_learned", steps=record.steps, best=best, constant=record.constant_loss)
        if gain < TOLERANCE:
            return _rules_stand(reason, recommendation, record)
        reasons = (reason, remark("lowest_expected_loss", rate=rate))
        return _verdict("inconclusive", reasons, rate, _around(rate, interval), recommendation, record)
    tried = candidates[-1].learning_rate / candidates[0].learning_rate
    # A loss of exactly zero has no relative size.
    moves = (worst - best) / abs(best) if best else (math.inf if worst else 0.0)
    if moves < max(FLAT, decision.noise) and len(finite) == len(candidates):
        reason = remark("hardly_depends_on_rate", span=tried, range=moves, noise=decision.noise)
        return _rules_stand(reason, recommendation, record)
    counted = {"rates": len(candidates), "seeds": record.seeds}
    if gain < TOLERANCE:
        reason = remark("rate_confirmed", rate=proposed, tolerance=TOLERANCE, **counted)
        return _verdict("confirmed", (reason,), proposed, _around(proposed, interval), recommendation, record)
    reason = remark("rate_adjusted", proposed=proposed, rate=rate, excess=gain, **counted)
    return _verdict("adjusted", (reason,), rate, _around(rate, interval), recommendation, record)


def _rules_stand(reason: Remark, recommendation: Recommendation, record: TrialRecord) -> Verdict:
    """Return the verdict that trials speak neither for nor against the rules' rate."""
    rate, reasons = recommendation.learning_rate, (reason, remark("rules_stand"))
    return _verdict("inconclusive", reasons, rate, _around(rate, recommendation.interval), recommendation, record)


def _around(rate: float, interval: Interval) -> Interval:
    return Interval(lower=min(rate, interval.lower), upper=max(rate, interval.upper))


def _verdict(
    status: VerdictStatus,
    reasons: tuple[Remark, ...],
    rate: float,
    interval: Interval,
    recommendation: Recommendation,
    record: TrialRecord,
) -> Verdict:
    candidates = [t for t in record.trials if t.role == "candidate" and t.mean is not None]
    nearest = min(candidates, key=lambda t: abs(math.log(t.learning_rate / rate)), default=None)
    default = next((trial.mean for trial in record.trials if trial.role == "default"), None)
    notes = list(record.notes)
    if record.steps < record.full_steps:
        notes.append(
            remark("shortened_trials", steps=record.steps, full=record.full_steps, factor=math.exp(record.shift))
        )
    return Verdict(
        status=status,
        reasons=reasons,
        learning_rate=rate,
        interval=interval,
        proposed=recommendation.learning_rate,
        trials=record.trials,
        steps=record.steps,
        full_steps=record.full_steps,
        seeds=record.seeds,
        budget=record.budget,
        gradient_samples=record.gradient_samples,
        cost=record.gradient_samples / record.full_samples if record.full_samples else None,
        path=record.path,
        held_out_loss=nearest.mean if nearest else None,
        constant_loss=record.constant_loss,
        default_loss=default,
        notes=tuple(notes),
    )
