"""What each rule is worth: the rule left out, how many published recipes and landscapes are met?

    python -m benchmarks.worth [RULE ...] [--landscapes]

prints, for every rule that changes an answer of a published recipe, how many recipes it wins and loses: their rate
within its factor, their rate inside the interval, the family of the optimizer, the kind of schedule. With
``--landscapes`` the excess loss of the benchmark of tables and small nets with and without the rule stands beside it
(minutes more). A rule that wins nothing anywhere is a candidate for merging: its law may be that of a neighbour.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from advisor.errors import AdvisorError
from advisor.facts import Facts, with_facts
from advisor.facts.names import OPTIMIZERS
from advisor.inference import infer
from advisor.knowledge import RuleBase, load_rules
from benchmarks.golden import FAMILY_OF, STAND_INS, Golden, golden
from benchmarks.regret.datasets import SPLITS
from benchmarks.regret.facts import facts_of
from benchmarks.regret.landscapes import DIVERGED_EXCESS, read, useful_pairs
from benchmarks.regret.tasks import Pair, Task

ASPECTS = ("rate", "interval", "optimizer", "schedule")


@dataclass(frozen=True, slots=True)
class Met:
    """Which aspects of a recipe are met, in the order of ``ASPECTS``, and the rules that led to the answer."""

    aspects: tuple[bool, bool, bool, bool]
    rules: frozenset[str]


@dataclass(slots=True)
class Worth:
    """What leaving a rule out does.

    Attributes:
        recipes: whose answer the rule has a part in.
        lost, gained: recipes met with the rule only, and without it only, by aspect.
        landscapes: that the rule has a part in.
        excess: mean of ln(1 + excess loss) over them, with the rule and without.
    """

    recipes: int = 0
    lost: list[int] = field(default_factory=lambda: [0] * len(ASPECTS))
    gained: list[int] = field(default_factory=lambda: [0] * len(ASPECTS))
    landscapes: int = 0
    excess: tuple[float, float] = (0.0, 0.0)

    @property
    def won(self) -> int:
        """Aspects of recipes met because of the rule, less those missed because of it."""
        return sum(self.lost) - sum(self.gained)


def met(recipe: Golden, base: RuleBase) -> Met:
    """Compare a recipe with the answer of a rule base: the rate with the optimizer fixed, the rest with it open."""
    try:
        return _met(recipe, base)
    except AdvisorError:  # without this rule nothing answers
        return Met((False, False, False, False), frozenset())


def _met(recipe: Golden, base: RuleBase) -> Met:
    right_rate = held = False
    rules: set[str] = set()
    if recipe.optimizer in OPTIMIZERS:
        fixed = {**recipe.facts, **(recipe.settings or {}), "plan.optimizer": recipe.optimizer}
        advised = infer(with_facts(Facts(), fixed), base)
        off = abs(math.log(advised.learning_rate / recipe.rate))
        right_rate, held = off <= math.log(recipe.within) + 1e-9, recipe.rate in advised.interval
        rules |= {step.rule.id for step in advised.trace.contributions}
    chosen = infer(with_facts(Facts(), recipe.facts), base)
    rules |= {choice.rule.id for choice in chosen.trace.choices if choice.rule is not None}
    kind = "constant" if chosen.schedule in {"constant", "cyclical"} else "decaying"
    family = FAMILY_OF.get(chosen.optimizer, "adam") == FAMILY_OF.get(recipe.optimizer, "adam")
    return Met((right_rate, held, family, recipe.schedule in {"any", kind}), frozenset(rules))


def worths(base: RuleBase, recipes: Iterable[Golden], wanted: frozenset[str]) -> dict[str, Worth]:
    """Return what each rule is worth on recipes; only the rules that are wanted, or all."""
    found: dict[str, Worth] = defaultdict(Worth)
    used: dict[str, list[tuple[Golden, Met]]] = defaultdict(list)
    for recipe in recipes:
        answer = met(recipe, base)
        for rule_id in answer.rules:
            if not wanted or rule_id in wanted:
                used[rule_id].append((recipe, answer))
    for rule_id, where in used.items():
        smaller, worth = base.without(rule_id), found[rule_id]
        for recipe, answer in where:
            other = met(recipe, smaller)
            worth.recipes += 1
            for place, (one, two) in enumerate(zip(answer.aspects, other.aspects, strict=True)):
                worth.lost[place] += one and not two
                worth.gained[place] += two and not one
    return found


def add_landscapes(base: RuleBase, found: dict[str, Worth], wanted: frozenset[str]) -> None:
    """Add the excess loss on all landscapes with and without each rule that has a part in them."""
    used: dict[str, list[tuple[Task, Pair, float]]] = defaultdict(list)
    for split in SPLITS:
        for task, pair in useful_pairs(split):
            answer, excess = infer(facts_of(task, pair), base), _log_excess(task, pair, base)
            for rule_id in {step.rule.id for step in answer.trace.contributions}:
                if not wanted or rule_id in wanted:
                    used[rule_id].append((task, pair, excess))
    for rule_id, where in used.items():
        smaller, worth = base.without(rule_id), found[rule_id]
        others = [_log_excess(task, pair, smaller) for task, pair, _ in where]
        worth.landscapes = len(where)
        worth.excess = (sum(excess for _, _, excess in where) / len(where), sum(others) / len(where))


def _log_excess(task: Task, pair: Pair, base: RuleBase) -> float:
    try:
        rate = infer(facts_of(task, pair), base).learning_rate
    except AdvisorError:  # without this rule nothing answers
        return math.log1p(DIVERGED_EXCESS)
    return math.log1p(min(DIVERGED_EXCESS, read(task).of(pair).excess(rate)))


def lines(found: dict[str, Worth]) -> Iterator[str]:
    """Yield a line for each rule, those worth least first."""
    yield f"{'rule':<36}{'recipes':>8}" + "".join(f"{name:>12}" for name in ASPECTS) + f"{'landscapes':>12}  excess"
    for rule_id, worth in sorted(found.items(), key=lambda item: (item[1].won, item[0])):
        counts = "".join(f"{f'+{won} -{lost}':>12}" for won, lost in zip(worth.lost, worth.gained, strict=True))
        excess = f"  {worth.excess[0]:.3f}, without {worth.excess[1]:.3f}" if worth.landscapes else ""
        yield f"{rule_id:<36}{worth.recipes:>8}{counts}{worth.landscapes:>12}{excess}"


def main() -> None:
    """Print what the rules are worth."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worth", description=__doc__)
    parser.add_argument("rules", nargs="*", help="ids of rules; none: all that change a recipe")
    parser.add_argument("--landscapes", action="store_true", help="losses of the benchmark, too")
    options = parser.parse_args()
    base, wanted = load_rules(), frozenset(options.rules)
    recipes = [recipe for name in ("recipes", "configurations", *STAND_INS) for recipe in golden(name)]
    found = worths(base, recipes, wanted)
    if options.landscapes:
        add_landscapes(base, found, wanted)
    print("\n".join(lines(found)))


if __name__ == "__main__":
    main()
