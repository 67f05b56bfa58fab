"""What a budget buys: fewer seeds and rounds come before shorter trials."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from advisor.errors import PlanError
from advisor.verification.budget import BUDGETS, PROBE_SHARE, affordable, spending_of, step_work
from advisor.verification.job import Job, make_job


def job(total_steps: int = 200) -> Job:
    x = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    return make_job(nn.Linear(4, 1), (x, x[:, :1]), "mse", batch_size=16, total_steps=total_steps)


def test_a_small_run_is_tried_in_full() -> None:
    spending, steps = affordable(job(), BUDGETS["standard"])
    assert spending == BUDGETS["standard"]
    assert steps == 200


@pytest.mark.parametrize(("runs", "seeds", "refinements"), [(18, 2, 3), (17, 2, 3), (12, 1, 3), (8, 1, 0), (3, 1, 0)])
def test_what_is_cut_first(runs: int, seeds: int, refinements: int) -> None:
    made = job()
    work = runs * made.total_steps * step_work(made)
    spending, steps = affordable(made, replace(BUDGETS["standard"], work=work))
    assert (spending.seeds, spending.refinements) == (seeds, refinements)
    assert steps * spending.runs * step_work(made) <= work
    assert steps == pytest.approx(min(200, 200 * runs / spending.runs), abs=1)


def test_seconds_are_shared_between_probe_and_trials() -> None:
    spending = spending_of(5.0, job())
    assert spending.probe_work is not None
    assert spending.probe_work / (spending.work + spending.probe_work) == pytest.approx(PROBE_SHARE)
    assert spending.seeds == BUDGETS["standard"].seeds
    with pytest.raises(PlanError, match="positive number of seconds"):
        spending_of(-1.0, job())
