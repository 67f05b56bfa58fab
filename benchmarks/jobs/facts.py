"""Facts of the jobs as ``advisor`` finds them, kept so that rules can be judged and searches replayed in milliseconds.

python -m benchmarks.jobs facts     # after a change to profiling or inspection
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from advisor.api.advice import Advice
from advisor.facts import Facts, Plan
from advisor.facts.names import Budget
from advisor.inference import infer
from advisor.knowledge import load_rules
from advisor.pipeline import advise
from advisor.results import Recommendation
from benchmarks.jobs.job import BenchmarkJob, Pair

KEPT = Path(__file__).with_name("facts.json")


def plan_of(job: BenchmarkJob, pair: Pair | None = None) -> Plan:
    """Return what a user of the job fixes: its length, clipping, and the pair with its settings when one is given."""
    plan = Plan(epochs=float(job.epochs), batch_size=job.batch_size, clip_norm=job.clip_norm)
    return plan if pair is None else _with_pair(plan, pair)


def _with_pair(plan: Plan, pair: Pair) -> Plan:
    fixed = {
        "optimizer": pair.optimizer,
        "schedule": pair.schedule,
        "weight_decay": pair.weight_decay,
        "warmup_fraction": pair.warmup_fraction,
    }
    if pair.optimizer == "sgd":
        fixed |= {"momentum": pair.momentum, "nesterov": False}
    return plan.model_copy(update=fixed)


def advised(job: BenchmarkJob, pair: Pair | None, budget: Budget | float, *, seed: int = 0) -> Advice:
    """Return what ``advise`` says to the job's user, who hands over a module, two loaders and a loss."""
    material = job.material
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return advise(
            job.model(seed),
            material.train,
            material.loss,
            plan=plan_of(job, pair),
            validation=material.validation,
            budget=budget,
            seed=seed,
        )


def write(jobs: Sequence[BenchmarkJob]) -> None:
    """Look at the jobs anew and keep their facts; single columns are left out."""
    kept = {}
    for job in jobs:
        facts = advised(job, None, "none").facts
        data = facts.data.model_copy(update={"columns": ()})
        kept[job.name] = facts.model_copy(update={"data": data}).model_dump(mode="json", exclude_none=True)
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(entry, separators=(',', ':'))}" for name, entry in kept.items())
    KEPT.write_text(f"{{{lines}}}\n", encoding="utf-8")


@lru_cache(maxsize=1)
def _kept() -> dict[str, Facts]:
    return {name: Facts.model_validate(entry) for name, entry in json.loads(KEPT.read_text(encoding="utf-8")).items()}


def recommended(name: str, pair: Pair) -> Recommendation:
    """Return what the rules recommend for a job whose optimizer and schedule are those of a pair.

    Raises:
        KeyError: the job's facts are not kept yet.
    """
    facts = _kept()[name]
    return infer(facts.model_copy(update={"plan": _with_pair(facts.plan, pair)}), load_rules())
