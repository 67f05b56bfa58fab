"""Forward chaining over the strata of the rule base: settings, then the learning rate, then advice."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import Final

from advisor.errors import AdvisorError
from advisor.facts import Facts, read
from advisor.facts.probe import ProbeFacts
from advisor.inference.choices import choose_settings
from advisor.inference.competition import Claim, without_overridden
from advisor.inference.rate import infer_rate
from advisor.inference.state import State, use_of
from advisor.knowledge.base import RuleBase
from advisor.knowledge.effects import Like, Warn
from advisor.numerals import number
from advisor.numerals import rate as written
from advisor.results import Choice, Interval, Note, Recommendation, Trace, Undecided

_NEEDED: Final = ("optimizer", "schedule")
_OF_AN_OPTIMIZER: Final = (
    *("learning_rate", "reference_learning_rate", "reference_batch_size"),
    *("momentum", "nesterov", "beta1", "beta2", "epsilon", "weight_decay"),
)
"""Settings of a plan that mean something else for another optimizer."""

_SEVERITIES: Final = ("error", "warning", "advice")


def infer(facts: Facts, rules: RuleBase, *, trying: Collection[str] = (), undecided: bool = True) -> Recommendation:
    """Recommend from facts, with the full trace.

    What the user fixed in the plan is kept: rules only fill what is open. A fixed learning rate is kept too, and
    judged: the interval is the rules' own, and a warning says so when the fixed rate lies outside.

    Args:
        facts: what is known.
        rules: to reason with.
        trying: settings of the plan that trials are to try, not the user's own; the trace tells them apart.
        undecided: whether the trace lists the rules that more facts would decide, which takes half of the time.

    Raises:
        AdvisorError: no rule chooses an optimizer or a schedule, or gives a starting value; never with the shipped
            rules alone.
    """
    return conclude(facts, rules, trying=trying, undecided=undecided)[0]


def conclude(
    facts: Facts, rules: RuleBase, *, trying: Collection[str] = (), undecided: bool = True
) -> tuple[Recommendation, Facts]:
    """Return the recommendation, and the facts with every setting that rules chose.

    Raises:
        AdvisorError: as ``infer``.
    """
    state = State(facts, recommend_for=_recommend_for_other(facts, rules), trying=frozenset(trying))
    rate, interval = _infer_settings_and_rate(rules, state)
    _collect_notes(rules, state)
    stated = facts.plan.learning_rate
    if stated is not None:
        _warn_if_fixed_rate_is_unusual(stated, rate, interval, state)
    trace = _trace(rules, state, state.undecided(rules.rules) if undecided else ())
    return _recommendation(state, rate if stated is None else stated, interval, trace), state.facts


def _infer_settings_and_rate(rules: RuleBase, state: State) -> tuple[float, Interval]:
    """Choose every setting, and return the learning rate with its interval."""
    choose_settings(rules, state)
    for setting in _NEEDED:
        if setting not in state.settings:
            raise AdvisorError(f"no rule chooses the {setting}; turn the default rules on again in the overlay")
    return infer_rate(rules, state)


def _recommendation(state: State, rate: float, interval: Interval, trace: Trace) -> Recommendation:
    settings = {name: value for name, value in state.settings.items() if name in Recommendation.model_fields}
    return Recommendation.model_validate(
        {
            **settings,
            "learning_rate": rate,
            "interval": interval,
            "batch_size": read(state.facts, "plan.effective_batch"),
            "batch_tokens": state.facts.plan.batch_tokens,
            "epochs": state.facts.plan.epochs,
            "total_steps": read(state.facts, "plan.total_steps"),
            "trace": trace,
        }
    )


def _recommend_for_other(facts: Facts, rules: RuleBase) -> Callable[[Like], Recommendation]:
    """Return a function that recommends for the same job with another optimizer.

    What the plan states for this optimizer does not count there.

    Nothing is measured again: a measurement belongs to the optimizer it was made with, and is weighed in afterwards.
    """

    @cache
    def recommend_for(optimizer: Like) -> Recommendation:
        plan = facts.plan.model_copy(update={**dict.fromkeys(_OF_AN_OPTIMIZER), "optimizer": optimizer})
        state = State(facts.model_copy(update={"plan": plan, "probe": ProbeFacts()}))
        rate, interval = _infer_settings_and_rate(rules, state)
        return _recommendation(state, rate, interval, Trace(contributions=tuple(state.contributions)))

    return recommend_for


def _collect_notes(rules: RuleBase, state: State) -> None:
    claims = [Claim(rule, effect, None) for rule, effect in rules.claims("words") if state.fires(rule)]
    state.notes += [_note(claim) for claim in without_overridden(claims, state)]


def _note(claim: Claim) -> Note:
    if isinstance(claim.effect, Warn):
        return Note(severity=claim.effect.severity, text=claim.effect.warn, rule=use_of(claim.rule))
    return Note(severity="advice", text=claim.effect.advise, rule=use_of(claim.rule))


def _warn_if_fixed_rate_is_unusual(stated: float, rate: float, interval: Interval, state: State) -> None:
    state.choices.append(Choice(setting="learning_rate", value=stated, by="user"))
    if stated in interval:
        return
    side = "above" if stated > interval.upper else "below"
    text = (
        f"The learning rate {number(stated)} that you fixed lies {side} the range that the rules expect, "
        f"{written(interval.lower)} to {written(interval.upper)}; they would choose {written(rate)}."
    )
    state.notes.append(Note(severity="warning", text=text, rule=state.contributions[0].rule))


def _trace(rules: RuleBase, state: State, undecided: tuple[Undecided, ...]) -> Trace:
    return Trace(
        contributions=tuple(state.contributions),
        choices=tuple(state.choices),
        notes=tuple(sorted(state.notes, key=lambda note: _SEVERITIES.index(note.severity))),
        undecided=undecided,
        overridden=tuple(dict.fromkeys(state.overridden)),
        fired=tuple(state.fired),
        rules=len(rules.rules),
    )
