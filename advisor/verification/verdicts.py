"""What the evidence means, in a status and a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.facts.names import Budget, VerdictStatus
from advisor.results import Interval, Recommendation, Trial, Verdict
from advisor.verification.decision import TOLERANCE, Decision

MANIFOLD = 10.0
"""Losses further apart than this are not given in percent."""
FLAT = 0.002
USELESS = 0.998
"""A held-out loss above this share of the constant predictor's means that nothing was learned."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the trials found."""

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
    notes: tuple[str, ...]


def judge(recommendation: Recommendation, evidence: Evidence) -> Verdict:
    """Return the verdict on a recommendation."""
    candidates = [trial for trial in evidence.trials if trial.role == "candidate"]
    finite = [trial for trial in candidates if trial.mean is not None]
    proposed = recommendation.learning_rate
    if evidence.decision is None or not finite:
        lowest = min(trial.learning_rate for trial in candidates)
        fallback = min(proposed, lowest) / 3.0
        text = f"Every training diverged, down to a rate of {lowest:.2g}; take {fallback:.2g} and check data and loss."
        return _verdict(
            "rejected", text, fallback, Interval(lower=fallback / 30, upper=fallback), recommendation, evidence
        )
    decision = evidence.decision
    factor = math.exp(evidence.shift)
    rate = math.exp(decision.log_rate) * factor
    interval = Interval(lower=decision.interval.lower * factor, upper=decision.interval.upper * factor)
    best = min(trial.mean for trial in finite if trial.mean is not None)
    worst = max(trial.mean for trial in finite if trial.mean is not None)
    gain = decision.regret_of_prior - decision.regret
    if evidence.constant_loss is not None and best > USELESS * evidence.constant_loss:
        text = (
            f"No rate learned more than the constant prediction in {evidence.steps} steps (best loss {best:.4g}, "
            f"constant {evidence.constant_loss:.4g}); the features may not tell the target."
        )
        if gain < TOLERANCE:
            return _stands(f"{text} The rules' answer stands.", recommendation, evidence)
        text = f"{text} Of those tried, {rate:.3g} is expected to lose least."
        return _verdict("inconclusive", text, rate, _around(rate, interval), recommendation, evidence)
    tried = candidates[-1].learning_rate / candidates[0].learning_rate
    # A loss of exactly zero has no relative size.
    moves = (worst - best) / abs(best) if best else (math.inf if worst else 0.0)
    if moves < max(FLAT, decision.noise) and len(finite) == len(candidates):
        text = (
            f"The loss hardly depends on the rate over a factor of {tried:.0f} "
            f"(it moves by {moves:.1%}, seeds by {decision.noise:.1%}); the rules' answer stands."
        )
        return _stands(text, recommendation, evidence)
    if gain < TOLERANCE:
        text = (
            f"Among {_counted(candidates, evidence.seeds)}, no other is expected to be more than "
            f"{TOLERANCE:.1%} better than {proposed:.3g}."
        )
        return _verdict("confirmed", text, proposed, _around(proposed, interval), recommendation, evidence)
    higher = f"{gain:.1%}" if gain < MANIFOLD else f"more than {MANIFOLD:.0f} times"
    text = (
        f"Moved from {proposed:.3g} to {rate:.3g}: among {_counted(candidates, evidence.seeds)}, "
        f"the rules' rate is expected to end {higher} higher in held-out loss."
    )
    return _verdict("adjusted", text, rate, _around(rate, interval), recommendation, evidence)


def _stands(text: str, recommendation: Recommendation, evidence: Evidence) -> Verdict:
    """Return the verdict that nothing speaks against the rules' answer, nor for it."""
    rate = recommendation.learning_rate
    return _verdict("inconclusive", text, rate, _around(rate, recommendation.interval), recommendation, evidence)


def _counted(candidates: Sequence[Trial], seeds: int) -> str:
    return f"{len(candidates)} rates × {seeds} seed{'s' * (seeds > 1)}"


def _around(rate: float, interval: Interval) -> Interval:
    return Interval(lower=min(rate, interval.lower), upper=max(rate, interval.upper))


def _verdict(
    status: VerdictStatus,
    reason: str,
    rate: float,
    interval: Interval,
    recommendation: Recommendation,
    evidence: Evidence,
) -> Verdict:
    candidates = [t for t in evidence.trials if t.role == "candidate" and t.mean is not None]
    nearest = min(candidates, key=lambda t: abs(math.log(t.learning_rate / rate)), default=None)
    default = next((trial.mean for trial in evidence.trials if trial.role == "default"), None)
    notes = list(evidence.notes)
    if evidence.steps < evidence.full_steps:
        notes.append(
            f"Trials ran {evidence.steps} of {evidence.full_steps} steps with the schedule drawn over them; "
            f"their rates are given as the full run wants them, ×{math.exp(evidence.shift):.2f}."
        )
    return Verdict(
        status=status,
        reason=reason,
        learning_rate=rate,
        interval=interval,
        proposed=recommendation.learning_rate,
        trials=evidence.trials,
        steps=evidence.steps,
        full_steps=evidence.full_steps,
        seeds=evidence.seeds,
        budget=evidence.budget,
        gradient_samples=evidence.gradient_samples,
        cost=evidence.gradient_samples / evidence.full_samples if evidence.full_samples else None,
        path=evidence.path,
        held_out_loss=nearest.mean if nearest else None,
        constant_loss=evidence.constant_loss,
        default_loss=default,
        notes=tuple(notes),
    )
