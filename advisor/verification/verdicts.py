"""What trials mean for a recommendation: a status, its reasons as codes, and the rate that stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from advisor.facts.names import Budget, VerdictStatus
from advisor.results import Interval, Recommendation, Remark, Trial, Verdict, remark
from advisor.verification.bracket import NOT_LEARNED
from advisor.verification.challengers import Challenger, challenger_of, nearest_to
from advisor.verification.decision import TOLERANCE, Decision
from advisor.verification.turning import loss_at_turn

FLAT = 0.002
"""Losses of all rates this close, as a share, do not depend on the rate. Judgement: less than half of ``TOLERANCE``."""
SAME = 1e-5
"""Losses of all rates this close to each other and to an untrained model's, as a share, are those of weights that did
not move. Judgement: float32 sums in another order differ by less."""
MOVED = 0.2
"""Distance in natural log from which the vertex of short trials is another rate than the rules'. Judgement: two seeds
put it no closer."""
OPEN_LEAD = 0.1
"""Lead that the errors of the trials have to exclude for every rate beside the advised one, as a share of the loss,
before the advice is called settled, unless it is next to nothing of what there was to learn (``NOT_LEARNED``).
Judgement: a tenth is worth another look; ``python -m benchmarks.regret report`` shows what settled choices come to."""
OPEN_SIDE = 10.0
"""By which the interval is widened where the best is not bracketed. Judgement: one round more of the widest gap."""


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """Everything that trials showed, and what they cost.

    Attributes:
        decision: None when every trial diverged.
        trials: of the length that decides, by rate; their rates as the full run would take them.
        earlier: of shorter trials, by rate in the same way.
        shift: natural log of the factor from a trial's rate to that of the full run.
        steps: of a trial that decides.
        full_steps: of the full run.
        seeds: per rate.
        evaluation_samples: held-out samples that the loss of a seed is measured on.
        budget: its name or seconds.
        gradient_samples: samples whose gradient was computed.
        cost: of the trials, in full trainings.
        path: how trials were trained.
        constant_loss: held-out loss of the best constant prediction; None: not known.
        untrained_loss: held-out loss of an untrained model.
        bracketed: the lowest loss has worse ones on both sides.
        has_learned: some rate ends below the loss to beat.
        notes: on how trials were done.
        still: a rate far below all that were tried, at which training diverged as well; None: there is none.
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
    cost: float
    path: Literal["batched", "sequential"]
    constant_loss: float | None
    untrained_loss: float | None
    bracketed: bool
    has_learned: bool
    notes: tuple[Remark, ...]
    still: float | None = None


def judge(recommendation: Recommendation, record: TrialRecord) -> Verdict:
    """Return the verdict on a recommendation."""
    finite = [trial for trial in record.trials if trial.mean is not None]
    decision, proposed = record.decision, recommendation.learning_rate
    if record.still is not None:
        return _rules_stand(remark("loss_rises_at_any_rate", still=record.still), recommendation, record)
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
    if moves < max(FLAT, decision.noise) and len(finite) == len(record.trials):
        tried = record.trials[-1].learning_rate / record.trials[0].learning_rate
        reason = remark("hardly_depends_on_rate", span=tried, range=moves, noise=decision.noise)
        return _rules_stand(reason, recommendation, record)
    is_short = record.steps < record.full_steps
    moves_on = abs(math.log(rate / proposed)) > MOVED if is_short else decision.gain >= TOLERANCE
    advised = rate if moves_on else proposed
    challenger = challenger_of(nearest_to(advised, record.trials), record.trials, decision)
    excess = decision.gain
    if challenger is not None and challenger.is_certain and not is_short:
        advised, excess, challenger = challenger.trial.learning_rate, max(excess, challenger.lead), None
    if challenger is not None:
        interval = _around(challenger.trial.learning_rate, interval)
    status, reasons = _standing(proposed, advised, challenger, decision, excess, record)
    if status in {"confirmed", "adjusted"} and not (is_short and challenger is not None):
        might_lead = _rate_that_might_lead(advised, decision, record)
        if might_lead is not None:
            other, too_noisy = might_lead
            moved = reasons[:1] if status == "adjusted" else ()
            reasons = (*moved, too_noisy)  # it says more than that two rates are undecided
            status, interval = "inconclusive", _around(other, interval)
    return _verdict(status, reasons, advised, _around(advised, interval), recommendation, record)


