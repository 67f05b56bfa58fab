"""Ask: which unknown fact would move the answer, or narrow its interval, most."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from advisor.errors import AdvisorError
from advisor.facts import Facts, info, read, with_facts
from advisor.facts.derived import Value
from advisor.inference.infer import conclude, infer
from advisor.inference.prose import question_in_words
from advisor.inference.reachability import nearest, typical
from advisor.knowledge.base import RuleBase
from advisor.knowledge.conditions import Condition, facts_of, leaves
from advisor.knowledge.dependencies import inputs_of
from advisor.knowledge.effects import law_of
from advisor.knowledge.value_sets import Region, holds_in
from advisor.results import Recommendation

MAX_VALUES: Final = 12
"""Values of one fact that are tried."""

NO_QUESTION: Final = frozenset({"plan.learning_rate"})
"""Facts that would be an answer, not a question."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a fact's value would make of the recommendation."""

    value: Value
    learning_rate: float
    interval_ratio: float


@dataclass(frozen=True, slots=True)
class Question:
    """A fact worth telling.

    Attributes:
        fact: its path.
        description: what it is.
        unit: in which it is told.
        moves: largest learning rate over smallest among the answers.
        narrows: the interval's ratio now over the narrowest among the answers.
        settings: settings that some answer changes.
        answers: the values tried.
        learning_rate: as it is now.
        interval_ratio: the interval's upper over its lower end, as it is now.
    """

    fact: str
    description: str
    unit: str
    moves: float
    narrows: float
    settings: tuple[str, ...]
    answers: tuple[Answer, ...]
    learning_rate: float
    interval_ratio: float

    def __str__(self) -> str:
        return question_in_words(self)

    @property
    def narrowest(self) -> Answer:
        """The answer that leaves the narrowest interval."""
        return min(self.answers, key=lambda answer: answer.interval_ratio)

    @property
    def weight(self) -> float:
        """How much the answer matters: in natural log of the learning rate, a changed setting counting as a third."""
        return math.log(self.moves) + 0.5 * max(0.0, math.log(self.narrows)) + math.log(3.0) / 3 * len(self.settings)


def ask(facts: Facts, rules: RuleBase) -> tuple[Question, ...]:
    """Return the unknown facts that would change the answer, the weightiest first.

    Every unknown stored fact that a rule tests, or that a law or a derived fact rests on, is tried with the values that
    the rules tell apart.

    Raises:
        AdvisorError: as ``infer``.
    """
    now, settled = conclude(facts, rules)
    found = []
    for path, values in _unknown(settled, rules).items():
        question = _question(path, values, facts, rules, now)
        if question is not None:
            found.append(question)
    return tuple(sorted(found, key=lambda question: (-question.weight, question.fact)))


def _unknown(settled: Facts, rules: RuleBase) -> dict[str, tuple[Value, ...]]:
    """Return the unknown stored facts that rules rest on, with values that rules tell apart."""
    tested: dict[str, dict[Value, None]] = {}
    computed_with: dict[str, None] = {}
    for rule in rules.rules:
        computed_with |= dict.fromkeys(fact for effect in rule.then if (law := law_of(effect)) for fact in law.facts)
        for path, value in _told_apart(rule.when):
            tested.setdefault(path, {})[value] = None
    found: dict[str, tuple[Value, ...]] = {}
    # What a law computes with or a derived fact rests on comes first: it moves the answer between the values that
    # conditions tell apart, too.
    in_conditions = dict.fromkeys(fact for rule in rules.rules for fact in facts_of(rule.when))
    derived_first = sorted(in_conditions, key=lambda path: not info(path).is_derived)
    for path in dict.fromkeys([*computed_with, *derived_first]):
        if read(settled, path) is not None:
            continue
        for stored in inputs_of(path, settled):
            if read(settled, stored) is None and stored not in NO_QUESTION and stored not in found:
                values = tuple(tested.get(stored, {}))
                between = path in computed_with or info(path).is_derived or not values
                more = typical(info(stored)) if between else ()
                found[stored] = tuple(dict.fromkeys((*values, *more)))[:MAX_VALUES]
    return found


def _told_apart(condition: Condition) -> Iterator[tuple[str, Value]]:
    """Yield a value on every side of every test of a stored fact: two when a number must not be equal to another."""
    for leaf in leaves(condition):
        item = info(leaf.fact)
        if item.is_derived:
            continue
        for negated in (False, True):
            region = holds_in(leaf.test, item, negated=negated)
            for side in [Region(intervals=(part,)) for part in region.intervals] or [region]:
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
        if name not in {"trace", "interval", "learning_rate", "total_steps", "epochs", "batch_size"}
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
            yield value, infer(with_facts(facts, {path: value}), rules)
        except AdvisorError:
            continue
