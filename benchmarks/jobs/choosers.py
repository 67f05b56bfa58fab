"""Who chooses a learning rate for a job, an optimizer and a schedule."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from advisor.errors import AdvisorError
from advisor.facts.names import Budget
from advisor.training.losses import loss_of
from benchmarks.jobs.facts import advised, recommended
from benchmarks.jobs.job import BenchmarkJob, Pair
from benchmarks.jobs.training import make_optimizer
from benchmarks.regret.choosers import RULES_ONLY


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen learning rate and what choosing took.

    Attributes:
        rate: None: no answer.
        seconds: of processor time.
        interval: 90 % interval, when one is stated.
        remark: status of a verdict, or why there is no answer.
        stated_cost: in full trainings, as the verdict says it; None: it does not.
    """

    rate: float | None
    seconds: float = 0.0
    interval: tuple[float, float] | None = None
    remark: str = ""
    stated_cost: float | None = None


class Chooser(Protocol):
    """Chooses a learning rate."""

    @property
    def name(self) -> str:
        """As tables say it."""
        ...

    def choose(self, job: BenchmarkJob, pair: Pair, *, seed: int) -> Choice:
        """Return the rate for a job."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """1e-3 with the pair's optimizer and schedule; 0.05 with SGD."""

    name: str = "fixed default (AdamW 1e-3, SGD 0.05)"

    def choose(self, job: BenchmarkJob, pair: Pair, *, seed: int) -> Choice:  # noqa: ARG002 - the same for all
        return Choice(0.05 if pair.optimizer == "sgd" else 1e-3)


@dataclass(frozen=True, slots=True)
class Rules:
    """advisor without any training, from the kept facts."""

    name: str = RULES_ONLY

    def choose(self, job: BenchmarkJob, pair: Pair, *, seed: int) -> Choice:  # noqa: ARG002 - rules draw nothing
        found = recommended(job.name, pair)
        return Choice(found.learning_rate, 0.0, (found.interval.lower, found.interval.upper))


@dataclass(frozen=True, slots=True)
class Verified:
    """``advisor.advise`` with a budget, called as the job's user would."""

    budget: Budget

    @property
    def name(self) -> str:
        return f"advisor, {self.budget}"

    def choose(self, job: BenchmarkJob, pair: Pair, *, seed: int) -> Choice:
        _ = job.material  # loaded before the clock starts
        began = time.process_time()
        try:
            verdict = advised(job, pair, self.budget, seed=seed).verdict
        except AdvisorError as error:
            return Choice(None, time.process_time() - began, remark=str(error).splitlines()[0])
        seconds = time.process_time() - began
        interval = (verdict.interval.lower, verdict.interval.upper)
        return Choice(verdict.learning_rate, seconds, interval, verdict.status, verdict.cost)


@dataclass(frozen=True, slots=True)
class LightningFinder:
    """Lightning's own learning rate finder with its defaults."""

    name: str = "Lightning 2.6.6 lr_find (real)"

    def choose(self, job: BenchmarkJob, pair: Pair, *, seed: int) -> Choice:
        from benchmarks.regret.range_tests import lightning_suggestion

        material = job.material
        torch.manual_seed(seed)
        began = time.process_time()
        rate, _ = lightning_suggestion(
            job.model(seed),
            loss_of("model" if material.loss is None else material.loss),
            lambda model, rate: make_optimizer(model, pair, rate),
            material.train,
        )
        return Choice(rate, time.process_time() - began)


def choosers(budgets: Sequence[Budget]) -> list[Chooser]:
    """Return everyone who chooses a rate; advisor with these budgets besides the rules alone."""
    return [Fixed(), LightningFinder(), Rules(), *(Verified(budget) for budget in budgets)]
