"""How much the advised rate depends on the seed: weights, orders and dropout of the trials."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from advisor.facts.names import Budget
from advisor.knowledge import load_rules
from benchmarks.regret.choosers import Verified
from benchmarks.regret.landscapes import useful_pairs
from benchmarks.regret.tasks import MAIN

SEEDS = range(5)
BUDGETS: tuple[Budget, ...] = ("quick", "standard")
BAR = 1.5
"""Highest over lowest advised rate."""


def stability(every: int = 8) -> Iterator[str]:
    """Advise five times on every so many report tasks with cosine decay, and yield the spread of the advised rates."""
    torch.set_num_threads(1)
    cells = list(useful_pairs("report", every=every, pairs=[pair for pair in MAIN if pair.schedule == "cosine"]))
    for budget in BUDGETS:
        chooser = Verified(load_rules(), budget)
        spreads = []
        for task, pair in cells:
            rates = [rate for seed in SEEDS if (rate := chooser.choose(task, pair, seed=seed).rate)]
            spreads.append(max(rates) / min(rates))
            yield f"{budget:9} {task.id:42} {pair!s:14} {min(rates):.2g} to {max(rates):.2g}, ×{spreads[-1]:.2f}"
        within = np.mean(np.array(spreads) <= BAR)
        yield f"{budget}: median spread ×{np.median(spreads):.2f}, within ×{BAR} on {within:.0%} of {len(spreads)}"
