"""Who chooses a learning rate, behind one small protocol."""

from __future__ import annotations

import contextlib
import io
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from advisor.facts.names import Budget
from advisor.inference import infer
from advisor.knowledge import RuleBase, load_rules
from advisor.pipeline import CheckedRecommendation, check
from benchmarks.regret.facts import facts_of, prepared
from benchmarks.regret.tasks import Pair, Task


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen learning rate and what choosing took.

    Attributes:
        rate: None: no answer.
        samples: samples whose gradient was computed.
        seconds: of wall time.
        interval: 90 % interval, when the contestant states one.
    """

    rate: float | None
    samples: int = 0
    seconds: float = 0.0
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A whole recipe, chosen and trained in full.

    Attributes:
        losses: held-out, one per seed; None: diverged.
        said: optimizer and schedule.
        rate: peak learning rate, where there is one.
        samples: gradient samples of choosing, the training itself left out.
        seconds: of choosing.
    """

    losses: tuple[float | None, ...]
    said: str
    rate: float | None = None
    samples: int = 0
    seconds: float = 0.0


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep progress bars, hints and warnings of other packages out of the table."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


RULES_ONLY = "advisor, rules only"


class Chooser(Protocol):
    """Chooses a learning rate for a given optimizer and schedule."""

    name: str

    def choose(self, task: Task, pair: Pair, *, seed: int) -> Choice:
        """Return the rate for a task."""
        ...


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
        found = check(made, self.rules, self.budget, seed=seed)
        seconds, verdict = time.perf_counter() - began, found.verdict
        interval = (verdict.interval.lower, verdict.interval.upper)
        return Choice(verdict.learning_rate, samples_of(found), seconds, interval)


def samples_of(found: CheckedRecommendation) -> int:
    """Return the gradient samples that a decision took."""
    return (found.verdict.gradient_samples or 0) + (found.probe.gradient_samples if found.probe else 0)


def contestants(budgets: Sequence[Budget] = ("quick", "standard", "thorough")) -> list[Chooser]:
    """Return everyone; advisor with these budgets besides the rules alone."""
    from benchmarks.regret.range_tests import range_tests
    from benchmarks.regret.search import TpeSearch

    rules = load_rules()
    return [
        *(TpeSearch(trials) for trials in (20, 10, 5)),
        *range_tests(),
        FixedDefault(),
        RulesOnly(rules),
        *(Verified(rules, budget) for budget in budgets),
    ]
