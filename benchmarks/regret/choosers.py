"""All who choose a learning rate: advisor with and without trials, and what it is compared with."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.checking.check import CheckedRecommendation, check
from advisor.checking.terms import Terms
from advisor.facts.names import Budget
from advisor.inference import infer
from advisor.knowledge import RuleBase, load_rules
from benchmarks.regret.choices import Choice, Chooser
from benchmarks.regret.facts import facts_of, prepared
from benchmarks.regret.range_tests import range_tests
from benchmarks.regret.search import TpeSearch
from benchmarks.regret.tasks import Pair, Task

RULES_ONLY = "advisor, rules only"
"""Name in the tables."""


@dataclass(frozen=True, slots=True)
class FixedDefault:
    """What most people type: AdamW, Adam and RMSProp 1e-3, SGD with momentum 0.05."""

    name: str = "fixed default"

    def choose(self, task: Task, pair: Pair, *, seed: int) -> Choice:  # noqa: ARG002 - the same whatever is asked
        return Choice(0.05 if pair.optimizer == "sgd" else 1e-3)


@dataclass(frozen=True, slots=True)
class RulesOnly:
    """advisor without any training."""

    rules: RuleBase
    name: str = RULES_ONLY

    def choose(self, task: Task, pair: Pair, *, seed: int) -> Choice:  # noqa: ARG002 - rules draw nothing
        began = time.perf_counter()
        found = infer(facts_of(task, pair), self.rules)
        seconds = time.perf_counter() - began
        return Choice(found.learning_rate, 0, seconds, (found.interval.lower, found.interval.upper))


@dataclass(frozen=True, slots=True)
class Verified:
    """advisor with rules, probe and trials of a budget; it sees the training rows only."""

    rules: RuleBase
    budget: Budget

    @property
    def name(self) -> str:
        return f"advisor, {self.budget}"

    def choose(self, task: Task, pair: Pair, *, seed: int) -> Choice:
        made = prepared(task, pair, seed=seed)
        began = time.perf_counter()
        found = check(made, self.rules, Terms(self.budget, seed))
        seconds, verdict = time.perf_counter() - began, found.verdict
        interval = (verdict.interval.lower, verdict.interval.upper)
        return Choice(verdict.learning_rate, samples_of(found), seconds, interval, verdict.status)


def samples_of(found: CheckedRecommendation) -> int:
    """Return the gradient samples that a decision took."""
    return (found.verdict.gradient_samples or 0) + (found.probe.gradient_samples if found.probe else 0)


def choosers(budgets: Sequence[Budget] = ("quick", "standard", "thorough")) -> list[Chooser]:
    """Return all who choose a learning rate; advisor with these budgets besides the rules alone."""
    rules = load_rules()
    return [
        *(TpeSearch(trials) for trials in (20, 10, 5)),
        *range_tests(),
        FixedDefault(),
        RulesOnly(rules),
        *(Verified(rules, budget) for budget in budgets),
    ]
