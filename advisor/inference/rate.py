"""The learning rate as a log-linear model of the rules that fire, with log-normal uncertainty.

Notation:
    η    the peak learning rate
    a    the value of the one anchor that counts (``competition``), σₐ the standard deviation of ln a
    fᵢ   the factors of the scale rules, σᵢ the standard deviation of ln fᵢ
    mⱼ   the rates that measurement rules give, τⱼ the standard deviation of ln mⱼ
    z    1.645, the standard normal quantile of a 90 % interval's end

Steps, in this order:
    1. prior          ln η = ln a + s · Σ ln fᵢ and σ² = σₐ² + Σ σᵢ²; s ≤ 1 keeps Σ ln fᵢ within ± ln MAX_TOTAL_FACTOR;
                      a job far from all that the rules know adds a variance of its own (``familiarity``)
    2. measurements   the precision-weighted mean with each mⱼ: w = σ² / (σ² + τⱼ²); ln η += w ln(mⱼ / η); σ² *= 1 - w
    3. interval       η · exp(± z σ)
    4. limits         lower bounds, then upper bounds, on η and on both ends of the interval

An anchor of the tier ``stated`` is a rate that the user knows to work, converted to this job's batch. Of the factors
only those marked ``on_known_rate`` change it (what a log shows about that rate); measurements and limits do not, and a
limit that it passes becomes a warning.

A range [lo, hi] in a rule is a 90 % interval: its standard deviation is ln(hi / lo) / (2 z). An anchor may also be a
multiple of the rate recommended for another optimizer on the same job; then that optimizer's contributions come first
in the trace, and factors are not applied a second time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from advisor.errors import AdvisorError
from advisor.inference.competition import Claim, record_precedence, select_winner, without_overridden
from advisor.inference.familiarity import nearest
from advisor.inference.state import State, interval_around, use_of
from advisor.knowledge.base import RuleBase
from advisor.knowledge.effects import Anchor, Law, Measure, Scale
from advisor.knowledge.rule import Rule
from advisor.language import phrase
from advisor.numerals import number
from advisor.results import Contribution, Interval, Note
from advisor.statistics.normal import Z_90

DEFAULT_SPREAD: Final = 3.0
"""Spread of an anchor or measurement without a range. Judgement: rates published for one family of models differ about
so much."""

MAX_TOTAL_FACTOR: Final = 100.0
"""All factors together move an anchor at most this far either way. Judgement: beyond it, the anchor was the wrong
one."""

UNBOUNDED: Final = "unbounded"
"""Tag of rules whose factor is exact and does not count towards the largest total, such as the scale of raw inputs."""

MIN_VARIANCE: Final = 1e-6
"""Of a measurement's logarithm. Judgement: a tenth of a per cent of the rate; keeps a spread of 1 from erasing
everything else."""


@dataclass(slots=True)
class Rate:
    """The learning rate so far, the variance of its natural log, and the rule it started from."""

    value: float
    variance: float
    anchor: Rule
    fixed: bool
    converted: bool = False

    @property
    def known(self) -> bool:
        """Whether it is a rate that the user knows to work."""
        return self.anchor.tier == "stated"

    def interval(self) -> Interval:
        """The 90 % interval."""
        half = math.exp(Z_90 * math.sqrt(self.variance))
        return Interval(lower=self.value / half, upper=self.value * half)


def infer_rate(rules: RuleBase, state: State) -> tuple[float, Interval]:
    """Return the peak learning rate and its 90 % interval.

    Raises:
        AdvisorError: no rule gives a starting value (never with the shipped rules).
    """
    rate = _start_from_anchor(rules, state)
    _widen_for_distance(rules, state, rate)
    _apply_factors(rules, state, rate)
    _weigh_measurements(rules, state, rate)
    return _apply_limits(rules, state, rate)


def _start_from_anchor(rules: RuleBase, state: State) -> Rate:
    claims = _claims(rules, "anchor", state)
    if not claims:
        raise AdvisorError(
            f"no rule gives a starting learning rate for the optimizer {state.facts.plan.optimizer!r}; "
            "add an anchor, or turn the default anchors on again in the overlay"
        )
    won = select_winner(claims, state)
    if won.effect.like is not None:
        return _convert_from_other(won, state)
    sigma = _sigma(won, DEFAULT_SPREAD, state)
    state.contributions.append(
        Contribution(
            kind="anchor",
            rule=use_of(won.rule),
            value=won.value,
            range=_range(won.effect, won.value, sigma),
            after=won.value,
            facts=state.facts_used(won.rule, won.effect.amount),
        )
    )
    return Rate(won.value, sigma**2, won.rule, won.effect.fixed)


def _widen_for_distance(rules: RuleBase, state: State, rate: Rate) -> None:
    """Widen the interval of a job far from every known one; a known rate is known, whatever the job."""
    closest = nearest(state.stated, rules.known_jobs)
    if closest is None or not closest.is_far or rate.known:
        return
    state.notes.append(Note(severity="advice", text=str(closest), rule=use_of(rate.anchor)))
    if not rate.converted:  # its variance is that of the other optimizer, which was widened
        rate.variance += closest.sigma**2


def _convert_from_other(won: Claim, state: State) -> Rate:
    """Start from another optimizer's rate, with the contributions that led to it in the trace."""
    other = state.recommend_for(won.effect.like)
    if other is None:  # the claim would not stand
        raise AdvisorError(f"there is no recommendation for {won.effect.like} to start from; turn its anchors on again")
    factor, sigma = won.value / other.learning_rate, _sigma(won, DEFAULT_SPREAD, state)
    state.contributions += other.trace.contributions
    state.fired |= dict.fromkeys(step.rule.id for step in other.trace.contributions)
    state.contributions.append(
        Contribution(
            kind="scale",
            rule=use_of(won.rule),
            value=factor,
            range=_range(won.effect, factor, sigma),
            before=other.learning_rate,
            after=won.value,
            facts=state.facts_used(won.rule, won.effect.amount),
        )
    )
    theirs = math.log(other.interval.ratio) / (2 * Z_90)
    return Rate(won.value, sigma**2 + theirs**2, won.rule, won.effect.fixed, converted=True)


