"""Whole recipes: optimizer, schedule and rate chosen freely, trained in full, against the best of all landscapes."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from advisor.knowledge import RuleBase, load_rules
from advisor.progress import silent
from advisor.results import Recommendation
from advisor.verification.runs import Run, recipe_of
from benchmarks.regret.facts import prepared
from benchmarks.regret.landscapes import SEEDS, mean_of, read, train
from benchmarks.regret.parameter_free import PARAMETER_FREE, ParameterFree
from benchmarks.regret.score import Score
from benchmarks.regret.tasks import Task


@dataclass(frozen=True, slots=True)
class Attempt:
    """A recipe trained in full.

    Attributes:
        losses: held-out, one per seed; None: diverged.
        rate: peak learning rate, where there is one.
        samples: gradient samples of choosing, the training itself left out.
        seconds: of choosing.
        said: optimizer and schedule.
    """

    losses: tuple[float | None, ...]
    rate: float | None
    samples: int
    seconds: float
    said: str


class Recipient(Protocol):
    """Trains a task as it sees fit; batch and epochs are given."""

    name: str

    def attempt(self, task: Task) -> Attempt:
        """Choose and train."""
        ...


@dataclass(frozen=True, slots=True)
class AdamDefault:
    """Adam 1e-3, constant."""

    name: str = "Adam 1e-3 constant"

    def attempt(self, task: Task) -> Attempt:
        from advisor.verification.runs import ADAM_1E3

        return Attempt(train(task.job(), ADAM_1E3, [Run(1e-3, seed) for seed in SEEDS]), 1e-3, 0, 0.0, "adam constant")


@dataclass(frozen=True, slots=True)
class WithoutRate:
    """A parameter-free optimizer."""

    method: ParameterFree

    @property
    def name(self) -> str:
        return self.method.name

    def attempt(self, task: Task) -> Attempt:
        runs = [self.method.train(task, seed=seed) for seed in SEEDS]
        return Attempt(tuple(run.loss for run in runs), None, 0, 0.0, self.method.name)


@dataclass(frozen=True, slots=True)
class Advised:
    """advisor, everything but batch and epochs left to it."""

    rules: RuleBase
    budget: str

    @property
    def name(self) -> str:
        return "advisor, rules only" if self.budget == "none" else f"advisor, {self.budget}"

    def attempt(self, task: Task) -> Attempt:
        began = time.perf_counter()
        recommendation, samples = self._choose(task)
        seconds = time.perf_counter() - began
        runs = [Run(recommendation.learning_rate, seed) for seed in SEEDS]
        losses = train(task.job(), recipe_of(recommendation), runs)
        said = f"{recommendation.optimizer} {recommendation.schedule}"
        return Attempt(losses, recommendation.learning_rate, samples, seconds, said)

    def _choose(self, task: Task) -> tuple[Recommendation, int]:
        from advisor.pipeline import _decide

        _, recommendation, verdict, report = _decide(prepared(task), self.rules, self.budget, 0, silent)
        return recommendation, (verdict.gradient_samples or 0) + (report.gradient_samples if report else 0)


def recipients() -> Iterator[Recipient]:
    """Return everyone who trains a whole recipe."""
    rules = load_rules()
    yield AdamDefault()
    yield from (WithoutRate(method) for method in PARAMETER_FREE)
    yield from (Advised(rules, budget) for budget in ("none", "quick", "standard"))


def scored(recipient: Recipient, task: Task) -> Score:
    """Train a task and compare with the best of all its landscapes."""
    attempt = recipient.attempt(task)
    mean = mean_of(attempt.losses)
    return Score(
        contestant=recipient.name,
        task=task.id,
        pair=attempt.said,
        family=task.family,
        seed=0,
        rate=attempt.rate,
        excess=mean / read(task).best - 1.0 if math.isfinite(mean) else math.inf,
        runs=attempt.samples / (task.steps * task.batch),
        seconds=attempt.seconds,
    )
