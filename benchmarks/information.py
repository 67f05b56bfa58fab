"""Does telling more make the advice worse?

    python -m benchmarks.information [--every N] [--all] [--write]

Facts are told in six groups: data, model, noise, conditioning, batch, length. For every job each of the 64 subsets of
them is told and the rest hidden, and the advised rate is held against what is known of the job: on landscapes of the
calibration split the excess of the held-out loss, on tuned tables and published recipes the distance of the rates in
natural log. A group's effect is the change of that cost when the group is told, averaged over all subsets of the
others and over jobs; it must not be above zero by more than two standard errors, taken over data sets or sources. A
source with more than ``PER_SOURCE`` jobs of a kind is represented by as many, drawn by a seed: more of them say little
of that error.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np

from advisor.facts import Facts, read, with_facts
from advisor.facts.names import OPTIMIZERS
from advisor.facts.registry import registry
from advisor.inference import infer
from advisor.knowledge import RuleBase, load_rules
from benchmarks.golden import golden, tuned_tables
from benchmarks.intervals import COLLECTIONS, source_of
from benchmarks.regret.facts import facts_of
from benchmarks.regret.landscapes import read as landscapes_of
from benchmarks.regret.landscapes import useful_pairs

RESULT: Final = Path(__file__).parent / "results/information.json"

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "data": ("data.rows", "data.features", "data.encoded_features", "data.target.classes", "data.target.imbalance"),
    "model": ("model.width", "model.depth", "model.hidden_size", "model.parameters", "model.trainable_parameters"),
    "noise": ("data.noise.",),
    "conditioning": ("data.conditioning.",),
    "batch": ("plan.batch_size", "plan.batch_tokens", "plan.accumulation"),
    "length": ("plan.epochs", "plan.steps", "plan.tokens"),
}
"""Groups as the requirement has them; a name that ends in a dot stands for all facts that begin so."""

PER_SOURCE: Final = 6
"""Jobs of one kind that stand for a source. Judgement: two of each optimizer on most data sets, and minutes in all."""

WORST: Final = {"landscapes": 1.0, "tables": math.log(30), "recipes": math.log(30)}
"""Costs are capped here, so that a diverged run or an outlier does not decide. Judgement: a loss twice the best, and a
rate thirty times off, are as wrong as can be."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job, and what a rate costs on it.

    Attributes:
        kind: landscapes, tables or recipes.
        source: data set or repository; jobs of one source are no independent evidence.
    """

    kind: str
    source: str
    facts: Facts
    cost: Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Effect:
    """What telling a group does to the cost, with its standard error over sources; above zero is worse."""

    kind: str
    group: str
    change: float
    error: float
    jobs: int

    @property
    def hurts(self) -> bool:
        """Whether telling makes the advice worse, beyond chance: by more than two standard errors."""
        return self.change > 2 * self.error


def jobs(every: int = 1) -> Iterator[Job]:
    """Yield every job, or every Nth of each kind."""
    for number, (task, pair) in enumerate(useful_pairs("calibration")):
        if number % every == 0:
            landscape = landscapes_of(task).of(pair)
            yield Job("landscapes", task.data, facts_of(task, pair), landscape.excess)
    yield from (job for number, job in enumerate(_tables()) if number % every == 0)
    yield from (job for number, job in enumerate(_recipes()) if number % every == 0)


def drawn(chosen: Iterable[Job], *, most: int = PER_SOURCE, seed: int = 0) -> list[Job]:
    """Return at most so many jobs of each kind and source, drawn by a seed, in the order given."""
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    given = list(chosen)
    for place, job in enumerate(given):
        places[job.kind, job.source].append(place)
    generator = np.random.default_rng(seed)
    kept = {
        int(place)
        for found in places.values()
        for place in generator.choice(found, min(most, len(found)), replace=False)
    }
    return [job for place, job in enumerate(given) if place in kept]


def _tables() -> Iterator[Job]:
    for table in tuned_tables("calibration"):
        yield Job("tables", table.data, with_facts(Facts(), table.facts), _distance(table.rate))


def _recipes() -> Iterator[Job]:
    for recipe in (item for name in COLLECTIONS for item in golden(name)):
        if recipe.optimizer in OPTIMIZERS:
            stated = {**recipe.facts, **(recipe.settings or {}), "plan.optimizer": recipe.optimizer}
            yield Job("recipes", source_of(recipe), with_facts(Facts(), stated), _distance(recipe.rate))


def _distance(best: float) -> Callable[[float], float]:
    return lambda rate: abs(math.log(rate / best))


@cache
def paths_of(group: str) -> tuple[str, ...]:
    """Return the stored facts of a group."""
    names = GROUPS[group]
    stored = (item.path for item in registry().values() if not item.is_derived)
    return tuple(
        path for path in stored if any(path == name or (name[-1] == "." and path.startswith(name)) for name in names)
    )


def groups_told(facts: Facts) -> tuple[str, ...]:
    """Return the groups of which a job states anything."""
    return tuple(group for group in GROUPS if any(read(facts, path) is not None for path in paths_of(group)))


def costs(job: Job, base: RuleBase) -> dict[frozenset[str], float]:
    """Return the cost of the advised rate for every subset of groups told."""
    told = groups_told(job.facts)
    found = {}
    for count in range(len(told) + 1):
        for subset in combinations(told, count):
            hidden = {path: None for group in told if group not in subset for path in paths_of(group)}
            rate = infer(with_facts(job.facts, hidden), base).learning_rate
            found[frozenset(subset)] = min(job.cost(rate), WORST[job.kind])
    return found


def changes(found: Mapping[frozenset[str], float]) -> dict[str, float]:
    """Return the change of the cost when a group is told, averaged over the subsets of the others.

    >>> changes({frozenset(): 1.0, frozenset({"noise"}): 0.4})
    {'noise': -0.6}
    """
    groups = set().union(*found)
    return {
        group: float(np.mean([cost - found[told - {group}] for told, cost in found.items() if group in told]))
        for group in sorted(groups)
    }


def effects(chosen: Iterable[Job], base: RuleBase | None = None) -> list[Effect]:
    """Return the effect of every group on every kind of job."""
    by_source: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for job in chosen:
        for group, change in changes(costs(job, base or load_rules())).items():
            by_source[job.kind, group][job.source].append(change)
    return [_effect(kind, group, sources) for (kind, group), sources in sorted(by_source.items())]


def _effect(kind: str, group: str, sources: Mapping[str, list[float]]) -> Effect:
    means = np.array([np.mean(values) for values in sources.values()])
    error = float(means.std(ddof=1) / math.sqrt(means.size)) if means.size > 1 else math.inf
    return Effect(kind, group, float(means.mean()), error, sum(len(values) for values in sources.values()))


def main() -> None:
    """Print the effects."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.information", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="every Nth job of each kind")
    parser.add_argument("--all", action="store_true", help=f"all jobs of a source, not {PER_SOURCE} of each kind")
    parser.add_argument("--write", action="store_true", help=f"store the figures in {RESULT.name}")
    options = parser.parse_args()
    chosen = jobs(options.every)
    found = effects(chosen if options.all else drawn(chosen))
    print(f"{'jobs':<12}{'told':<14}{'change of the cost':>20}{'standard error':>16}{'jobs':>7}")
    for one in found:
        print(f"{one.kind:<12}{one.group:<14}{one.change:>20.4f}{one.error:>16.4f}{one.jobs:>7}{'  hurts' * one.hurts}")
    if options.write:
        RESULT.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
