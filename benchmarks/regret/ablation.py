"""With one rule removed, how do excess loss and divergences move? Fills ``rules/evidence/*.json``."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from advisor.errors import AdvisorError
from advisor.inference import infer
from advisor.knowledge import RuleBase, load_rules
from benchmarks.regret.datasets import SPLITS
from benchmarks.regret.facts import facts_of
from benchmarks.regret.landscapes import DIVERGED_EXCESS, read, useful_pairs
from benchmarks.regret.tasks import Pair, Task

EVIDENCE = Path(__file__).resolve().parents[2] / "rules/evidence"


def _excess(task: Task, pair: Pair, base: RuleBase) -> float | None:
    """Return the excess of the base's choice; None when it has no answer left."""
    try:
        rate = infer(facts_of(task, pair), base).learning_rate
    except AdvisorError:
        return None
    return min(DIVERGED_EXCESS, read(task).of(pair).excess(rate))


def ablate() -> Iterable[str]:
    """Measure every rule that moves the learning rate somewhere, keep it, and yield a line for each."""
    base = load_rules()
    cells = [cell for split in SPLITS for cell in useful_pairs(split)]
    fired: dict[str, list[tuple[Task, Pair]]] = defaultdict(list)
    full: dict[tuple[str, str], float] = {}
    for task, pair in cells:
        recommendation = infer(facts_of(task, pair), base)
        full[task.id, str(pair)] = min(DIVERGED_EXCESS, read(task).of(pair).excess(recommendation.learning_rate))
        for rule_id in dict.fromkeys(step.rule.id for step in recommendation.trace.contributions):
            fired[rule_id].append((task, pair))
    EVIDENCE.mkdir(exist_ok=True)
    for rule_id, where in sorted(fired.items()):
        smaller = base.without(rule_id)
        pairs = [(full[task.id, str(pair)], _excess(task, pair, smaller)) for task, pair in where]
        kept = [(one, other) for one, other in pairs if other is not None]
        yield _keep(rule_id, len(where), [one for one, _ in pairs], [other for _, other in kept])


def _keep(rule_id: str, tasks: int, own: list[float], other: list[float]) -> str:
    def quantile(values: list[float], share: float) -> float | None:
        return float(f"{np.quantile(values, share):.4g}") if values else None

    found = {
        "rule": rule_id,
        "command": "python -m benchmarks.regret ablate",
        "tasks_fired": tasks,
        "median_excess_with": quantile(own, 0.5),
        "median_excess_without": quantile(other, 0.5),
        "p90_excess_with": quantile(own, 0.9),
        "p90_excess_without": quantile(other, 0.9),
        "failures_with": sum(value > 0.5 or math.isnan(value) for value in own),
        "failures_without": sum(value > 0.5 for value in other) + tasks - len(other),
    }
    (EVIDENCE / f"{rule_id}.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return f"{rule_id:32} {tasks:4} landscapes  median {found['median_excess_with']} → {found['median_excess_without']}"
