"""Who chooses a learning rate, behind one small protocol."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from advisor.inference import infer
from advisor.knowledge import RuleBase, load_rules
from advisor.progress import silent
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
    name: str = "advisor, rules only"

    def choose(self, task: Task, pair: Pair, *, seed: int) -> Choice:  # noqa: ARG002 - rules draw nothing
        began = time.perf_counter()
        found = infer(facts_of(task, pair), self.rules)
        seconds = time.perf_counter() - began
        return Choice(found.learning_rate, 0, seconds, (found.interval.lower, found.interval.upper))


@dataclass(frozen=True, slots=True)
class Verified:
    """advisor with rules, probe and trials of a budget; it sees the training rows only."""

    rules: RuleBase
    budget: str

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"advisor, {self.budget}"

    def choose(self, task: Task, pair: Pair, *, seed: int) -> Choice:
        from advisor.verification.confirm import confirm
        from advisor.verification.probe import probe

        made = prepared(task, pair, seed=seed)
        facts = facts_of(task, pair)
        began = time.perf_counter()
        draft = infer(facts, self.rules)
        job = made.job(draft)
        report = probe(job, draft, seed=seed)
        recommendation = infer(facts.model_copy(update={"probe": report.facts}), self.rules)
        verdict = confirm(job, recommendation, budget=self.budget, seed=seed, progress=silent)  # type: ignore[arg-type]
        seconds = time.perf_counter() - began
        samples = report.gradient_samples + (verdict.gradient_samples or 0)
        return Choice(verdict.learning_rate, samples, seconds, (verdict.interval.lower, verdict.interval.upper))


def contestants(names: tuple[str, ...] = ()) -> list[Chooser]:
    """Return the contestants with these words in their names; none: all of them."""
    from benchmarks.regret.range_tests import range_tests
    from benchmarks.regret.search import TpeSearch

    rules = load_rules()
    everyone: list[Chooser] = [
        *(TpeSearch(trials) for trials in (20, 10, 5)),
        *range_tests(),
        FixedDefault(),
        RulesOnly(rules),
        *(Verified(rules, budget) for budget in ("quick", "standard", "thorough")),
    ]
    return [one for one in everyone if not names or any(word in one.name for word in names)]
