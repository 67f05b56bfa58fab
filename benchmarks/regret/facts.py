"""Facts of the tasks as ``advisor`` finds them, kept so that rules can be judged without looking at data or models.

python -m benchmarks.regret facts     # after a change to profiling or inspection
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path

import torch

from advisor.facts import Facts, Plan
from advisor.preparation import Prepared, prepare
from advisor.progress import silent
from benchmarks.regret.models import build
from benchmarks.regret.tasks import Pair, Task

KEPT = Path(__file__).with_name("facts.json")


def plan_of(task: Task, pair: Pair | None = None) -> Plan:
    """Return what a user of the task fixes: the horizon, and the pair with its settings when one is given."""
    plan = Plan(batch_size=task.batch, epochs=float(task.epochs), weight_decay=task.weight_decay)
    if pair is None:
        return plan
    fixed = {
        "optimizer": pair.optimizer,
        "schedule": pair.schedule,
        "weight_decay": task.decay_of(pair.optimizer),
        "momentum": pair.momentum if pair.optimizer in {"sgd", "rmsprop"} else None,
        "nesterov": False if pair.optimizer == "sgd" else None,
        "warmup_fraction": pair.warmup_fraction if pair.schedule != "one_cycle" else None,
    }
    return plan.model_copy(update=fixed)


def prepared(task: Task, pair: Pair | None = None, *, seed: int = 0) -> Prepared:
    """Return the task as ``advise`` prepares it: from the training rows alone."""
    data = task.load()
    return prepare(
        partial(build, task.model, data),
        (torch.from_numpy(data.train_x), torch.from_numpy(data.train_y)),
        data.loss,
        plan=plan_of(task, pair),
        target=None,
        validation=None,
        memory=None,
        seed=seed,
        progress=silent,
    )


def write(tasks: Sequence[Task]) -> None:
    """Look at the tasks anew and keep their facts; single columns are left out."""
    kept = {}
    for task in tasks:
        facts = prepared(task).facts
        data = facts.data.model_copy(update={"columns": ()})
        kept[task.id] = facts.model_copy(update={"data": data}).model_dump(mode="json", exclude_none=True)
    KEPT.write_text(json.dumps(kept, separators=(",", ":")) + "\n", encoding="utf-8")


@lru_cache(maxsize=1)
def _kept() -> dict[str, Facts]:
    return {name: Facts.model_validate(entry) for name, entry in json.loads(KEPT.read_text(encoding="utf-8")).items()}


def facts_of(task: Task, pair: Pair | None = None) -> Facts:
    """Return the kept facts of a task with the plan of a pair.

    Raises:
        KeyError: the task's facts are not kept yet.
    """
    facts = _kept()[task.id]
    plan = plan_of(task, pair).model_copy(update={"loss": facts.plan.loss})
    return facts.model_copy(update={"plan": plan})