def _rate_that_might_lead(advised: float, decision: Decision, record: TrialRecord) -> tuple[float, Remark] | None:
    """Return a rate that may end lower than the advised one for all the trials tell, and how much; None: none may."""
    lead, log_rate = decision.open_lead(math.log(advised) - record.shift)
    if not (lead > OPEN_LEAD and lead * decision.unit > NOT_LEARNED * decision.seen.reach):
        return None
    other = math.exp(log_rate + record.shift)
    told = {"rate": advised, "other": other, "lead": lead, "samples": record.evaluation_samples}
    return other, remark("trials_are_too_noisy", **told, **_counted(record))


def _standing(
    proposed: float,
    advised: float,
    challenger: Challenger | None,
    decision: Decision,
    excess: float,
    record: TrialRecord,
) -> tuple[VerdictStatus, tuple[Remark, ...]]:
    """Return the status of an advised rate and its reasons; what trials do not bear out is not confirmed."""
    counted = _counted(record)
    doubts: tuple[Remark, ...] = ()
    if challenger is not None:
        values = {"rate": advised, "other": challenger.trial.learning_rate, "lead": challenger.lead}
        length = {"steps": record.steps, "full": record.full_steps}
        # What leads in a part of the run beyond noise need not lead at its end: the advice weighs it.
        doubts = (
            remark("leads_in_short_trials", **values, **length)
            if challenger.is_certain
            else remark("undecided_between_rates", error=challenger.error, **values, **counted),
        )
    if advised != proposed:
        moved = remark("rate_adjusted", proposed=proposed, rate=advised, excess=excess, **counted)
        if record.steps < record.full_steps:
            moved = remark("rate_moved", proposed=proposed, rate=advised, **counted)
        if _lowest_is_at_an_edge(record):
            return "inconclusive", (remark("moved_to_an_edge", proposed=proposed, rate=advised, **counted), *doubts)
        unsettled = challenger is not None and challenger.is_large and record.steps == record.full_steps
        return "inconclusive" if unsettled else "adjusted", (moved, *doubts)
    if doubts:
        return "inconclusive", doubts
    if not record.bracketed:
        best = record.trials[_lowest(record)].learning_rate
        if _lowest_is_at_an_edge(record) and abs(math.log(best / proposed)) > MOVED:
            return "inconclusive", (remark("outermost_ends_lowest", rate=proposed, best=best, **counted),)
        return "inconclusive", (remark("lowest_at_an_edge", rate=proposed, **counted),)
    return "confirmed", (remark("rate_confirmed", rate=proposed, tolerance=TOLERANCE, error=decision.error, **counted),)


def _rejected(recommendation: Recommendation, record: TrialRecord) -> Verdict:
    """Return the verdict that every training diverged; a rate below all that were tried stands as a fallback."""
    lowest = min(trial.learning_rate for trial in (*record.trials, *record.earlier))
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
    turning = [
        trial
        for trial in record.trials
        if trial.turn_steps is not None
        and loss_at_turn(trial) < values["constant"] - NOT_LEARNED * abs(values["constant"])
    ]
    if record.steps < record.full_steps:
        reason = remark("nothing_learned_in_short_trials", full=record.full_steps, **values)
        return _rules_stand(reason, recommendation, record)
    reason = remark("nothing_learned" if record.constant_loss is not None else "no_better_than_untrained", **values)
    if turning:
        lowest = min(turning, key=loss_at_turn)
        told = {"rate": lowest.learning_rate, "turn": lowest.turn_steps or 0, "lowest": loss_at_turn(lowest)}
        reason = remark("overfits_before_its_end", **values, **told)
    if decision.gain < max(TOLERANCE, decision.error):  # what is ranked by chance moves no rate
        rate, interval, after = recommendation.learning_rate, recommendation.interval, remark("rules_stand")
    else:
        after = remark("lowest_expected_loss", rate=rate)
    around = _around(rate, interval)
    return _verdict("no_better_than_constant", (reason, after), rate, around, recommendation, record)


