"""Sensitivity to unknown facts: which of them would change the recommendation, or narrow its interval, most.

Each unknown stored fact that the job can have is set in turn to the usual ones among the values that the conditions and
formulas of the rules distinguish, and the recommendation is inferred again. Values that contradict what is known of the
job are no answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from advisor.errors import AdvisorError
from advisor.facts import Facts, info, read, with_facts
from advisor.facts.applicability import can_have
from advisor.facts.derived import Value
from advisor.facts.usual import is_usual
from advisor.inference.comparison import as_advised
from advisor.inference.infer import conclude, infer
from advisor.inference.reachability import nearest, typical
from advisor.knowledge.base import RuleBase
from advisor.knowledge.conditions import Condition, facts_of, leaves
from advisor.knowledge.dependencies import inputs_of
from advisor.knowledge.effects import law_of
from advisor.knowledge.rule import CONTRADICTION
from advisor.knowledge.value_sets import ValueSet, accepted_values
from advisor.results import Answer, Question, Recommendation

MAX_VALUES: Final = 12
"""Values of one fact that are tried. Judgement: more than any listed fact needs, and each costs an inference."""

NO_QUESTION: Final = frozenset({"plan.learning_rate", "plan.reference_learning_rate"})
"""Facts that would be an answer, not a question."""


def ask(facts: Facts, rules: RuleBase, advised: Recommendation | None = None) -> tuple[Question, ...]:
    """Return the unknown facts that would change the answer, those first whose answer matters most.

    Every unknown stored fact that a rule tests, or that a law or a derived fact rests on, is tried with the values that
    the rules distinguish.

    Args:
        facts: what is known.
        rules: the rule base.
        advised: what an advice about these facts says, trials included: its optimizer and schedule are kept.

    Raises:
        AdvisorError: as ``infer``.
    """
    if advised is not None:
        facts = as_advised(facts, rules, advised)
    now, settled = conclude(facts, rules)
    found = []
    for path, values in _candidates(settled, rules).items():
        question = _question(path, values, facts, rules, now)
        if question is not None:
            found.append(question)
    return tuple(sorted(found, key=lambda question: (-question.weight, question.fact)))


def _candidates(settled: Facts, rules: RuleBase) -> dict[str, tuple[Value, ...]]:
    """Return the unknown stored facts that rules rest on and this job can have, with values that rules distinguish."""
    tested: dict[str, dict[Value, None]] = {}
    computed_with: dict[str, None] = {}
    for rule in rules.rules:
        computed_with |= dict.fromkeys(fact for effect in rule.then if (law := law_of(effect)) for fact in law.facts)
        for path, value in _values_tested(rule.when):
            tested.setdefault(path, {})[value] = None
    found: dict[str, tuple[Value, ...]] = {}
    # What a law computes with or a derived fact rests on comes first: it moves the answer between the values that
    # conditions distinguish, too.
    in_conditions = dict.fromkeys(fact for rule in rules.rules for fact in facts_of(rule.when))
    derived_first = sorted(in_conditions, key=lambda path: not info(path).is_derived)
    for path in dict.fromkeys([*computed_with, *derived_first]):
        if read(settled, path) is not None:
            continue
        for stored in inputs_of(path, settled):
            is_open = read(settled, stored) is None and can_have(stored, settled)
            if is_open and stored not in NO_QUESTION and stored not in found:
                values = tuple(value for value in tested.get(stored, {}) if is_usual(stored, value, settled))
                between = path in computed_with or info(path).is_derived or len(values) < len(tested.get(stored, {}))
                more = typical(info(stored)) if between or not values else ()
                usual = (value for value in more if is_usual(stored, value, settled))
                found[stored] = tuple(dict.fromkeys((*values, *usual)))[:MAX_VALUES]
    return found


def _values_tested(condition: Condition) -> Iterator[tuple[str, Value]]:
    """Yield a value on every side of every test of a stored fact: two when a number must not be equal to another."""
    for leaf in leaves(condition):
        item = info(leaf.fact)
        if item.is_derived:
            continue
        for negated in (False, True):
            value_set = accepted_values(leaf.test, item, negated=negated)
            for side in [ValueSet(intervals=(part,)) for part in value_set.intervals] or [value_set]:
                value = nearest(side, None, item)
                if value is not None:
                    yield leaf.fact, value


def _question(
    path: str, values: tuple[Value, ...], facts: Facts, rules: RuleBase, now: Recommendation
) -> Question | None:
    outcomes = list(_outcomes(path, values, facts, rules))
    settings = tuple(
        name
        for name in Recommendation.model_fields
        if name not in {"trace", "interval", "learning_rate", "total_steps", "epochs", "batch_size", "batch_tokens"}
        and any(getattr(result, name) != getattr(now, name) for _, result in outcomes)
    )
    rates = [now.learning_rate, *(result.learning_rate for _, result in outcomes)]
    moves = max(rates) / min(rates)
    narrowest = min((result.interval.ratio for _, result in outcomes), default=now.interval.ratio)
    narrows = now.interval.ratio / narrowest
    if moves < 1.01 and narrows < 1.01 and not settings:
        return None
    item = info(path)
    answers = tuple(Answer(value, result.learning_rate, result.interval.ratio) for value, result in outcomes)
    return Question(
        path, item.description, item.unit, moves, narrows, settings, answers, now.learning_rate, now.interval.ratio
    )


def _outcomes(
    path: str, values: tuple[Value, ...], facts: Facts, rules: RuleBase
) -> Iterator[tuple[Value, Recommendation]]:
    for value in values:
        try:
            found = infer(with_facts(facts, {path: value}), rules, undecided=False)
        except AdvisorError:
            continue
        if not any(CONTRADICTION in note.rule.tags for note in found.trace.notes):
            yield value, found
