"""What trials mean for a recommendation: a status, its reasons as codes, and the rate that stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from advisor.facts.names import Budget, VerdictStatus
from advisor.results import Interval, Recommendation, Remark, Trial, Verdict, remark
from advisor.verification.decision import ERRORS, TOLERANCE, Decision

FLAT = 0.002
"""Losses of all rates this close, as a share, do not depend on the rate. Judgement: less than half of ``TOLERANCE``."""
SAME = 1e-5
"""Losses of all rates this close to each other and to an untrained model's, as a share, are those of weights that did
not move. Judgement: float32 sums in another order differ by less."""
OPEN_SIDE = 10.0
"""By which the interval is widened where the best is not bracketed. Judgement: one round more of the widest gap."""


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """Everything that trials showed, and what they cost.

    Attributes:
        decision: None when every trial diverged.
        trials: of the length that decides, by rate, and the one of Adam 1e-3.
        earlier: of shorter trials, at their own length.
        shift: natural log of the factor from a trial's rate to that of the full run.
        steps: of a trial that decides.
        full_steps: of the full run.
        seeds: per rate.
        evaluation_samples: held-out samples that the loss of a seed is measured on.
        budget: its name or seconds.
        gradient_samples: samples whose gradient was computed.
        full_samples: the same of one full run.
        path: how trials were trained.
        constant_loss: held-out loss of the best constant prediction; None: not known.
        untrained_loss: held-out loss of an untrained model.
        bracketed: the lowest loss has worse ones on both sides.
        has_learned: some rate ends below the loss to beat.
        notes: on how trials were done.
    """

    decision: Decision | None
    trials: tuple[Trial, ...]
    earlier: tuple[Trial, ...]
    shift: float
    steps: int
    full_steps: int
    seeds: int
    evaluation_samples: int
    budget: Budget | float
    gradient_samples: int
    full_samples: int
    path: Literal["batched", "sequential"]
    constant_loss: float | None
    untrained_loss: float | None
    bracketed: bool
    has_learned: bool
    notes: tuple[Remark, ...]

    @property
    def candidates(self) -> list[Trial]:
        """The trials with the recommended optimizer and schedule."""
        return [trial for trial in self.trials if trial.role == "candidate"]


def judge(recommendation: Recommendation, record: TrialRecord) -> Verdict:
    """Return the verdict on a recommendation."""
    finite = [trial for trial in record.candidates if trial.mean is not None]
    decision, proposed = record.decision, recommendation.learning_rate
    if decision is None or not finite:
        return _rejected(recommendation, record)
    if _nothing_moves(record):
        return _rules_stand(remark("training_changes_nothing", **_counted(record)), recommendation, record)
    factor = math.exp(record.shift)
    rate = math.exp(decision.log_rate) * factor
    interval = Interval(lower=decision.interval.lower * factor, upper=decision.interval.upper * factor)
    if not record.has_learned:
        return _not_learned(recommendation, record, decision, rate, interval)
    means = [trial.mean for trial in finite if trial.mean is not None]
    # A loss of exactly zero has no relative size.
    moves = (max(means) - min(means)) / decision.unit
    if moves < max(FLAT, decision.noise) and len(finite) == len(record.candidates):
        tried = record.candidates[-1].learning_rate / record.candidates[0].learning_rate
        reason = remark("hardly_depends_on_rate", span=tried, range=moves, noise=decision.noise)
        return _rules_stand(reason, recommendation, record)
    if decision.gain < TOLERANCE:
        reason = remark("rate_confirmed", rate=proposed, tolerance=TOLERANCE, **_counted(record))
        return _verdict("confirmed", (reason,), proposed, _around(proposed, interval), recommendation, record)
    reason = remark("rate_adjusted", proposed=proposed, rate=rate, excess=decision.gain, **_counted(record))
    return _verdict("adjusted", (reason,), rate, _around(rate, interval), recommendation, record)


def _rejected(recommendation: Recommendation, record: TrialRecord) -> Verdict:
    """Return the verdict that every training diverged; a rate below all that were tried stands as a fallback."""
    lowest = min(trial.learning_rate for trial in (*record.candidates, *_of_candidates(record.earlier)))
    fallback = min(recommendation.learning_rate, lowest) / 3.0
    reason = remark("every_training_diverged", lowest=lowest, fallback=fallback)
    below = Interval(lower=fallback / 30, upper=fallback)
    return _verdict("rejected", (reason,), fallback, below, recommendation, record)


def _not_learned(
    recommendation: Recommendation, record: TrialRecord, decision: Decision, rate: float, interval: Interval
) -> Verdict:
    """Return the verdict that no rate predicts better than a constant; short trials may have been too short for it."""
    beaten = record.constant_loss if record.constant_loss is not None else record.untrained_loss
    values = {"steps": record.steps, "best": decision.lowest, "constant": decision.lowest if beaten is None else beaten}
    if record.steps < record.full_steps:
        reason = remark("nothing_learned_in_short_trials", full=record.full_steps, **values)
        return _rules_stand(reason, recommendation, record)
    reason = remark("nothing_learned" if record.constant_loss is not None else "no_better_than_untrained", **values)
    if decision.gain < TOLERANCE:
        rate, interval, after = recommendation.learning_rate, recommendation.interval, remark("rules_stand")
    else:
        after = remark("lowest_expected_loss", rate=rate)
    around = _around(rate, interval)
    return _verdict("no_better_than_constant", (reason, after), rate, around, recommendation, record)


def _nothing_moves(record: TrialRecord) -> bool:
    """Return whether every training ends where an untrained model is, as with weights that no step reaches."""
    losses = [loss for trial in record.candidates for loss in trial.losses]
    if len(record.candidates) < 2 or record.untrained_loss is None or None in losses:
        return False
    size = SAME * max(abs(record.untrained_loss), 1e-30)
    means = [trial.mean for trial in record.candidates if trial.mean is not None]
    return all(abs(mean - record.untrained_loss) <= size for mean in means)


def _rules_stand(reason: Remark, recommendation: Recommendation, record: TrialRecord) -> Verdict:
    """Return the verdict that trials speak neither for nor against the rules' rate."""
    rate, reasons = recommendation.learning_rate, (reason, remark("rules_stand"))
    return _verdict("inconclusive", reasons, rate, _around(rate, recommendation.interval), recommendation, record)