def _apply_factors(rules: RuleBase, state: State, rate: Rate) -> None:
    claims = without_overridden(_claims(rules, "scale", state), state)
    if rate.converted or _factors_are_barred(claims, state, rate):
        return
    if rate.known:
        claims = _of_a_known_rate(claims, state, rate)
    shrink = _shrink_exponent(claims, state, rate)
    for claim in claims:
        factor = claim.value if UNBOUNDED in claim.rule.tags or shrink == 1.0 else claim.value**shrink
        sigma = _sigma(claim, 1.0, state)
        before = rate.value
        rate.value *= factor
        rate.variance += sigma**2
        if factor == 1.0 and not sigma and claim.effect.law is None:
            continue  # it only keeps the factors that its rule overrides away
        state.contributions.append(
            Contribution(
                kind="scale",
                rule=use_of(claim.rule),
                value=factor,
                range=_range(claim.effect, factor, sigma),
                before=before,
                after=rate.value,
                facts=state.facts_used(claim.rule, claim.effect.amount),
            )
        )


def _shrink_exponent(claims: Sequence[Claim], state: State, rate: Rate) -> float:
    """Return the exponent s that keeps the product of all factors within bounds, whatever their order."""
    total = sum(math.log(claim.value) for claim in claims if UNBOUNDED not in claim.rule.tags)
    bound = math.log(MAX_TOTAL_FACTOR)
    if abs(total) <= bound:
        return 1.0
    text = (
        f"The factors together come to {number(math.exp(total))}, beyond the {number(MAX_TOTAL_FACTOR)}-fold that "
        "rules may move their starting value; each was shrunk in proportion. This case is far from what the rules were "
        "made for."
    )
    state.notes.append(Note(severity="warning", text=text, rule=use_of(rate.anchor)))
    return bound / abs(total)


def _weigh_measurements(rules: RuleBase, state: State, rate: Rate) -> None:
    claims = without_overridden(_claims(rules, "measure", state), state)
    if rate.known:
        claims = _of_a_known_rate(claims, state, rate)
    if _factors_are_barred(claims, state, rate):
        return
    for claim in claims:
        before, sigma = rate.value, _sigma(claim, DEFAULT_SPREAD, state)
        variance = max(sigma**2, MIN_VARIANCE)
        weight = rate.variance / (rate.variance + variance)
        rate.value *= (claim.value / rate.value) ** weight
        rate.variance *= 1.0 - weight
        state.contributions.append(
            Contribution(
                kind="measurement",
                rule=use_of(claim.rule),
                value=claim.value,
                range=_range(claim.effect, claim.value, sigma),
                before=before,
                after=rate.value,
                facts=state.facts_used(claim.rule, claim.effect.amount),
            )
        )


