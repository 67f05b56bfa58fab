"""Facts and rules to a recommendation, stratum by stratum."""

from __future__ import annotations

from advisor.errors import AdvisorError
from advisor.facts import Facts, read
from advisor.inference.choices import choose_settings
from advisor.inference.rate import infer_rate
from advisor.inference.state import State, use_of
from advisor.knowledge.base import RuleBase
from advisor.knowledge.effects import Advise, Warn
from advisor.results import Choice, Interval, Note, Recommendation, RuleUse, Trace, Undecided

MAX_MISSING = 3
"""A rule that waits for more facts than this is no useful question to the user."""


def infer(facts: Facts, base: RuleBase) -> Recommendation:
    """Recommend from facts, with the full trace.

    What the user fixed in the plan is kept: rules only fill what is open. A fixed learning rate is kept too, and judged:
    the interval is the rules' own, and a warning says so when the fixed rate lies outside.

    Raises:
        AdvisorError: no rule chooses an optimizer or a schedule, or gives a starting value (never with the shipped rules).
    """
    state = State(facts)
    choose_settings(base.rules, state)
    for setting in ("optimizer", "schedule"):
        if setting not in state.settings:
            raise AdvisorError(f"no rule chooses the {setting}; turn the default rules on again in the overlay")
    rate, interval = infer_rate(base.rules, state)
    _speak(base, state)
    stated = facts.plan.learning_rate
    if stated is not None:
        _judge_stated(stated, rate, interval, state)
    settings = {name: state.settings[name] for name in _KEPT if name in state.settings}
    return Recommendation.model_validate(
        {
            **settings,
            "learning_rate": stated or rate,
            "interval": interval,
            "batch_size": read(state.facts, "plan.effective_batch"),
            "epochs": state.facts.plan.epochs,
            "total_steps": read(state.facts, "plan.total_steps"),
            "trace": _trace(base, state),
        }
    )


_KEPT = (
    *("optimizer", "momentum", "nesterov", "beta1", "beta2", "epsilon", "weight_decay", "clip_norm"),
    *("schedule", "warmup_fraction", "final_fraction"),
)


def _speak(base: RuleBase, state: State) -> None:
    for rule in base.rules:
        words = [effect for effect in rule.then if isinstance(effect, Advise | Warn)]
        if words and state.judge(rule):
            for effect in words:
                if isinstance(effect, Warn):
                    state.notes.append(Note(severity=effect.severity, text=effect.warn, rule=use_of(rule)))
                else:
                    state.notes.append(Note(severity="advice", text=effect.advise, rule=use_of(rule)))


def _judge_stated(stated: float, rate: float, interval: Interval, state: State) -> None:
    state.choices.append(Choice(setting="learning_rate", value=stated, by="user"))
    if stated in interval:
        return
    side = "above" if stated > interval.upper else "below"
    anchor = state.contributions[0].rule
    text = (
        f"The learning rate {stated:.3g} that you fixed lies {side} the range that the rules expect, "
        f"{interval.lower:.2g} to {interval.upper:.2g}; they would choose {rate:.2g}."
    )
    rule = RuleUse(id=anchor.id, title=anchor.title, because=anchor.because, grade=anchor.grade, sources=anchor.sources)
    state.notes.append(Note(severity="warning", text=text, rule=rule))


def _trace(base: RuleBase, state: State) -> Trace:
    return Trace(
        contributions=tuple(state.contributions),
        choices=tuple(state.choices),
        notes=tuple(state.notes),
        undecided=_worth_asking(state),
        overridden=tuple(dict.fromkeys(state.overridden)),
        fired=tuple(state.fired),
        rules=len(base.rules),
    )


def _worth_asking(state: State) -> tuple[Undecided, ...]:
    """Keep the undecided rules that a few facts would decide, those that need fewest first."""
    found = [
        item
        for item in state.undecided.values()
        if item.rule not in state.fired and 0 < len(item.missing) <= MAX_MISSING
    ]
    return tuple(sorted(found, key=lambda item: (len(item.missing), item.rule)))