def _counted(record: TrialRecord) -> dict[str, float]:
    return {"rates": len(record.candidates), "seeds": record.seeds}


def _of_candidates(trials: tuple[Trial, ...]) -> list[Trial]:
    return [trial for trial in trials if trial.role == "candidate"]


def _around(rate: float, interval: Interval) -> Interval:
    return Interval(lower=min(rate, interval.lower), upper=max(rate, interval.upper))


def _opened(interval: Interval, record: TrialRecord) -> Interval:
    """Return an interval that reaches further where the best lies at an edge of what was tried."""
    finite = [trial for trial in record.candidates if trial.mean is not None]
    if record.bracketed or not finite:
        return interval
    best = min(finite, key=lambda trial: math.inf if trial.mean is None else trial.mean).learning_rate
    lower = interval.lower / (OPEN_SIDE if best == record.candidates[0].learning_rate else 1.0)
    return Interval(
        lower=lower, upper=interval.upper * (OPEN_SIDE if best == record.candidates[-1].learning_rate else 1.0)
    )


def _verdict(
    status: VerdictStatus,
    reasons: tuple[Remark, ...],
    rate: float,
    interval: Interval,
    recommendation: Recommendation,
    record: TrialRecord,
) -> Verdict:
    candidates = [trial for trial in record.candidates if trial.mean is not None]
    nearest = min(candidates, key=lambda trial: abs(math.log(trial.learning_rate / rate)), default=None)
    default = next((trial for trial in record.trials if trial.role == "default"), None)
    if default is not None and nearest is not None and record.decision is not None and nearest.mean is not None:
        ahead = nearest.mean - (default.mean if default.mean is not None else math.inf)
        if ahead > max(TOLERANCE, ERRORS * math.sqrt(2.0) * record.decision.noise) * record.decision.unit:
            reasons = (*reasons, remark("default_ends_lower", loss=default.mean or 0.0, advised=nearest.mean))
    return Verdict(
        status=status,
        reasons=reasons,
        learning_rate=rate,
        interval=_opened(interval, record),
        proposed=recommendation.learning_rate,
        trials=record.trials,
        steps=record.steps,
        full_steps=record.full_steps,
        seeds=record.seeds,
        evaluation_samples=record.evaluation_samples,
        budget=record.budget,
        gradient_samples=record.gradient_samples,
        cost=record.gradient_samples / record.full_samples if record.full_samples else None,
        path=record.path,
        held_out_loss=nearest.mean if nearest else None,
        constant_loss=record.constant_loss,
        default_loss=default.mean if default else None,
        notes=_notes(record),
    )


def _notes(record: TrialRecord) -> tuple[Remark, ...]:
    notes = list(record.notes)
    if record.earlier:
        rates = [trial.learning_rate for trial in record.earlier]
        notes.append(remark("shorter_trials_first", rates=len(rates), lowest=min(rates), highest=max(rates)))
    if record.steps < record.full_steps:
        notes.append(
            remark("shortened_trials", steps=record.steps, full=record.full_steps, factor=math.exp(record.shift))
        )
    if not record.bracketed and record.has_learned:
        notes.append(remark("not_bracketed"))
    return tuple(notes)