def _nothing_moves(record: TrialRecord) -> bool:
    """Return whether every training ends where an untrained model is, as with weights that no step reaches."""
    losses = [loss for trial in record.trials for loss in trial.losses]
    if len(record.trials) < 2 or record.untrained_loss is None or None in losses:
        return False
    size = SAME * max(abs(record.untrained_loss), 1e-30)
    means = [trial.mean for trial in record.trials if trial.mean is not None]
    return all(abs(mean - record.untrained_loss) <= size for mean in means)


def _rules_stand(reason: Remark, recommendation: Recommendation, record: TrialRecord) -> Verdict:
    """Return the verdict that trials speak neither for nor against the rules' rate."""
    rate, reasons = recommendation.learning_rate, (reason, remark("rules_stand"))
    return _verdict("inconclusive", reasons, rate, _around(rate, recommendation.interval), recommendation, record)


def _counted(record: TrialRecord) -> dict[str, float]:
    return {"rates": len(record.trials), "seeds": record.seeds}


def _around(rate: float, interval: Interval) -> Interval:
    return Interval(lower=min(rate, interval.lower), upper=max(rate, interval.upper))


def _lowest_is_at_an_edge(record: TrialRecord) -> bool:
    """Return whether the lowest loss is that of the outermost rate, and nothing says that it is no lower beyond."""
    return not record.bracketed and _lowest(record) in {0, len(record.trials) - 1}


def _lowest(record: TrialRecord) -> int:
    """Return the place of the lowest loss among trials that ran to their end."""
    means = [math.inf if trial.mean is None or trial.stopped_early else trial.mean for trial in record.trials]
    return means.index(min(means))


def _opened(interval: Interval, record: TrialRecord) -> Interval:
    """Return an interval that reaches further where the best lies at an edge of what was tried."""
    finite = [trial for trial in record.trials if trial.mean is not None]
    if record.bracketed or not finite:
        return interval
    best = min(finite, key=lambda trial: math.inf if trial.mean is None else trial.mean).learning_rate
    lower = interval.lower / (OPEN_SIDE if best == record.trials[0].learning_rate else 1.0)
    return Interval(lower=lower, upper=interval.upper * (OPEN_SIDE if best == record.trials[-1].learning_rate else 1.0))


def _below_a_cliff(interval: Interval, rate: float, record: TrialRecord) -> Interval:
    """Return an interval that reaches as far below the advice as the next rate above it, of which some seeds were lost.

    Where some seeds diverge or are given up and others end, a run of another seed may be lost at the advised rate
    too, and the best of several lies below.
    """
    nearest = nearest_to(rate, record.trials)
    tried = max(rate, nearest.learning_rate) if nearest else rate
    above = next((trial for trial in record.trials if trial.learning_rate > tried), None)
    if above is None or not 0 < above.diverged < len(above.losses):
        return interval
    return _around(rate * rate / above.learning_rate, interval)


def _verdict(
    status: VerdictStatus,
    reasons: tuple[Remark, ...],
    rate: float,
    interval: Interval,
    recommendation: Recommendation,
    record: TrialRecord,
) -> Verdict:
    nearest = nearest_to(rate, record.trials)
    return Verdict(
        status=status,
        reasons=reasons,
        learning_rate=rate,
        interval=_below_a_cliff(_opened(interval, record), rate, record),
        proposed=recommendation.learning_rate,
        trials=record.trials,
        steps=record.steps,
        full_steps=record.full_steps,
        seeds=record.seeds,
        evaluation_samples=record.evaluation_samples,
        budget=record.budget,
        gradient_samples=record.gradient_samples,
        cost=record.cost,
        path=record.path,
        held_out_loss=nearest.mean if nearest else None,
        constant_loss=record.constant_loss,
        notes=_notes(record),
    )


def _notes(record: TrialRecord) -> tuple[Remark, ...]:
    notes = list(record.notes)
    if record.earlier:
        rates = [trial.learning_rate for trial in record.earlier]
        notes.append(remark("shorter_trials_first", rates=len(rates), lowest=min(rates), highest=max(rates)))
    if record.steps < record.full_steps:
        length = {"steps": record.steps, "full": record.full_steps}
        notes.append(
            remark("shortened_trials", **length, factor=math.exp(record.shift))
            if record.shift
            else remark("trials_of_a_part", **length)
        )
    if not record.bracketed and record.has_learned:
        notes.append(remark("not_bracketed"))
    return tuple(notes)