def _apply_limits(rules: RuleBase, state: State, rate: Rate) -> tuple[float, Interval]:
    """Apply lower bounds, then upper ones: where they contradict, the lower rate is the safer one."""
    claims = without_overridden(_claims(rules, "limit", state), state)
    value, interval = rate.value, rate.interval()
    if rate.known:
        state.notes += _limits_passed(claims, rate)
        return value, interval
    held: Claim | None = None
    for claim in sorted(claims, key=lambda claim: claim.effect.at_most is not None):
        bound = max if claim.effect.at_most is None else min
        bounded = bound(value, claim.value)
        if bounded != value:
            state.contributions.append(
                Contribution(
                    kind="limit",
                    rule=use_of(claim.rule),
                    value=claim.value,
                    before=value,
                    after=bounded,
                    facts=state.facts_used(claim.rule, claim.effect.amount),
                )
            )
            held = claim
        value = bounded
        interval = Interval(lower=bound(interval.lower, claim.value), upper=bound(interval.upper, claim.value))
    if held is not None and value in {interval.lower, interval.upper}:
        state.notes.append(_at_the_end(value, interval, held))
    return value, interval


def _at_the_end(value: float, interval: Interval, claim: Claim) -> Note:
    """Say that a limit put the advice at an end of its interval."""
    text = (
        phrase("A limit holds the learning rate, which is therefore the upper end of its interval, too.")
        if value == interval.upper
        else phrase("A limit holds the learning rate, which is therefore the lower end of its interval, too.")
    )
    return Note(severity="advice", text=text, rule=use_of(claim.rule))


def _claims(rules: RuleBase, slot: str, state: State) -> list[Claim]:
    """Return the effects of one kind, with their values, of the rules that fire."""
    found = []
    for rule, effect in rules.claims(slot):
        if state.fires(rule):
            value = state.number(rule, effect.amount)
            base = state.value_for_other(effect.like, "learning_rate") if isinstance(effect, Anchor) else 1.0
            if value is not None and base is not None:
                found.append(Claim(rule, effect, value * base))
    return found


def _factors_are_barred(claims: Sequence[Claim], state: State, rate: Rate) -> bool:
    if rate.fixed:
        for claim in claims:
            record_precedence(claim.rule, rate.anchor.id, "overrides", state)  # because its anchor is fixed
    return rate.fixed


def _of_a_known_rate(claims: Sequence[Claim], state: State, rate: Rate) -> list[Claim]:
    """Return the claims that may change a rate which the user knows to work; the others are recorded."""
    kept = [claim for claim in claims if getattr(claim.effect, "on_known_rate", False)]
    for claim in claims:
        if claim not in kept:
            record_precedence(claim.rule, rate.anchor.id, "tier", state)
    return kept


def _limits_passed(claims: Sequence[Claim], rate: Rate) -> list[Note]:
    """Return a warning for each limit that a rate which the user knows to work passes."""
    notes = []
    for claim in claims:
        above = claim.effect.at_most is not None
        if rate.value > claim.value if above else rate.value < claim.value:
            text = (
                f"The rate that you know to work comes to {number(rate.value)} here, {'above' if above else 'below'} "
                f"the {number(claim.value)} of the rule {claim.rule.id}; it is kept, because you know it to work."
            )
            notes.append(Note(severity="warning", text=text, rule=use_of(claim.rule)))
    return notes


def _sigma(claim: Claim, default: float, state: State) -> float:
    """Return the standard deviation of the natural log of an effect's value, uncertain exponents included."""
    law = claim.effect.amount
    return math.hypot(claim.effect.sigma(default), law.sigma(state.lookup) if isinstance(law, Law) else 0.0)


def _range(effect: Anchor | Scale | Measure, value: float, sigma: float) -> Interval | None:
    if effect.range is not None:
        return interval_around(value, *effect.range)
    if not sigma:
        return None
    half = math.exp(Z_90 * sigma)
    return Interval(lower=value / half, upper=value * half)
