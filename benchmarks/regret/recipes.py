"""Whole recipes: optimizer, schedule and rate chosen freely, trained in full, against the best of all landscapes."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from advisor.checking.check import check
from advisor.checking.terms import Terms
from advisor.facts.names import Budget
from advisor.knowledge import RuleBase, load_rules
from advisor.training.runs import ADAM_1E3, Run, recipe_of
from benchmarks.regret.choices import Attempt, RecipeChooser
from benchmarks.regret.choosers import RULES_ONLY, samples_of
from benchmarks.regret.facts import prepared
from benchmarks.regret.landscapes import SEEDS, mean_of, read, train, training_seconds
from benchmarks.regret.parameter_free import PARAMETER_FREE
from benchmarks.regret.score import Score
from benchmarks.regret.tasks import Task


@dataclass(frozen=True, slots=True)
class AdamDefault:
    """Adam 1e-3, constant."""

    name: str = "Adam 1e-3 constant"

    def attempt(self, task: Task) -> Attempt:
        return Attempt(train(task.job(), ADAM_1E3, [Run(1e-3, seed) for seed in SEEDS]), "adam constant", 1e-3)


@dataclass(frozen=True, slots=True)
class Advised:
    """advisor, everything but batch and epochs left to it."""

    rules: RuleBase
    budget: Budget

    @property
    def name(self) -> str:
        return RULES_ONLY if self.budget == "none" else f"advisor, {self.budget}"

    def attempt(self, task: Task) -> Attempt:
        made = prepared(task)
        began = time.perf_counter()
        found = check(made, self.rules, Terms(self.budget))
        seconds, chosen = time.perf_counter() - began, found.recommendation
        losses = train(task.job(), recipe_of(chosen), [Run(chosen.learning_rate, seed) for seed in SEEDS])
        said = f"{chosen.optimizer} {chosen.schedule}"
        return Attempt(losses, said, chosen.learning_rate, samples_of(found), seconds)


def recipe_choosers(budgets: Sequence[Budget]) -> list[RecipeChooser]:
    """Return all who choose a whole recipe; advisor with these budgets besides the rules alone."""
    rules = load_rules()
    return [AdamDefault(), *PARAMETER_FREE, Advised(rules, "none"), *(Advised(rules, one) for one in budgets)]


def scored(chooser: RecipeChooser, task: Task) -> Score:
    """Train a task and compare with the best of all its landscapes."""
    attempt = chooser.attempt(task)
    mean = mean_of(attempt.losses)
    return Score(
        contestant=chooser.name,
        task=task.id,
        pair=attempt.said,
        family=task.family,
        seed=0,
        rate=attempt.rate,
        excess=mean / read(task).best - 1.0 if math.isfinite(mean) else math.inf,
        runs=attempt.samples / read(task).samples,
        wall=attempt.seconds / _alone(task) if attempt.samples else 0.0,
    )


@lru_cache(maxsize=4)
def _alone(task: Task) -> float:
    return training_seconds(task.job(), ADAM_1E3, 1e-3)
