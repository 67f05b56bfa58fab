"""A training log to history facts, with what each detector found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from advisor.diagnosis import convergence, generalisation, oscillation, rates, stability
from advisor.diagnosis.curve import Curve
from advisor.diagnosis.finding import ABSENT, Finding, cannot_tell, too_short
from advisor.diagnosis.history import Array, History, Series
from advisor.diagnosis.nonfinite import nonfinite
from advisor.facts import HistoryFacts
from advisor.results.findings import FindingCode, ObjectiveCode, SymptomName

MOST_EPOCHS: Final = 400
"""A log by epochs has at most this many points. Judgement: more are single batches, whatever their unit."""

NUMERIC_FACTS: Final[frozenset[SymptomName]] = frozenset({"spikes", "noisy_end"})
"""Symptoms whose fact is a number and no flag."""

LEAST_AT_THE_END: Final = 10
"""Points from which on the noise at the end is judged. Judgement: in fewer, the bend of the curve looks like noise."""

Findings = dict[SymptomName, Finding]

_JUDGED: Final[tuple[SymptomName, ...]] = (
    *("diverged", "oscillating", "oscillation_early", "stuck_at_chance", "slow", "plateau", "standstill"),
    *("late_excursion", "overfitting"),
)
"""Symptoms of the level of the loss, in the order in which they are reported."""

LATE_LINES: Final = 10
"""Intervals between lines after which a log that begins there has missed the start. Judgement: loggers write their
first line within a few ..."""

LATE_SHARE: Final = 0.05
"""... and the share of the run that it has missed then. Judgement: what is gained in less is gained early."""

_NO_PROGRESS: Final[Mapping[ObjectiveCode, FindingCode]] = {
    "policy": "policy_loss",
    "preference": "preference_loss",
    "adversarial": "adversarial_loss",
    "boosting": "boosted_trees",
}


@dataclass(frozen=True, slots=True)
class Start:
    """What a run started from.

    Attributes:
        pretrained: from the weights of an earlier training.
        may_guess: a constant guess among a few classes is possible, which a language model never makes.
        epochs: length of the run, where the log does not tell it.
    """

    pretrained: bool = False
    may_guess: bool = True
    epochs: float | None = None


@dataclass(frozen=True, slots=True)
class Symptoms:
    """What a log shows.

    Attributes:
        facts: for the rules.
        findings: what each detector found, by symptom.
    """

    facts: HistoryFacts
    findings: tuple[tuple[SymptomName, Finding], ...]


def detect_symptoms(
    history: History,
    *,
    constant_loss: float | None = None,
    clip_norm: float | None = None,
    final_fraction: float | None = None,
    objective: ObjectiveCode | None = None,
    start: Start = Start(),  # frozen
) -> Symptoms:
    """Look for every symptom in a log.

    Args:
        history: the log.
        constant_loss: loss of the best constant prediction; None: a run without progress is one that never gets below
            its start.
        clip_norm: norm at which the run clipped its gradients; None: not known.
        final_fraction: learning rate at the end over its peak, for logs without it; None: not known.
        objective: what the loss measures where it does not measure progress, as in reinforcement learning: then its
            level says nothing, and only non-finite values and spikes are looked for. None: it measures progress.
        start: what the run started from.
    """
    watched = history.watched
    broken, recovered = nonfinite(history, zeros_are_possible=objective is not None)
    curve = _curve(history, _measured(watched, broken))
    tested = history.validation_loss.finite if history.validation_loss is not None else None
    held_out = _curve(history, tested) if tested is not None and len(tested) else None
    schedule = _rate_facts(history)
    logged_end = schedule.get("final_fraction")
    ends_at = final_fraction if logged_end is None else logged_end
    findings: Findings = {"nonfinite": broken}
    if objective is None:
        findings |= _findings(history, curve, held_out, constant_loss, ends_at)
        findings |= _unclear_of_pretrained(history, curve, findings, constant_loss, start)
        findings |= _unclear_from_the_middle(history, curve, findings, constant_loss)
    else:
        findings |= dict.fromkeys(_JUDGED, cannot_tell(_NO_PROGRESS[objective]))
    if broken.present and not recovered:
        findings |= _absent(findings, "slow", "standstill", "late_excursion")  # milder than a broken run
    spikes, findings["spikes"] = _spikes(curve, positive_only=objective is not None)
    if findings["oscillating"].present:
        spikes, findings["spikes"] = (None if spikes is None else 0), ABSENT  # crests are no isolated jumps
    noise_floor = _noise_floor(history, curve, held_out) if objective is None else None
    findings["noisy_end"] = convergence.noisy_end(noise_floor) if objective is None else findings["plateau"]
    onsets = [
        findings[name].start
        for name in ("nonfinite", "diverged")
        if findings[name].present and not (name == "nonfinite" and recovered)
    ]
    facts = HistoryFacts(
        steps=len(watched),
        **{name: finding.present for name, finding in findings.items() if name not in NUMERIC_FACTS},
        spikes=spikes,
        recovered=recovered if broken.present else None,
        divergence_onset=min(onsets, default=None),
        overfitting_onset=generalisation.best_at(held_out) if held_out is not None and objective is None else None,
        **(_levels(history, curve, start) if objective is None and len(curve) else {}),
        noise_floor=noise_floor,
        epochs=history.epochs,
        **schedule,
        **_gradient_facts(history, clip_norm),
    )
    return Symptoms(facts, tuple(findings.items()))


def _measured(watched: Series, broken: Finding) -> Series:
    """Return the points of the loss that are measurements: finite, and no zeros that stand for NaN."""
    if broken.code not in {"zeros_for_nan", "zeros_in_between"}:
        return watched.finite
    kept = watched.values != 0.0
    return Series(watched.name, watched.at[kept], watched.values[kept]).finite


def _spikes(curve: Curve, *, positive_only: bool) -> tuple[int | None, Finding]:
    if not len(curve):
        return None, too_short(100)
    if positive_only and len(curve) >= 100 and not (curve.values > 0).all():
        return None, cannot_tell("no_level")  # a loss that scatters around 0 has no level to compare with
    return stability.spikes(curve)


def _unclear_of_pretrained(
    history: History, curve: Curve, findings: Findings, constant_loss: float | None, start: Start
) -> Findings:
    """Return what cannot be told of a pretrained net in its first epoch: it starts near where it ends.

    A loss at that of a constant guess is clear all the same, and so is one that hardly scatters, but for a language
    model, whose first epoch may gain less than anything else shows.
    """
    epochs = history.epochs or start.epochs
    if not start.pretrained or not len(curve) or (epochs is not None and epochs > 1.0):
        return {}
    clear = curve.noise < convergence.CLEAR * abs(curve.level(0.0, 1.0)) or convergence.at_constant_guess(curve)
    if constant_loss is not None or (start.may_guess and clear):
        return {}
    names: tuple[SymptomName, ...] = ("stuck_at_chance", "slow", "plateau", "standstill")
    return {name: cannot_tell("pretrained_start") for name in names if findings[name].present is not False}


def _unclear_from_the_middle(
    history: History, curve: Curve, findings: Findings, constant_loss: float | None
) -> Findings:
    """Return what cannot be told of a log that begins in the middle of its run, as that of a run that was resumed.

    It shows neither the start nor what was gained before; a loss at that of a constant guess is clear all the same.
    """
    at = history.watched.at
    first = float(at[0]) if len(at) > 1 and history.unit != "row" else 0.0
    late = first > 0 and first > max(LATE_LINES * float(np.median(np.diff(at))), LATE_SHARE * float(at[-1]))
    if not late or constant_loss is not None or not len(curve) or convergence.at_constant_guess(curve):
        return {}
    names: tuple[SymptomName, ...] = ("stuck_at_chance", "slow")
    return {name: cannot_tell("begins_in_the_middle", first=first) for name in names if findings[name].present}


def _findings(
    history: History, curve: Curve, held_out: Curve | None, constant_loss: float | None, final_fraction: float | None
) -> Findings:
    """Return what is found but non-finite values and spikes; a worse symptom explains milder ones away."""
    if not len(curve):
        return dict.fromkeys(_JUDGED, cannot_tell("never_finite"))
    train = curve if history.loss is not None else None
    findings: Findings = {
        "diverged": stability.divergence(curve),
        "oscillating": oscillation.oscillation(curve, averaged=_averaged(history, curve)),
        "oscillation_early": oscillation.early_rise(curve),
        "stuck_at_chance": convergence.no_progress(curve, constant_loss),
        "slow": _slowness(history, curve, held_out),
        "plateau": convergence.plateau(curve, final_fraction),
        "standstill": convergence.standstill(curve),
        "late_excursion": stability.late_excursion(curve, _rate_at(history, curve)),
        "overfitting": generalisation.overfitting(train, held_out)
        if held_out is not None
        else cannot_tell("no_held_out_loss"),
    }
    if findings["oscillating"].present and not stability.above_all_before(curve):
        findings |= _absent(findings, "diverged")  # the run ends on a crest
    if findings["oscillating"].present:
        findings |= _absent(findings, "stuck_at_chance")  # the steps are too long, not too short
    if findings["diverged"].present and held_out is not None and generalisation.had_learned(held_out):
        findings |= _absent(findings, "stuck_at_chance")
    if findings["stuck_at_chance"].present:
        milder: tuple[SymptomName, ...] = ("diverged", "oscillation_early", "slow", "plateau", "oscillating")
        findings |= _absent(findings, *milder, "overfitting", "late_excursion", "standstill")
    if findings["diverged"].present:
        findings |= _absent(
            findings, "oscillation_early", "slow", "plateau", "overfitting", "late_excursion", "standstill"
        )
    if findings["oscillating"].present:
        findings |= _absent(findings, "oscillation_early", "slow", "plateau", "late_excursion", "standstill")
    if findings["overfitting"].present or (convergence.initial_jump(curve) or 1.0) >= convergence.JUMP:
        findings |= _absent(findings, "slow")  # neither overfits nor starts with a jump at a rate that is too low
    if findings["slow"].present:
        findings |= _absent(findings, "plateau", "standstill")
    if findings["plateau"].present:
        findings |= _absent(findings, "standstill")  # says the same, and since when
    return findings


def _absent(findings: Findings, *names: SymptomName) -> Findings:
    return {name: ABSENT for name in names if findings[name].present}


def _levels(history: History, curve: Curve, start: Start) -> dict[str, float | None]:
    near_its_end = start.pretrained and not (start.may_guess and convergence.at_constant_guess(curve))
    return {
        "initial_jump": _initial_jump(history, curve),
        "late_gain": None if near_its_end else convergence.late_gain(curve),
        "first_loss_ratio": convergence.first_loss_ratio(curve),
    }


def _initial_jump(history: History, curve: Curve) -> float | None:
    """Return how far the loss jumped at first; None where means over epochs may hide a jump within the first one."""
    found = convergence.initial_jump(curve)
    hidden = found is not None and found < convergence.JUMP and _averaged(history, curve)
    return None if hidden else found


def _slowness(history: History, curve: Curve, held_out: Curve | None) -> Finding:
    """Judge the training loss, and the held-out one where it can be: memorising the training rows is steady, too."""
    found = convergence.slowness(curve, _rate_time(history, history.watched))
    if found.present and held_out is not None and history.validation_loss is not None and len(held_out) >= 10:
        tested = convergence.slowness(held_out, _rate_time(history, history.validation_loss))
        return found if tested.present else tested
    return found


def _averaged(history: History, curve: Curve) -> bool:
    return history.unit == "epoch" and len(curve) <= MOST_EPOCHS


def _noise_floor(history: History, curve: Curve, held_out: Curve | None) -> float | None:
    """Return the relative noise at the end of the held-out loss, else of a training loss by epochs.

    The training loss of single batches is noisy however well the run goes.
    """
    if held_out is not None and len(held_out) >= LEAST_AT_THE_END:
        return convergence.noise_floor(held_out)
    return convergence.noise_floor(curve) if len(curve) >= LEAST_AT_THE_END and _averaged(history, curve) else None


def _curve(history: History, finite: Series) -> Curve:
    # Losses up to 1e300 would overflow in products; nothing depends on how large a diverged loss is exactly.
    return Curve(history.shares(finite.at), np.clip(finite.values, -1e100, 1e100))


def _rate_time(history: History, series: Series) -> Array | None:
    if history.learning_rate is None:
        return None
    return rates.rate_time(history.learning_rate.finite, series.finite.at)


def _rate_at(history: History, curve: Curve) -> Array | None:
    """Return the learning rate at each point of a curve; None when it was not logged along the run."""
    logged = history.learning_rate.finite if history.learning_rate is not None else None
    if logged is None or len(logged) < 3:
        return None
    return np.asarray(np.interp(curve.at, history.shares(logged.at), logged.values))


def _rate_facts(history: History) -> dict[str, float | None]:
    logged = history.learning_rate.finite if history.learning_rate is not None else None
    found = rates.rates_of(logged, history.shares(logged.at)) if logged is not None and len(logged) else None
    if found is None:
        return {}
    if history.unit == "epoch" and logged is not None and len(logged) >= 3:
        found = rates.with_first_epoch(found, logged, history.shares(logged.at))
    single = logged is not None and len(logged) < 3  # a rate noted once says nothing about the schedule
    return {
        "learning_rate": found.peak,
        "warmup_fraction": None if single else found.warmup,
        "final_fraction": None if single else found.last / found.peak,
    }


def _gradient_facts(history: History, clip_norm: float | None) -> dict[str, float | None]:
    logged = history.gradient_norm.finite if history.gradient_norm is not None else None
    found = rates.gradients_of(logged) if logged is not None and len(logged) else None
    if logged is None or found is None:
        return {}
    return {
        "gradient_norm_high": found.high,
        "gradient_norm_growth": found.growth,
        "clipped_share": float(np.mean(logged.values > clip_norm)) if clip_norm is not None else None,
    }
